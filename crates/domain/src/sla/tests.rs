use super::*;
use crate::{
    calendar::{
        Calendar, FirstAnswer, Opening, Special, article,
        tests::{calendar, closure},
    },
    words::{Kind, Office},
};
use jiff::{
    SignedDuration,
    civil::{date, time},
};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn kinds(deadline: &Deadline) -> Vec<StepKind> {
    deadline.steps.iter().map(|step| step.kind).collect()
}

/// The worked examples of the city's deadlines.
#[test]
fn taken_in_charge_by_the_closing_of_the_first_working_day_after_arrival() {
    let calendar = calendar(|_| {});
    for (case, arrival, due) in [
        ("in hours", "2026-11-23T09:10:00+01:00", "2026-11-24T16:00:00+01:00"),
        ("lunch break", "2026-11-23T12:30:00+01:00", "2026-11-24T16:00:00+01:00"),
        ("closing instant", "2026-11-23T16:00:00+01:00", "2026-11-24T16:00:00+01:00"),
        ("before opening", "2026-11-24T06:15:00+01:00", "2026-11-25T16:00:00+01:00"),
        ("Thursday", "2026-11-26T13:05:00+01:00", "2026-11-27T16:00:00+01:00"),
        ("Friday evening", "2026-11-27T18:30:00+01:00", "2026-11-30T16:00:00+01:00"),
        ("Saturday", "2026-11-28T10:00:00+01:00", "2026-11-30T16:00:00+01:00"),
        ("bridge Monday", "2026-12-07T10:00:00+01:00", "2026-12-09T16:00:00+01:00"),
        ("Christmas Eve", "2026-12-24T09:00:00+01:00", "2026-12-28T16:00:00+01:00"),
        ("New Year's Eve", "2026-12-31T11:00:00+01:00", "2027-01-04T16:00:00+01:00"),
        ("Easter, DST gap", "2027-03-28T03:15:00+02:00", "2027-03-30T16:00:00+02:00"),
        ("DST ends", "2026-10-23T10:00:00+02:00", "2026-10-26T16:00:00+01:00"),
        ("a holiday in Biella, the day before in UTC", "2026-06-01T22:30:00Z", "2026-06-03T16:00:00+02:00"),
        ("the hour that comes twice, first", "2026-10-25T02:30:00+02:00", "2026-10-26T16:00:00+01:00"),
        ("the hour that comes twice, then", "2026-10-25T02:30:00+01:00", "2026-10-26T16:00:00+01:00"),
        ("leap day", "2028-02-29T17:00:00+01:00", "2028-03-01T16:00:00+01:00"),
    ] {
        let deadline = take_in_charge(&calendar, at(arrival));
        assert_eq!(deadline.due, at(due), "{case}");
        assert_eq!((deadline.rule.as_str(), deadline.version), ("C1/2", 1));
    }
}

#[test]
fn a_bridge_that_the_urp_closes_is_passed_over() {
    let bridge = date(2026, 12, 7);
    let by_act = calendar(|parts| parts.closures = vec![closure(bridge, bridge, &[], &[])]);
    let by_choice = calendar(|parts| parts.bridges_closed = true);
    for calendar in [by_act, by_choice] {
        for arrival in ["2026-12-06T10:00:00+01:00", "2026-12-07T10:00:00+01:00", "2026-12-04T10:00:00+01:00"] {
            assert_eq!(take_in_charge(&calendar, at(arrival)).due, at("2026-12-09T16:00:00+01:00"), "{arrival}");
        }
    }
}

#[test]
fn each_day_is_told_with_its_reason() {
    let calendar = calendar(|_| {});
    let deadline = take_in_charge(&calendar, at("2026-12-24T09:00:00+01:00"));
    use StepKind::{Arrived, Counted, Due, Holiday, NotWorked};
    assert_eq!(kinds(&deadline), [Arrived, Holiday, Holiday, NotWorked, Counted, Due]);
    assert_eq!((deadline.steps[4].date, deadline.steps[4].count), (date(2026, 12, 28), 1));
}

#[test]
fn a_day_that_closes_early_counts_with_its_own_closing_time() {
    let calendar = calendar(|parts| {
        let openings = vec![Opening { from: time(8, 30, 0, 0), to: time(11, 0, 0, 0) }];
        let special = Special { openings, reason: "assemblea".into(), act: "avviso 3".into() };
        parts.specials.insert(date(2026, 11, 24), special);
    });
    let deadline = take_in_charge(&calendar, at("2026-11-23T09:00:00+01:00"));
    assert_eq!(deadline.due, at("2026-11-24T11:00:00+01:00"));
    assert_eq!(deadline.steps[1].note, "assemblea, avviso 3");
}

#[test]
fn the_first_answer_is_due_on_the_fifth_working_day_or_on_the_one_that_the_city_chose() {
    let ours = calendar(|parts| {
        let own = |office: Option<&str>, kind, working_days| FirstAnswer {
            office: office.map(|code| Office(code.into())),
            kind,
            working_days,
        };
        parts.terms.first_answer_of = vec![own(Some("LUCE"), None, 3), own(None, Some(Kind::InformationRequest), 2)];
    });
    let due = |arrival: &str, office: &str, kind| {
        first_answer(&ours, at(arrival), Some(&Office(office.into())), Some(kind)).due
    };
    for (arrival, office, kind, expected) in [
        ("2026-11-23T09:10:00+01:00", "STRADE", Kind::Report, "2026-11-30T16:00:00+01:00"),
        ("2026-11-27T18:30:00+01:00", "STRADE", Kind::Report, "2026-12-04T16:00:00+01:00"),
        ("2026-11-28T10:00:00+01:00", "STRADE", Kind::Report, "2026-12-04T16:00:00+01:00"),
        ("2026-12-03T10:00:00+01:00", "STRADE", Kind::Report, "2026-12-11T16:00:00+01:00"),
        ("2026-11-23T09:10:00+01:00", "LUCE", Kind::Report, "2026-11-26T16:00:00+01:00"),
        ("2026-11-23T09:10:00+01:00", "VERDE", Kind::InformationRequest, "2026-11-25T16:00:00+01:00"),
    ] {
        assert_eq!(due(arrival, office, kind), at(expected), "{arrival} {office}");
    }
    assert_eq!(first_answer(&ours, at("2026-11-23T09:10:00+01:00"), None, None).rule, "C1x5/2");
}

#[test]
fn a_closure_of_one_office_moves_only_its_answer() {
    let (from, to) = (date(2026, 11, 25), date(2026, 11, 26));
    let calendar = calendar(|parts| parts.closures = vec![closure(from, to, &["STRADE"], &[])]);
    let arrival = at("2026-11-23T09:10:00+01:00");
    let due = |office: &str| first_answer(&calendar, arrival, Some(&Office(office.into())), None).due;
    assert_eq!(due("LUCE"), at("2026-11-30T16:00:00+01:00"));
    assert_eq!(due("STRADE"), at("2026-12-02T16:00:00+01:00"));
    assert_eq!(take_in_charge(&calendar, at("2026-11-24T09:10:00+01:00")).due, at("2026-11-25T16:00:00+01:00"));
}

#[test]
fn a_promise_for_a_day_without_work_runs_to_the_next_working_day() {
    let from = at("2026-11-23T09:10:00+01:00");
    let on = |day| resolution(&article(), from, day, None);
    assert_eq!(on(date(2026, 11, 27)).due, at("2026-11-27T16:00:00+01:00"));
    let on_saturday = on(date(2026, 11, 28));
    assert_eq!(on_saturday.due, at("2026-11-30T16:00:00+01:00"));
    use StepKind::{Due, NotWorked, Promised};
    assert_eq!(kinds(&on_saturday), [Promised, NotWorked, NotWorked, Due]);
}

#[test]
fn silence_runs_out_after_fourteen_days_at_the_same_time_of_the_day() {
    let deadline = auto_close(&article(), at("2026-10-20T10:00:00+02:00"));
    assert_eq!(deadline.due, at("2026-11-03T10:00:00+01:00"));
    assert_eq!(deadline.name.rungs(), [Rung::Past]);
    assert_eq!(rung_at(&deadline, Rung::Past), deadline.due);
}

#[test]
fn rungs_stand_at_shares_of_the_working_time() {
    // Friday evening: the term is Monday's five hours and a quarter.
    let deadline = take_in_charge(&article(), at("2026-11-27T18:30:00+01:00"));
    assert_eq!(deadline.working_seconds, 315 * 60);
    assert_eq!(rung_at(&deadline, Rung::Half), at("2026-11-30T11:07:30+01:00"));
    assert_eq!(rung_at(&deadline, Rung::Near), at("2026-11-30T14:57:00+01:00"));
    assert_eq!(rung_at(&deadline, Rung::Past), deadline.due);
    assert_eq!(rung_at(&deadline, Rung::Head), at("2026-12-01T14:45:00+01:00"));
}

#[test]
fn old_deadlines_keep_their_rungs_on_the_wall_clock() {
    let (from, due) = (at("2026-11-23T00:00:00Z"), at("2026-11-23T10:00:00Z"));
    let deadline = Deadline::plain(DeadlineName::TakeInCharge, 1, from, due, "C1/1");
    assert_eq!(rung_at(&deadline, Rung::Half), at("2026-11-23T05:00:00Z"));
    assert_eq!(rung_at(&deadline, Rung::Near), at("2026-11-23T08:00:00Z"));
    assert_eq!(rung_at(&deadline, Rung::Past), deadline.due);
    assert_eq!(rung_at(&deadline, Rung::Head), at("2026-11-23T14:00:00Z"));
}

#[test]
fn a_promise_for_today_after_closing_time_is_past_at_once() {
    let deadline = resolution(&article(), at("2026-11-23T18:00:00+01:00"), date(2026, 11, 23), None);
    for rung in [Rung::Half, Rung::Near, Rung::Past] {
        assert_eq!(rung_at(&deadline, rung), deadline.due);
    }
}

#[test]
fn a_citizen_is_reminded_when_half_of_his_days_are_gone() {
    let deadline = citizen_reply(&article(), at("2026-11-23T10:00:00+01:00"));
    assert_eq!(deadline.due, at("2026-12-07T16:00:00+01:00"));
    assert_eq!(rung_at(&deadline, Rung::Near), at("2026-11-30T08:30:00+01:00"));
}

#[test]
fn what_was_left_runs_on_in_working_time() {
    let stopped = take_in_charge(&article(), at("2026-11-23T09:00:00+01:00"));
    let asked_at = at("2026-11-24T10:00:00+01:00");
    let left = article().urp().between(asked_at, stopped.due);
    assert_eq!(left, SignedDuration::from_mins(120 + 105));
    let again = resumed(&article(), &stopped, left.as_secs().unsigned_abs(), at("2026-11-27T15:00:00+01:00"), None);
    assert_eq!(again.due, at("2026-11-30T11:15:00+01:00"));
    assert_eq!(again.rule, "left/1");
}

mod properties {
    use super::*;
    use jiff::Timestamp;
    use proptest::prelude::*;

    /// The city's calendar with whatever a year may bring.
    fn any_calendar() -> impl Strategy<Value = Calendar> {
        (
            any::<bool>(),
            prop::collection::vec((0_i64..4000, 0_i64..12), 0..12),
            prop::collection::vec(0_i64..4000, 0..6),
        )
            .prop_map(|(bridges, closures, specials)| {
                calendar(|parts| {
                    let day = |offset: i64| date(2024, 1, 1).saturating_add(jiff::Span::new().days(offset));
                    parts.bridges_closed = bridges;
                    parts.closures =
                        closures.iter().map(|(from, days)| closure(day(*from), day(from + days), &[], &[])).collect();
                    parts.specials = specials
                        .iter()
                        .map(|offset| {
                            let openings = vec![Opening { from: time(9, 0, 0, 0), to: time(11, 30, 0, 0) }];
                            (day(*offset), Special { openings, reason: String::new(), act: String::new() })
                        })
                        .collect();
                })
            })
    }

    /// From 2024 to 2034, to the second.
    fn any_instant() -> impl Strategy<Value = Timestamp> {
        (1_704_063_600_i64..2_050_000_000).prop_map(|second| Timestamp::from_second(second).unwrap())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn a_deadline_is_never_before_arrival_and_never_earlier_for_a_later_arrival(
            calendar in any_calendar(), first in any_instant(), seconds in 0_i64..2_000_000, days in 1_u32..9
        ) {
            let second = first + SignedDuration::from_secs(seconds);
            let count = |at| {
                let mut ours = calendar.parts().clone();
                ours.terms.first_answer = days;
                first_answer(&Calendar::new(ours).unwrap(), at, None, None)
            };
            let (early, late) = (count(first), count(second));
            prop_assert!(early.due > first);
            prop_assert!(early.due <= late.due, "{} {} / {} {}", first, early.due, second, late.due);
            prop_assert!(take_in_charge(&calendar, first).due <= early.due);
        }

        #[test]
        fn rungs_rise_and_end_at_the_deadline(calendar in any_calendar(), at in any_instant()) {
            let deadline = take_in_charge(&calendar, at);
            let stands = Rung::ALL.iter().map(|rung| rung_at(&deadline, *rung)).collect::<Vec<_>>();
            prop_assert!(at <= stands[0] && stands.is_sorted(), "{stands:?}");
            prop_assert_eq!(stands[2], deadline.due);
        }

        #[test]
        fn pauses_never_shorten_what_was_left(
            calendar in any_calendar(), at in any_instant(), waits in prop::collection::vec((0_i64..90_000, 0_i64..900_000), 1..5)
        ) {
            let hours = calendar.urp();
            let mut deadline = first_answer(&calendar, at, None, None);
            let mut now = at;
            for (before, wait) in waits {
                let asked_at = now + SignedDuration::from_secs(before);
                if asked_at >= deadline.due {
                    break;
                }
                let left = hours.between(asked_at, deadline.due);
                now = asked_at + SignedDuration::from_secs(wait);
                let again = resumed(&calendar, &deadline, left.as_secs().unsigned_abs(), now, None);
                prop_assert!(again.due >= deadline.due);
                prop_assert!(hours.between(now, again.due) >= left, "{left:#} left, {:#} given", hours.between(now, again.due));
                deadline = again;
            }
        }

        #[test]
        fn working_time_adds_up(calendar in any_calendar(), at in any_instant(), seconds in 1_i64..400_000) {
            let hours = calendar.urp();
            let amount = SignedDuration::from_secs(seconds);
            let end = hours.after(at, amount);
            prop_assert_eq!(hours.between(at, end), amount);
            prop_assert!(hours.between(at, end - SignedDuration::from_secs(1)) < amount, "the first instant, not a later one");
        }
    }
}
