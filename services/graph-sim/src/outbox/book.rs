//! Which webhooks were sent, and what the subscriber said. Bounded: the oldest of those that are done are forgotten.

use super::Webhook;
use crate::tokens::Product;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// Those that are done.
const KEPT: usize = 2_000;
/// Of those that aren't: then citizens must wait.
const PENDING_AT_MOST: usize = 20_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    Pending,
    /// Until it is released.
    Held,
    Delivered,
    GivenUp,
}

#[derive(Debug, Clone, Serialize)]
pub struct Attempt {
    pub at: Timestamp,
    /// `200`, or why there was no answer.
    pub outcome: String,
}

#[derive(Debug, Clone)]
pub struct Delivery {
    pub webhook: Webhook,
    pub queued_at: Timestamp,
    pub attempts: Vec<Attempt>,
    pub progress: Progress,
}

#[derive(Debug, Default)]
pub struct Book {
    deliveries: BTreeMap<u64, Delivery>,
    last: u64,
    hold_facebook: bool,
    hold_whatsapp: bool,
}

impl Book {
    pub fn queue(&mut self, webhook: Webhook, now: Timestamp) -> u64 {
        self.last += 1;
        let held = self.holds(webhook.to);
        self.put(self.last, webhook, now, if held { Progress::Held } else { Progress::Pending });
        self.trim();
        self.last
    }

    /// From the journal: pending, whatever it was.
    pub fn restore(&mut self, n: u64, webhook: Webhook, now: Timestamp) {
        self.last = self.last.max(n);
        self.put(n, webhook, now, Progress::Pending);
    }

    pub fn forget(&mut self, n: u64) {
        self.deliveries.remove(&n);
    }

    fn put(&mut self, n: u64, webhook: Webhook, queued_at: Timestamp, progress: Progress) {
        let delivery = Delivery { webhook, queued_at, attempts: Vec::new(), progress };
        self.deliveries.insert(n, delivery);
    }

    fn trim(&mut self) {
        let done = |(n, delivery): (&u64, &Delivery)| {
            matches!(delivery.progress, Progress::Delivered | Progress::GivenUp).then_some(*n)
        };
        if self.deliveries.len() > KEPT
            && let Some(oldest) = self.deliveries.iter().find_map(done)
        {
            self.deliveries.remove(&oldest);
        }
    }

    pub fn get(&self, n: u64) -> Option<&Delivery> {
        self.deliveries.get(&n)
    }

    pub fn all(&self) -> impl DoubleEndedIterator<Item = (u64, &Delivery)> {
        self.deliveries.iter().map(|(n, delivery)| (*n, delivery))
    }

    pub fn pending(&self) -> impl Iterator<Item = u64> {
        self.with(Progress::Pending)
    }

    pub fn with(&self, progress: Progress) -> impl Iterator<Item = u64> {
        self.all().filter(move |(_, delivery)| delivery.progress == progress).map(|(n, _)| n)
    }

    pub fn is_full(&self) -> bool {
        self.deliveries.len() > PENDING_AT_MOST
    }

    pub fn is_held(&self, n: u64) -> bool {
        self.get(n).is_some_and(|delivery| delivery.progress == Progress::Held)
    }

    fn holds(&self, to: Product) -> bool {
        match to {
            Product::Facebook => self.hold_facebook,
            Product::Whatsapp => self.hold_whatsapp,
        }
    }

    /// From now on, to this subscriber, or to both.
    pub fn hold(&mut self, to: Option<Product>, hold: bool) {
        if to != Some(Product::Whatsapp) {
            self.hold_facebook = hold;
        }
        if to != Some(Product::Facebook) {
            self.hold_whatsapp = hold;
        }
    }

    /// Those that are held, oldest first; they are pending now.
    pub fn let_go(&mut self, to: Option<Product>) -> Vec<u64> {
        let held: Vec<u64> = self
            .all()
            .filter(|(_, delivery)| delivery.progress == Progress::Held)
            .filter(|(_, delivery)| to.is_none_or(|to| delivery.webhook.to == to))
            .map(|(n, _)| n)
            .collect();
        for n in &held {
            if let Some(delivery) = self.deliveries.get_mut(n) {
                delivery.progress = Progress::Pending;
            }
        }
        held
    }

    pub fn attempted(&mut self, n: u64, attempt: Attempt) {
        if let Some(delivery) = self.deliveries.get_mut(&n) {
            delivery.attempts.push(attempt);
        }
    }

    pub fn settle(&mut self, n: u64, delivered: bool) {
        if let Some(delivery) = self.deliveries.get_mut(&n) {
            delivery.progress = if delivered { Progress::Delivered } else { Progress::GivenUp };
        }
    }
}
