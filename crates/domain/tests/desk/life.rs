//! The ticket's life, from taking in charge to closing and back.

use super::given::{Given, concluded, templates, words};
use jiff::civil::date;
use segnalalo_domain::{
    desk::{Action, Command, ReachDeadline},
    event::{
        Event, Register,
        ticket::{CloseReason, Event as Happened},
    },
    sla::{DeadlineName, Rung},
    template::Template,
    ticket::Phase,
    words::{Channel, Conclusion, Kind, Office, Stance},
};

fn reported() -> Given {
    let mut desk = Given::nothing();
    desk.says("mario", Channel::Whatsapp, "buca", concluded(Kind::Report));
    desk
}

fn taken() -> Given {
    let mut desk = reported();
    desk.act(Action::TakeInCharge { office: None });
    desk
}

#[test]
fn taking_in_charge_gives_the_number_in_the_same_decision_and_tells_it() {
    let mut desk = reported();
    let events = desk.act(Action::TakeInCharge { office: None });
    assert!(
        matches!(&events[0], Event::Register(Register::NumberAssigned { protocol, .. }) if protocol.to_string() == "2026/0000001")
    );
    assert!(matches!(&events[1], Event::Ticket(Happened::TakenInCharge { office, .. }) if office.0 == "STRADE"));
    assert_eq!(templates(&events), [Template::TakenInCharge]);
    assert!(desk.last_ticket().1.term(DeadlineName::TakeInCharge).unwrap().done);
    assert_eq!(desk.refused(&desk.acting(Action::TakeInCharge { office: None })), "ILLEGAL_TRANSITION");
}

#[test]
fn numbers_follow_one_another_without_gaps() {
    let mut desk = Given::nothing();
    for (index, name) in ["a", "b", "c"].into_iter().enumerate() {
        desk.says(name, Channel::Whatsapp, name, concluded(Kind::Report));
        desk.act(Action::TakeInCharge { office: None });
        assert_eq!(desk.last_ticket().1.protocol.unwrap().number, index as u32 + 1);
    }
}

#[test]
fn the_year_is_that_of_registration_in_rome() {
    let mut desk = reported();
    desk.now = "2026-12-31T23:30:00Z".parse().unwrap();
    desk.act(Action::TakeInCharge { office: None });
    assert_eq!(desk.last_ticket().1.protocol.unwrap().to_string(), "2027/0000001");
}

#[test]
fn feasible_resolved_and_closed_after_silence() {
    let mut desk = taken();
    let by = date(2026, 12, 4);
    let events = desk.act(Action::DeclareFeasible { expected_by: by, words: words("") });
    assert_eq!(templates(&events), [Template::Feasible]);
    assert_eq!(desk.last_ticket().1.expected_by, Some(by));
    assert_eq!(desk.last_ticket().1.next_term().unwrap().deadline.name, DeadlineName::Resolution);
    let events = desk.act(Action::ReportProgress { expected_by: Some(date(2026, 12, 11)), words: words("piove") });
    assert_eq!(templates(&events), [Template::Progress]);
    assert_eq!(desk.last_ticket().1.term(DeadlineName::Resolution).unwrap().deadline.version, 2);
    let events = desk.act(Action::Resolve { words: words("") });
    assert_eq!(templates(&events), [Template::Resolved]);
    let (ticket, state) = desk.last_ticket();
    let term = state.next_term().unwrap().clone();
    assert_eq!(term.deadline.name, DeadlineName::AutoClose);
    let reached = Command::ReachDeadline(ReachDeadline {
        ticket,
        deadline: DeadlineName::AutoClose,
        version: term.deadline.version,
        rung: Rung::Past,
        due_at: term.deadline.due,
    });
    let events = desk.when(reached.clone());
    assert!(
        events.iter().any(|event| matches!(event, Event::Ticket(Happened::Closed { reason: CloseReason::Quiet, .. })))
    );
    assert!(desk.when(reached).is_empty(), "a rung is reached once");
}

#[test]
fn a_refusal_needs_words_and_a_date_must_not_be_past() {
    let desk = taken();
    for action in [
        Action::DeclareNotFeasible { words: words("") },
        Action::DeclareNotPertinent { words: words("") },
        Action::Answer { words: words("") },
        Action::AskCitizen { words: words("") },
        Action::SendBack { reason: words("") },
    ] {
        assert_eq!(desk.refused(&desk.acting(action)), "MISSING_FIELD");
    }
    let past = Action::DeclareFeasible { expected_by: date(2026, 11, 22), words: words("") };
    assert_eq!(desk.refused(&desk.acting(past)), "INVALID_FIELD");
}

#[test]
fn a_refusal_is_never_worded_as_a_success() {
    let mut desk = taken();
    let events = desk.act(Action::DeclareNotFeasible { words: words("la strada è della Provincia") });
    assert_eq!(templates(&events), [Template::NotFeasible]);
    assert_eq!(desk.phase(), Phase::NotFeasible);
}

#[test]
fn an_office_that_is_not_competent_sends_it_back_and_another_gets_it() {
    let mut desk = taken();
    desk.act(Action::SendBack { reason: words("è un lampione") });
    assert_eq!((desk.phase(), desk.last_ticket().1.office.clone()), (Phase::SentBack, Some(Office::urp())));
    desk.act(Action::Reassign { office: Office("LUCE".into()), reason: words("") });
    assert_eq!(
        (desk.phase(), desk.last_ticket().1.office.clone()),
        (Phase::TakenInCharge, Some(Office("LUCE".into())))
    );
    let nowhere = Action::Reassign { office: Office("MARTE".into()), reason: words("") };
    assert_eq!(desk.refused(&desk.acting(nowhere)), "UNKNOWN_OFFICE");
}

#[test]
fn a_question_waits_for_the_citizen_and_goes_on_with_his_answer() {
    let mut desk = taken();
    let events = desk.act(Action::AskCitizen { words: words("a che altezza?") });
    assert_eq!((templates(&events), desk.phase()), (vec![Template::Question], Phase::AwaitingCitizen));
    let events = desk.says("mario", Channel::Whatsapp, "al 12", concluded(Kind::Report));
    assert!(events.iter().any(|event| matches!(event, Event::Ticket(Happened::CitizenAnswered { .. }))));
    assert_eq!((desk.phase(), desk.desk.tickets.len()), (Phase::TakenInCharge, 1));
}

#[test]
fn non_e_risolto_reopens_with_the_same_number_and_new_terms() {
    let mut desk = taken();
    desk.act(Action::Resolve { words: words("") });
    let number = desk.last_ticket().1.protocol;
    desk.now = "2026-11-27T18:30:00+01:00".parse().unwrap();
    let objects = Conclusion { stance: Stance::Objects, ..concluded(Kind::FollowUp) };
    let events = desk.says("mario", Channel::Whatsapp, "non è risolto", objects);
    assert_eq!(templates(&events), [Template::Reopened]);
    let (_, ticket) = desk.last_ticket();
    assert_eq!((ticket.phase, ticket.protocol), (Phase::Reopened, number));
    let term = ticket.next_term().unwrap();
    assert_eq!((term.deadline.name, term.deadline.version), (DeadlineName::TakeInCharge, 2));
    assert_eq!(term.deadline.due, "2026-11-30T16:00:00+01:00".parse().unwrap());
    let events = desk.act(Action::TakeInCharge { office: None });
    assert!(!events.iter().any(|event| matches!(event, Event::Register(_))), "no second number");
    desk.act(Action::Resolve { words: words("") });
    assert_eq!(desk.phase(), Phase::Resolved);
}

#[test]
fn thanks_after_a_solution_close_it() {
    let mut desk = taken();
    assert_eq!(desk.says("mario", Channel::Whatsapp, "grazie", concluded(Kind::Thanks)).len(), 3);
    assert_eq!(desk.phase(), Phase::TakenInCharge, "thanks in between close nothing");
    desk.act(Action::Resolve { words: words("") });
    let events = desk.says("mario", Channel::Whatsapp, "grazie!", concluded(Kind::Thanks));
    assert_eq!((templates(&events), desk.phase()), (vec![Template::Thanks], Phase::Closed));
}

#[test]
fn a_deadline_of_an_old_version_or_a_met_one_is_not_reached() {
    let mut desk = taken();
    let (ticket, state) = desk.last_ticket();
    let due_at = state.received_at;
    let reach = |deadline, version| {
        Command::ReachDeadline(ReachDeadline { ticket, deadline, version, rung: Rung::Near, due_at })
    };
    assert!(desk.decide(&reach(DeadlineName::TakeInCharge, 1)).unwrap().events.is_empty());
    assert!(desk.decide(&reach(DeadlineName::FirstAnswer, 2)).unwrap().events.is_empty());
    assert_eq!(desk.when(reach(DeadlineName::FirstAnswer, 1)).len(), 1);
}

#[test]
fn a_reopened_one_meets_its_new_term_by_whatever_way_an_office_gets_it() {
    let reopened = || {
        let mut desk = taken();
        desk.act(Action::Resolve { words: words("") });
        desk.act(Action::Reopen { reason: words("il cittadino ha telefonato") });
        assert!(!desk.last_ticket().1.term(DeadlineName::TakeInCharge).unwrap().done);
        desk
    };
    let mut at_once = reopened();
    at_once.act(Action::DeclareFeasible { expected_by: date(2026, 12, 4), words: words("") });
    let mut by_another = reopened();
    by_another.act(Action::SendBack { reason: words("è un lampione") });
    by_another.act(Action::Reassign { office: Office("LUCE".into()), reason: words("") });
    for desk in [at_once, by_another] {
        assert!(desk.last_ticket().1.term(DeadlineName::TakeInCharge).unwrap().done);
    }
}
