use crate::{
    broker::{Broker, until},
    work_queue::{Noting, publish, run},
};
use segnalalo_kit::{bus::Outcome, shutdown::Shutdown};

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
