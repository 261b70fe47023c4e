//! The ledger of what is sent.

use super::given::{Given, concluded, conversation_id, message_id, sealed};
use segnalalo_domain::{
    conversation::ReplyStatus,
    desk::{Act, Action, Command, DeliveryReport, Outcome, OwnMessage, SettleReply, TicketRef, Verdict},
    event::{
        Event,
        conversation::{DeliveryStatus, Event as Said, Proof},
    },
    template::Template,
    words::{Actor, ActorType, Channel, Kind},
};

fn owed() -> Given {
    let mut desk = Given::nothing();
    desk.says("mario", Channel::Whatsapp, "buca", concluded(Kind::Report));
    desk
}

fn status(desk: &Given) -> ReplyStatus {
    let (conversation, reply, _) = desk.last_reply();
    desk.desk.conversations[&conversation].replies[&reply].status.clone()
}

fn delivered(desk: &Given, status: DeliveryStatus) -> Command {
    let (_, reply, _) = desk.last_reply();
    Command::ReportDelivery(DeliveryReport {
        message: Some(message_id("sent")),
        callback: Some((reply, 1)),
        watermark: None,
        status,
        error_code: String::new(),
        error_detail: String::new(),
        sealed: sealed("wamid"),
    })
}

#[test]
fn an_attempt_begins_once_and_in_order() {
    let mut desk = owed();
    assert_eq!(desk.refused(&desk.attempt(2)), "ATTEMPT_OUT_OF_ORDER");
    desk.when(desk.attempt(1));
    assert_eq!(desk.refused(&desk.attempt(1)), "ATTEMPT_OUT_OF_ORDER");
    assert_eq!(desk.refused(&desk.attempt(2)), "REPLY_SETTLED", "nobody knows yet what became of the first");
}

#[test]
fn after_a_certain_failure_the_next_attempt_may_begin_and_after_success_none() {
    let mut desk = owed();
    desk.when(desk.attempt(1));
    let failed = Outcome::Refused { code: "connect".into(), detail: String::new(), last: false, retry_at: None };
    desk.when(desk.outcome(1, failed));
    assert_eq!(status(&desk), ReplyStatus::Due);
    desk.when(desk.attempt(2));
    desk.when(desk.outcome(2, desk.accepted()));
    assert_eq!(status(&desk), ReplyStatus::Accepted);
    assert_eq!(desk.refused(&desk.attempt(3)), "REPLY_SETTLED");
    assert!(desk.when(desk.outcome(2, Outcome::Unknown { detail: String::new() })).is_empty());
}

#[test]
fn an_unknown_outcome_is_settled_by_a_status_that_names_it() {
    let mut desk = owed();
    desk.when(desk.attempt(1));
    desk.when(desk.outcome(1, Outcome::Unknown { detail: "timeout".into() }));
    assert_eq!(desk.refused(&desk.attempt(2)), "REPLY_SETTLED");
    let events = desk.when(delivered(&desk, DeliveryStatus::Sent));
    assert!(matches!(&events[0], Event::Conversation(Said::SendAccepted { proof: Proof::Status, .. })));
    assert_eq!(status(&desk), ReplyStatus::Accepted);
}

#[test]
fn a_status_never_steps_back() {
    let mut desk = owed();
    desk.when(desk.attempt(1));
    desk.when(desk.outcome(1, desk.accepted()));
    assert_eq!(desk.when(delivered(&desk, DeliveryStatus::Read)).len(), 1);
    assert!(desk.when(delivered(&desk, DeliveryStatus::Delivered)).is_empty());
    assert!(desk.when(delivered(&desk, DeliveryStatus::Read)).is_empty());
}

#[test]
fn our_own_comment_is_known_by_its_words_and_a_colleagues_is_not_ours() {
    let mut desk = Given::nothing();
    desk.says("thread1/mario", Channel::FacebookPost, "post", concluded(Kind::Report));
    desk.when(desk.attempt(1));
    let own = |name: &str, text: u8| {
        Command::RecordOwnMessage(OwnMessage {
            conversations: vec![conversation_id("thread1")],
            message: message_id(name),
            text_sha256: [text; 32],
            callback: None,
            sealed: sealed(name),
        })
    };
    let events = desk.when(own("echo", 1));
    assert!(matches!(&events[0], Event::Conversation(Said::SendAccepted { proof: Proof::Echo, .. })));
    assert!(desk.when(own("echo", 1)).is_empty());
    let events = desk.when(own("by hand", 9));
    assert!(matches!(&events[0], Event::Conversation(Said::ColleagueAnswered { .. })));
}

#[test]
fn no_automatic_answer_follows_on_top_of_a_colleagues() {
    let mut desk = Given::nothing();
    desk.says("thread1/mario", Channel::FacebookPost, "post", concluded(Kind::Report));
    desk.when(Command::RecordOwnMessage(OwnMessage {
        conversations: vec![conversation_id("thread1")],
        message: message_id("by hand"),
        text_sha256: [9; 32],
        callback: None,
        sealed: sealed("ci pensiamo noi"),
    }));
    assert_eq!(status(&desk), ReplyStatus::Dropped);
}

#[test]
fn a_person_settles_what_is_held() {
    for (verdict, expected) in [
        (Verdict::Arrived, ReplyStatus::Accepted),
        (Verdict::Resend, ReplyStatus::Due),
        (Verdict::Drop, ReplyStatus::Dropped),
    ] {
        let mut desk = owed();
        desk.when(desk.attempt(1));
        desk.when(desk.outcome(1, Outcome::Held { code: "unknown_outcome".into(), detail: String::new() }));
        let (_, reply, _) = desk.last_reply();
        desk.when(Command::SettleReply(SettleReply {
            reply,
            actor: Actor { kind: ActorType::Person, name: "anna".into() },
            verdict,
            sealed: sealed(""),
        }));
        assert_eq!(status(&desk), expected);
    }
}

#[test]
fn a_late_failure_of_an_attempt_that_was_repeated_says_nothing_of_the_reply() {
    let mut desk = owed();
    desk.when(desk.attempt(1));
    let failed = Outcome::Refused { code: "connect".into(), detail: String::new(), last: false, retry_at: None };
    desk.when(desk.outcome(1, failed));
    desk.when(desk.attempt(2));
    desk.when(desk.outcome(2, desk.accepted()));
    assert!(desk.when(delivered(&desk, DeliveryStatus::Failed)).is_empty());
}

#[test]
fn what_was_reported_of_an_attempt_says_nothing_on_the_next() {
    let mut desk = owed();
    desk.when(desk.attempt(1));
    desk.when(desk.outcome(1, Outcome::Unknown { detail: "reset".into() }));
    desk.when(delivered(&desk, DeliveryStatus::Failed));
    let (_, reply, _) = desk.last_reply();
    let actor = Actor { kind: ActorType::Person, name: "anna".into() };
    let resend = SettleReply { reply, actor, verdict: Verdict::Resend, sealed: sealed("") };
    desk.when(Command::SettleReply(resend));
    desk.when(desk.attempt(2));
    desk.when(desk.outcome(2, desk.accepted()));
    let second = Command::ReportDelivery(DeliveryReport {
        message: Some(message_id("sent")),
        callback: Some((reply, 2)),
        watermark: None,
        status: DeliveryStatus::Failed,
        error_code: "131026".into(),
        error_detail: String::new(),
        sealed: sealed("wamid"),
    });
    assert_eq!(desk.when(second).len(), 1, "it failed too");
}

#[test]
fn a_message_that_another_reply_was_known_by_proves_nothing_for_this_one() {
    let mut desk = owed();
    desk.when(desk.attempt(1));
    desk.when(desk.outcome(1, desk.accepted()));
    desk.act(Action::TakeInCharge { office: None });
    desk.when(desk.attempt(1));
    desk.when(desk.outcome(1, Outcome::Unknown { detail: "reset".into() }));
    let found =
        Outcome::Accepted { sent_message: Some(message_id("sent")), proof: Proof::ReadBack, sealed: sealed("wamid") };
    desk.when(desk.outcome(1, found));
    assert_eq!(status(&desk), ReplyStatus::Held, "a person looks");
}

#[test]
fn what_failed_after_it_was_accepted_can_be_put_aside_but_is_not_sent_again() {
    let mut desk = owed();
    desk.when(desk.attempt(1));
    desk.when(desk.outcome(1, desk.accepted()));
    let settle = |desk: &Given, verdict| {
        Command::SettleReply(SettleReply {
            reply: desk.last_reply().1,
            actor: Actor { kind: ActorType::Person, name: "anna".into() },
            verdict,
            sealed: sealed(""),
        })
    };
    assert_eq!(desk.refused(&settle(&desk, Verdict::Drop)), "REPLY_SETTLED");
    desk.when(delivered(&desk, DeliveryStatus::Failed));
    assert_eq!(desk.refused(&settle(&desk, Verdict::Resend)), "REPLY_SETTLED");
    desk.when(settle(&desk, Verdict::Drop));
    assert_eq!(status(&desk), ReplyStatus::Dropped);
}

#[test]
fn a_colleagues_words_do_not_stand_for_the_news_of_an_office() {
    let mut desk = Given::nothing();
    desk.says("thread1/mario", Channel::FacebookPost, "post", concluded(Kind::Report));
    let (ticket, _) = desk.last_ticket();
    desk.when(Command::Act(Act {
        ticket: TicketRef::Id(ticket),
        expected_version: None,
        actor: Actor { kind: ActorType::OfficeSystem, name: "manutenzioni".into() },
        action: Action::TakeInCharge { office: None },
    }));
    desk.when(Command::RecordOwnMessage(OwnMessage {
        conversations: vec![conversation_id("thread1")],
        message: message_id("by hand"),
        text_sha256: [9; 32],
        callback: None,
        sealed: sealed("ci pensiamo noi"),
    }));
    let mut statuses = desk.desk.conversations[&conversation_id("thread1")]
        .replies
        .values()
        .map(|reply| (reply.template, reply.status.clone()))
        .collect::<Vec<_>>();
    statuses.sort_by_key(|(template, _)| *template);
    assert_eq!(statuses, [(Template::Receipt, ReplyStatus::Dropped), (Template::TakenInCharge, ReplyStatus::Due)]);
}

#[test]
fn what_is_held_is_held_once_and_again_after_a_person_had_it_tried() {
    let mut desk = owed();
    let held = || Outcome::Held { code: "window_closed".into(), detail: String::new() };
    desk.when(desk.outcome(0, held()));
    assert!(desk.when(desk.outcome(0, held())).is_empty());
    desk.when(Command::SettleReply(SettleReply {
        reply: desk.last_reply().1,
        actor: Actor { kind: ActorType::Person, name: "anna".into() },
        verdict: Verdict::Resend,
        sealed: sealed(""),
    }));
    assert_eq!(desk.when(desk.outcome(0, held())).len(), 1);
    assert_eq!(status(&desk), ReplyStatus::Held);
}

#[test]
fn a_watermark_says_nothing_on_what_was_sent_after_it() {
    let mut desk = owed();
    let before = desk.now;
    desk.later(jiff::SignedDuration::from_secs(10));
    desk.when(desk.attempt(1));
    desk.when(desk.outcome(1, desk.accepted()));
    let read_until = |until| {
        Command::ReportDelivery(DeliveryReport {
            message: None,
            callback: None,
            watermark: Some((conversation_id("mario"), until)),
            status: DeliveryStatus::Read,
            error_code: String::new(),
            error_detail: String::new(),
            sealed: sealed(""),
        })
    };
    assert!(desk.when(read_until(before)).is_empty());
    assert_eq!(desk.when(read_until(desk.now)).len(), 1);
}

#[test]
fn what_is_known_of_an_attempt_does_not_become_unknown_again() {
    let mut desk = owed();
    desk.when(desk.attempt(1));
    let failed = Outcome::Refused { code: "connect".into(), detail: String::new(), last: false, retry_at: None };
    desk.when(desk.outcome(1, failed));
    assert!(desk.when(desk.outcome(1, Outcome::Unknown { detail: String::new() })).is_empty());
    assert_eq!(status(&desk), ReplyStatus::Due);
}
