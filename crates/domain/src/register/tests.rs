use super::*;
use crate::{
    event::Registration,
    sealed::{Scheme, Sealed},
    words::{Channel, Office},
};
use proptest::prelude::*;

fn assigned(state: &State, now: Timestamp) -> (ProtocolNumber, Register) {
    let date = state.date(now);
    let protocol = state.next(date);
    let registration = Registration {
        date,
        arrived_at: now,
        channel: Channel::Whatsapp,
        office: Office::urp(),
        classification: String::new(),
        deadline_rule: String::new(),
        digest: [0; 32],
        document: Vec::new(),
        emergency: None,
        sealed: Sealed { scheme: Scheme::Plain, person: None, payload: Vec::new() },
    };
    let ticket = TicketId::derived(&[&protocol.year.to_be_bytes(), &protocol.number.to_be_bytes()]);
    let registration = Some(Box::new(registration));
    (protocol, Register::NumberAssigned { protocol, ticket, subject: String::new(), registration })
}

/// Registers once at each moment, in this order; the numbers and days given.
fn registered(moments: &[Timestamp]) -> (State, Vec<(ProtocolNumber, Date)>) {
    let mut state = State::default();
    let mut given = Vec::new();
    for now in moments {
        let (protocol, event) = assigned(&state, *now);
        given.push((protocol, state.date(*now)));
        state = evolve(state, &event);
    }
    (state, given)
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn written(moments: &[&str]) -> Vec<String> {
    let moments = moments.iter().map(|text| at(text)).collect::<Vec<_>>();
    registered(&moments).1.iter().map(|(protocol, date)| format!("{protocol} {date}")).collect()
}

#[test]
fn the_year_is_renewed_at_midnight_in_rome_and_not_in_greenwich() {
    assert_eq!(
        written(&["2026-12-31T23:59:59+01:00", "2027-01-01T00:00:00+01:00", "2027-01-01T00:00:00Z"]),
        ["2026/0000001 2026-12-31", "2027/0000001 2027-01-01", "2027/0000002 2027-01-01"]
    );
}

#[test]
fn what_arrived_on_new_years_eve_and_is_registered_on_4_january_has_the_new_years_number() {
    assert_eq!(
        written(&["2026-12-30T10:00:00+01:00", "2027-01-04T09:00:00+01:00"]),
        ["2026/0000001 2026-12-30", "2027/0000001 2027-01-04"]
    );
}

#[test]
fn a_clock_that_steps_back_over_new_year_reopens_neither_the_old_register_nor_the_day() {
    assert_eq!(
        written(&["2027-01-01T00:00:01+01:00", "2026-12-31T23:59:59+01:00", "2027-01-01T00:00:02+01:00"]),
        ["2027/0000001 2027-01-01", "2027/0000002 2027-01-01", "2027/0000003 2027-01-01"]
    );
}

#[test]
fn the_days_when_the_clocks_change_are_days_like_others() {
    // 02:30 is there twice on 25 October 2026, and not at all on 28 March 2027.
    assert_eq!(
        written(&["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2027-03-28T00:59:59Z", "2027-03-28T01:00:00Z"]),
        ["2026/0000001 2026-10-25", "2026/0000002 2026-10-25", "2027/0000001 2027-03-28", "2027/0000002 2027-03-28"]
    );
}

#[test]
fn a_number_without_its_year_may_mean_several_tickets() {
    let moments = ["2026-05-01T10:00:00Z", "2027-05-01T10:00:00Z"].map(at);
    let (state, _) = registered(&moments);
    assert_eq!(state.find(Cited { year: None, number: 1 }).len(), 2);
    assert_eq!(state.find(Cited { year: Some(2026), number: 1 }).len(), 1);
    assert!(state.find(Cited { year: Some(2026), number: 2 }).is_empty());
}

proptest! {
    /// Whatever the clock does, within a year and over several.
    #[test]
    fn numbers_leave_no_gap_in_their_year_and_neither_year_nor_day_steps_back(
        // Two years and a half from the summer of 2026, in any order.
        seconds in proptest::collection::vec(1_782_000_000_i64..1_861_000_000, 1..60)
    ) {
        let moments = seconds.iter().map(|second| Timestamp::from_second(*second).unwrap()).collect::<Vec<_>>();
        let (_, given) = registered(&moments);
        for pair in given.windows(2) {
            let ((before, day_before), (after, day_after)) = (pair[0], pair[1]);
            prop_assert!(day_after >= day_before);
            prop_assert!(after.year >= before.year);
            let expected = if after.year == before.year { before.number + 1 } else { 1 };
            prop_assert_eq!(after.number, expected);
            prop_assert_eq!(i32::from(after.year), i32::from(day_after.year()));
        }
    }
}

#[test]
fn nothing_is_added_to_a_day_that_was_exported_even_when_the_clock_steps_back() {
    let export = crate::event::DayExport {
        head_position: 1,
        head_hash: [0; 32],
        registrations: 0,
        annulments: 0,
        csv: [0; 32],
        xml: [0; 32],
        text: [0; 32],
        public_key: [0; 32],
        signature: [0; 64],
    };
    let day = "2026-11-27".parse().unwrap();
    let state = evolve(State::default(), &Register::DayExported { day, export: Box::new(export) });
    assert_eq!(state.date(at("2026-11-27T20:00:00Z")).to_string(), "2026-11-28");
}
