//! Thousands of histories of the whole city, each by its seed. `SIMULATION_SEEDS=0..1000` says which.

use segnalalo_kit::config::Vars;
use segnalalo_tests::simulation::{Counts, Mistake, run};
use std::ops::Range;

const DEFAULT: Range<u64> = 0..1000;
/// Tests that share the seeds, so that all cores have work.
const SHARES: u64 = 4;

fn seeds() -> Range<u64> {
    let Some(text) = Vars::process().optional("SIMULATION_SEEDS") else {
        return DEFAULT;
    };
    parse(&text).unwrap_or_else(|| panic!("SIMULATION_SEEDS={text:?}: two numbers like 0..1000 were expected"))
}

fn parse(text: &str) -> Option<Range<u64>> {
    let (first, last) = text.split_once("..")?;
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first < last).then_some(first..last)
}

fn share(share: u64) {
    let mut counts = Counts::default();
    let mut failures = Vec::new();
    for seed in seeds().filter(|seed| seed % SHARES == share) {
        match run(seed, None) {
            Ok(one) => counts += one,
            Err(failure) => failures.push(failure),
        }
    }
    println!("{counts}");
    if let Some(first) = failures.first() {
        let all =
            failures.iter().map(|failure| format!("seed {}: {}\n", failure.seed, failure.what)).collect::<String>();
        panic!("{} histories don't hold:\n{all}\n{first}", failures.len());
    }
}

#[test]
fn seeds_of_the_first_share_hold() {
    share(0);
}

#[test]
fn seeds_of_the_second_share_hold() {
    share(1);
}

#[test]
fn seeds_of_the_third_share_hold() {
    share(2);
}

#[test]
fn seeds_of_the_fourth_share_hold() {
    share(3);
}

#[test]
fn a_range_of_seeds_is_two_numbers_the_smaller_first() {
    assert_eq!(parse("0..1000"), Some(0..1000));
    assert_eq!(parse(" 7 .. 8 "), Some(7..8));
    for wrong in ["", "7", "8..7", "7..7", "a..b", "1...2"] {
        assert_eq!(parse(wrong), None, "{wrong}");
    }
}

/// Within how many seeds each mistake must be found.
const PATIENCE: u64 = 200;

#[test]
fn each_known_mistake_is_found_for_what_it_is() {
    let mut missed = Vec::new();
    for mistake in Mistake::ALL {
        let failures = (0..PATIENCE).filter_map(|seed| run(seed, Some(mistake)).err());
        let mut others = Vec::new();
        let found = failures
            .inspect(|failure| others.push(failure.what.clone()))
            .find(|failure| failure.what.starts_with(mistake.proof()));
        match found {
            Some(failure) => println!("{mistake}: seed {}: {}", failure.seed, failure.what),
            None => missed.push(format!("{mistake} ({}): {others:#?}", mistake.proof())),
        }
    }
    assert!(missed.is_empty(), "not found in {PATIENCE} histories:\n{}", missed.join("\n"));
}
