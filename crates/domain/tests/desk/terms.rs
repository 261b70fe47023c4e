//! Terms: pauses, the ladder, other calendars, and who was late.

use super::given::{Given, concluded, templates, words};
use jiff::{SignedDuration, Timestamp, civil::date};
use segnalalo_domain::{
    calendar::{Calendar, Closure, Parts, Source, article_week, national_holidays},
    desk::{Action, Command, ReachDeadline},
    event::{Event, Log, ticket::Event as Happened},
    sla::{Deadline, DeadlineName, Rung, Why, rung_at},
    template::Template,
    ticket::Phase,
    words::{Channel, Kind, Office},
};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

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

fn due(desk: &Given, name: DeadlineName) -> Timestamp {
    desk.last_ticket().1.term(name).unwrap_or_else(|| panic!("{name} runs")).deadline.due
}

fn set(events: &[Event]) -> Vec<&Deadline> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::Ticket(Happened::DeadlineSet { deadline }) => Some(deadline),
            _ => None,
        })
        .collect()
}

fn reach(desk: &Given, name: DeadlineName, rung: Rung) -> Command {
    let (ticket, state) = desk.last_ticket();
    let deadline = &state.term(name).unwrap().deadline;
    Command::ReachDeadline(ReachDeadline {
        ticket,
        deadline: name,
        version: deadline.version,
        rung,
        due_at: rung_at(deadline, rung),
    })
}

fn told(events: &[Event]) -> &str {
    events
        .iter()
        .find_map(|event| match event {
            Event::Ticket(Happened::DeadlineReached { to, .. }) => Some(to.as_str()),
            _ => None,
        })
        .expect("a rung was reached")
}

/// The article's hours, Italy's holidays, the heads of two offices, and what a test adds; known by a version of its own.
fn calendar(version: u8, change: impl FnOnce(&mut Parts)) -> Calendar {
    let heads = [("STRADE", "Dirigente LL.PP."), ("URP", "Dirigente AA.GG.")];
    let mut parts = Parts {
        weeks: vec![article_week()],
        holidays: national_holidays(),
        heads: heads.map(|(code, head)| (code.to_owned(), head.to_owned())).into(),
        source: Some(Source { sha256: [version; 32], text: format!("version {version}") }),
        ..Parts::default()
    };
    change(&mut parts);
    Calendar::new(parts).unwrap()
}

fn closed(day: jiff::civil::Date) -> Closure {
    Closure { from: day, to: day, offices: vec![], except: vec![], reason: "neve".into(), act: "ord. 7".into() }
}

#[test]
fn a_persons_question_stops_the_terms_and_the_answer_lets_what_was_left_run_on() {
    let mut desk = taken();
    assert_eq!(due(&desk, DeadlineName::FirstAnswer), at("2026-11-30T16:00:00+01:00"));
    desk.now = at("2026-11-30T10:00:00+01:00");
    let events = desk.act(Action::AskCitizen { words: words("a che altezza?") });
    let paused = events.iter().find_map(|event| match event {
        Event::Ticket(Happened::DeadlinePaused { deadline: DeadlineName::FirstAnswer, left_seconds, .. }) => {
            Some(*left_seconds)
        }
        _ => None,
    });
    assert_eq!(paused, Some(225 * 60), "two hours and 1:45 were left");
    let state = desk.last_ticket().1;
    assert!(state.term(DeadlineName::FirstAnswer).is_none() && state.paused(DeadlineName::FirstAnswer).is_some());
    assert_eq!(state.next_term().unwrap().deadline.name, DeadlineName::CitizenReply);

    desk.now = at("2026-12-03T15:00:00+01:00");
    let events = desk.says("mario", Channel::Whatsapp, "al 12", concluded(Kind::FollowUp));
    let first_answer = set(&events).into_iter().find(|deadline| deadline.name == DeadlineName::FirstAnswer).unwrap();
    assert_eq!(first_answer.due, at("2026-12-04T11:15:00+01:00"), "an hour on Thursday, the rest on Friday");
    assert_eq!((first_answer.version, first_answer.why), (2, Some(Why::Resumed)));
    assert!(desk.last_ticket().1.paused.is_empty());
    assert!(desk.last_ticket().1.term(DeadlineName::CitizenReply).unwrap().done);
}

#[test]
fn pauses_may_follow_one_another_but_never_overlap() {
    let mut desk = taken();
    for (asked_at, answered_at) in [
        ("2026-11-24T09:00:00+01:00", "2026-11-26T09:00:00+01:00"),
        ("2026-11-27T09:00:00+01:00", "2026-12-02T09:00:00+01:00"),
    ] {
        desk.now = at(asked_at);
        let before = due(&desk, DeadlineName::FirstAnswer);
        desk.act(Action::AskCitizen { words: words("e adesso?") });
        let again = Action::AskCitizen { words: words("e ancora?") };
        assert_eq!(desk.refused(&desk.acting(again)), "ILLEGAL_TRANSITION");
        desk.now = at(answered_at);
        desk.says("mario", Channel::Whatsapp, answered_at, concluded(Kind::FollowUp));
        assert!(due(&desk, DeadlineName::FirstAnswer) > before);
    }
    assert_eq!(desk.last_ticket().1.term(DeadlineName::FirstAnswer).unwrap().deadline.version, 3);
}

#[test]
fn an_automatic_question_pauses_nothing() {
    let mut desk = Given::nothing();
    let mut photo = super::given::received("mario", Channel::Whatsapp, "foto");
    photo.has_text = false;
    desk.when(Command::ReceiveMessage(photo));
    let events = desk.concludes("mario", "foto", concluded(Kind::Report));
    assert_eq!(templates(&events), [Template::ReceiptAsk]);
    let state = desk.last_ticket().1;
    assert!(state.paused.is_empty());
    assert_eq!((state.phase, state.terms.len()), (Phase::Received, 2));
}

#[test]
fn who_does_not_answer_is_reminded_and_then_it_goes_on_without_him() {
    let mut desk = taken();
    desk.act(Action::AskCitizen { words: words("a che altezza?") });
    assert_eq!(due(&desk, DeadlineName::CitizenReply), at("2026-12-07T16:00:00+01:00"));

    desk.now = at("2026-11-30T08:30:00+01:00");
    let reminder = reach(&desk, DeadlineName::CitizenReply, Rung::Near);
    let events = desk.when(reminder.clone());
    assert_eq!(templates(&events), [Template::Reminder]);
    assert_eq!(told(&events), "", "nobody in the city");
    assert!(desk.when(reminder).is_empty(), "once");

    desk.now = at("2026-12-07T16:00:03+01:00");
    let events = desk.when(reach(&desk, DeadlineName::CitizenReply, Rung::Past));
    assert!(events.contains(&Event::Ticket(Happened::WaitEnded)));
    assert_eq!(told(&events), "STRADE");
    assert_eq!(desk.phase(), Phase::TakenInCharge);
    let first_answer = set(&events).into_iter().find(|deadline| deadline.name == DeadlineName::FirstAnswer).unwrap();
    assert_eq!(first_answer.from, at("2026-12-07T16:00:00+01:00"), "from the instant, not from the tick");
    assert!(desk.last_ticket().1.term(DeadlineName::CitizenReply).unwrap().met_at.is_none(), "he never did");
}

#[test]
fn what_is_over_already_stays_late_whatever_is_asked() {
    let mut desk = taken();
    desk.now = at("2026-12-02T09:00:00+01:00");
    desk.act(Action::AskCitizen { words: words("a che altezza?") });
    assert!(desk.last_ticket().1.paused(DeadlineName::FirstAnswer).is_none());
    desk.act(Action::Resolve { words: words("") });
    let late = desk.last_ticket().1.term(DeadlineName::FirstAnswer).unwrap().late_by().unwrap();
    assert_eq!(late, SignedDuration::from_hours(41));
}

#[test]
fn the_ladder_goes_from_the_office_to_the_urp_to_the_head_each_once() {
    let mut desk = reported();
    desk.calendar = calendar(1, |_| {});
    for (rung, to) in
        [(Rung::Half, "STRADE"), (Rung::Near, "STRADE"), (Rung::Past, "URP"), (Rung::Head, "Dirigente LL.PP.")]
    {
        let command = reach(&desk, DeadlineName::TakeInCharge, rung);
        let events = desk.when(command.clone());
        assert_eq!(told(&events), to);
        assert!(desk.when(command).is_empty(), "{rung} once");
    }
    desk.act(Action::Reassign { office: Office("LUCE".into()), reason: words("") });
    assert_eq!(desk.calendar.head_of("LUCE"), Some("Dirigente AA.GG."), "an office without a head has the URP's");
}

#[test]
fn what_is_done_after_its_deadline_is_late_even_if_no_tick_saw_it() {
    let mut desk = reported();
    desk.now = at("2026-11-24T16:00:01+01:00");
    desk.act(Action::TakeInCharge { office: None });
    let term = desk.last_ticket().1.term(DeadlineName::TakeInCharge).unwrap();
    assert_eq!((term.rung, term.late_by()), (None, Some(SignedDuration::from_secs(1))));

    let mut desk = reported();
    desk.now = at("2026-11-24T16:00:00+01:00");
    desk.act(Action::TakeInCharge { office: None });
    let term = desk.last_ticket().1.term(DeadlineName::TakeInCharge).unwrap();
    assert_eq!(term.late_by(), Some(SignedDuration::ZERO), "the last instant is in time");
}

#[test]
fn what_is_nobodys_any_more_was_neither_met_nor_late() {
    let mut desk = taken();
    desk.says("anna", Channel::Whatsapp, "altra", concluded(Kind::Report));
    let (other, _) = desk.last_ticket();
    let first = *desk.desk.tickets.keys().find(|id| **id != other).unwrap();
    let into = segnalalo_domain::desk::TicketRef::Id(other);
    desk.when(super::given::acting_on(first, Action::Merge { into }));
    let term = desk.desk.tickets[&first].term(DeadlineName::FirstAnswer).unwrap();
    assert_eq!((term.done, term.met_at), (true, None));
}

#[test]
fn news_are_due_so_many_days_after_the_last_word_to_the_citizen() {
    let mut desk = taken();
    assert_eq!(due(&desk, DeadlineName::News), at("2026-12-23T16:00:00+01:00"));
    desk.later(SignedDuration::from_hours(24));
    desk.act(Action::DeclareFeasible { expected_by: date(2027, 4, 30), words: words("") });
    assert_eq!(due(&desk, DeadlineName::News), at("2026-12-24T16:00:00+01:00"));
    desk.now = at("2026-12-20T10:00:00+01:00");
    let events = desk.act(Action::ReportProgress { expected_by: None, words: words("i lavori cominciano") });
    let news = set(&events)[0];
    assert_eq!((news.name, news.version, news.why), (DeadlineName::News, 3, Some(Why::Told)));
    assert_eq!(news.due, at("2027-01-19T16:00:00+01:00"));
    desk.act(Action::Resolve { words: words("") });
    assert!(desk.last_ticket().1.term(DeadlineName::News).unwrap().done);
}

#[test]
fn a_deadline_says_its_rule_its_calendar_its_steps_and_its_rungs() {
    let mut desk = Given::nothing();
    desk.calendar = calendar(1, |_| {});
    desk.when(Command::AdoptCalendar);
    let events = desk.says("mario", Channel::Whatsapp, "buca", concluded(Kind::Report));
    let deadlines = events.iter().find_map(|event| match event {
        Event::Ticket(Happened::Opened { deadlines, .. }) => Some(deadlines),
        _ => None,
    });
    let first = &deadlines.unwrap()[0];
    assert_eq!((first.rule.as_str(), first.calendar, first.why), ("C1/2", 1, Some(Why::Opened)));
    assert_eq!((first.steps.len(), first.rungs.len()), (3, 4));
    assert_eq!(rung_at(first, Rung::Half), at("2026-11-24T08:50:00+01:00"));
}

#[test]
fn an_ordinance_entered_on_the_day_itself_moves_what_runs_and_leaves_a_trace() {
    let mut desk = Given::nothing();
    desk.calendar = calendar(1, |_| {});
    assert_eq!(desk.when(Command::AdoptCalendar).len(), 1);
    assert!(desk.when(Command::AdoptCalendar).is_empty(), "it is the log's already");
    desk.says("mario", Channel::Whatsapp, "buca", concluded(Kind::Report));
    assert!(desk.desk.to_recount(&desk.calendar).is_empty());

    desk.now = at("2026-11-24T07:00:00+01:00");
    desk.calendar = calendar(2, |parts| parts.closures = vec![closed(date(2026, 11, 24))]);
    assert!(desk.desk.must_adopt(&desk.calendar));
    let adopted = desk.when(Command::AdoptCalendar);
    assert!(
        matches!(&adopted[0], Event::Log(Log::CalendarAdopted { version: 2, content, .. }) if content == "version 2")
    );
    let (ticket, _) = desk.last_ticket();
    assert_eq!(desk.desk.to_recount(&desk.calendar), [ticket]);
    let events = desk.when(Command::RecountTerms { ticket });
    for deadline in set(&events) {
        assert_eq!((deadline.version, deadline.calendar, deadline.why), (2, 2, Some(Why::Calendar)));
    }
    assert_eq!(due(&desk, DeadlineName::TakeInCharge), at("2026-11-25T16:00:00+01:00"));
    assert_eq!(due(&desk, DeadlineName::FirstAnswer), at("2026-12-01T16:00:00+01:00"));
    assert!(desk.desk.to_recount(&desk.calendar).is_empty(), "once");
}

#[test]
fn what_the_citizen_was_told_never_moves_earlier_and_what_he_was_not_may() {
    let mut desk = Given::nothing();
    desk.calendar = calendar(1, |parts| parts.closures = vec![closed(date(2026, 11, 24))]);
    desk.when(Command::AdoptCalendar);
    desk.says("mario", Channel::Whatsapp, "buca", concluded(Kind::Report));
    assert_eq!(due(&desk, DeadlineName::TakeInCharge), at("2026-11-25T16:00:00+01:00"));
    desk.calendar = calendar(2, |_| {});
    desk.when(Command::AdoptCalendar);
    let (ticket, _) = desk.last_ticket();
    let events = desk.when(Command::RecountTerms { ticket });
    assert_eq!(set(&events).len(), 1);
    assert_eq!(due(&desk, DeadlineName::TakeInCharge), at("2026-11-25T16:00:00+01:00"), "told by the receipt");
    assert_eq!(due(&desk, DeadlineName::FirstAnswer), at("2026-11-30T16:00:00+01:00"));
}

#[test]
fn a_rung_that_was_reached_is_not_said_again_after_a_recount_unless_its_instant_comes_again() {
    let mut desk = Given::nothing();
    desk.calendar = calendar(1, |_| {});
    desk.when(Command::AdoptCalendar);
    desk.says("mario", Channel::Whatsapp, "buca", concluded(Kind::Report));
    for rung in [Rung::Half, Rung::Near, Rung::Past] {
        desk.when(reach(&desk, DeadlineName::TakeInCharge, rung));
    }
    // The day after the ordinance comes: that Tuesday was closed, and half of the term is gone by Monday's hours.
    desk.now = at("2026-11-25T08:45:00+01:00");
    desk.calendar = calendar(2, |parts| parts.closures = vec![closed(date(2026, 11, 24))]);
    desk.when(Command::AdoptCalendar);
    let (ticket, _) = desk.last_ticket();
    desk.when(Command::RecountTerms { ticket });
    let term = desk.last_ticket().1.term(DeadlineName::TakeInCharge).unwrap();
    let half = rung_at(&term.deadline, Rung::Half);
    assert_eq!(term.rung, (half <= desk.now).then_some(Rung::Half));
    assert!(term.rung < Some(Rung::Past), "it will be over again, later");
}

#[test]
fn outside_hours_the_receipt_says_when_the_urp_opens_again() {
    use segnalalo_domain::event::conversation::Event as Said;
    let reopens = |now: &str| {
        let mut desk = Given::nothing();
        desk.now = at(now);
        let events = desk.says("mario", Channel::Whatsapp, "buca", concluded(Kind::Report));
        events.into_iter().find_map(|event| match event {
            Event::Conversation(Said::ReplyRequested { variables, .. }) => Some(variables.get("reopens").cloned()),
            _ => None,
        })
    };
    assert_eq!(reopens("2026-11-23T09:10:00+01:00"), Some(None));
    assert_eq!(reopens("2026-11-23T12:30:00+01:00"), Some(Some("2026-11-23T13:15:00Z".to_owned())));
    assert_eq!(reopens("2026-11-27T18:30:00+01:00"), Some(Some("2026-11-30T07:30:00Z".to_owned())));
}

#[test]
fn another_office_with_terms_of_its_own_changes_the_first_answer() {
    let mut desk = reported();
    desk.calendar = calendar(1, |parts| {
        parts.terms.first_answer_of = vec![segnalalo_domain::calendar::FirstAnswer {
            office: Some(Office("LUCE".into())),
            kind: None,
            working_days: 3,
        }];
    });
    desk.act(Action::TakeInCharge { office: Some(Office("LUCE".into())) });
    assert_eq!(due(&desk, DeadlineName::FirstAnswer), at("2026-11-26T16:00:00+01:00"));
    let events = desk.act(Action::Reassign { office: Office("STRADE".into()), reason: words("") });
    assert_eq!(set(&events)[0].why, Some(Why::Office));
    assert_eq!(due(&desk, DeadlineName::FirstAnswer), at("2026-11-30T16:00:00+01:00"));
}
