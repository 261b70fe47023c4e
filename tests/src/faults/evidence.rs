//! The log, opened, and graph-sim's ledger, at one moment.

use super::{
    citizens::{Fate, Kind},
    city::City,
};
use crate::terms::Terms;
use anyhow::{Context as _, Result};
use segnalalo_domain::{
    event::{ChannelEvent, Event, Recorded, conversation::Event as Said},
    id::{MessageId, ReplyId},
    sealed::Sealed,
};
use segnalalo_kit::keys::OpenBoxes as _;
use segnalalo_proto::{
    convert::{self, ReadError},
    record,
    registry::v1::{ExportLogRequest, ListTicketsRequest, Ticket, log_service_client::LogServiceClient},
    sealed,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Where a reply stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Owed,
    Accepted,
    Refused,
    Held,
    Dropped,
}

pub struct Evidence {
    pub records: Vec<Vec<u8>>,
    pub log: Vec<Recorded>,
    /// Positions of records whose event only a newer version knows.
    pub unknown: Vec<u64>,
    /// What each received message or notice holds, by its position; those that can be opened.
    pub words: BTreeMap<u64, String>,
    pub accepted: Vec<Value>,
}

/// # Errors
/// The registry or graph-sim doesn't answer.
pub async fn gather(city: &mut City) -> Result<Evidence> {
    let mut client = LogServiceClient::new(city.processes.registry().await?);
    let mut stream = client.export_log(ExportLogRequest { after_position: 0 }).await?.into_inner();
    let mut records = Vec::new();
    while let Some(response) = stream.message().await? {
        records.push(response.record.to_vec());
    }
    let mut log = Vec::new();
    let mut unknown = Vec::new();
    let mut words = BTreeMap::new();
    for (position, bytes) in (1..).zip(&records) {
        let recorded = match convert::read(bytes) {
            Ok(recorded) => recorded,
            Err(ReadError::Event(convert::Error::Unknown(_))) => {
                unknown.push(position);
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        if let Some(sealed) = received(&recorded.event)
            && let Some(text) = open(city, record::hash(bytes), sealed).await?
        {
            words.insert(position, text);
        }
        log.push(recorded);
    }
    let ledger = city.http.ledger(&city.processes).await?;
    let accepted = ledger["accepted"].as_array().cloned().unwrap_or_default();
    Ok(Evidence { records, log, unknown, words, accepted })
}

/// # Errors
/// The registry doesn't answer.
pub async fn tickets(city: &City) -> Result<Vec<Ticket>> {
    let mut client = city.client().await?;
    let mut tickets = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListTicketsRequest { page_size: 500, page_token, ..ListTicketsRequest::default() };
        let page = client.list_tickets(request).await?.into_inner();
        tickets.extend(page.tickets);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(tickets);
        }
    }
}

fn received(event: &Event) -> Option<&Sealed> {
    match event {
        Event::Conversation(Said::MessageReceived { sealed, .. })
        | Event::Channel(ChannelEvent::NoticeReceived { sealed, .. }) => Some(sealed),
        _ => None,
    }
}

/// `None`: there is no key, or no longer.
async fn open(city: &mut City, hash: [u8; 32], sealed: &Sealed) -> Result<Option<String>> {
    if let Some(known) = city.opened.get(&hash) {
        return Ok(Some(known.clone()));
    }
    let content = match city.keys.open(sealed).await {
        Ok(content) => content,
        Err(sealed::Error::Erased | sealed::Error::NoKey(_)) => return Ok(None),
        Err(error) => return Err(error).context("opening a box of the log"),
    };
    let text = format!("{} {} {} {}", content.text, content.place, content.raw, content.provider_id);
    let media = content.attachments.iter().map(|attachment| format!("{attachment:?}")).collect::<String>();
    let text = format!("{text} {media}");
    city.opened.insert(hash, text.clone());
    Ok(Some(text))
}

impl Evidence {
    /// Each reply, and where it stands.
    pub fn replies(&self) -> BTreeMap<ReplyId, Standing> {
        let mut replies = BTreeMap::new();
        for recorded in &self.log {
            let Event::Conversation(event) = &recorded.event else { continue };
            let (reply, standing) = match event {
                Said::ReplyRequested { reply, .. } | Said::SendAttempted { reply, .. } => (reply, Standing::Owed),
                Said::SendUnknown { reply, .. } => (reply, Standing::Owed),
                Said::SendRefused { reply, last: true, .. } => (reply, Standing::Refused),
                Said::SendRefused { reply, .. } => (reply, Standing::Owed),
                Said::SendAccepted { reply, .. } => (reply, Standing::Accepted),
                Said::ReplyHeld { reply, .. } => (reply, Standing::Held),
                Said::ReplyDropped { reply, .. } => (reply, Standing::Dropped),
                _ => continue,
            };
            // What was accepted stays so, whatever comes after.
            if replies.get(reply) != Some(&Standing::Accepted) {
                replies.insert(*reply, standing);
            }
        }
        replies
    }

    pub fn held(&self) -> usize {
        self.replies().values().filter(|standing| **standing == Standing::Held).count()
    }

    /// How often a word is in the log.
    pub fn times(&self, marker: &str) -> usize {
        self.words.values().filter(|words| words.contains(marker)).count()
    }

    /// What must still come before all is settled.
    pub fn missing(&self, city: &City) -> Vec<String> {
        let mut missing = Vec::new();
        let wanted = city.citizens.written.iter().filter(|written| {
            written.fate == Fate::Answered && written.kind != Kind::Stranger && self.times(&written.marker) == 0
        });
        let lost = wanted.map(|written| format!("{} ({:?})", written.marker, written.kind)).collect::<Vec<_>>();
        if !lost.is_empty() {
            missing.push(format!("answered 200 and not in the log: {}", lost.join(", ")));
        }
        let due = Terms::of(&self.log).missing(city.now()).len();
        if due > 0 {
            missing.push(format!("{due} rungs are due and not said"));
        }
        let unrouted = self.unrouted();
        if unrouted > 0 {
            missing.push(format!("{unrouted} messages aren't routed"));
        }
        let owed = self.replies().values().filter(|standing| **standing == Standing::Owed).count();
        if owed > 0 {
            missing.push(format!("{owed} replies are owed"));
        }
        missing
    }

    fn unrouted(&self) -> usize {
        let mut waiting = BTreeSet::<MessageId>::new();
        for recorded in &self.log {
            match &recorded.event {
                Event::Conversation(Said::MessageReceived { message, .. }) => drop(waiting.insert(*message)),
                Event::Conversation(Said::MessageRouted { message, .. }) => drop(waiting.remove(message)),
                _ => {}
            }
        }
        waiting.len()
    }
}
