use crate::broker::{Broker, until};
use bytes::Bytes;
use segnalalo_kit::{
    bus::{BatchHandler, Bus, CONSUMER, Delivery, Outcome, Stream, WorkQueueConfig},
    shutdown::Shutdown,
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::task::JoinHandle;

type Judge = fn(&Delivery) -> Outcome;

/// Notes what it is given and says what the test wants.
#[derive(Clone)]
pub struct Noting {
    pub seen: Arc<Mutex<Vec<Delivery>>>,
    judge: Judge,
}

impl Noting {
    pub fn new(judge: Judge) -> Self {
        Self { seen: Arc::default(), judge }
    }

    pub fn texts(&self) -> Vec<String> {
        let text = |delivery: &Delivery| String::from_utf8(delivery.payload.to_vec()).unwrap();
        self.seen.lock().unwrap().iter().map(text).collect()
    }
}

#[async_trait::async_trait]
impl BatchHandler for Noting {
    async fn handle(&self, batch: Vec<Delivery>) -> Vec<Outcome> {
        let outcomes = batch.iter().map(self.judge).collect();
        self.seen.lock().unwrap().extend(batch);
        outcomes
    }
}

pub fn run(bus: &Bus, handler: &Noting, shutdown: &Shutdown) -> JoinHandle<()> {
    let queue = bus.work_queue(Stream::Inbound, WorkQueueConfig::new(CONSUMER));
    let (handler, shutdown) = (handler.clone(), shutdown.clone());
    tokio::spawn(async move { queue.run(handler, shutdown).await })
}

pub async fn publish(bus: &Bus, texts: impl IntoIterator<Item = String>) {
    let payloads = texts.into_iter().map(Bytes::from).collect();
    bus.publisher(Stream::Inbound)
        .publish_all("inbound.facebook", payloads, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        .await
        .unwrap();
}

async fn until_empty(broker: &Broker) {
    let deadline = tokio::time::Instant::now() + crate::broker::PATIENCE;
    while crate::topology::info(broker, "INBOUND").await.state.messages > 0 {
        assert!(tokio::time::Instant::now() < deadline, "INBOUND doesn't become empty");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn deliveries_come_in_order_with_their_trace_and_go_when_done() {
    let broker = Broker::start();
    let bus = broker.filled().await;
    let handler = Noting::new(|_| Outcome::Done);
    let shutdown = Shutdown::new();
    let running = run(&bus, &handler, &shutdown);
    let texts: Vec<String> = (0..600).map(|number| format!("{number}")).collect();
    publish(&bus, texts.clone()).await;
    until("all are handled", || handler.texts().len() == 600).await;
    assert_eq!(handler.texts(), texts);
    until_empty(&broker).await;
    let first = handler.seen.lock().unwrap()[0].clone();
    assert_eq!((first.sequence, first.delivered), (1, 1));
    assert!(first.traceparent.starts_with("00-0af7"));
    shutdown.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn one_to_be_tried_again_comes_again_after_its_time_and_holds_up_nobody() {
    let broker = Broker::start();
    let bus = broker.filled().await;
    let handler = Noting::new(|delivery| match (delivery.payload.as_ref(), delivery.delivered) {
        (b"later", 1) => Outcome::Retry { after: Duration::from_millis(300), why: "not yet".to_owned() },
        _ => Outcome::Done,
    });
    let shutdown = Shutdown::new();
    let running = run(&bus, &handler, &shutdown);
    publish(&bus, ["later".to_owned(), "now".to_owned()]).await;
    until("it comes again", || handler.texts().len() == 3).await;
    assert_eq!(handler.texts(), ["later", "now", "later"]);
    assert_eq!(handler.seen.lock().unwrap()[2].delivered, 2);
    until_empty(&broker).await;
    shutdown.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn a_handler_that_says_too_little_gets_the_rest_again() {
    struct Silent(Noting);
    #[async_trait::async_trait]
    impl BatchHandler for Silent {
        async fn handle(&self, batch: Vec<Delivery>) -> Vec<Outcome> {
            let again = batch.iter().all(|delivery| delivery.delivered > 1);
            let mut outcomes = self.0.handle(batch).await;
            outcomes.truncate(if again { 9 } else { 0 });
            outcomes
        }
    }
    let broker = Broker::start();
    let bus = broker.filled().await;
    let handler = Noting::new(|_| Outcome::Done);
    let shutdown = Shutdown::new();
    let queue = bus.work_queue(Stream::Inbound, WorkQueueConfig::new(CONSUMER));
    let running = tokio::spawn(queue.run(Silent(handler.clone()), shutdown.clone()));
    publish(&bus, ["one".to_owned()]).await;
    until("it comes again", || handler.texts().len() == 2).await;
    until_empty(&broker).await;
    shutdown.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn what_was_fetched_ahead_goes_back_at_shutdown() {
    struct Slow(Noting);
    #[async_trait::async_trait]
    impl BatchHandler for Slow {
        async fn handle(&self, batch: Vec<Delivery>) -> Vec<Outcome> {
            tokio::time::sleep(Duration::from_millis(200)).await;
            self.0.handle(batch).await
        }
    }
    let broker = Broker::start();
    let bus = broker.filled().await;
    publish(&bus, (0..40).map(|number| format!("{number}"))).await;
    let (first, shutdown) = (Noting::new(|_| Outcome::Done), Shutdown::new());
    let config = WorkQueueConfig { batch: 4, ..WorkQueueConfig::new(CONSUMER) };
    let queue = bus.work_queue(Stream::Inbound, config);
    let running = tokio::spawn(queue.run(Slow(first.clone()), shutdown.clone()));
    until("a batch is handled", || !first.texts().is_empty()).await;
    shutdown.cancel();
    running.await.unwrap();
    let handled = first.texts().len();
    assert!(handled < 40);

    let (second, shutdown) = (Noting::new(|_| Outcome::Done), Shutdown::new());
    let running = run(&bus, &second, &shutdown);
    until("the others are handled", || second.texts().len() == 40 - handled).await;
    until_empty(&broker).await;
    shutdown.cancel();
    running.await.unwrap();
}
