//! The promise of sla-clock, without a broker: whatever happens to the process, each rung is said, recorded once, and at
//! its second. Time, order and accidents come from a seed, which a failure prints.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod equal;
mod given;
mod registry;
mod sim;

use rand::random;

#[test]
fn over_a_month_of_kills_and_restarts_each_rung_is_recorded_once_and_at_its_second() {
    for seed in [1, 2, 3, 4, random()] {
        println!("seed {seed}");
        let told = sim::Sim::new(seed).month();
        println!("{told:?}");
        assert!(told.recorded > 500, "seed {seed}: {told:?}");
        assert!(told.kills > 20 && told.from_snapshot > 5 && told.from_nothing > 5, "seed {seed}: {told:?}");
        assert!(told.in_time > 100 && told.doubles > 20 && told.recomputed > 50, "seed {seed}: {told:?}");
    }
}

#[test]
fn small_timers_are_the_same_as_whole_tickets_whatever_happens_to_them() {
    for seed in (1..=20).chain([random()]) {
        println!("seed {seed}");
        equal::compare(seed, 600);
    }
}
