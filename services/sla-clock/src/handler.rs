//! Records in, rungs that are due out. A rung that was said is said again only when its event hasn't come for a while:
//! the registry may be down, and it knows doubles by their derived id. What waits is forgotten with the process, for
//! the log says it all.

use crate::{
    snapshot::{self, Build, Mark},
    timers::{Due, Timers},
};
use bytes::Bytes;
use jiff::Timestamp;
use prost::Message as _;
use segnalalo_proto::{
    convert::{self, ReadError, rung_to_wire},
    observation::v1::{DeadlineDue, Observed, observed::Observation},
    record, time,
};
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};
use tokio::time::Instant;

/// Said at a time; the rest at the next look.
const MOST: usize = 4096;

pub struct Handler {
    timers: Timers,
    /// Said at, by a clock that measures.
    said: HashMap<Due, Instant>,
    retry_after: Duration,
    /// The log has been read to the head that it had at start.
    caught_up: bool,
    last: Last,
    /// Records taken since the last snapshot.
    since_snapshot: u64,
}

/// The last record that was taken.
enum Last {
    None,
    Snapshot(Mark),
    Record { position: u64, record: Bytes },
}

impl Handler {
    pub fn new(retry_after: Duration) -> Self {
        Self {
            timers: Timers::default(),
            said: HashMap::new(),
            retry_after,
            caught_up: false,
            last: Last::None,
            since_snapshot: 0,
        }
    }

    /// Where a snapshot left off: the records after its mark are to follow.
    pub fn resume(retry_after: Duration, timers: Timers, mark: Mark) -> Self {
        Self { timers, last: Last::Snapshot(mark), ..Self::new(retry_after) }
    }

    /// Takes one record of the log.
    ///
    /// # Errors
    /// The record says nothing to this version; the timers are as they were.
    pub fn take(&mut self, position: u64, bytes: &Bytes) -> Result<(), ReadError> {
        self.last = Last::Record { position, record: bytes.clone() };
        self.since_snapshot += 1;
        let recorded = convert::read(bytes)?;
        self.timers.apply(&recorded);
        Ok(())
    }

    /// The log begins anew: all is rebuilt, and nothing said until it is read to its head.
    pub fn reset(&mut self) {
        *self = Self::new(self.retry_after);
    }

    pub fn catch_up(&mut self) {
        self.caught_up = true;
    }

    /// What must be said now, oldest first, and of a lot only the first part. Nothing before the log is read to its head:
    /// a later record may have ended the term. Nor a rung while a lower one of its term waits for its event: should they
    /// arrive in another order, the lower one would be lost.
    pub fn to_say(&mut self, now: Timestamp, measured: Instant) -> Vec<Due> {
        if !self.caught_up {
            return Vec::new();
        }
        let Self { timers, said, retry_after, .. } = self;
        said.retain(|due, _| timers.contains(due));
        let waits = |due: &Due| said.get(due).is_some_and(|at| measured.duration_since(*at) < *retry_after);
        let mut terms = HashSet::new();
        let lowest = timers.due(now).filter(|due| terms.insert((due.ticket, due.deadline)));
        lowest.filter(|due| !waits(due)).take(MOST).collect()
    }

    pub fn said(&mut self, due: Due, measured: Instant) {
        self.said.insert(due, measured);
    }

    /// The instant of the next rung that is still to come at `now`.
    pub fn next_after(&self, now: Timestamp) -> Option<Timestamp> {
        self.timers.next_after(now)
    }

    /// Rungs still to come.
    pub fn open(&self) -> usize {
        self.timers.len()
    }

    /// What was read up to here, as bytes; `None` when it isn't worth one: fewer records came since the last than `worth`.
    pub fn snapshot(&mut self, worth: u64, build: Build) -> Option<Vec<u8>> {
        if !self.caught_up || self.since_snapshot < worth.max(1) {
            return None;
        }
        let mark = match &self.last {
            Last::None => return None,
            Last::Snapshot(mark) => *mark,
            Last::Record { position, record } => Mark { position: *position, hash: record::hash(record) },
        };
        self.since_snapshot = 0;
        Some(snapshot::encode(&self.timers, &mark, build))
    }
}

/// A rung as it goes to OBSERVED: the same bytes whenever it is said.
pub fn observation(due: &Due) -> Vec<u8> {
    let at = Some(time::to_wire(due.at));
    let observed = Observed {
        occurred_at: at,
        observation: Some(Observation::DeadlineDue(DeadlineDue {
            ticket_id: due.ticket.to_vec(),
            deadline: due.deadline.code().to_owned(),
            version: due.version,
            rung: rung_to_wire(due.rung),
            due_at: at,
        })),
    };
    observed.encode_to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use segnalalo_domain::{
        event::{Event, Recorded, Stream, ticket::Event as Happened},
        id::{CauseId, EventId, TicketId},
        sla::{Deadline, DeadlineName, Rung},
        words::Actor,
    };
    use segnalalo_proto::record;

    const TICKET: TicketId = TicketId([7; 16]);

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn bytes(event: Happened) -> Bytes {
        record::encode(
            &[0; 32],
            &Recorded {
                position: 1,
                stream: Stream::Ticket(TICKET),
                version: 1,
                event_id: EventId([0; 16]),
                cause: CauseId([1; 16]),
                correlation: [0; 16],
                actor: Actor::rule("test"),
                occurred_at: at("2026-11-23T00:00:00Z"),
                recorded_at: at("2026-11-23T00:00:00Z"),
                trace_parent: String::new(),
                event: Event::Ticket(event),
            },
        )
        .into()
    }

    fn opened() -> Bytes {
        use segnalalo_domain::{event::ticket::Classification, id, words};
        bytes(Happened::Opened {
            conversation: id::ConversationId([1; 16]),
            message: id::MessageId([2; 16]),
            code: "S-7K3M9".to_owned(),
            channel: words::Channel::Whatsapp,
            public: false,
            classification: Classification {
                kind: None,
                office: None,
                second_office: None,
                confidence: 0.0,
                urgency: words::Urgency::Normal,
                place_key: None,
            },
            received_at: at("2026-11-23T00:00:00Z"),
            deadlines: vec![Deadline::plain(
                DeadlineName::AutoClose,
                1,
                at("2026-11-23T00:00:00Z"),
                at("2026-11-23T10:00:00Z"),
                "",
            )],
            sealed: None,
        })
    }

    const MINUTE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn nothing_is_said_before_the_log_is_read_to_its_head() {
        let mut handler = Handler::new(MINUTE);
        let now = at("2026-11-24T00:00:00Z");
        let measured = segnalalo_kit::clock::monotonic();
        handler.take(1, &opened()).unwrap();
        assert!(handler.to_say(now, measured).is_empty());
        handler.catch_up();
        assert_eq!(handler.to_say(now, measured).len(), 1);
        handler.reset();
        handler.take(1, &opened()).unwrap();
        assert!(handler.to_say(now, measured).is_empty());
    }

    #[tokio::test]
    async fn what_was_said_waits_a_minute_for_its_event() {
        let mut handler = Handler::new(MINUTE);
        let now = at("2026-11-24T00:00:00Z");
        let measured = segnalalo_kit::clock::monotonic();
        handler.take(1, &opened()).unwrap();
        handler.catch_up();
        let due = handler.to_say(now, measured)[0];
        handler.said(due, measured);
        assert!(handler.to_say(now, measured + MINUTE / 2).is_empty());
        assert_eq!(handler.to_say(now, measured + MINUTE), [due]);
        let reached = Happened::DeadlineReached {
            deadline: due.deadline,
            version: due.version,
            rung: due.rung,
            due_at: due.at,
            to: String::new(),
        };
        handler.take(2, &bytes(reached)).unwrap();
        assert!(handler.to_say(now, measured + MINUTE * 2).is_empty());
        assert!(handler.said.is_empty());
    }

    #[test]
    fn a_damaged_record_is_passed_over() {
        let mut handler = Handler::new(MINUTE);
        assert!(handler.take(1, &Bytes::from_static(b"nonsense")).is_err());
        assert_eq!(handler.open(), 0);
    }

    #[test]
    fn the_same_rung_is_always_said_in_the_same_bytes() {
        let due = Due {
            at: at("2026-11-23T10:00:00Z"),
            rung: Rung::Near,
            ticket: TICKET,
            deadline: DeadlineName::Resolution,
            version: 3,
        };
        assert_eq!(observation(&due), observation(&due));
        let Some(Observation::DeadlineDue(said)) = Observed::decode(&*observation(&due)).unwrap().observation else {
            panic!("it says that a deadline is due");
        };
        assert_eq!((said.deadline.as_str(), said.version), ("resolution", 3));
    }
}
