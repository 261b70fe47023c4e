//! Merging, spam, notes, annulment, and what an operator must not do.

use super::given::{Given, acting_on, concluded, conversation_id, templates, words};
use jiff::{SignedDuration, civil::date};
use segnalalo_domain::{
    desk::{Act, Action, Command, TicketRef},
    event::{Event, Stream, conversation::Event as Said},
    protocol::Cited,
    template::Template,
    ticket::Phase,
    words::{Actor, ActorType, Channel, Kind},
};

fn two_reports() -> (Given, segnalalo_domain::id::TicketId, segnalalo_domain::id::TicketId) {
    let mut desk = Given::nothing();
    desk.says("mario", Channel::Whatsapp, "a", concluded(Kind::Report));
    let (first, _) = desk.last_ticket();
    desk.later(SignedDuration::from_mins(1));
    desk.says("lucia", Channel::Whatsapp, "b", concluded(Kind::Report));
    let (second, _) = desk.last_ticket();
    (desk, first, second)
}

#[test]
fn who_was_merged_gets_the_same_news() {
    let (mut desk, first, second) = two_reports();
    desk.when(acting_on(second, Action::Merge { into: TicketRef::Id(first) }));
    assert_eq!(desk.desk.tickets[&second].phase, Phase::Merged);
    let before = desk.log.len();
    let events = desk.when(acting_on(first, Action::TakeInCharge { office: None }));
    assert_eq!(templates(&events), [Template::TakenInCharge; 2]);
    let to = desk.log[before..]
        .iter()
        .filter_map(|recorded| match (&recorded.stream, &recorded.event) {
            (Stream::Conversation(id), Event::Conversation(Said::ReplyRequested { .. })) => Some(*id),
            _ => None,
        })
        .collect::<Vec<_>>();
    assert_eq!(to, [conversation_id("mario"), conversation_id("lucia")]);
    let joined = desk.says("lucia", Channel::Whatsapp, "more", concluded(Kind::FollowUp));
    assert!(joined.iter().any(|event| matches!(event, Event::Ticket(_))));
    assert_eq!(desk.desk.tickets.len(), 2, "her next word goes to the ticket it lives on in");
}

#[test]
fn a_ticket_is_not_merged_into_itself_or_into_one_that_is_over() {
    let (mut desk, first, second) = two_reports();
    let merge = |from, into| acting_on(from, Action::Merge { into: TicketRef::Id(into) });
    assert_eq!(desk.refused(&merge(first, first)), "BAD_MERGE");
    desk.when(merge(second, first));
    assert_eq!(desk.refused(&merge(first, second)), "BAD_MERGE");
}

#[test]
fn spam_is_not_answered_and_comes_back_where_it_was() {
    let (mut desk, first, _) = two_reports();
    let events = desk.when(acting_on(first, Action::MarkSpam));
    assert!(events.iter().any(|event| matches!(event, Event::Conversation(Said::ReplyDropped { .. }))));
    assert_eq!(desk.desk.tickets[&first].phase, Phase::Spam);
    desk.when(acting_on(first, Action::LiftSpam));
    assert_eq!(desk.desk.tickets[&first].phase, Phase::Received);
    let terms = desk.desk.tickets[&first].terms.iter().map(|term| term.deadline.version).collect::<Vec<_>>();
    assert_eq!(terms, [2, 2], "its terms run again");
}

#[test]
fn spam_that_was_lifted_still_gets_its_receipt_and_still_waits_for_its_answer() {
    let (mut desk, first, _) = two_reports();
    desk.when(acting_on(first, Action::MarkSpam));
    let events = desk.when(acting_on(first, Action::LiftSpam));
    assert_eq!(templates(&events), [Template::Receipt]);
    desk.when(acting_on(first, Action::AskCitizen { words: words("dove?") }));
    desk.when(desk.attempt(1));
    desk.when(acting_on(first, Action::MarkSpam));
    assert!(templates(&desk.when(acting_on(first, Action::LiftSpam))).is_empty(), "the question is on its way");
    assert_eq!(desk.desk.tickets[&first].phase, Phase::AwaitingCitizen);
    desk.says("mario", Channel::Whatsapp, "in via Italia", concluded(Kind::Report));
    assert_eq!(desk.desk.tickets[&first].phase, Phase::Received);
}

#[test]
fn an_annulled_number_stays_with_its_ticket_and_is_not_used_again() {
    let (mut desk, first, second) = two_reports();
    desk.when(acting_on(first, Action::TakeInCharge { office: None }));
    let annul = acting_on(first, Action::AnnulProtocol { reason: "doppio".into(), act: "det. 12/2026".into() });
    desk.when(annul.clone());
    assert!(desk.desk.tickets[&first].annulled);
    assert_eq!(desk.refused(&annul), "ALREADY_ANNULLED");
    desk.when(acting_on(second, Action::TakeInCharge { office: None }));
    assert_eq!(desk.desk.tickets[&second].protocol.unwrap().number, 2);
}

#[test]
fn what_is_taken_in_charge_again_after_its_number_was_annulled_gets_a_new_one() {
    let (mut desk, first, _) = two_reports();
    desk.when(acting_on(first, Action::TakeInCharge { office: None }));
    desk.when(acting_on(first, Action::AnnulProtocol { reason: "doppio".into(), act: "det. 12/2026".into() }));
    desk.when(acting_on(first, Action::Resolve { words: words("") }));
    desk.when(acting_on(first, Action::Reopen { reason: words("non era finito") }));
    desk.when(acting_on(first, Action::TakeInCharge { office: None }));
    let ticket = &desk.desk.tickets[&first];
    assert_eq!((ticket.protocol.unwrap().number, ticket.annulled), (2, false));
}

#[test]
fn who_saw_an_old_version_must_look_again() {
    let (mut desk, first, _) = two_reports();
    let version = desk.desk.tickets[&first].version;
    let act = |expected| {
        Command::Act(Act {
            ticket: TicketRef::Id(first),
            expected_version: Some(expected),
            actor: Actor { kind: ActorType::Person, name: "anna".into() },
            action: Action::TakeInCharge { office: None },
        })
    };
    assert_eq!(desk.refused(&act(version + 1)), "VERSION_CONFLICT");
    desk.when(act(version));
    assert_eq!(desk.refused(&act(version)), "VERSION_CONFLICT");
}

#[test]
fn a_ticket_is_found_by_any_of_its_names() {
    let (mut desk, first, _) = two_reports();
    desk.when(acting_on(first, Action::TakeInCharge { office: None }));
    let code = desk.desk.tickets[&first].code.to_lowercase();
    for name in [
        TicketRef::Id(first),
        TicketRef::Code(code),
        TicketRef::Protocol(Cited { year: None, number: 1 }),
        TicketRef::Protocol(Cited { year: Some(2026), number: 1 }),
    ] {
        assert_eq!(desk.desk.find(&name).unwrap().0, first);
    }
    assert_eq!(desk.desk.find(&TicketRef::Code("S-NOPE1".into())).unwrap_err().code(), "UNKNOWN_TICKET");
}

#[test]
fn personal_data_is_refused_where_everybody_can_read() {
    let mut desk = Given::nothing();
    desk.says("thread1/mario", Channel::FacebookPost, "post", concluded(Kind::Report));
    desk.act(Action::TakeInCharge { office: None });
    let mut told = words("la richiamo al 347 1234567");
    told.personal = vec!["phone".into()];
    let public = Action::DeclareFeasible { expected_by: date(2026, 12, 1), words: told.clone() };
    assert_eq!(desk.refused(&desk.acting(public)), "PERSONAL_DATA_IN_PUBLIC");
    desk.says("lucia", Channel::Whatsapp, "private", concluded(Kind::Report));
    desk.act(Action::TakeInCharge { office: None });
    desk.act(Action::DeclareFeasible { expected_by: date(2026, 12, 1), words: told });
}

#[test]
fn what_stays_in_the_register_for_ever_may_name_nobody() {
    let (mut desk, first, _) = two_reports();
    desk.when(acting_on(first, Action::TakeInCharge { office: None }));
    for (reason, act) in [("lo chiede m.rossi@example.it", "det. 12/2026"), ("doppio", "telefonata al 333 1234567")] {
        let annul = acting_on(first, Action::AnnulProtocol { reason: reason.into(), act: act.into() });
        assert_eq!(desk.refused(&annul), "INVALID_FIELD", "{reason}, {act}");
    }
}

#[test]
fn naming_an_annulled_number_does_not_annul_the_one_that_came_after_it() {
    let (mut desk, first, _) = two_reports();
    desk.when(acting_on(first, Action::TakeInCharge { office: None }));
    desk.when(acting_on(first, Action::AnnulProtocol { reason: "doppio".into(), act: "det. 12/2026".into() }));
    desk.when(acting_on(first, Action::Resolve { words: words("") }));
    desk.when(acting_on(first, Action::Reopen { reason: words("non era finito") }));
    desk.when(acting_on(first, Action::TakeInCharge { office: None }));
    assert_eq!(desk.desk.tickets[&first].protocol.unwrap().number, 2);
    let annul = Command::Act(Act {
        ticket: TicketRef::Protocol(Cited { year: Some(2026), number: 1 }),
        expected_version: None,
        actor: Actor { kind: ActorType::Person, name: "anna".into() },
        action: Action::AnnulProtocol { reason: "doppio".into(), act: "det. 13/2026".into() },
    });
    assert_eq!(desk.refused(&annul), "ALREADY_ANNULLED");
}
