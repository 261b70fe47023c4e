//! What a test asks of the processes by HTTP, and what it posts to them in Meta's name.

use super::{Processes, Service};
use anyhow::{Context as _, Result};
use segnalalo_kit::{config::Secret, http, webhook::signature};
use serde_json::Value;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(30);
const SIGNATURE: &str = "x-hub-signature-256";

#[derive(Debug, Clone)]
pub struct Http(reqwest::Client);

/// Status and body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Default for Http {
    fn default() -> Self {
        Self(http::client(TIMEOUT))
    }
}

impl Http {
    /// # Errors
    /// Nobody answered.
    pub async fn get(&self, url: &str) -> Result<Answer> {
        answer(self.0.get(url)).await
    }

    /// # Errors
    /// Nobody answered, or not with JSON.
    pub async fn json(&self, url: &str) -> Result<Value> {
        let answer = self.get(url).await?;
        serde_json::from_str(&answer.body).with_context(|| format!("{url} answered {}: {}", answer.status, answer.body))
    }

    /// # Errors
    /// Nobody answered.
    pub async fn delete(&self, url: &str) -> Result<Answer> {
        answer(self.0.delete(url)).await
    }

    /// Posts a webhook's body as Meta would, signed with the secret.
    ///
    /// # Errors
    /// Nobody answered.
    pub async fn post_signed(&self, url: &str, secret: &str, body: &[u8]) -> Result<Answer> {
        self.post(url, &signature::sign(&Secret::new(secret), body), body).await
    }

    /// The same with any signature.
    ///
    /// # Errors
    /// Nobody answered.
    pub async fn post(&self, url: &str, signature: &str, body: &[u8]) -> Result<Answer> {
        let request = self
            .0
            .post(url)
            .header(SIGNATURE, signature)
            .header("content-type", "application/json")
            .body(body.to_vec());
        answer(request).await
    }

    /// A body for the ingest service, signed with the secret that the processes were given.
    ///
    /// # Errors
    /// Nobody answered.
    pub async fn webhook(&self, processes: &Processes, service: Service, body: &[u8]) -> Result<Answer> {
        let url = format!("{}/webhook", processes.url(service));
        self.post_signed(&url, processes.app_secret(service), body).await
    }

    /// What graph-sim accepted of us, as it tells it.
    ///
    /// # Errors
    /// It didn't answer with JSON.
    pub async fn ledger(&self, processes: &Processes) -> Result<Value> {
        self.json(&format!("{}/_sim/ledger", processes.url(Service::GraphSim))).await
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Answer> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let body = response.text().await?;
    Ok(Answer { status, body })
}
