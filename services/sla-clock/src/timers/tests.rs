use super::*;
use segnalalo_domain::{
    event::ticket::{Classification, CloseReason, Event as Happened},
    id::{ConversationId, EventId, MessageId},
    protocol::ProtocolNumber,
    sealed::{Scheme, Sealed},
    sla::Deadline,
    words::{Actor, Channel, Office, Urgency},
};

const TICKET: TicketId = TicketId([7; 16]);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn term(name: DeadlineName, version: u32, due: &str) -> Deadline {
    Deadline::plain(name, version, at("2026-11-23T00:00:00Z"), at(due), "test")
}

fn recorded(position: u64, stream: Stream, cause: CauseId, event: Event) -> Recorded {
    Recorded {
        position,
        stream,
        version: position,
        event_id: EventId([0; 16]),
        cause,
        correlation: [0; 16],
        actor: Actor::rule("test"),
        occurred_at: at("2026-11-23T00:00:00Z"),
        recorded_at: at("2026-11-23T00:00:00Z"),
        trace_parent: String::new(),
        event,
    }
}

fn happened(event: Happened) -> Recorded {
    recorded(1, Stream::Ticket(TICKET), CauseId([1; 16]), Event::Ticket(event))
}

/// Taken in charge by 10:00, answered by 20:00.
fn opened() -> Recorded {
    happened(Happened::Opened {
        conversation: ConversationId([1; 16]),
        message: MessageId([2; 16]),
        code: "S-7K3M9".to_owned(),
        channel: Channel::Whatsapp,
        public: false,
        classification: Classification {
            kind: None,
            office: None,
            second_office: None,
            confidence: 0.0,
            urgency: Urgency::Normal,
            place_key: None,
        },
        received_at: at("2026-11-23T00:00:00Z"),
        deadlines: vec![
            term(DeadlineName::TakeInCharge, 1, "2026-11-23T10:00:00Z"),
            term(DeadlineName::FirstAnswer, 1, "2026-11-23T20:00:00Z"),
        ],
        sealed: None,
    })
}

fn taken_in_charge() -> Recorded {
    happened(Happened::TakenInCharge { protocol: ProtocolNumber { year: 2026, number: 1 }, office: Office::urp() })
}

fn words() -> Sealed {
    Sealed { scheme: Scheme::Plain, person: None, payload: Vec::new() }
}

fn reached(due: &Due) -> Recorded {
    happened(Happened::DeadlineReached {
        deadline: due.deadline,
        version: due.version,
        rung: due.rung,
        due_at: due.at,
        to: String::new(),
    })
}

fn given(events: &[Recorded]) -> Timers {
    let mut timers = Timers::default();
    for event in events {
        timers.apply(event);
    }
    timers
}

/// "09:00 take_in_charge near": what is due by the end of the day.
fn told(timers: &Timers) -> Vec<String> {
    let due = timers.due(at("2027-12-31T00:00:00Z"));
    due.map(|due| format!("{} {} {}", due.at.strftime("%H:%M"), due.deadline, due.rung)).collect()
}

#[test]
fn an_opened_ticket_has_four_rungs_for_each_term_in_order_of_time() {
    assert_eq!(
        told(&given(&[opened()])),
        [
            "05:00 take_in_charge half",
            "08:00 take_in_charge near",
            "10:00 first_answer half",
            "10:00 take_in_charge past",
            "14:00 take_in_charge head",
            "16:00 first_answer near",
            "20:00 first_answer past",
            "00:00 first_answer head",
        ]
    );
}

#[test]
fn only_what_has_come_is_due() {
    let timers = given(&[opened()]);
    assert_eq!(timers.next_at(), Some(at("2026-11-23T05:00:00Z")));
    assert_eq!(timers.due(at("2026-11-23T04:59:59Z")).count(), 0);
    assert_eq!(timers.due(at("2026-11-23T05:00:00Z")).count(), 1);
    assert_eq!(timers.due(at("2026-11-23T10:00:00Z")).count(), 4);
}

#[test]
fn taking_in_charge_ends_its_term_and_an_answer_ends_all() {
    let taken = given(&[opened(), taken_in_charge()]);
    assert!(told(&taken).iter().all(|told| told.contains("first_answer")), "{:?}", told(&taken));
    let answered = given(&[opened(), taken_in_charge(), happened(Happened::Answered { words: words() })]);
    assert!(answered.is_empty());
}

#[test]
fn feasible_ends_the_first_answer_and_a_promise_sets_a_term() {
    let timers = given(&[
        opened(),
        taken_in_charge(),
        happened(Happened::Feasible { expected_by: "2026-11-30".parse().unwrap(), words: None }),
        happened(Happened::DeadlineSet { deadline: term(DeadlineName::Resolution, 1, "2026-11-30T15:00:00Z") }),
    ]);
    assert!(told(&timers).iter().all(|told| told.contains("resolution")));
    assert_eq!(timers.len(), 4);
}

#[test]
fn a_rung_that_was_reached_never_comes_again_also_after_a_restart() {
    let mut log = vec![opened()];
    let first = given(&log).due(at("2026-11-23T05:00:00Z")).next().unwrap();
    log.push(reached(&first));
    let restarted = given(&log);
    assert!(!restarted.contains(&first));
    assert_eq!(restarted.next_at(), Some(at("2026-11-23T08:00:00Z")));
    assert_eq!(restarted.len(), 7);
}

#[test]
fn what_came_due_while_the_clock_was_down_is_due_after_the_restart() {
    let restarted = given(&[opened()]);
    let due = restarted.due(at("2026-11-25T00:00:00Z")).count();
    assert_eq!(due, 8);
}

#[test]
fn a_new_version_of_a_term_has_all_its_rungs_again() {
    let mut log = vec![opened()];
    let all = given(&log).due(at("2026-11-23T10:00:00Z")).collect::<Vec<_>>();
    log.extend(all.iter().map(reached));
    log.push(happened(Happened::Reopened { reason: "citizen_objects".to_owned(), message: None, words: None }));
    assert!(given(&log).is_empty());
    log.push(happened(Happened::DeadlineSet { deadline: term(DeadlineName::TakeInCharge, 2, "2026-11-24T10:00:00Z") }));
    let timers = given(&log);
    assert_eq!(timers.len(), 4);
    assert!(timers.due(at("2027-01-01T00:00:00Z")).all(|due| due.version == 2));
}

#[test]
fn silence_has_one_rung_and_closing_ends_it() {
    let mut log = vec![
        opened(),
        happened(Happened::Resolved { words: None }),
        happened(Happened::DeadlineSet { deadline: term(DeadlineName::AutoClose, 1, "2026-12-07T00:00:00Z") }),
    ];
    assert_eq!(told(&given(&log)), ["00:00 auto_close past"]);
    log.push(happened(Happened::Closed { reason: CloseReason::Satisfied, note: String::new(), words: None }));
    assert!(given(&log).is_empty());
}

#[test]
fn spam_stands_still_until_it_is_lifted_and_a_merged_ticket_for_good() {
    let mut log = vec![opened(), happened(Happened::MarkedSpam)];
    assert!(given(&log).is_empty());
    log.push(happened(Happened::SpamLifted));
    assert_eq!(given(&log).len(), 8);
    log.push(happened(Happened::Merged { into: TicketId([8; 16]) }));
    assert!(given(&log).is_empty());
}

#[test]
fn a_rung_that_the_registry_noted_without_effect_is_not_asked_for_again() {
    let mut log = vec![opened()];
    let first = given(&log).due(at("2026-11-23T05:00:00Z")).next().unwrap();
    let noted = |cause| {
        let event = Event::Log(Log::ObservationNoted { reason: "deadline_over".to_owned() });
        let noted = recorded(2, Stream::Log, cause, event);
        Recorded { recorded_at: at("2026-11-23T05:00:01Z"), ..noted }
    };
    log.push(noted(first.cause()));
    log.push(noted(CauseId([9; 16])));
    log.push(happened(Happened::NoteAdded { words: words() }));
    let timers = given(&log);
    assert!(!timers.contains(&first));
    assert_eq!(timers.len(), 7);
}
