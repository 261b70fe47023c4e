use super::*;
use segnalalo_domain::{
    event::conversation::{DeliveryStatus, DropReason, GivenUp, Proof, RemovalVerb},
    event::ticket::CloseReason,
    retention::RuleName,
    sla::{DeadlineName, Rung},
    template::Template,
    ticket::Phase,
    words::{Channel, Kind, Urgency},
};

fn phrases() -> Phrases {
    Phrases::of([CLI, DATES, OFFICES]).unwrap_or_else(|failure| panic!("{failure}"))
}

#[test]
fn every_code_of_the_domain_has_an_italian_word() {
    fn check(phrases: &Phrases, vocabulary: &str, codes: Vec<&'static str>) {
        for code in codes {
            let words = phrases.file.words.get(vocabulary).unwrap_or_else(|| panic!("[words.{vocabulary}]"));
            assert!(words.contains_key(code), "[words.{vocabulary}] has no {code}");
        }
    }
    let phrases = phrases();
    check(&phrases, "state", Phase::ALL.iter().map(|word| word.code()).collect());
    check(&phrases, "channel", Channel::ALL.iter().map(|word| word.code()).collect());
    check(&phrases, "on_channel", Channel::ALL.iter().map(|word| word.code()).collect());
    check(&phrases, "kind", Kind::ALL.iter().map(|word| word.code()).collect());
    check(&phrases, "urgency", Urgency::ALL.iter().map(|word| word.code()).collect());
    check(&phrases, "deadline", DeadlineName::ALL.iter().map(|word| word.code()).collect());
    check(&phrases, "rung", Rung::ALL.iter().map(|word| word.code()).collect());
    check(&phrases, "template", Template::ALL.iter().map(|word| word.code()).collect());
    check(&phrases, "proof", Proof::ALL.iter().map(|word| word.code()).collect());
    check(&phrases, "status", DeliveryStatus::ALL.iter().map(|word| word.code()).collect());
    check(&phrases, "verb", RemovalVerb::ALL.iter().map(|word| word.code()).collect());
    check(&phrases, "reason", CloseReason::ALL.iter().map(|word| word.code()).collect());
    check(&phrases, "reason", DropReason::ALL.iter().map(|word| word.code()).collect());
    check(&phrases, "reason", GivenUp::ALL.iter().map(|word| word.code()).collect());
    check(&phrases, "rule", RuleName::ALL.iter().map(|word| word.code()).collect());
    for phase in Phase::ALL {
        assert!(phrases.raw(Part::Next, phase.code()).is_some(), "[next] has no {phase}");
    }
}

/// The names stand in the oneof of the envelope, in snake case as in the history.
#[test]
fn every_event_of_the_contract_has_its_phrase() {
    let contract = include_str!("../../../../proto/segnalalo/event/v1/event.proto");
    let arms = contract.split("oneof event {").nth(1).unwrap().split('}').next().unwrap();
    let names = arms.lines().filter_map(|line| line.split_once(" = ")?.0.split_whitespace().nth(1));
    let mut count = 0;
    for name in names {
        assert!(phrases().raw(Part::Events, name).is_some(), "[events] has no {name}");
        count += 1;
    }
    assert!(count > 40, "{count}");
}

#[test]
fn every_reason_of_a_refusal_says_what_to_do() {
    let rejection = include_str!("../../../../crates/domain/src/rejection.rs");
    let codes = rejection.split("=> \"").skip(1).map(|rest| rest.split('"').next().unwrap());
    for code in codes.chain(["LOG_UNAVAILABLE", "LOG_UNREADABLE", "OTHER"]) {
        assert!(phrases().raw(Part::Reasons, code).is_some(), "[reasons] has no {code}");
    }
}

#[test]
fn the_time_left_has_its_two_largest_units() {
    let left = |seconds| phrases().left(SignedDuration::from_secs(seconds));
    assert_eq!(left(28 * 3600 + 59), "1g 4h");
    assert_eq!(left(24 * 3600), "1g");
    assert_eq!(left(3 * 3600 + 20 * 60), "3h 20m");
    assert_eq!(left(12 * 60), "12m");
    assert_eq!(left(30), "0m");
    assert_eq!(left(-3 * 3600), "scaduto da 3h");
}

#[test]
fn a_word_that_is_missing_shows_its_code() {
    assert_eq!(phrases().word("state", "tomorrow"), "tomorrow");
    assert_eq!(phrases().word("nothing", "x"), "x");
    assert_eq!(phrases().office("STRADE"), "Strade, marciapiedi e segnaletica");
    assert_eq!(phrases().office("NOBODY"), "NOBODY");
}
