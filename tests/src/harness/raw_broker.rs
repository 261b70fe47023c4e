//! The broker's own protocol, spoken by hand: a client library would stop at the first refusal, or wait for an answer
//! that nobody gives.

use super::Broker;
use anyhow::{Context as _, Result};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use segnalalo_kit::bus::Identity;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

/// One connection, each try answered before the next.
pub struct RawBroker {
    lines: Lines<BufReader<OwnedReadHalf>>,
    write: OwnedWriteHalf,
}

impl RawBroker {
    /// `None`: the broker doesn't let it in.
    ///
    /// # Errors
    /// There is no broker, or it speaks otherwise.
    pub async fn connect(broker: &Broker, identity: Option<&Identity>) -> Result<Option<Self>> {
        let stream = TcpStream::connect(("127.0.0.1", broker.port())).await?;
        let (read, write) = stream.into_split();
        let mut raw = Self { lines: BufReader::new(read).lines(), write };
        let info = raw.lines.next_line().await?.context("the broker hung up")?;
        let info: serde_json::Value = serde_json::from_str(info.strip_prefix("INFO ").context("no INFO")?)?;
        let mut hello = serde_json::json!({ "verbose": false, "pedantic": false, "headers": true, "protocol": 1 });
        if let Some(identity) = identity {
            let pair = nkeys::KeyPair::from_seed(identity.seed.expose()).context("a seed")?;
            let signed = pair.sign(info["nonce"].as_str().context("a nonce")?.as_bytes()).context("signing")?;
            hello["nkey"] = identity.public.clone().into();
            hello["sig"] = URL_SAFE_NO_PAD.encode(signed).into();
        }
        let refusals = raw.say(&format!("CONNECT {hello}\r\n")).await;
        Ok(refusals.is_some_and(|refusals| refusals.is_empty()).then_some(raw))
    }

    /// What the broker refused of it; `None` when it hung up.
    async fn say(&mut self, words: &str) -> Option<Vec<String>> {
        self.write.write_all(format!("{words}PING\r\n").as_bytes()).await.ok()?;
        let mut refusals = Vec::new();
        loop {
            let line = self.lines.next_line().await.ok()??;
            match line.as_str() {
                "PONG" => return Some(refusals),
                error if error.starts_with("-ERR") => refusals.push(error.to_owned()),
                _ => {}
            }
        }
    }

    /// Whether it takes a message there. To a subject that asks the API the reply goes nowhere, and an empty body is no
    /// valid request.
    ///
    /// # Errors
    /// It hung up.
    pub async fn may_publish(&mut self, subject: &str) -> Result<bool> {
        Ok(self.say(&format!("PUB {subject} 0\r\n\r\n")).await.context("the broker hung up")?.is_empty())
    }

    /// Whether it lets one listen there.
    ///
    /// # Errors
    /// It hung up.
    pub async fn may_subscribe(&mut self, subject: &str) -> Result<bool> {
        Ok(self.say(&format!("SUB {subject} 1\r\nUNSUB 1\r\n")).await.context("the broker hung up")?.is_empty())
    }
}
