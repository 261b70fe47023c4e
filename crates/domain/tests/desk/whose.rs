//! Whose ticket it is, and which one a message is about.

use super::given::{Given, concluded, conversation_id, message_id, received, sealed, templates, words};
use jiff::{SignedDuration, civil::date};
use segnalalo_domain::{
    desk::{Action, Command, Conclude},
    event::{Event, conversation::Event as Said, ticket::Event as Happened},
    id::{ConversationId, PersonId, TicketId},
    sla::DeadlineName,
    template::Template,
    ticket::Phase,
    words::{Channel, Conclusion, Kind, Office, Stance},
};

const WHATSAPP: Channel = Channel::Whatsapp;

fn objects() -> Conclusion {
    Conclusion { stance: Stance::Objects, ..concluded(Kind::FollowUp) }
}

fn phase(desk: &Given, ticket: TicketId) -> Phase {
    desk.desk.tickets[&ticket].phase
}

/// A report that was taken in charge and resolved.
fn resolved(desk: &mut Given, from: &str, channel: Channel, name: &str) -> TicketId {
    desk.says(from, channel, name, concluded(Kind::Report));
    desk.act(Action::TakeInCharge { office: None });
    desk.act(Action::Resolve { words: words("") });
    desk.last_ticket().0
}

#[test]
fn who_asked_for_anothers_state_can_neither_reopen_nor_close_it() {
    let mut desk = Given::nothing();
    let marios = resolved(&mut desk, "mario", WHATSAPP, "buca");
    let asks = Conclusion { protocol: Some("0000001/2026".into()), ..concluded(Kind::StatusQuery) };
    assert_eq!(templates(&desk.says("lucia", WHATSAPP, "q", asks)), [Template::Status]);
    for (name, conclusion) in [("no", objects()), ("grazie", concluded(Kind::Thanks))] {
        let mut quoting = received("lucia", WHATSAPP, name);
        quoting.quoted = Some(message_id("q"));
        desk.when(Command::ReceiveMessage(quoting));
        desk.concludes("lucia", name, conclusion);
        assert_eq!(phase(&desk, marios), Phase::Resolved);
    }
}

#[test]
fn in_private_he_is_the_same_citizen_by_whichever_id_the_platform_calls_him() {
    let mut desk = Given::nothing();
    let ticket = resolved(&mut desk, "mario", WHATSAPP, "buca");
    let mut by_other_id = received("mario", WHATSAPP, "no");
    by_other_id.person = Some(PersonId::derived(&[b"business-scoped"]));
    desk.when(Command::ReceiveMessage(by_other_id));
    desk.concludes("mario", "no", objects());
    assert_eq!(phase(&desk, ticket), Phase::Reopened);
}

#[test]
fn in_a_public_thread_each_decides_on_the_ticket_that_he_opened() {
    let mut desk = Given::nothing();
    let post = Channel::FacebookPost;
    let marios = resolved(&mut desk, "thread1/mario", post, "post");
    let lamp = Conclusion { office: Some(Office("LUCE".into())), ..concluded(Kind::Report) };
    desk.says("thread1/ugo", Channel::FacebookComment, "lampione", lamp);
    desk.act(Action::TakeInCharge { office: None });
    desk.act(Action::Resolve { words: words("") });
    let ugos = desk.last_ticket().0;
    assert_ne!(marios, ugos);
    desk.says("thread1/mario", Channel::FacebookComment, "c'è ancora", objects());
    assert_eq!((phase(&desk, marios), phase(&desk, ugos)), (Phase::Reopened, Phase::Resolved));
    desk.says("thread1/ugo", Channel::FacebookComment, "anche il mio", objects());
    assert_eq!(phase(&desk, ugos), Phase::Reopened);
}

#[test]
fn an_objection_means_what_was_answered_since_not_the_report_that_is_still_open() {
    let mut desk = Given::nothing();
    desk.says("mario", WHATSAPP, "buca", concluded(Kind::Report));
    let first = desk.last_ticket().0;
    desk.later(SignedDuration::from_hours(1));
    desk.says("mario", WHATSAPP, "lampione", concluded(Kind::Report));
    let second = desk.last_ticket().0;
    assert_ne!(first, second);
    desk.later(SignedDuration::from_hours(1));
    desk.when(super::given::acting_on(first, Action::TakeInCharge { office: None }));
    desk.when(super::given::acting_on(first, Action::Resolve { words: words("") }));
    desk.later(SignedDuration::from_hours(1));
    desk.says("mario", WHATSAPP, "non è risolto", objects());
    assert_eq!((phase(&desk, first), phase(&desk, second)), (Phase::Reopened, Phase::Received));
}

#[test]
fn an_objection_with_a_number_means_that_ticket() {
    let mut desk = Given::nothing();
    let first = resolved(&mut desk, "mario", WHATSAPP, "buca");
    desk.later(SignedDuration::from_hours(1));
    let second = resolved(&mut desk, "mario", WHATSAPP, "lampione");
    let cites = Conclusion { protocol: Some("0000001/2026".into()), ..objects() };
    desk.says("mario", WHATSAPP, "il numero 1 no", cites);
    assert_eq!((phase(&desk, first), phase(&desk, second)), (Phase::Reopened, Phase::Resolved));
}

#[test]
fn the_fourteen_days_run_from_the_citizens_last_word() {
    let mut desk = Given::nothing();
    let ticket = resolved(&mut desk, "mario", WHATSAPP, "buca");
    desk.later(SignedDuration::from_hours(13 * 24));
    desk.says("mario", WHATSAPP, "aggiungo", concluded(Kind::FollowUp));
    let state = &desk.desk.tickets[&ticket];
    assert_eq!(state.phase, Phase::Resolved);
    let term = &state.term(DeadlineName::AutoClose).unwrap().deadline;
    assert_eq!((term.version, term.from), (2, desk.now));
}

#[test]
fn an_emergency_that_reopens_is_answered_with_112_too() {
    let mut desk = Given::nothing();
    resolved(&mut desk, "mario", WHATSAPP, "gas");
    let again = Conclusion { kind: Kind::Emergency, ..objects() };
    let events = desk.says("mario", WHATSAPP, "esce ancora gas", again);
    assert_eq!(templates(&events), [Template::Emergency, Template::Reopened]);
    assert!(desk.last_ticket().1.emergency);
}

#[test]
fn messages_belong_together_by_when_they_were_written_not_by_when_they_were_routed() {
    let mut desk = Given::nothing();
    desk.arrives("mario", WHATSAPP, "one");
    desk.later(SignedDuration::from_mins(1));
    desk.arrives("mario", WHATSAPP, "two");
    let written = desk.now;
    // Everything stood still for a while.
    desk.later(SignedDuration::from_hours(2));
    desk.concludes("mario", "one", concluded(Kind::Report));
    desk.concludes("mario", "two", concluded(Kind::Report));
    assert_eq!(desk.desk.tickets.len(), 1);
    assert_eq!(desk.last_ticket().1.last_message_at, written);
}

#[test]
fn an_office_that_the_city_does_not_have_is_no_proposal_also_when_it_comes_late() {
    let mut desk = Given::nothing();
    desk.arrives("mario", WHATSAPP, "buca");
    desk.gives_up("mario", "buca");
    desk.concludes("mario", "buca", Conclusion { office: Some(Office("MARTE".into())), ..concluded(Kind::Report) });
    assert_eq!(desk.last_ticket().1.office, None);
    desk.act(Action::TakeInCharge { office: None });
}

#[test]
fn what_waits_for_the_citizen_is_not_taken_in_charge_twice() {
    let mut desk = Given::nothing();
    desk.says("mario", WHATSAPP, "buca", concluded(Kind::Report));
    desk.act(Action::AskCitizen { words: words("dove?") });
    desk.act(Action::TakeInCharge { office: None });
    desk.act(Action::DeclareFeasible { expected_by: date(2026, 12, 4), words: words("") });
    desk.act(Action::AskCitizen { words: words("a che altezza?") });
    assert_eq!(desk.refused(&desk.acting(Action::TakeInCharge { office: None })), "ILLEGAL_TRANSITION");
}

#[test]
fn a_conclusion_in_the_wrong_conversation_is_noted() {
    let mut desk = Given::nothing();
    desk.arrives("mario", WHATSAPP, "buca");
    desk.arrives("lucia", WHATSAPP, "ciao");
    let astray = Conclude {
        conversation: conversation_id("lucia"),
        message: message_id("buca"),
        conclusion: concluded(Kind::Report),
        sealed: sealed(""),
    };
    assert!(desk.decide(&Command::Conclude(astray)).unwrap().events.is_empty());
}

/// Replies asked for, with the conversation that they go to.
pub fn told(desk: &Given, from: usize) -> Vec<(ConversationId, Template)> {
    desk.log[from..]
        .iter()
        .filter_map(|recorded| match (&recorded.stream, &recorded.event) {
            (
                segnalalo_domain::event::Stream::Conversation(id),
                Event::Conversation(Said::ReplyRequested { template, .. }),
            ) => Some((*id, *template)),
            _ => None,
        })
        .collect()
}

#[test]
fn what_an_emergency_is_merged_into_is_one() {
    let mut desk = Given::nothing();
    desk.says("mario", WHATSAPP, "a", concluded(Kind::Report));
    let first = desk.last_ticket().0;
    desk.says("lucia", WHATSAPP, "gas", concluded(Kind::Emergency));
    desk.act(Action::Merge { into: segnalalo_domain::desk::TicketRef::Id(first) });
    assert!(desk.desk.tickets[&first].emergency);
}

#[test]
fn who_is_merged_into_what_is_in_charge_gets_its_number() {
    let mut desk = Given::nothing();
    desk.says("mario", WHATSAPP, "a", concluded(Kind::Report));
    desk.act(Action::TakeInCharge { office: None });
    let first = desk.last_ticket().0;
    desk.says("lucia", WHATSAPP, "b", concluded(Kind::Report));
    let before = desk.log.len();
    let into = segnalalo_domain::desk::TicketRef::Id(first);
    let events = desk.act(Action::Merge { into });
    assert!(events.iter().any(|event| matches!(event, Event::Ticket(Happened::Absorbed { .. }))));
    assert_eq!(told(&desk, before), [(conversation_id("lucia"), Template::TakenInCharge)]);
}
