//! The broker read through its own protocol, as somebody who may do everything: streams, messages, consumers.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use segnalalo_tests::harness::Broker;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream},
    net::TcpStream,
};

const INBOX: &str = "_INBOX_reader.answer";

pub struct Raw(BufStream<TcpStream>);

/// One message of a stream.
#[derive(Debug)]
pub struct Stored {
    pub subject: String,
    pub headers: Vec<u8>,
    pub payload: Vec<u8>,
}

impl Raw {
    pub async fn connect(broker: &Broker) -> Self {
        let mut raw = Self(BufStream::new(TcpStream::connect(("127.0.0.1", broker.port())).await.unwrap()));
        let url = broker.url();
        let user = url.strip_prefix("nats://").unwrap().split(['@', ':']).take(2).collect::<Vec<_>>();
        let hello = json!({ "verbose": false, "user": user[0], "pass": user[1], "headers": false, "protocol": 1 });
        raw.say(&format!("CONNECT {hello}\r\nSUB {INBOX} 1\r\nPING\r\n")).await;
        assert_eq!(raw.line().await, "PONG");
        raw
    }

    async fn say(&mut self, words: &str) {
        self.0.write_all(words.as_bytes()).await.unwrap();
        self.0.flush().await.unwrap();
    }

    async fn line(&mut self) -> String {
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).await.unwrap();
            assert!(!line.is_empty(), "the broker hung up");
            match line.trim_end() {
                // Said again once it knows who we are.
                info if info.starts_with("INFO ") => {}
                "PING" => self.say("PONG\r\n").await,
                other => return other.to_owned(),
            }
        }
    }

    /// What JetStream's API answers.
    pub async fn ask(&mut self, what: &str, body: &Value) -> Value {
        let body = body.to_string();
        self.say(&format!("PUB $JS.API.{what} {INBOX} {}\r\n{body}\r\n", body.len())).await;
        let line = self.line().await;
        assert!(line.starts_with("MSG "), "{what}: {line}");
        let length = line.rsplit(' ').next().unwrap().parse::<usize>().unwrap();
        let mut answer = vec![0; length + 2];
        self.0.read_exact(&mut answer).await.unwrap();
        serde_json::from_slice(&answer[..length]).unwrap()
    }

    /// Buckets are streams, too.
    pub async fn streams(&mut self) -> Vec<String> {
        let answer = self.ask("STREAM.NAMES", &json!({})).await;
        let names = answer["streams"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned());
        names.collect()
    }

    pub async fn info(&mut self, stream: &str) -> Value {
        self.ask(&format!("STREAM.INFO.{stream}"), &json!({ "subjects_filter": ">" })).await
    }

    pub async fn consumers(&mut self, stream: &str) -> Value {
        self.ask(&format!("CONSUMER.LIST.{stream}"), &json!({})).await
    }

    pub async fn count(&mut self, stream: &str) -> u64 {
        self.info(stream).await["state"]["messages"].as_u64().unwrap()
    }

    pub async fn messages(&mut self, stream: &str) -> Vec<Stored> {
        let state = self.info(stream).await["state"].clone();
        let (first, last) = (state["first_seq"].as_u64().unwrap(), state["last_seq"].as_u64().unwrap());
        let mut messages = Vec::new();
        for seq in first..=last {
            let answer = self.ask(&format!("STREAM.MSG.GET.{stream}"), &json!({ "seq": seq })).await;
            let message = &answer["message"];
            // It may have been deleted.
            if let Some(subject) = message["subject"].as_str() {
                let bytes = |field: &str| STANDARD.decode(message[field].as_str().unwrap_or_default()).unwrap();
                messages.push(Stored { subject: subject.to_owned(), headers: bytes("hdrs"), payload: bytes("data") });
            }
        }
        assert_eq!(messages.len() as u64, state["messages"].as_u64().unwrap(), "{stream}");
        messages
    }
}
