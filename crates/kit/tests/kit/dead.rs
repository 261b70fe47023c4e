use crate::{
    broker::{Broker, PATIENCE, until},
    work_queue::{Noting, publish, run},
};
use segnalalo_kit::{
    bus::Outcome, clock::SystemClock, health::Health, passed_over::PassedOver, service::Deps, shutdown::Shutdown,
    telemetry::Metrics,
};
use std::sync::Arc;

#[tokio::test]
async fn what_is_parked_can_be_looked_at_put_back_and_dropped() {
    let broker = Broker::start();
    let bus = broker.filled().await;
    let handler = Noting::new(|delivery| match delivery.payload.as_ref() {
        b"good" => Outcome::Done,
        _ => Outcome::Park { why: "it can't be\nread".to_owned() },
    });
    let shutdown = Shutdown::new();
    let running = run(&bus, &handler, &shutdown);
    publish(&bus, ["bad".to_owned(), "good".to_owned(), "worse".to_owned()]).await;
    until("all are handled", || handler.texts().len() == 3).await;
    let dead = bus.dead();
    let letters = loop {
        let letters = dead.list(10).await.unwrap();
        if letters.len() == 2 {
            break letters;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    let parked = &letters[0].parked;
    assert_eq!((parked.stream.as_str(), parked.subject.as_str()), ("INBOUND", "inbound.facebook"));
    assert_eq!((parked.sequence, parked.delivered), (1, 1));
    assert_eq!((parked.why.as_str(), parked.payload.as_ref()), ("it can't be read", b"bad".as_slice()));
    assert!(parked.traceparent.starts_with("00-0af7"));
    assert_eq!(dead.list(1).await.unwrap().len(), 1);

    assert!(dead.replay(letters[0].sequence).await.unwrap());
    until("it is handled again", || handler.texts().len() == 4).await;
    assert!(!dead.replay(letters[0].sequence).await.unwrap());
    assert!(dead.remove(letters[1].sequence).await.unwrap());
    assert!(!dead.remove(letters[1].sequence).await.unwrap());
    shutdown.cancel();
    running.await.unwrap();
}

#[derive(Debug, thiserror::Error)]
#[error("the event isn't understood")]
struct Unknown(#[source] std::fmt::Error);

#[tokio::test]
async fn a_record_that_a_reader_can_not_use_is_parked_once_however_often_it_is_read() {
    let broker = Broker::start();
    let bus = broker.filled().await;
    let deps = |reader| Deps {
        bus: bus.clone(),
        clock: Arc::new(SystemClock),
        metrics: Metrics::new(reader),
        health: Health::new(reader),
    };
    // Triage starts twice, and reads the log from its beginning each time.
    for (reader, position) in [("triage", 7), ("triage", 7), ("triage", 8), ("notifier", 7)] {
        let deps = deps(reader);
        let passed_over = PassedOver::start(&deps);
        passed_over.note(position, &Unknown(std::fmt::Error));
        assert!(deps.metrics.render().contains("unreadable_records_total 1"), "{}", deps.metrics.render());
        drop(passed_over);
        tokio::time::timeout(PATIENCE, async {
            while !bus
                .dead()
                .list(10)
                .await
                .unwrap()
                .iter()
                .any(|letter| letter.parked.subject.ends_with(reader) && letter.parked.sequence == position)
            {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        })
        .await
        .expect("the letter is there");
    }
    let letters = bus.dead().list(10).await.unwrap();
    assert_eq!(letters.len(), 3);
    assert!(letters[0].parked.why.starts_with("the event isn't understood: "), "{}", letters[0].parked.why);
    assert_eq!(letters[0].parked.stream, "EVENTS");
    assert!(!bus.dead().replay(letters[0].sequence).await.unwrap(), "nothing is put back on EVENTS");
}
