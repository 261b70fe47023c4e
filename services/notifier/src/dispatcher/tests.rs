use super::*;
use crate::outbox::{Attempt, Reply};
use segnalalo_domain::{
    event::{Event, Recorded, Stream, conversation::Event as Said, conversation::Proof},
    id::{CauseId, EventId, MessageId},
    sealed::{Scheme, Sealed},
    template::Template,
    words::{Actor, Channel, ContentType},
};
use segnalalo_kit::clock::monotonic;
use segnalalo_proto::observation::v1::send_outcome::{Accepted, Refused, Unknown};
use std::collections::BTreeMap;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

fn empty() -> Sealed {
    Sealed { scheme: Scheme::Plain, person: None, payload: Vec::new() }
}

struct City {
    dispatcher: Dispatcher,
    start: Instant,
}

impl City {
    /// So many citizens who wrote on WhatsApp, each owed a receipt.
    fn owing(citizens: u8) -> Self {
        let mut city = Self { dispatcher: Dispatcher::default(), start: monotonic() };
        (1..=citizens).for_each(|n| city.citizen(n, Channel::Whatsapp));
        city.dispatcher.caught_up();
        city
    }

    fn citizen(&mut self, n: u8, channel: Channel) {
        self.said(
            n,
            Said::MessageReceived {
                message: MessageId([n; 16]),
                channel,
                person: None,
                public: channel.is_public(),
                addressed: true,
                content_type: ContentType::Text,
                attachments: 0,
                has_text: true,
                quoted: None,
                sealed: empty(),
            },
        );
        self.said(
            n,
            Said::ReplyRequested {
                reply: ReplyId([n; 16]),
                ticket: None,
                template: Template::Receipt,
                variables: BTreeMap::new(),
                words: None,
                by_person: false,
                in_reply_to: None,
            },
        );
    }

    fn said(&mut self, n: u8, event: Said) {
        self.dispatcher.outbox.apply(&Recorded {
            position: 1,
            stream: Stream::Conversation(ConversationId([n; 16])),
            version: 1,
            event_id: EventId([0; 16]),
            cause: CauseId([0; 16]),
            correlation: [0; 16],
            actor: Actor::rule("test"),
            occurred_at: at(0),
            recorded_at: at(0),
            trace_parent: String::new(),
            event: Event::Conversation(event),
        });
    }

    fn attempted(&mut self, n: u8) {
        self.said(
            n,
            Said::SendAttempted { reply: ReplyId([n; 16]), attempt: 1, text_sha256: [0; 32], sealed: empty() },
        );
    }

    fn accepted(&mut self, n: u8) {
        let (reply, proof) = (ReplyId([n; 16]), Proof::Response);
        self.said(n, Said::SendAccepted { reply, attempt: 1, sent_message: None, proof, sealed: empty() });
        self.dispatcher.heard(ConversationId([n; 16]), reply);
    }

    fn take(&mut self, second: u64) -> Vec<Task> {
        let now = at(i64::try_from(second).unwrap());
        self.dispatcher.take(now, self.start + Duration::from_secs(second))
    }

    fn told(&mut self, n: u8, outcome: Outcome, pause: Option<Duration>, second: u64) {
        let told = Told::Outcome { attempt: 1, outcome, pause };
        self.dispatcher.told(&work(n), &told, self.start + Duration::from_secs(second));
    }
}

fn work(n: u8) -> Work {
    Work {
        conversation: ConversationId([n; 16]),
        channel: Channel::Whatsapp,
        address: empty(),
        newer: None,
        last_message_at: at(0),
        reply: Reply {
            id: ReplyId([n; 16]),
            template: Template::Receipt,
            variables: BTreeMap::new(),
            words: None,
            by_person: false,
            trace_parent: String::new(),
            attempts: 1,
            last_attempt: Some(Attempt { at: at(0), sent: empty() }),
            holds: 0,
            status: Status::InFlight { since: at(0) },
        },
        others_pass: false,
    }
}

fn accepted() -> Outcome {
    Outcome::Accepted(Accepted { provider_id: "wamid".to_owned(), proof: "response".to_owned() })
}

fn refused() -> Outcome {
    Outcome::Refused(Refused::default())
}

fn unknown() -> Outcome {
    Outcome::Unknown(Unknown::default())
}

#[test]
fn nothing_is_sent_before_the_log_is_read() {
    let mut city = City::owing(1);
    city.dispatcher.reset();
    city.citizen(1, Channel::Whatsapp);
    assert!(city.take(1).is_empty());
    assert!(city.dispatcher.caught_up().is_empty());
    assert_eq!(city.take(1).len(), 1);
    assert!(city.take(2).is_empty(), "it is on its way");
}

#[test]
fn an_attempt_of_a_process_that_is_no_more_is_given_up_at_once() {
    let mut city = City::owing(1);
    city.dispatcher.reset();
    city.citizen(1, Channel::Whatsapp);
    city.attempted(1);
    assert!(matches!(city.dispatcher.caught_up()[..], [Task::GiveUp(_)]));
    assert!(city.take(100).is_empty(), "once");
}

#[test]
fn an_outcome_that_was_told_is_awaited_however_late_the_log_brings_it() {
    let mut city = City::owing(1);
    city.take(0);
    city.attempted(1);
    city.told(1, refused(), None, 1);
    assert!(city.take(500).is_empty());
    assert!(city.dispatcher.caught_up().is_empty());
}

#[test]
fn an_attempt_that_nobody_is_at_any_more_is_given_up_after_a_minute() {
    let mut city = City::owing(1);
    city.take(0);
    city.attempted(1);
    city.dispatcher.panicked(ConversationId([1; 16]), city.start);
    assert!(city.take(59).is_empty());
    assert!(matches!(city.take(61)[..], [Task::GiveUp(_)]));
}

#[test]
fn news_from_the_log_free_the_conversation_whichever_comes_first() {
    for log_first in [true, false] {
        let mut city = City::owing(1);
        city.take(0);
        city.attempted(1);
        if log_first {
            city.accepted(1);
            city.told(1, accepted(), None, 1);
        } else {
            city.told(1, accepted(), None, 1);
            city.accepted(1);
        }
        city.citizen(1, Channel::Whatsapp);
        assert_eq!(city.take(1).len(), 1, "log first: {log_first}");
    }
}

#[test]
fn a_closed_channel_is_tried_with_one_reply_and_stops_no_other() {
    const PAUSE: Option<Duration> = Some(Duration::from_secs(180));
    let mut city = City::owing(30);
    assert_eq!(city.take(0).len(), AT_A_TIME);
    (1..=16).for_each(|n| city.told(n, refused(), PAUSE, 0));
    city.citizen(200, Channel::FacebookPost);
    assert!(matches!(&city.take(1)[..], [Task::Send(work)] if work.channel == Channel::FacebookPost));
    assert_eq!(city.dispatcher.closed(), HashSet::from([Queue::Whatsapp]));
    assert_eq!(city.take(181).len(), 1);
    city.told(1, refused(), PAUSE, 182);
    assert!(city.take(200).is_empty());
    assert_eq!(city.take(363).len(), 1);
    city.told(1, accepted(), None, 363);
    assert!(city.dispatcher.closed().is_empty());
    assert!(city.take(364).len() > 1);
}

#[test]
fn an_orphan_says_nothing_about_its_channel() {
    let mut city = City::owing(0);
    city.dispatcher.reset();
    for n in 1..=5 {
        city.citizen(n, Channel::Whatsapp);
        city.attempted(n);
    }
    city.dispatcher.caught_up();
    (1..=5).for_each(|n| city.told(n, unknown(), None, 0));
    assert!(city.dispatcher.closed().is_empty());
}

#[test]
fn a_silent_platform_is_left_alone_after_three_unknown_outcomes() {
    let mut city = City::owing(30);
    city.take(0);
    for n in 1..=2 {
        city.told(n, unknown(), None, 20);
    }
    assert_eq!(city.take(20).len(), 2);
    city.told(3, unknown(), None, 20);
    assert!(city.take(21).is_empty() && city.dispatcher.closed().contains(&Queue::Whatsapp));
}
