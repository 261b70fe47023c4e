//! A choice of the faults for `make test`; `make faults` has them all. One row at a time: each has a city of its own.

use segnalalo_tests::faults::{self, mistakes, rows};
use std::sync::OnceLock;
use tokio::sync::Mutex;

fn turn() -> &'static Mutex<()> {
    static TURN: OnceLock<Mutex<()>> = OnceLock::new();
    TURN.get_or_init(Mutex::default)
}

async fn holds(name: &str) {
    let _turn = turn().lock().await;
    let outcome = faults::run(&rows::named(name).expect("a row of the table"), 1, None).await;
    println!("{}", faults::report::line(&outcome));
    assert!(outcome.is_green(), "make faults ARGS=\"--row {name} --seed 1\"\n{}", outcome.findings.join("\n"));
}

macro_rules! rows {
    ($($test:ident: $row:literal;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            holds($row).await;
        }
    )*};
}

rows! {
    a_registry_killed_with_work_in_hand_loses_nothing: "kill-registry-before-handling";
    a_registry_killed_between_log_and_relay_loses_nothing: "kill-registry-after-append";
    a_registry_killed_before_it_acknowledges_handles_once: "kill-registry-before-ack";
    a_notifier_killed_after_its_post_answers_nobody_twice: "kill-notifier-after-post";
    everything_killed_at_once_loses_nothing: "kill-all-at-once";
    without_a_broker_webhooks_are_refused_and_come_again: "broker-stopped";
    a_wiped_broker_is_filled_from_the_log: "broker-wiped";
    a_log_that_lost_its_synced_tail_gets_it_back: "log-lost-tail";
    a_registry_whose_disk_failed_says_so_and_a_new_one_goes_on: "log-fsync-error";
    duplicates_change_nothing: "input-duplicates";
    poison_is_parked_and_blocks_nobody: "input-poison";
    an_answer_that_was_accepted_before_a_reset_is_not_sent_again: "graph-reset-after";
    an_answer_that_nothing_proves_is_held_and_not_sent_again: "graph-accepted-without-proof";
    over_the_end_of_the_year_numbers_begin_anew_and_terms_are_right: "time-new-year";
    two_notifiers_answer_once: "two-notifiers";
    what_a_newer_version_wrote_is_kept_and_shown: "newer-version-beside";
    who_was_erased_stays_so_when_all_is_read_anew: "erased-then-replayed";
}

async fn is_found(name: &str) {
    let _turn = turn().lock().await;
    let mistake = mistakes::ALL.iter().find(|mistake| mistake.name == name).expect("a known mistake");
    let hunt = mistakes::hunt(mistake, 1, None).await.expect("a row of the table");
    match hunt.proof() {
        Ok(proof) => println!("{name}: {proof}"),
        Err(why) => panic!("make faults ARGS=\"--mistake {name}\"\n{why:#}"),
    }
}

macro_rules! mistakes {
    ($($test:ident: $mistake:literal;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            is_found($mistake).await;
        }
    )*};
}

mistakes! {
    a_harness_without_eyes_for_lost_messages_would_be_noticed: "acknowledged-before-handled";
    a_harness_without_eyes_for_second_answers_would_be_noticed: "posted-before-the-attempt-is-durable";
    a_harness_without_eyes_for_numbers_apart_would_be_noticed: "number-outside-the-append";
}
