//! A city to test: broker and processes up, citizens that write by graph-sim, an operator that acts by gRPC.

use segnalalo_kit::rpc::Channel;
use segnalalo_proto::{
    common::v1::{Actor, actor::Type},
    event::v1::Envelope,
    record,
    registry::v1::{
        ExecuteRequest, GetHistoryRequest, HistoryEntry, ListTicketsRequest, Ticket, TicketRef, VerifyLogRequest,
        VerifyLogResponse, WatchRequest, execute_request::Command, log_service_client::LogServiceClient,
        ticket_ref::By, ticket_service_client::TicketServiceClient,
    },
};
use segnalalo_tests::harness::{Broker, Http, Processes, Service, wait_for};
use serde_json::{Value, json};
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use tokio::sync::{Mutex, MutexGuard};

/// How long a test waits for what must come.
pub const SOON: Duration = Duration::from_secs(30);

/// Two cores don't carry two cities.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

pub struct City {
    pub processes: Processes,
    pub broker: Broker,
    pub http: Http,
    keys: AtomicU64,
    _turn: MutexGuard<'static, ()>,
}

/// One message that graph-sim accepted from us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub channel: String,
    pub to: String,
    pub text: String,
}

impl City {
    pub async fn start() -> Self {
        let mut city = Self::prepare().await;
        city.processes.start_all().await.unwrap();
        city
    }

    /// The broker runs, the processes don't yet.
    pub async fn prepare() -> Self {
        let turn = ONE_AT_A_TIME.lock().await;
        let broker = Broker::start().await.unwrap();
        let processes = Processes::new(&broker).unwrap();
        Self { processes, broker, http: Http::default(), keys: AtomicU64::new(1), _turn: turn }
    }

    /// A connection to the registry as the operator's, as soon as it answers.
    pub async fn registry(&self) -> Channel {
        wait_for("the registry answers", SOON, async || self.processes.registry().await.ok()).await.unwrap()
    }

    pub async fn tickets_client(&self) -> TicketServiceClient<Channel> {
        TicketServiceClient::new(self.registry().await)
    }

    pub async fn verify(&self) -> VerifyLogResponse {
        let mut client = LogServiceClient::new(self.registry().await);
        client.verify_log(VerifyLogRequest {}).await.unwrap().into_inner()
    }

    /// The log's envelopes, once there are at least so many.
    pub async fn log(&self, at_least: usize) -> Vec<Envelope> {
        let mut records =
            self.tickets_client().await.watch(WatchRequest { after_position: 0 }).await.unwrap().into_inner();
        let mut envelopes = Vec::new();
        while envelopes.len() < at_least
            && let Some(response) = records.message().await.unwrap()
        {
            envelopes.push(record::decode(&response.record).unwrap().envelope);
        }
        envelopes
    }

    /// The whole log, byte for byte.
    pub async fn log_bytes(&self) -> Vec<u8> {
        let mut client = LogServiceClient::new(self.registry().await);
        let request = segnalalo_proto::registry::v1::ExportLogRequest { after_position: 0 };
        let mut records = client.export_log(request).await.unwrap().into_inner();
        let mut bytes = Vec::new();
        while let Some(response) = records.message().await.unwrap() {
            bytes.extend(response.record);
        }
        bytes
    }

    /// Every ticket there is.
    pub async fn tickets(&self) -> Vec<Ticket> {
        let mut client = self.tickets_client().await;
        let mut tickets = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = ListTicketsRequest { page_size: 500, page_token, ..ListTicketsRequest::default() };
            let page = client.list_tickets(request).await.unwrap().into_inner();
            tickets.extend(page.tickets);
            if page.next_page_token.is_empty() {
                return tickets;
            }
            page_token = page.next_page_token;
        }
    }

    /// The ticket whose first words hold `words`, when it is there.
    pub async fn ticket(&self, words: &str) -> Ticket {
        wait_for(&format!("a ticket about {words:?}"), SOON, async || {
            self.tickets().await.into_iter().find(|ticket| ticket.summary.contains(words))
        })
        .await
        .unwrap()
    }

    pub async fn history(&self, ticket: &Ticket) -> Vec<HistoryEntry> {
        let request = GetHistoryRequest { ticket: Some(by_id(ticket)) };
        self.tickets_client().await.get_history(request).await.unwrap().into_inner().entries
    }

    /// The operator acts; the ticket after it.
    pub async fn act(&self, ticket: &Ticket, command: Command) -> Ticket {
        let key = self.keys.fetch_add(1, Ordering::Relaxed);
        let request = ExecuteRequest {
            idempotency_key: format!("test-key-{key}"),
            ticket: Some(by_id(ticket)),
            expected_version: 0,
            actor: Some(Actor { r#type: Type::Person as i32, name: "anna".to_owned() }),
            command: Some(command),
        };
        self.tickets_client().await.execute(request).await.unwrap().into_inner().ticket.unwrap()
    }

    /// What graph-sim accepted of us, in order.
    pub async fn sent(&self) -> Vec<Sent> {
        let ledger = self.http.ledger(&self.processes).await.unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        ledger["accepted"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| Sent { channel: text(&entry["channel"]), to: text(&entry["to"]), text: text(&entry["text"]) })
            .collect()
    }

    /// Waits until somebody got a message with these words; all that he got.
    pub async fn got(&self, to: &str, words: &str) -> Vec<Sent> {
        wait_for(&format!("{to} gets {words:?}"), SOON, async || {
            let all = self.sent().await.into_iter().filter(|sent| sent.to.contains(to)).collect::<Vec<_>>();
            all.iter().any(|sent| sent.text.contains(words)).then_some(all)
        })
        .await
        .unwrap()
    }

    /// A citizen writes on WhatsApp.
    pub async fn whatsapp(&self, from: &str, text: &str) {
        self.sim("whatsapp/messages", &json!({ "from": from, "name": "Prova Rossi", "text": text })).await;
    }

    /// A citizen posts on the page; the post's id.
    pub async fn post(&self, author: &str, text: &str) -> String {
        let answer = self.sim("facebook/posts", &json!({ "author": author, "text": text })).await;
        answer["id"].as_str().unwrap().to_owned()
    }

    pub async fn comment(&self, post: &str, author: &str, text: &str) {
        self.sim(&format!("facebook/posts/{post}/comments"), &json!({ "author": author, "text": text })).await;
    }

    pub async fn sim(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}/_sim/{path}", self.processes.url(Service::GraphSim));
        let answer = self.http.post(&url, "", body.to_string().as_bytes()).await.unwrap();
        assert!(answer.status < 300, "{url}: {} {}", answer.status, answer.body);
        serde_json::from_str(&answer.body).unwrap_or_default()
    }
}

pub fn by_id(ticket: &Ticket) -> TicketRef {
    TicketRef { by: Some(By::TicketId(ticket.ticket_id.clone())) }
}
