use super::*;
use segnalalo_domain::{
    event::conversation::GivenUp,
    id::{CauseId, EventId},
    words::Actor,
};
use segnalalo_proto::record;
use segnalalo_proto::{common::v1::PersonalContent, sealed};

const ANNA: ConversationId = ConversationId([1; 16]);
const BRUNO: ConversationId = ConversationId([2; 16]);

fn bytes(position: u64, conversation: ConversationId, said: Said) -> Vec<u8> {
    let at = "2026-11-23T09:00:00Z".parse().unwrap();
    let recorded = Recorded {
        position,
        stream: Stream::Conversation(conversation),
        version: position,
        event_id: EventId([0; 16]),
        cause: CauseId([1; 16]),
        correlation: conversation.0,
        actor: Actor::citizen(),
        occurred_at: at,
        recorded_at: at,
        trace_parent: String::new(),
        event: Event::Conversation(said),
    };
    record::encode(&[0; 32], &recorded)
}

fn text(words: &str) -> Sealed {
    let content = PersonalContent { text: words.to_owned(), ..PersonalContent::default() };
    sealed::seal(None, &content)
}

fn received(message: u8) -> Said {
    Said::MessageReceived {
        message: MessageId([message; 16]),
        channel: Channel::Whatsapp,
        person: None,
        public: false,
        addressed: true,
        content_type: ContentType::Text,
        attachments: 0,
        has_text: true,
        quoted: None,
        sealed: text("buca"),
    }
}

fn given_up(message: u8, reason: GivenUp) -> Said {
    Said::TriageGivenUp { message: MessageId([message; 16]), reason }
}

fn reader(events: Vec<(ConversationId, Said)>) -> Handler {
    let mut handler = Handler::default();
    for (position, (conversation, said)) in (1..).zip(events) {
        handler.take(&bytes(position, conversation, said)).unwrap();
    }
    handler
}

fn next(handler: &Handler) -> Vec<u8> {
    handler.next(10).iter().map(|owed| owed.message.0[0]).collect()
}

#[test]
fn nothing_is_concluded_before_the_log_is_read_to_its_head() {
    let mut handler = reader(vec![(ANNA, received(1))]);
    assert!(next(&handler).is_empty());
    handler.catch_up();
    assert_eq!(next(&handler), [1]);
    handler.reset();
    assert!(next(&handler).is_empty() && handler.waiting() == 0);
}

#[test]
fn what_waited_too_long_is_still_owed_a_conclusion() {
    let mut handler = reader(vec![(ANNA, received(1)), (ANNA, given_up(1, GivenUp::TimedOut))]);
    handler.catch_up();
    assert_eq!(next(&handler), [1]);
}

#[test]
fn what_was_concluded_or_given_up_is_not_owed() {
    let mut handler = reader(vec![(ANNA, received(1)), (ANNA, received(2)), (ANNA, given_up(1, GivenUp::Parked))]);
    handler.catch_up();
    assert_eq!((next(&handler), handler.waiting()), (vec![2], 1));
}

#[test]
fn messages_of_a_conversation_come_one_at_a_time_in_order() {
    let mut handler = reader(vec![(ANNA, received(1)), (BRUNO, received(2)), (ANNA, received(3))]);
    handler.catch_up();
    assert_eq!(next(&handler), [1, 2]);
    handler.settle(ANNA, MessageId([1; 16]));
    assert_eq!(next(&handler), [2, 3]);
    handler.settle(BRUNO, MessageId([2; 16]));
    handler.settle(ANNA, MessageId([3; 16]));
    assert!(next(&handler).is_empty() && handler.turns.is_empty() && handler.conversations.is_empty());
}

#[test]
fn giving_up_a_later_message_leaves_the_first_its_turn() {
    let mut handler = reader(vec![(ANNA, received(1)), (ANNA, received(2)), (ANNA, given_up(2, GivenUp::Parked))]);
    handler.catch_up();
    assert_eq!((next(&handler), handler.waiting()), (vec![1], 1));
}

#[test]
fn an_edit_changes_the_text_of_a_message_that_waits() {
    let edited = Said::MessageEdited { message: MessageId([1; 16]), sealed: text("lampione") };
    let mut handler = reader(vec![(ANNA, received(1)), (ANNA, edited)]);
    handler.catch_up();
    assert_eq!(sealed::Opener::open(&sealed::NoKeys, &handler.next(1)[0].sealed).unwrap().text, "lampione");
}

#[test]
fn the_oldest_message_comes_first() {
    let mut handler = reader(vec![(BRUNO, received(1)), (ANNA, received(2))]);
    handler.catch_up();
    assert_eq!(handler.next(1)[0].message, MessageId([1; 16]));
}

#[test]
fn a_damaged_record_is_passed_over() {
    assert!(Handler::default().take(b"nonsense").is_err());
}
