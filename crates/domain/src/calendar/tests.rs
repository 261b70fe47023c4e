use super::*;
use jiff::{
    SignedDuration,
    civil::{date, time},
};

/// The article's hours and Italy's holidays, changed by a test.
pub(crate) fn calendar(change: impl FnOnce(&mut Parts)) -> Calendar {
    let mut parts = Parts { weeks: vec![article_week()], holidays: national_holidays(), ..Parts::default() };
    change(&mut parts);
    Calendar::new(parts).unwrap()
}

pub(crate) fn closure(from: Date, to: Date, offices: &[&str], except: &[&str]) -> Closure {
    let codes = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect();
    Closure { from, to, offices: codes(offices), except: codes(except), reason: "neve".into(), act: "ord. 1".into() }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn it_is_open_at_the_first_instant_and_closed_at_the_last() {
    let calendar = article();
    for (when, open) in [
        ("2026-11-23T08:29:59+01:00", false),
        ("2026-11-23T08:30:00+01:00", true),
        ("2026-11-23T11:59:59+01:00", true),
        ("2026-11-23T12:00:00+01:00", false),
        ("2026-11-23T14:14:59+01:00", false),
        ("2026-11-23T14:15:00+01:00", true),
        ("2026-11-23T15:59:59+01:00", true),
        ("2026-11-23T16:00:00+01:00", false),
        ("2026-11-26T13:00:00+01:00", true),
        ("2026-11-28T10:00:00+01:00", false),
    ] {
        assert_eq!(calendar.urp().is_open(at(when)), open, "{when}");
        assert_eq!(
            calendar.channel(Channel::Whatsapp).is_open(at(when)),
            open,
            "WhatsApp is active in the URP's hours: {when}"
        );
    }
}

#[test]
fn a_channel_may_have_hours_of_its_own() {
    let calendar = calendar(|parts| {
        let mut mornings = article_week();
        mornings.channel = Some(Channel::Whatsapp);
        mornings.days.iter_mut().for_each(|day| day.truncate(1));
        parts.weeks.push(mornings);
    });
    let afternoon = at("2026-11-23T15:00:00+01:00");
    assert!(calendar.urp().is_open(afternoon) && calendar.channel(Channel::Messenger).is_open(afternoon));
    assert!(!calendar.channel(Channel::Whatsapp).is_open(afternoon));
}

#[test]
fn the_next_opening_skips_lunch_night_weekend_and_holidays() {
    let calendar = calendar(|_| {});
    for (when, next) in [
        ("2026-11-23T12:30:00+01:00", "2026-11-23T14:15:00+01:00"),
        ("2026-11-23T16:00:00+01:00", "2026-11-24T08:30:00+01:00"),
        ("2026-11-27T18:00:00+01:00", "2026-11-30T08:30:00+01:00"),
        ("2026-11-24T09:00:00+01:00", "2026-11-24T09:00:00+01:00"),
        ("2026-12-07T17:00:00+01:00", "2026-12-09T08:30:00+01:00"),
        ("2026-12-24T17:00:00+01:00", "2026-12-28T08:30:00+01:00"),
    ] {
        assert_eq!(calendar.urp().next_opening(at(when)), Some(at(next)), "{when}");
    }
}

#[test]
fn newer_hours_hold_from_their_day_and_after_their_last_the_old_ones_hold_again() {
    let calendar = calendar(|parts| {
        let mut summer = article_week();
        (summer.valid_from, summer.valid_to) = (date(2019, 7, 11), Some(date(2019, 8, 30)));
        summer.days[3] = summer.days[0].clone();
        let mut short = article_week();
        short.valid_from = date(2022, 4, 1);
        short.days[0] = vec![Opening { from: time(8, 30, 0, 0), to: time(11, 30, 0, 0) }];
        parts.weeks.extend([short, summer]);
    });
    let openings = |day| calendar.urp().openings(day).len();
    assert_eq!(openings(date(2010, 1, 7)), 1, "before all hours the first ones");
    assert_eq!(openings(date(2019, 7, 4)), 1, "Thursday without a break");
    assert_eq!(openings(date(2019, 7, 11)), 2);
    assert_eq!(openings(date(2019, 8, 29)), 2);
    assert_eq!(openings(date(2019, 9, 5)), 1);
    assert_eq!(calendar.urp().closing_time(date(2022, 4, 4)), Some(at("2022-04-04T11:30:00+02:00")));
}

#[test]
fn san_francesco_is_a_holiday_from_2026_and_the_fourth_of_november_is_none() {
    let calendar = calendar(|_| {});
    let worked = |day| calendar.urp().is_working_day(day);
    assert!(worked(date(2024, 10, 4)), "a Friday, before the law");
    assert!(!worked(date(2027, 10, 4)), "the first working day lost");
    assert!(worked(date(2026, 11, 4)));
    assert!(!worked(date(2027, 3, 29)), "Easter Monday");
    assert_eq!(calendar.urp().day(date(2027, 3, 29)).note, Some(Note::Holiday("Lunedì dell'Angelo")));
}

#[test]
fn bridges_are_worked_unless_the_city_chooses() {
    let bridge = date(2026, 12, 7);
    assert!(calendar(|_| {}).urp().is_working_day(bridge));
    let closed = calendar(|parts| parts.bridges_closed = true);
    assert_eq!(closed.urp().day(bridge).note, Some(Note::Bridge));
    assert!(closed.urp().is_working_day(date(2026, 12, 9)), "the day after a holiday in midweek is no bridge");
    assert!(!closed.urp().is_working_day(date(2028, 1, 7)), "Friday after the Epiphany");
}

#[test]
fn an_ordinance_closes_offices_one_by_one() {
    let alpini = date(2025, 5, 9);
    let calendar = calendar(|parts| parts.closures = vec![closure(alpini, alpini, &[], &["URP", "POLIZIA"])]);
    assert!(calendar.urp().is_working_day(alpini) && calendar.hours("POLIZIA").is_working_day(alpini));
    assert!(!calendar.hours("STRADE").is_working_day(alpini));
    let note = calendar.hours("STRADE").day(alpini).note;
    assert_eq!(note, Some(Note::Closure { reason: "neve", act: "ord. 1" }));
}

#[test]
fn a_day_with_other_hours_closes_with_them_even_on_a_holiday() {
    let calendar = calendar(|parts| {
        let openings = vec![Opening { from: time(8, 30, 0, 0), to: time(11, 0, 0, 0) }];
        for day in [date(2026, 12, 24), date(2026, 12, 26)] {
            let special = Special { openings: openings.clone(), reason: "vigilia".into(), act: String::new() };
            parts.specials.insert(day, special);
        }
    });
    assert_eq!(calendar.urp().closing_time(date(2026, 12, 24)), Some(at("2026-12-24T11:00:00+01:00")));
    assert!(calendar.urp().is_working_day(date(2026, 12, 26)));
}

#[test]
fn working_time_leaves_out_lunch_nights_and_closed_days() {
    let calendar = calendar(|_| {});
    let hours = calendar.urp();
    for (from, to, minutes) in [
        ("2026-11-23T08:30:00+01:00", "2026-11-23T16:00:00+01:00", 315),
        ("2026-11-23T11:00:00+01:00", "2026-11-23T15:15:00+01:00", 120),
        ("2026-11-27T18:30:00+01:00", "2026-11-30T16:00:00+01:00", 315),
        ("2026-12-07T10:00:00+01:00", "2026-12-09T09:00:00+01:00", 255),
        ("2026-11-23T12:10:00+01:00", "2026-11-23T14:10:00+01:00", 0),
        ("2026-11-23T15:00:00+01:00", "2026-11-23T14:50:00+01:00", 0),
    ] {
        assert_eq!(hours.between(at(from), at(to)), SignedDuration::from_mins(minutes), "{from} {to}");
        if minutes > 0 {
            assert!(hours.after(at(from), SignedDuration::from_mins(minutes)) <= at(to));
        }
    }
    let half = hours.after(at("2026-11-27T18:30:00+01:00"), SignedDuration::from_mins(240));
    assert_eq!(half, at("2026-11-30T14:45:00+01:00"));
}

#[test]
fn hours_that_make_no_sense_are_refused() {
    let new = |weeks| Calendar::new(Parts { weeks, ..Parts::default() });
    assert_eq!(new(Vec::new()), Err(Invalid::NoWeek));
    let mut week = article_week();
    week.days[0].reverse();
    assert!(matches!(new(vec![week.clone()]), Err(Invalid::Opening { .. })));
    week.days = Default::default();
    assert!(matches!(new(vec![week]), Err(Invalid::NoWorkingDay(_))));
    let ends = |last| new(vec![Week { valid_to: Some(last), ..article_week() }]);
    assert_eq!(ends(date(2020, 1, 1)), Err(Invalid::AllEnd));
    assert!(matches!(ends(date(2010, 1, 1)), Err(Invalid::EndsBeforeItBegins(_))));
}
