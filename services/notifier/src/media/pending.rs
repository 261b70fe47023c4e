//! What is to be fetched, as a function of the log. It fetches nothing.

use super::End;
use jiff::{SignedDuration, Timestamp};
use segnalalo_domain::{
    event::{Event, Recorded, Stream, conversation::Event as Said},
    id::{ConversationId, MessageId},
    sealed::Sealed,
    words::{Channel, ContentType},
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Pauses between attempts; the last one repeats.
const PAUSES: [SignedDuration; 6] = [
    SignedDuration::from_secs(5),
    SignedDuration::from_secs(30),
    SignedDuration::from_mins(2),
    SignedDuration::from_mins(10),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(1),
];
/// While a key isn't here.
const KEY_PAUSE: SignedDuration = SignedDuration::from_secs(1);

/// A message as received, or one of its edits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId {
    /// Of the event: jobs come in the order of the log.
    pub position: u64,
}

/// A message's attachments that aren't settled.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    pub id: JobId,
    pub conversation: ConversationId,
    pub channel: Channel,
    pub message: MessageId,
    pub revision: u32,
    pub sealed: Sealed,
    pub received_at: Timestamp,
    pub trace_parent: String,
    /// Stored or failed, by the log.
    pub settled: BTreeSet<u32>,
    /// Attempts that ended without settling everything.
    pub tries: u32,
}

#[derive(Debug)]
struct Waiting {
    job: Job,
    /// `None`: nobody has looked into the box of an edit.
    attachments: Option<u32>,
    next_at: Timestamp,
    running: bool,
}

#[derive(Debug, Default)]
pub(super) struct Pending {
    jobs: BTreeMap<JobId, Waiting>,
    by_message: HashMap<(MessageId, u32), JobId>,
    /// Edits of each message that was edited.
    revisions: HashMap<MessageId, u32>,
    channels: HashMap<ConversationId, Channel>,
    /// The log has been read to the head that it had at start: a later record may have settled what came before.
    caught_up: bool,
}

impl Pending {
    /// Folds a fact in. Total: what it doesn't know changes nothing.
    pub fn apply(&mut self, recorded: &Recorded) {
        let (Stream::Conversation(conversation), Event::Conversation(event)) = (recorded.stream, &recorded.event)
        else {
            return;
        };
        match event {
            Said::MessageReceived { message, channel, content_type, attachments, sealed, .. } => {
                self.channels.entry(conversation).or_insert(*channel);
                // A place or a contact is all there is of it.
                if *attachments > 0 && !matches!(content_type, ContentType::Location | ContentType::Contacts) {
                    self.add(recorded, conversation, *message, 0, Some(*attachments), sealed);
                }
            }
            Said::MessageEdited { message, sealed } => {
                let revision = self.revisions.entry(*message).or_default();
                *revision += 1;
                let revision = *revision;
                self.add(recorded, conversation, *message, revision, None, sealed);
            }
            Said::MediaStored { attachment, .. } | Said::MediaFailed { attachment, .. } => {
                self.settle((attachment.message, attachment.revision), attachment.index);
            }
            _ => {}
        }
    }

    fn add(
        &mut self,
        recorded: &Recorded,
        conversation: ConversationId,
        message: MessageId,
        revision: u32,
        attachments: Option<u32>,
        sealed: &Sealed,
    ) {
        let Some(channel) = self.channels.get(&conversation).copied() else {
            return;
        };
        let id = JobId { position: recorded.position };
        let job = Job {
            id,
            conversation,
            channel,
            message,
            revision,
            sealed: sealed.clone(),
            received_at: recorded.recorded_at,
            trace_parent: recorded.trace_parent.clone(),
            settled: BTreeSet::new(),
            tries: 0,
        };
        self.by_message.insert((message, revision), id);
        self.jobs.insert(id, Waiting { job, attachments, next_at: recorded.recorded_at, running: false });
    }

    fn settle(&mut self, name: (MessageId, u32), index: u32) {
        let Some(id) = self.by_message.get(&name).copied() else {
            return;
        };
        let Some(waiting) = self.jobs.get_mut(&id) else {
            return;
        };
        waiting.job.settled.insert(index);
        let all = waiting.attachments.is_some_and(|all| waiting.job.settled.len() >= all as usize);
        if all && !waiting.running {
            self.remove(id);
        }
    }

    pub fn caught_up(&mut self) {
        self.caught_up = true;
    }

    /// The jobs that are due, `room` of them at most. They run until they are `ended`.
    pub fn take(&mut self, now: Timestamp, room: usize) -> Vec<Job> {
        if !self.caught_up || room == 0 {
            return Vec::new();
        }
        let due = self.jobs.values_mut().filter(|waiting| !waiting.running && waiting.next_at <= now);
        due.take(room)
            .map(|waiting| {
                waiting.running = true;
                waiting.job.clone()
            })
            .collect()
    }

    pub fn ended(&mut self, id: JobId, end: &End, now: Timestamp) {
        let Some(waiting) = self.jobs.get_mut(&id) else {
            return;
        };
        waiting.running = false;
        if end.why.is_none() {
            self.remove(id);
            return;
        }
        let pause =
            if end.waits_for_key { KEY_PAUSE } else { PAUSES[(waiting.job.tries as usize).min(PAUSES.len() - 1)] };
        if !end.waits_for_key {
            waiting.job.tries += 1;
        }
        waiting.next_at = now.checked_add(pause).unwrap_or(now);
    }

    fn remove(&mut self, id: JobId) {
        if let Some(waiting) = self.jobs.remove(&id) {
            self.by_message.remove(&(waiting.job.message, waiting.job.revision));
        }
    }

    /// Messages with attachments that aren't settled.
    pub fn len(&self) -> usize {
        self.jobs.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use segnalalo_domain::{
        event::conversation::Attachment,
        id::{CauseId, EventId},
        sealed::Scheme,
        words::Actor,
    };

    const CONVERSATION: ConversationId = ConversationId([1; 16]);
    const MESSAGE: MessageId = MessageId([2; 16]);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn recorded(position: u64, event: Said) -> Recorded {
        Recorded {
            position,
            stream: Stream::Conversation(CONVERSATION),
            version: position,
            event_id: EventId([0; 16]),
            cause: CauseId([0; 16]),
            correlation: [0; 16],
            actor: Actor::citizen(),
            occurred_at: at(0),
            recorded_at: at(0),
            trace_parent: String::new(),
            event: Event::Conversation(event),
        }
    }

    fn sealed() -> Sealed {
        Sealed { scheme: Scheme::Plain, person: None, payload: Vec::new() }
    }

    fn received(content_type: ContentType, attachments: u32) -> Said {
        Said::MessageReceived {
            message: MESSAGE,
            channel: Channel::Whatsapp,
            person: None,
            public: false,
            addressed: true,
            content_type,
            attachments,
            has_text: true,
            quoted: None,
            sealed: sealed(),
        }
    }

    fn failed(revision: u32, index: u32) -> Said {
        Said::MediaFailed { attachment: Attachment { message: MESSAGE, revision, index }, code: "expired".to_owned() }
    }

    fn pending(events: impl IntoIterator<Item = Said>) -> Pending {
        let mut pending = Pending::default();
        for (position, event) in (1..).zip(events) {
            pending.apply(&recorded(position, event));
        }
        pending.caught_up();
        pending
    }

    #[test]
    fn nothing_is_fetched_before_the_log_is_read_or_twice_at_a_time() {
        let mut reading = Pending::default();
        reading.apply(&recorded(1, received(ContentType::Media, 1)));
        assert!(reading.take(at(1), 9).is_empty());
        reading.caught_up();
        assert_eq!(reading.take(at(1), 9).len(), 1);
        assert!(reading.take(at(1), 9).is_empty());
    }

    #[test]
    fn what_the_log_says_is_settled_is_not_fetched_again() {
        let mut half = pending([received(ContentType::Media, 2), failed(0, 1)]);
        assert_eq!(half.take(at(1), 9)[0].settled, BTreeSet::from([1]));
        let all = pending([received(ContentType::Media, 2), failed(0, 1), failed(0, 0)]);
        assert_eq!(all.len(), 0);
    }

    #[test]
    fn places_and_words_have_nothing_to_fetch() {
        assert_eq!(pending([received(ContentType::Location, 1)]).len(), 0);
        assert_eq!(pending([received(ContentType::Text, 0)]).len(), 0);
    }

    #[test]
    fn an_edit_is_looked_into_and_settles_for_itself() {
        let edited = || Said::MessageEdited { message: MESSAGE, sealed: sealed() };
        let mut pending = pending([received(ContentType::Media, 1), edited(), failed(0, 0)]);
        let jobs = pending.take(at(1), 9);
        assert_eq!(jobs.iter().map(|job| job.revision).collect::<Vec<_>>(), [1]);
        pending.ended(jobs[0].id, &End::default(), at(2));
        assert_eq!(pending.len(), 0);
    }

    #[test]
    fn after_a_failure_it_waits_longer_each_time_and_for_a_key_not() {
        let mut pending = pending([received(ContentType::Media, 1)]);
        for (begin, end, pause) in [(1, End::again("no connection"), 5), (6, End::again("no connection"), 30)] {
            let job = pending.take(at(begin), 9).remove(0);
            pending.ended(job.id, &end, at(begin));
            assert!(pending.take(at(begin + pause - 1), 9).is_empty());
        }
        let job = pending.take(at(36), 9).remove(0);
        pending.ended(job.id, &End::no_key(), at(36));
        assert_eq!(pending.take(at(37), 9).len(), 1);
    }
}
