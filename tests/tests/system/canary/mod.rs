//! Whole lives of reports, by people whose names, numbers, words and ids occur nowhere else; then everything that the
//! system wrote, said and stored is searched for them, and for every secret.

mod collector;
mod controls;
mod raw;
mod report;
mod search;
mod seeds;
mod story;

use super::{
    city::{City, SOON},
    memory::core_limit,
};
use collector::Collector;
use raw::Raw;
use report::Report;
use search::Searcher;
use segnalalo_kit::config::Vars;
use segnalalo_tests::harness::{Service, root, wait_until};
use serde_json::json;
use std::{collections::BTreeMap, fs};

const DAY_NANOS: u64 = 24 * 60 * 60 * 1_000_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_personal_and_no_secret_is_anywhere_but_where_it_is_sealed() {
    let mut city = City::prepare().await;
    let mut canaries = [seeds::of_people(), seeds::secrets(&mut city.processes, &city.broker)].concat();
    let (collector, endpoint) = Collector::start().await;
    for (name, value) in [
        ("SEGNALALO_LOG", "trace"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint),
        ("SEGNALALO_DEMO_CLOCK", "on"),
        ("NOTIFIER_PROOF_WAIT_S", "1"),
    ] {
        city.processes.set(name, value);
    }
    city.processes.start_all().await.unwrap();
    let told = story::live(&mut city).await;
    canaries.push(search::Canary::new("token", &told.client_token));
    let ids = seeds::provider_ids(&told.by_the_platform);
    let mut kinds = BTreeMap::new();
    ids.iter().for_each(|id| *kinds.entry(id.kind).or_insert(0) += 1);
    println!("ids of the platform: {kinds:?}");
    assert_eq!(kinds.len(), 5, "{kinds:?}");
    canaries.extend(ids);
    let searcher = Searcher::new(canaries);

    controls::check(&searcher, &city, &collector, &endpoint, &told).await;

    let mut report = Report::new(&searcher);
    let processes = Service::ALL.map(|service| (service, city.processes.pid(service).unwrap()));
    for (service, pid) in processes {
        let metrics = city.http.get(&format!("{}/metrics", city.processes.admin_url(service))).await.unwrap();
        assert_eq!(metrics.status, 200);
        report.look("`/metrics` of every process", service.name(), metrics.body.as_bytes());
        look_at_process(&mut report, service.name(), pid);
        assert_eq!(core_limit(pid), "0 0", "{} may leave a core dump", service.name());
    }
    look_at_process(&mut report, "nats-server", city.broker.pid().unwrap());
    let export = city.processes.folder().join("export.log");
    story::run(&city, &["log", "export", export.to_str().unwrap()]);
    report.look_at("a file of `segnalalo log export`", &export);

    let queues = tokio::sync::Mutex::new(Raw::connect(&city.broker).await);
    for queue in ["INBOUND", "OBSERVED"] {
        wait_until(&format!("{queue} is empty"), SOON, async || queues.lock().await.count(queue).await == 0)
            .await
            .unwrap();
    }
    for service in Service::ALL.into_iter().rev() {
        city.processes.stop(service).await.unwrap();
    }
    for service in Service::ALL {
        let log = city.processes.log(service).unwrap();
        assert!(log.contains("\"level\":\"DEBUG\""), "{} says little", service.name());
        report.look("what every process prints, all of it logged (`trace`)", service.name(), log.as_bytes());
    }
    for (n, export) in collector.traces.lock().unwrap().iter().enumerate() {
        report.look("traces, as they leave by OTLP", &n.to_string(), export);
    }
    for (n, export) in collector.metrics.lock().unwrap().iter().enumerate() {
        report.look("metrics, as they leave by OTLP", &n.to_string(), export);
    }
    let data = city.processes.data();
    report.look_below("the event log's files", &data.join("log"));
    report.look_below("the keyring's files", &data.join("keyring"));
    report.look_below("attachments (`blobs/`)", &data.join("blobs"));
    report.look_below("daily registers (`registers/`)", &data.join("registers"));
    report.look_below("the clock's snapshot (`sla-clock/`)", &data.join("sla-clock"));
    for entry in fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        // Meta's stand-in keeps what Meta would: that is where it is looked up.
        if path.is_file() {
            report.look_at("other files of the data folder", &path);
        }
    }
    look_at_broker(&mut report, &city).await;

    println!("{}", report.table());
    report.assert_clean();
    report.assert_documented(Vars::process().optional("REWRITE").is_some());
}

/// What others on the machine see of it. The environment's values are where secrets are given: its names alone.
fn look_at_process(report: &mut Report<'_>, name: &str, pid: u32) {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap();
    report.look("command lines, and names in the environment", name, &line);
    // Of processes that keep to themselves only root reads it.
    if let Ok(environment) = fs::read(format!("/proc/{pid}/environ")) {
        let names = environment.split(|byte| *byte == 0).filter_map(|pair| pair.split(|byte| *byte == b'=').next());
        report.look("command lines, and names in the environment", name, &names.collect::<Vec<_>>().join(&b' '));
    }
}

/// All that a client can read, then DEAD's end, then the files.
async fn look_at_broker(report: &mut Report<'_>, city: &City) {
    let mut raw = Raw::connect(&city.broker).await;
    let streams = raw.streams().await;
    for wanted in ["INBOUND", "OBSERVED", "EVENTS", "DEAD", "KV_KEYS", "KV_DEMO_CLOCK"] {
        assert!(streams.iter().any(|stream| stream == wanted), "{wanted} isn't among {streams:?}");
    }
    for stream in &streams {
        let (info, consumers) = (raw.info(stream).await, raw.consumers(stream).await);
        report.look(
            "the broker's streams and consumers, with all their subjects",
            stream,
            format!("{info}{consumers}").as_bytes(),
        );
        for message in raw.messages(stream).await {
            let about = format!("{stream} {}", message.subject);
            report.look("subjects and headers of every message (KV keys, too)", &about, message.subject.as_bytes());
            report.look("subjects and headers of every message (KV keys, too)", &about, &message.headers);
            match stream.as_str() {
                "DEAD" => assert!(report.finds(&message.payload, &["name"]), "it is kept as it came"),
                "EVENTS" => report.look("payloads in EVENTS", &about, &message.payload),
                _ => report.look(
                    "payloads in the other streams, values of the buckets KEYS and DEMO_CLOCK",
                    &about,
                    &message.payload,
                ),
            }
        }
    }
    for empty in ["INBOUND", "OBSERVED"] {
        assert_eq!(raw.count(empty).await, 0, "{empty} keeps what was handled");
    }
    let mut dead = raw.info("DEAD").await["config"].clone();
    let documented = fs::read_to_string(root().join("docs/privacy.md")).unwrap();
    assert!(documented.contains("expires after 30 days"), "docs/privacy.md says how long DEAD keeps a letter");
    assert_eq!(dead["max_age"], 30 * DAY_NANOS);
    assert_eq!(raw.count("DEAD").await, 1);
    // The same stream with a second instead of thirty days.
    dead["max_age"] = json!(1_000_000_000);
    dead["duplicate_window"] = json!(1_000_000_000);
    let answer = raw.ask("STREAM.UPDATE.DEAD", &dead).await;
    assert!(answer["error"].is_null(), "{answer}");
    let raw = tokio::sync::Mutex::new(raw);
    wait_until("DEAD expires", SOON, async || raw.lock().await.count("DEAD").await == 0).await.unwrap();

    report.look_below("the broker's files, DEAD's letter among them", &city.broker.store());
    report.look_at("the broker's log", &city.broker.log());
}
