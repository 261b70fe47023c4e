//! Sends webhooks. Each lane's first tries go one after the other; a webhook that isn't taken is tried again by itself,
//! after the pauses of the schedule, so that it holds up nothing else.

use super::{Signature, Webhook, body, book::Attempt};
use crate::{
    config::{Config, Subscription},
    sim::Sim,
    tokens::Product,
    world::{Change, chat::Status},
};
use reqwest::header::CONTENT_TYPE;
use segnalalo_kit::{http, shutdown::Shutdown, webhook::signature};
use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::mpsc, task::JoinSet};

/// Meta wants an answer within that.
const TIMEOUT: Duration = Duration::from_secs(5);
const LANES: usize = 16;
/// For first tries that have begun when the process stops.
const DRAIN: Duration = Duration::from_secs(1);

/// A webhook of the book, to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Job {
    pub n: u64,
    pub after: Duration,
}

#[derive(Clone)]
struct Sender {
    sim: Sim,
    config: Arc<Config>,
    http: reqwest::Client,
    shutdown: Shutdown,
}

/// Until shutdown. What is pending then is taken up at the next start.
pub async fn run(sim: Sim, config: Arc<Config>, mut jobs: mpsc::UnboundedReceiver<Job>, shutdown: Shutdown) {
    let sender = Sender { sim, config, http: http::client(TIMEOUT), shutdown };
    let (mut workers, mut waiting) = (JoinSet::new(), JoinSet::new());
    let lanes: Vec<_> = (0..LANES)
        .map(|_| {
            let (lane, jobs) = mpsc::unbounded_channel();
            workers.spawn(sender.clone().work(jobs));
            lane
        })
        .collect();
    while let Some(Some(job)) = sender.shutdown.run_until_cancelled(jobs.recv()).await {
        let Some(lane) = sender.lane(job.n) else { continue };
        let lane = lanes[lane].clone();
        if job.after.is_zero() {
            let _ = lane.send(job.n);
            continue;
        }
        waiting.spawn(async move {
            tokio::time::sleep(job.after).await;
            let _ = lane.send(job.n);
        });
        while waiting.try_join_next().is_some() {}
    }
    waiting.shutdown().await;
    drop(lanes);
    let drained = async { while workers.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(DRAIN, drained).await;
}

impl Sender {
    fn lane(&self, n: u64) -> Option<usize> {
        let lane = self.sim.read(|state| Some(state.webhooks.get(n)?.webhook.lane.clone()))?;
        let mut hasher = DefaultHasher::new();
        lane.hash(&mut hasher);
        usize::try_from(hasher.finish() % LANES as u64).ok()
    }

    async fn work(self, mut jobs: mpsc::UnboundedReceiver<u64>) {
        while let Some(n) = jobs.recv().await {
            if !self.attempt(n).await {
                let retries = self.clone().retry(n);
                let shutdown = self.shutdown.clone();
                tokio::spawn(async move { shutdown.run_until_cancelled(retries).await });
            }
        }
    }

    async fn retry(self, n: u64) {
        for pause in &self.config.retries {
            tokio::time::sleep(*pause).await;
            if self.attempt(n).await {
                return;
            }
        }
        tracing::warn!(webhook = n, "never taken: given up");
        self.sim.change(|state| state.settle(n, false));
    }

    /// Whether nothing is left to do.
    async fn attempt(&self, n: u64) -> bool {
        let Some(webhook) = self.sim.read(|state| Some(state.webhooks.get(n)?.webhook.clone())) else {
            return true;
        };
        let outcome = self.post(&webhook).await;
        let delivered = outcome.is_ok();
        let outcome = outcome.unwrap_or_else(|why| why);
        self.sim.change(|state| {
            let at = state.now();
            state.webhooks.attempted(n, Attempt { at, outcome });
            if delivered {
                state.settle(n, true);
                if let Some(id) = webhook.concerns {
                    let status = Status::Delivered;
                    state.record(Change::ChatStatus { id, status });
                }
            }
        });
        delivered
    }

    /// The status of the answer, or why it is none.
    async fn post(&self, webhook: &Webhook) -> Result<String, String> {
        let body = body::encode(webhook, self.config.encoding);
        let subscription = self.config.subscription(webhook.to);
        let mut request = self.http.post(&subscription.callback_url).header(CONTENT_TYPE, "application/json");
        if let Some(signature) = sign(subscription, webhook.signature, &body) {
            request = request.header("X-Hub-Signature-256", signature);
        }
        let answer = request.body(body).send().await.map_err(|error| reason(&error))?;
        if answer.status().is_success() {
            Ok(answer.status().as_u16().to_string())
        } else {
            Err(answer.status().as_u16().to_string())
        }
    }
}

fn sign(subscription: &Subscription, how: Signature, body: &str) -> Option<String> {
    let right = || signature::sign(&subscription.secret, body.as_bytes());
    match how {
        Signature::Right => Some(right()),
        Signature::Wrong => Some(format!("sha256={}", "0".repeat(64))),
        Signature::Missing => None,
        Signature::UppercaseHex => right().strip_prefix("sha256=").map(|hex| format!("sha256={}", hex.to_uppercase())),
    }
}

fn reason(error: &reqwest::Error) -> String {
    let word = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "nobody listens"
    } else {
        "the connection broke"
    };
    word.to_owned()
}

impl Config {
    pub fn subscription(&self, product: Product) -> &Subscription {
        match product {
            Product::Facebook => &self.page.app,
            Product::Whatsapp => &self.number.app,
        }
    }
}
