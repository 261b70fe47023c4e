//! docker-compose.yml on a real engine: the city comes up, works, is killed, cut off, stopped and updated, and nothing is
//! lost. Without an engine it says so and passes: what is tested is the deployment, not the machine. To read its figures:
//! `cargo test -p segnalalo-tests --test compose -- --nocapture`.

#![expect(clippy::unwrap_used, reason = "a test that can't go on ends there")]

mod engine;
mod hardening;
mod stack;

use engine::Engine;
use serde_json::Value;
use stack::Stack;
use std::time::{Duration, Instant};

/// Until all are healthy: seconds, and minutes where the whole suite runs beside it.
const PATIENCE: Duration = Duration::from_secs(240);
const PROCESSES: [&str; 7] =
    ["registry", "triage", "sla-clock", "notifier", "ingest-facebook", "ingest-whatsapp", "graph-sim"];

/// One test, for it is one story: each step stands on the one before.
#[tokio::test]
async fn the_city_lives_in_containers_through_kills_cuts_and_an_update() {
    let Some(engine) = Engine::find() else {
        println!("SKIPPED: no container engine with docker-compose answers on this machine");
        return;
    };
    let mut stack = Stack::prepare(engine).unwrap();
    hardening::check(&stack.config().unwrap());
    say("the rendered configuration is hardened in every line");
    stack.build().unwrap();
    stack.a_process_without_its_secret_says_which().unwrap();

    let begun = now();
    stack.up().unwrap();
    say(&format!("started after {:.1} s", begun.elapsed().as_secs_f64()));
    stack.until_healthy(&PROCESSES, PATIENCE).await.unwrap();
    say(&format!("all healthy after {:.1} s", begun.elapsed().as_secs_f64()));
    stack.print_memory().unwrap();
    stack.containers_are_confined().unwrap();

    replay(&stack, true);
    let before = tickets(&stack);
    assert!(!before.is_empty());
    act(&stack, &before);

    for container in ["registry", "notifier", "triage", "nats"] {
        stack.kill(container).unwrap();
    }
    stack.up().unwrap();
    stack.until_healthy(&PROCESSES, PATIENCE).await.unwrap();
    say("registry, notifier, triage and broker were killed and came back");
    assert_eq!(tickets(&stack).len(), before.len());

    let (bad, said) = stack.doctor().unwrap();
    // What the machine is like is another's business.
    let of_city = |name: &&String| !["memory.", "disk.", "sync."].iter().any(|check| name.starts_with(check));
    assert_eq!(bad.iter().find(of_city), None, "{said}");
    say(&format!("the doctor in its container finds the city well; of this machine it says: {}", bad.join(", ")));

    stack.cut_off("nats").unwrap();
    let status = stack.webhook().await.unwrap();
    assert_eq!(status, 503, "what can't be stored is refused");
    stack.join_again("nats").unwrap();
    stack.until_healthy(&PROCESSES, PATIENCE).await.unwrap();
    assert_eq!(stack.webhook().await.unwrap(), 200);
    say("cut off from the broker the webhook refused; joined again, it takes");

    replay(&stack, false);
    assert_eq!(tickets(&stack).len(), before.len(), "the same webhooks again change nothing");

    let begun = now();
    stack.stop().unwrap();
    say(&format!("stopped after {:.1} s", begun.elapsed().as_secs_f64()));
    stack.everybody_ended_well(&PROCESSES).unwrap();
    stack.the_clock_has_its_snapshot().unwrap();

    stack.replace_image().unwrap();
    stack.up().unwrap();
    stack.until_healthy(&PROCESSES, PATIENCE).await.unwrap();
    let after = tickets(&stack);
    assert_eq!(after.len(), before.len());
    let (code, said) = stack.tool(&["log", "verify"]).unwrap();
    assert_eq!(code, 0, "{said}");
    say(&format!("with another image: {} tickets as before; {}", after.len(), said.trim()));
}

fn replay(stack: &Stack, first: bool) {
    let begun = now();
    let fixtures = stack.fixtures();
    let (code, said) = stack.tool(&["replay", &fixtures, "--settle", "60"]).unwrap();
    assert_eq!(code, 0, "{said}");
    let which = if first { "first" } else { "second" };
    say(&format!("fixtures replayed for the {which} time in {:.1} s", begun.elapsed().as_secs_f64()));
}

fn tickets(stack: &Stack) -> Vec<Value> {
    let (code, said) = stack.tool(&["ticket", "list", "--all", "--json"]).unwrap();
    assert_eq!(code, 0, "{said}");
    let listed: Value = serde_json::from_str(&said).unwrap();
    listed["tickets"].as_array().unwrap().clone()
}

/// Over gRPC, from outside.
fn act(stack: &Stack, tickets: &[Value]) {
    let open = tickets.iter().find(|ticket| ticket["state"] == "received" && ticket["office"] != "").unwrap();
    let code = open["code"].as_str().unwrap();
    let (status, said) = stack.tool(&["ticket", "take-in-charge", code]).unwrap();
    assert_eq!(status, 0, "{said}");
    say(&format!("taken in charge over gRPC: {}", said.lines().next().unwrap_or_default()));
}

fn say(what: &str) {
    println!("compose: {what}");
}

#[expect(clippy::disallowed_methods, reason = "how long a step took is only printed")]
fn now() -> Instant {
    Instant::now()
}
