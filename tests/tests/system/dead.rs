//! `segnalalo dead`: an operator sees what was put aside, puts it back, and drops it.

use super::city::{City, SOON};
use segnalalo_kit::bus::{Bus, BusConfig, Stream};
use segnalalo_tests::harness::{wait_for, wait_until};
use serde_json::Value;

fn run(city: &City, arguments: &[&str]) -> (bool, String) {
    let mut command = city.processes.command(arguments).unwrap();
    let output = command.output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), text)
}

async fn letters(city: &City, count: usize) -> Vec<Value> {
    wait_for("the letters are listed", SOON, async || {
        let (_, text) = run(city, &["dead", "list", "--json"]);
        let listed: Value = serde_json::from_str(&text).ok()?;
        listed["letters"].as_array().filter(|letters| letters.len() == count).cloned()
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_put_aside_is_shown_put_back_and_dropped() {
    let city = City::start().await;
    let (_, nothing) = run(&city, &["dead", "list"]);
    assert!(nothing.contains("nulla da parte"), "{nothing}");
    let bus = Bus::connect(&BusConfig::new(city.broker.url(), "test")).await.unwrap();
    wait_until("the test is connected", SOON, async || bus.is_connected()).await.unwrap();
    bus.publisher(Stream::Inbound).publish("inbound.whatsapp", vec![0xff; 9].into(), "").await.unwrap();
    let first = letters(&city, 1).await[0]["number"].as_u64().unwrap().to_string();
    let (_, shown) = run(&city, &["dead", "show", &first]);
    assert!(shown.contains("inbound.whatsapp") && shown.contains("ffffffffffffffffff"), "{shown}");
    // Put back, it is as unreadable as before, and put aside again under another number.
    let (done, said) = run(&city, &["dead", "replay", &first]);
    assert!(done, "{said}");
    let second = wait_for("it is put aside again", SOON, async || {
        let (_, text) = run(&city, &["dead", "list", "--json"]);
        let listed: Value = serde_json::from_str(&text).ok()?;
        let number = listed["letters"][0]["number"].as_u64()?.to_string();
        (number != first).then_some(number)
    })
    .await
    .unwrap();
    assert!(run(&city, &["dead", "drop", &second]).0);
    letters(&city, 0).await;
    let (done, said) = run(&city, &["dead", "drop", &second]);
    assert!(!done && said.contains(&second), "{said}");
}
