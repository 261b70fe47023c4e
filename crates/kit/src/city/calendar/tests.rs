use super::*;
use jiff::civil::{date, time};
use segnalalo_domain::{calendar::Note, words::Office};

const OFFICES: &str = include_str!("../../../../../deploy/biella/offices.toml");
const HOURS: &str = "[[hours]]\nfrom = \"2015-01-01\"\ntuesday = [\"08:30-12:00\"]\n";

fn with_hours(text: &str) -> Result<Calendar, Error> {
    super::parse(&format!("{text}\n{HOURS}"), OFFICES)
}

fn biella() -> Calendar {
    load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/biella")).unwrap()
}

#[test]
fn biella_has_the_hours_of_the_article_and_no_patrons_day_of_its_own() {
    let calendar = biella();
    let monday = calendar.urp().openings(date(2026, 11, 23));
    let thursday = calendar.urp().openings(date(2026, 11, 26));
    assert_eq!(monday.len(), 2);
    assert_eq!((monday[0].from, monday[0].to), (time(8, 30, 0, 0), time(12, 0, 0, 0)));
    assert_eq!((monday[1].from, monday[1].to), (time(14, 15, 0, 0), time(16, 0, 0, 0)));
    assert_eq!((thursday[0].from, thursday[0].to), (time(8, 30, 0, 0), time(16, 0, 0, 0)));
    for closed in [date(2026, 11, 28), date(2026, 11, 29), date(2026, 12, 8), date(2027, 3, 29), date(2027, 10, 4)] {
        assert!(!calendar.urp().is_working_day(closed), "{closed}");
    }
    assert!(calendar.urp().is_working_day(date(2027, 8, 16)), "San Rocco is not the Comune's");
    assert_eq!(calendar.urp().day(date(2028, 12, 26)).note, Some(Note::Holiday("Santo Stefano, patrono di Biella")));
}

#[test]
fn biella_has_the_terms_of_the_article_and_heads_of_offices() {
    let calendar = biella();
    assert_eq!((calendar.terms().take_in_charge, calendar.terms().first_answer), (1, 5));
    assert!(calendar.head_of("STRADE").is_some());
    assert_eq!(calendar.source().unwrap().text, include_str!("../../../../../deploy/biella/calendar.toml"));
}

#[test]
fn closures_other_hours_patron_bridges_and_terms_are_read() {
    let calendar = with_hours(
        r#"
patron = "08-17"
[[closure]]
from = "2026-12-01"
offices = ["STRADE"]
reason = "trasloco"
act = "ordinanza 12/2026"
[[special]]
date = "2026-12-22"
hours = ["08:30-10:00"]
reason = "assemblea"
[[holiday]]
name = "Pasquetta"
easter = 1
[terms]
first_answer = 7
head_after_hours = 2
[[terms.first_answer_of]]
office = "LUCE"
kind = "report"
days = 3
"#,
    )
    .unwrap();
    assert!(calendar.urp().is_working_day(date(2026, 12, 1)));
    assert!(!calendar.hours("STRADE").is_working_day(date(2026, 12, 1)));
    assert_eq!(calendar.urp().openings(date(2026, 12, 22))[0].to, time(10, 0, 0, 0));
    assert!(!calendar.urp().is_working_day(date(2027, 8, 17)));
    let days = |office: &str| {
        calendar.terms().first_answer_days(Some(&Office(office.into())), Some(segnalalo_domain::words::Kind::Report))
    };
    assert_eq!((days("LUCE"), days("VERDE")), (3, 7));
}

#[test]
fn a_fault_is_named_by_line_field_and_what_was_expected() {
    for (text, said) in [
        (
            "[[hours]]\nfrom = \"2015-01-01\"\nfriday = [\n \"8.30/12\"]",
            "line 4: hours[0].friday: expected openings like \"08:30-12:00\", found \"8.30/12\"",
        ),
        (
            "[[hours]]\nfrom = \"2015-01-01\"\nfriday = [\"12:00-08:30\"]",
            "line 3: hours[0].friday: expected openings that end after they begin",
        ),
        (
            "[[hours]]\nfrom = \"2015-01-01\"\nfriday = [\"08:30-12:00\", \"11:00-13:00\"]",
            "line 3: hours[0].friday: expected openings that end",
        ),
        ("\n[[hours]]\nfrom = \"2015-01-01\"", "line 2: hours[0]: expected a day with an opening"),
        (
            "[[hours]]\nfrom = \"2015-01-01\"\nto = \"2015-02-01\"\nmonday = [\"08:00-09:00\"]",
            "hours: expected one [[hours]] without `to`",
        ),
        (
            "[[hours]]\nfrom = \"2015-01-01\"\nchannel = \"fax\"\nmonday = [\"08:00-09:00\"]",
            "hours[0].channel: expected one of facebook_post",
        ),
        ("hours = []", "hours: expected at least one [[hours]]"),
    ] {
        let error = super::parse(text, OFFICES).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
    for (text, said) in [
        ("[[closure]]\nfrom = \"2026-12-01\"\nreason = \"neve\"\nact = \"\"", "line 1: closure[0].act: expected words"),
        (
            "[[closure]]\nfrom = \"2026-12-01\"\noffices = [\"MARTE\"]\nreason = \"x\"\nact = \"y\"",
            "closure[0].offices: expected codes of offices.toml, found \"MARTE\"",
        ),
        (
            "[[closure]]\nfrom = \"2026-12-02\"\nto = \"2026-12-01\"\nreason = \"x\"\nact = \"y\"",
            "closure[0].to: expected a day from 2026-12-02 on",
        ),
        (
            "[[holiday]]\nname = \"x\"\ndate = \"31-12\"",
            "holiday[0].date: expected month and day, like \"12-26\", found \"31-12\"",
        ),
        ("[[holiday]]\nname = \"x\"", "holiday[0].date: expected either `date` or `easter`"),
        ("[[special]]\ndate = \"2026-12-24\"\nhours = []\nreason = \"x\"", "special[0].hours: expected openings"),
        ("[terms]\n\nfirst_answer = 0", "line 3: terms.first_answer: expected a number from 1"),
        ("[terms]\nreminder = 11", "line 2: terms.reminder: expected no more than citizen_reply (10)"),
        ("patron = \"agosto\"", "line 1: patron: expected month and day"),
    ] {
        let error = with_hours(text).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

/// What isn't the shape that was expected is said by the TOML reader, with its line.
#[test]
fn a_wrong_type_or_an_unknown_key_is_named_with_its_line() {
    for (text, line, said) in [
        ("[[hours]]\nfrom = 2015\nmonday = [\"08:00-09:00\"]", "line 2", "from = 2015"),
        (
            "[[hours]]\nfrom = \"2015-13-01\"\nmonday = [\"08:00-09:00\"]",
            "line 2",
            "expected a day like \"2026-12-07\", found \"2015-13-01\"",
        ),
        (
            "[[hours]]\nfrom = \"2015-01-01\"\nto = \"domani\"\nmonday = [\"08:00-09:00\"]",
            "line 3",
            "expected a day like \"2026-12-07\", found \"domani\"",
        ),
        ("[[hours]]\nfrom = \"2015-01-01\"\nmontag = []", "line 3", "unknown field `montag`"),
        (
            "bridges = \"perhaps\"\n[[hours]]\nfrom = \"2015-01-01\"\nmonday = [\"08:00-09:00\"]",
            "line 1",
            "expected `open` or `closed`",
        ),
    ] {
        let error = super::parse(text, OFFICES).unwrap_err();
        let error = std::error::Error::source(&error).unwrap().to_string();
        assert!(error.contains(line) && error.contains(said), "{error}");
    }
}
