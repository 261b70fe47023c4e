//! The doctor over a city that runs: all is well; and each thing that is spoilt is named.

use super::city::City;
use segnalalo_kit::bus::Identity;
use segnalalo_tests::harness::Service;
use serde_json::{Value, json};
use std::fs;

/// What the machine that tests has to be said of is another's business.
const OF_THE_MACHINE: [&str; 4] = ["memory", "disk", "sync", "clock"];

struct Told {
    code: i32,
    findings: Vec<Value>,
    /// All that was printed.
    text: String,
}

impl Told {
    fn has(&self, check: &str, code: &str) -> bool {
        self.findings.iter().any(|finding| finding["check"] == check && finding["code"] == code)
    }

    /// What isn't well, and isn't the machine's.
    fn bad(&self) -> Vec<String> {
        let ours = |finding: &&Value| !OF_THE_MACHINE.iter().any(|check| finding["check"] == *check);
        let bad = self.findings.iter().filter(|finding| finding["verdict"] != "ok").filter(ours);
        bad.map(|finding| format!("{}.{}", finding["check"].as_str().unwrap(), finding["code"].as_str().unwrap()))
            .collect()
    }
}

/// With more variables than the city's.
fn doctor(city: &City, variables: &[(&str, &str)]) -> Told {
    let (conf, store) = (city.broker.conf(), city.broker.store());
    let arguments =
        ["doctor", "--json", "--nats-conf", conf.to_str().unwrap(), "--broker-data", store.to_str().unwrap()];
    let mut command = city.processes.command(&arguments).unwrap();
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {text}"));
    Told { code: output.status.code().unwrap(), findings: told["findings"].as_array().unwrap().clone(), text }
}

#[tokio::test]
async fn the_doctor_finds_a_city_well_and_names_what_is_spoilt() {
    let mut city = City::prepare().await;
    city.processes.set("SEGNALALO_DEMO_CLOCK", "on");
    city.processes.start_all().await.unwrap();

    let well = doctor(&city, &[]);
    assert_eq!(well.bad(), Vec::<String>::new(), "{}", well.text);
    for (check, code) in [
        ("ports", "ok"),
        ("variables", "rehearsal"),
        ("city", "ok"),
        ("broker", "ok"),
        ("durability", "ok"),
        ("durability", "measured"),
        ("encryption", "ok"),
        ("streams", "ok"),
        ("rights", "ok"),
        ("keyring", "running"),
        ("webhooks", "ok"),
        ("meta", "ok"),
        ("clock", "ok"),
        ("clock", "zone"),
        // The tests' broker is beside the tests' registry.
        ("disk", "shared"),
    ] {
        assert!(well.has(check, code), "{check}.{code}: {}", well.text);
    }
    assert!([1, 2].contains(&well.code), "{}", well.text);
    for secret in ["a-key-for-tests-that-guards-nothing-at-all", "app-secret-of", "verify-the-", "token-of-the-"] {
        assert!(!well.text.contains(secret), "{secret}: {}", well.text);
    }

    // As a city's, a rehearsal's values won't do; nor a key that the broker doesn't know, or another master key.
    let stranger = Identity::draw();
    let other_master = "a-master-key-that-was-changed-by-somebody-else";
    let of_city = doctor(
        &city,
        &[
            ("SEGNALALO_DEMO_CLOCK", "off"),
            ("TRIAGE_NATS_NKEY", stranger.seed.expose()),
            ("SEGNALALO_MASTER_KEY", other_master),
            ("FACEBOOK_APP_SECRET", "0123456789abcdef0123456789abcdef"),
            ("WHATSAPP_VERIFY_TOKEN", "another-than-the-process-has"),
        ],
    );
    for (check, code) in [
        ("variables", "of_demo"),
        ("variables", "not_meta"),
        ("rights", "unknown"),
        ("keyring", "refused"),
        ("meta", "other_app"),
        ("webhooks", "other_token"),
    ] {
        assert!(of_city.has(check, code), "{check}.{code}: {}", of_city.text);
    }
    assert_eq!(of_city.code, 2, "{}", of_city.text);
    for secret in [stranger.seed.expose(), other_master, "0123456789abcdef0123456789abcdef", "another-than-the-process"]
    {
        assert!(!of_city.text.contains(secret), "{secret}: {}", of_city.text);
    }

    city.sim("token", &json!({"state": "expired", "product": "facebook"})).await;
    let expired = doctor(&city, &[]);
    assert_eq!(expired.bad(), ["meta.expired"], "{}", expired.text);
    assert!(expired.text.contains("FACEBOOK_PAGE_TOKEN"), "{}", expired.text);
    assert_eq!(expired.code, 2);
    city.sim("token", &json!({"state": "ok"})).await;

    // Without the registry its files are looked at; and a broker that doesn't sync is refused.
    city.processes.stop(Service::Registry).await.unwrap();
    let conf = fs::read_to_string(city.broker.conf()).unwrap();
    fs::write(city.broker.conf(), conf.replace("sync_interval: always", "sync_interval: 2m")).unwrap();
    city.broker.restart().await.unwrap();
    let unsynced = doctor(&city, &[]);
    assert!(unsynced.has("durability", "no_sync"), "{}", unsynced.text);
    assert!(unsynced.has("keyring", "ok"), "{}", unsynced.text);
    // Printed, not judged: on a disk that is very quick, an answer and a write look alike.
    for told in [&well, &unsynced] {
        let durability = told.findings.iter().filter(|finding| finding["check"] == "durability");
        durability.for_each(|finding| println!("{}: {}", finding["code"], finding["seen"]));
    }
    assert_eq!(unsynced.code, 2);
}
