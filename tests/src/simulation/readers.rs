//! triage and sla-clock: the real handlers on a feed, and what they say put on OBSERVED.

use super::{
    broker::EventsPort,
    feed::Feed,
    files::FILES,
    time::{Process, Time},
};
use bytes::Bytes;
use prost::Message as _;
use segnalalo_domain::id::{ConversationId, MessageId};
use segnalalo_kit::bus::FeedItem;
use segnalalo_proto::{
    observation::v1::Observed,
    sealed::{NoKeys, Opener as _},
    time,
};
use segnalalo_sla_clock::{
    guard::{self, Heard, Verdict},
    handler::{self as clock, observation},
    timers::Due,
};
use segnalalo_triage::{
    conclude::{Said, conclude},
    handler::Handler as Owing,
};
use std::time::Duration;

const RETRY_AFTER: Duration = Duration::from_secs(60);
/// Messages with this word are poison: triage gives them up.
pub const POISON: &str = "[veleno]";

pub struct Triage {
    handler: Owing,
    feed: Feed,
    time: Time,
}

/// A conclusion on its way to the broker.
pub struct Conclusion {
    pub payload: Bytes,
    conversation: ConversationId,
    message: MessageId,
}

impl Triage {
    pub fn start(time: Time, events: EventsPort) -> Self {
        let feed = Feed::new(events, time.now());
        Self { handler: Owing::default(), feed, time }
    }

    /// Whether there was something.
    pub fn read(&mut self, most: usize) -> bool {
        let items = self.feed.next(most, self.time.now());
        let any = !items.is_empty();
        for item in items {
            match item {
                FeedItem::Record { record, .. } => self.handler.take(&record).expect("records are events"),
                FeedItem::Reset { .. } => self.handler.reset(),
                FeedItem::CaughtUp => self.handler.catch_up(),
            }
        }
        any
    }

    /// What is to be said now: one message of each conversation.
    pub fn conclusions(&self, most: usize) -> Vec<Conclusion> {
        self.handler
            .next(most)
            .into_iter()
            .filter_map(|owed| {
                let content = NoKeys.open(&owed.sealed);
                let poisoned = content.as_ref().is_ok_and(|content| content.text.contains(POISON));
                let said = if poisoned {
                    Said::Parked("the classifier failed on the message")
                } else {
                    conclude(owed, content, |message| FILES.classifier.classify(message)).ok()?
                };
                let now = self.time.of(Process::Triage);
                let observed =
                    Observed { occurred_at: Some(time::to_wire(now)), observation: Some(said.observation(owed)) };
                let payload = observed.encode_to_vec().into();
                Some(Conclusion { payload, conversation: owed.conversation, message: owed.message })
            })
            .collect()
    }

    pub fn said(&mut self, conclusion: &Conclusion) {
        self.handler.settle(conclusion.conversation, conclusion.message);
    }

    pub fn is_idle(&self) -> bool {
        self.feed.is_idle() && self.handler.next(1).is_empty()
    }
}

pub struct SlaClock {
    handler: clock::Handler,
    feed: Feed,
    time: Time,
}

impl SlaClock {
    pub fn start(time: Time, events: EventsPort) -> Self {
        let feed = Feed::new(events, time.now());
        Self { handler: clock::Handler::new(RETRY_AFTER), feed, time }
    }

    /// Whether there was something.
    pub fn read(&mut self, most: usize) -> bool {
        let items = self.feed.next(most, self.time.now());
        let any = !items.is_empty();
        for item in items {
            match item {
                FeedItem::Record { position, record } => {
                    self.handler.take(position, &record).expect("records are events");
                }
                FeedItem::Reset { .. } => self.handler.reset(),
                FeedItem::CaughtUp => self.handler.catch_up(),
            }
        }
        any
    }

    /// What is to be said now: nothing by a clock that isn't the broker's.
    pub fn due(&mut self) -> Vec<(Due, Bytes)> {
        let heard = Heard { broker: self.time.now(), at: self.time.instant() };
        let own = self.time.of(Process::SlaClock);
        if guard::judge(Some(heard), own, self.time.instant()) != Verdict::Right {
            return Vec::new();
        }
        let due = self.handler.to_say(own, self.time.instant());
        due.into_iter().map(|due| (due, observation(&due).into())).collect()
    }

    pub fn said(&mut self, due: Due) {
        self.handler.said(due, self.time.instant());
    }

    pub fn next_at(&self) -> Option<jiff::Timestamp> {
        self.handler.next_after(self.time.now())
    }
}
