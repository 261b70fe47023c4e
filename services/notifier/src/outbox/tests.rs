use super::*;
use segnalalo_domain::{
    event::conversation::{DropReason, Proof},
    id::{CauseId, EventId, MessageId},
    sealed::Scheme,
    words::{Actor, ContentType},
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

fn sealed(text: &str) -> Sealed {
    Sealed { scheme: Scheme::Plain, person: None, payload: text.as_bytes().to_vec() }
}

fn conversation(n: u8) -> ConversationId {
    ConversationId([n; 16])
}

fn reply(n: u8) -> ReplyId {
    ReplyId([n; 16])
}

fn recorded(id: ConversationId, second: i64, event: Said) -> Recorded {
    Recorded {
        position: 1,
        stream: Stream::Conversation(id),
        version: 1,
        event_id: EventId([0; 16]),
        cause: CauseId([0; 16]),
        correlation: [0; 16],
        actor: Actor::rule("test"),
        occurred_at: at(second),
        recorded_at: at(second),
        trace_parent: String::new(),
        event: Event::Conversation(event),
    }
}

fn received(channel: Channel, address: &str) -> Said {
    Said::MessageReceived {
        message: MessageId([1; 16]),
        channel,
        person: None,
        public: channel.is_public(),
        addressed: true,
        content_type: ContentType::Text,
        attachments: 0,
        has_text: true,
        quoted: None,
        sealed: sealed(address),
    }
}

fn requested(n: u8) -> Said {
    Said::ReplyRequested {
        reply: reply(n),
        ticket: None,
        template: Template::Receipt,
        variables: BTreeMap::new(),
        words: None,
        by_person: false,
        in_reply_to: None,
    }
}

fn attempted(n: u8, attempt: u32) -> Said {
    Said::SendAttempted { reply: reply(n), attempt, text_sha256: [0; 32], sealed: sealed("") }
}

fn accepted(n: u8) -> Said {
    Said::SendAccepted { reply: reply(n), attempt: 1, sent_message: None, proof: Proof::Response, sealed: sealed("") }
}

fn refused(n: u8, last: bool, retry_at: Option<Timestamp>) -> Said {
    Said::SendRefused { reply: reply(n), attempt: 1, code: "connect".into(), detail: String::new(), last, retry_at }
}

fn outbox(events: Vec<Said>) -> Outbox {
    let mut outbox = Outbox::default();
    outbox.apply(&recorded(conversation(1), 0, received(Channel::Whatsapp, "first")));
    for event in events {
        outbox.apply(&recorded(conversation(1), 1, event));
    }
    outbox
}

fn due(outbox: &Outbox, second: i64) -> Vec<ReplyId> {
    outbox.due(at(second)).into_iter().map(|work| work.reply.id).collect()
}

#[test]
fn replies_of_one_conversation_go_one_after_the_other() {
    let mut outbox = outbox(vec![requested(1), requested(2)]);
    assert_eq!(due(&outbox, 1), [reply(1)]);
    outbox.apply(&recorded(conversation(1), 2, attempted(1, 1)));
    assert!(due(&outbox, 2).is_empty(), "the second waits for the first's outcome");
    outbox.apply(&recorded(conversation(1), 3, accepted(1)));
    assert_eq!(due(&outbox, 3), [reply(2)]);
}

#[test]
fn what_has_an_outcome_is_never_owed_again() {
    for settled in
        [accepted(1), refused(1, true, None), Said::ReplyDropped { reply: reply(1), reason: DropReason::Operator }]
    {
        let outbox = outbox(vec![requested(1), attempted(1, 1), settled]);
        assert!(due(&outbox, 100).is_empty() && outbox.in_flight().is_empty() && outbox.unknown().is_empty());
        assert!(outbox.due(at(100)).is_empty());
    }
}

#[test]
fn an_attempt_without_outcome_is_in_flight_and_not_due() {
    let outbox = outbox(vec![requested(1), attempted(1, 1)]);
    assert!(due(&outbox, 100).is_empty());
    assert_eq!(outbox.in_flight().len(), 1);
}

#[test]
fn a_certain_failure_is_due_again_at_its_time_with_the_next_attempt() {
    let outbox = outbox(vec![requested(1), attempted(1, 1), refused(1, false, Some(at(10)))]);
    assert!(due(&outbox, 9).is_empty());
    assert_eq!(outbox.due(at(10))[0].reply.attempts, 1);
}

#[test]
fn an_unknown_outcome_holds_back_and_a_held_one_lets_pass() {
    let mut outbox = outbox(vec![requested(1), requested(2), attempted(1, 1)]);
    outbox.apply(&recorded(
        conversation(1),
        5,
        Said::SendUnknown { reply: reply(1), attempt: 1, detail: String::new() },
    ));
    assert!(due(&outbox, 100).is_empty());
    assert_eq!(outbox.unknown()[0].reply.status, Status::Unknown { since: at(5) });
    assert_eq!(outbox.unknown()[0].reply.last_attempt.as_ref().unwrap().at, at(1));
    let held = Said::ReplyHeld { reply: reply(1), code: "unknown_outcome".into(), detail: String::new() };
    outbox.apply(&recorded(conversation(1), 6, held));
    assert_eq!(due(&outbox, 100), [reply(2)]);
    assert_eq!(outbox.counts(), [("due", 1), ("in_flight", 0), ("unknown", 0), ("held", 1), ("refused", 0)]);
}

#[test]
fn proof_that_comes_late_settles_what_was_held() {
    let held = Said::ReplyHeld { reply: reply(1), code: "unknown_outcome".into(), detail: String::new() };
    let outbox = outbox(vec![requested(1), attempted(1, 1), held, accepted(1)]);
    assert_eq!(outbox.counts().map(|(_, count)| count), [0; 5]);
}

#[test]
fn a_private_address_follows_the_citizen_and_a_public_one_stays_with_the_thread() {
    for (channel, expected) in [(Channel::Whatsapp, "second"), (Channel::FacebookPost, "first")] {
        let mut outbox = Outbox::default();
        outbox.apply(&recorded(conversation(1), 0, received(channel, "first")));
        outbox.apply(&recorded(conversation(1), 7, received(channel, "second")));
        outbox.apply(&recorded(conversation(1), 8, requested(1)));
        let work = outbox.due(at(8)).remove(0);
        assert_eq!(work.address, sealed(expected));
        assert_eq!(work.last_message_at, at(7));
    }
}

#[test]
fn one_conversations_trouble_does_not_stop_another() {
    let mut outbox = outbox(vec![requested(1), attempted(1, 1)]);
    outbox.apply(&recorded(conversation(2), 0, received(Channel::Messenger, "other")));
    outbox.apply(&recorded(conversation(2), 1, requested(9)));
    assert_eq!(due(&outbox, 1), [reply(9)]);
}

#[test]
fn what_was_refused_for_good_lets_pass_and_is_sent_again_when_a_person_says_so() {
    let mut outbox = outbox(vec![requested(1), requested(2), attempted(1, 1), refused(1, true, None)]);
    assert_eq!(due(&outbox, 100), [reply(2)]);
    outbox.apply(&recorded(conversation(1), 50, refused(1, false, Some(at(50)))));
    assert_eq!(due(&outbox, 100), [reply(1)]);
    assert_eq!(outbox.due(at(100))[0].reply.attempts, 1);
}

#[test]
fn who_changed_his_number_is_answered_at_the_new_one_until_he_writes_again() {
    let mut outbox = Outbox::default();
    let changed = |current: Option<u8>| Said::IdentityChanged {
        previous: None,
        current: current.map(|n| segnalalo_domain::id::PersonId([n; 16])),
        sealed: sealed("new number"),
    };
    let address = |outbox: &Outbox, n: u8| outbox.conversations[&conversation(n)].address.clone();
    outbox.apply(&recorded(conversation(1), 1, received(Channel::Whatsapp, "old number")));
    outbox.apply(&recorded(conversation(1), 2, changed(None)));
    assert_eq!(address(&outbox, 1), sealed("old number"), "nobody says where he is now");
    outbox.apply(&recorded(conversation(1), 3, changed(Some(2))));
    assert_eq!(address(&outbox, 1), sealed("new number"));
    outbox.apply(&recorded(conversation(1), 4, received(Channel::Whatsapp, "newer number")));
    assert_eq!(address(&outbox, 1), sealed("newer number"));
    // A thread is where it is.
    outbox.apply(&recorded(conversation(2), 1, received(Channel::FacebookPost, "post")));
    outbox.apply(&recorded(conversation(2), 2, changed(Some(2))));
    assert_eq!(address(&outbox, 2), sealed("post"));
}
