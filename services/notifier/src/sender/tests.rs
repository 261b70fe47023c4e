//! One reply against a small stand-in for the Graph API and a ledger in memory.

use super::*;
use crate::{
    graph::{GraphConfig, Token},
    outbox::Reply,
};
use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse, routing::post};
use segnalalo_domain::{
    id::{ConversationId, ReplyId},
    template::Template,
    words::Channel,
};
use segnalalo_kit::{clock::SystemClock, config::Vars, http};
use segnalalo_proto::common::v1::address::To;
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path, sync::Mutex};

/// What the stand-in does with the next POST.
#[derive(Debug, Clone)]
enum Behaviour {
    Answer(StatusCode, Value),
    Garbage,
    Hang,
}

#[derive(Clone)]
struct Platform {
    behaviour: Behaviour,
    posts: Arc<Mutex<Vec<Value>>>,
    comments: Value,
}

impl Platform {
    fn new(behaviour: Behaviour) -> Self {
        Self { behaviour, posts: Arc::default(), comments: json!({ "data": [] }) }
    }

    async fn serve(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/v25.0/{object}/{edge}", post(take).get(list)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }

    fn posts(&self) -> Vec<Value> {
        self.posts.lock().unwrap().clone()
    }
}

async fn take(State(platform): State<Platform>, Json(body): Json<Value>) -> impl IntoResponse {
    platform.posts.lock().unwrap().push(body);
    match platform.behaviour.clone() {
        Behaviour::Answer(status, body) => (status, body.to_string()),
        Behaviour::Garbage => (StatusCode::OK, "<html>".to_owned()),
        Behaviour::Hang => std::future::pending().await,
    }
}

async fn list(State(platform): State<Platform>) -> Json<Value> {
    Json(platform.comments)
}

#[derive(Default)]
struct Memory {
    begun: Mutex<Vec<u32>>,
    denies: Option<Denied>,
}

#[async_trait::async_trait]
impl Ledger for Memory {
    async fn begin(&self, _: &Work, attempt: u32, content: PersonalContent, _: String) -> Result<(), Denied> {
        assert!(!content.text.is_empty() && content.address.is_some());
        self.begun.lock().unwrap().push(attempt);
        self.denies.clone().map_or(Ok(()), Err)
    }
}

fn sender(url: &str, ledger: Memory) -> (Sender, Arc<Memory>) {
    let vars = Vars::from_pairs([("FACEBOOK_PAGE_TOKEN", "page"), ("WHATSAPP_TOKEN", "whatsapp")]);
    let ledger = Arc::new(ledger);
    let config = GraphConfig {
        url: url.to_owned(),
        version: "v25.0".to_owned(),
        page_id: "104587321965874".to_owned(),
        phone_number_id: "106540352242922".to_owned(),
        page_token: Token::new(&vars, "FACEBOOK_PAGE_TOKEN").unwrap(),
        whatsapp_token: Token::new(&vars, "WHATSAPP_TOKEN").unwrap(),
    };
    let city = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/biella");
    let sender = Sender {
        messages: Arc::new(Messages::load(&city).unwrap()),
        graph: Graph::new(http::client(Duration::from_millis(300)), config),
        ledger: ledger.clone(),
        clock: Arc::new(SystemClock),
        read_back_pause: Duration::from_millis(10),
        proof_wait: SignedDuration::from_secs(600),
        posted: Posted::default(),
    };
    (sender, ledger)
}

fn work(channel: Channel, to: To, status: Status) -> Work {
    let now = segnalalo_kit::clock::Clock::now(&SystemClock);
    let address = PersonalContent {
        address: Some(segnalalo_proto::common::v1::Address { to: Some(to) }),
        ..PersonalContent::default()
    };
    Work {
        conversation: ConversationId([1; 16]),
        channel,
        address: sealed::seal(None, &address),
        last_message_at: now,
        reply: Reply {
            id: ReplyId([0xab; 16]),
            template: Template::Emergency,
            variables: BTreeMap::from([("code".to_owned(), "S-7K3M9".to_owned())]),
            words: None,
            by_person: false,
            trace_parent: String::new(),
            attempts: 0,
            status,
        },
    }
}

fn whatsapp() -> Work {
    work(Channel::Whatsapp, To::WhatsappPhone("393331112222".into()), Status::Due(Timestamp::UNIX_EPOCH))
}

fn comment(status: Status) -> Work {
    let mut work = work(Channel::FacebookPost, To::FacebookObjectId("1_2".into()), status);
    work.reply.attempts = 1;
    work
}

async fn told(behaviour: Behaviour, work: Work) -> (Told, Vec<Value>) {
    let platform = Platform::new(behaviour);
    let (sender, _) = sender(&platform.serve().await, Memory::default());
    (sender.send(work).await, platform.posts())
}

fn error(code: i64) -> Value {
    json!({ "error": { "code": code, "message": "(#1) echoes the citizen's words", "error_data": { "details": "why" } } })
}

#[tokio::test]
async fn an_attempt_is_in_the_ledger_before_it_leaves_and_carries_our_mark() {
    let platform = Platform::new(Behaviour::Answer(StatusCode::OK, json!({ "messages": [{ "id": "wamid.1" }] })));
    let (sender, ledger) = sender(&platform.serve().await, Memory::default());
    let told = sender.send(whatsapp()).await;
    assert!(
        matches!(told, Told::Outcome { attempt: 1, outcome: Outcome::Accepted(accepted), .. } if accepted.provider_id == "wamid.1")
    );
    assert_eq!(*ledger.begun.lock().unwrap(), [1]);
    let post = platform.posts().remove(0);
    assert_eq!(post["to"], "+393331112222");
    assert_eq!(post["biz_opaque_callback_data"], format!("{}.1", "ab".repeat(16)));
    assert!(post["text"]["body"].as_str().unwrap().contains("112"));
}

#[tokio::test]
async fn without_the_ledger_nothing_leaves() {
    for denied in [Denied::Settled, Denied::Unavailable("down".into())] {
        let platform = Platform::new(Behaviour::Garbage);
        let (sender, _) = sender(&platform.serve().await, Memory { denies: Some(denied.clone()), ..Memory::default() });
        let told = sender.send(whatsapp()).await;
        assert_eq!(matches!(told, Told::Nothing), denied == Denied::Settled);
        assert!(platform.posts().is_empty());
    }
}

#[tokio::test]
async fn an_attempt_leaves_once_even_if_the_ledger_answers_twice() {
    let platform = Platform::new(Behaviour::Answer(StatusCode::OK, json!({ "messages": [{ "id": "wamid.1" }] })));
    let (sender, ledger) = sender(&platform.serve().await, Memory::default());
    sender.send(whatsapp()).await;
    assert_eq!(sender.send(whatsapp()).await, Told::Nothing);
    assert_eq!((ledger.begun.lock().unwrap().len(), platform.posts().len()), (2, 1));
}

#[tokio::test]
async fn what_may_have_arrived_is_unknown_and_never_called_a_failure() {
    for behaviour in [
        Behaviour::Hang,
        Behaviour::Garbage,
        Behaviour::Answer(StatusCode::BAD_GATEWAY, Value::Null),
        Behaviour::Answer(StatusCode::BAD_REQUEST, json!({ "error": { "code": 1, "error_subcode": 1_357_046 } })),
    ] {
        let (told, posts) = told(behaviour.clone(), whatsapp()).await;
        assert!(matches!(told, Told::Outcome { outcome: Outcome::Unknown(_), .. }), "{behaviour:?}: {told:?}");
        assert_eq!(posts.len(), 1);
    }
    let fault = Behaviour::Answer(StatusCode::INTERNAL_SERVER_ERROR, error(2));
    let mut first = comment(Status::Due(Timestamp::UNIX_EPOCH));
    first.reply.attempts = 0;
    let (told, _) = told(fault, first).await;
    assert!(matches!(told, Told::Outcome { outcome: Outcome::Unknown(_), .. }), "a comment after a 500 may be there");
}

#[tokio::test]
async fn errors_are_treated_by_their_class() {
    for (status, code, last, pauses) in [
        (StatusCode::BAD_REQUEST, 130_429, false, false),
        (StatusCode::BAD_REQUEST, 131_047, true, false),
        (StatusCode::UNAUTHORIZED, 190, false, true),
        (StatusCode::INTERNAL_SERVER_ERROR, 131_016, false, false),
    ] {
        let (told, _) = told(Behaviour::Answer(status, error(code)), whatsapp()).await;
        let Told::Outcome { outcome: Outcome::Refused(refused), pause_channel, .. } = told else {
            panic!("{code}: {told:?}")
        };
        assert_eq!((refused.code, refused.r#final, pause_channel), (code.to_string(), last, pauses));
        assert_eq!(refused.retry_at.is_none(), last);
        assert_eq!(refused.detail, "why", "Meta's message may repeat what was sent");
    }
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_sent() {
    let (sender, _) = sender("http://127.0.0.1:1", Memory::default());
    let told = sender.send(whatsapp()).await;
    assert!(
        matches!(told, Told::Outcome { outcome: Outcome::Refused(refused), .. } if refused.code == "connect" && !refused.r#final)
    );
}

#[tokio::test]
async fn an_unknown_comment_is_read_back_and_sent_again_only_when_it_is_not_there() {
    let now = segnalalo_kit::clock::Clock::now(&SystemClock);
    let unknown = comment(Status::Unknown { attempted_at: now, since: now });
    let mut platform = Platform::new(Behaviour::Garbage);
    let (absent, _) = sender(&platform.serve().await, Memory::default());
    let told = absent.reconcile(unknown.clone()).await;
    assert!(
        matches!(told, Told::Outcome { outcome: Outcome::Refused(refused), .. } if refused.code == "not_found_on_read_back" && !refused.r#final)
    );

    let city = absent.messages.clone();
    let text = city.text(Template::Emergency, Channel::FacebookPost, &unknown.reply.variables, "").unwrap();
    platform.comments = json!({ "data": [
        { "id": "2_7", "message": text, "from": { "id": "999" } },
        { "id": "2_8", "message": text, "from": { "id": "104587321965874" }, "created_time": "2020-01-01T00:00:00+0000" },
        { "id": "2_9", "message": text, "from": { "id": "104587321965874" } },
    ] });
    let (present, _) = sender(&platform.serve().await, Memory::default());
    let told = present.reconcile(unknown).await;
    assert!(
        matches!(told, Told::Outcome { outcome: Outcome::Accepted(accepted), .. } if accepted.provider_id == "2_9" && accepted.proof == "read_back")
    );
    assert!(platform.posts().is_empty(), "reading back sends nothing");
}

#[tokio::test]
async fn an_unknown_whatsapp_waits_for_proof_and_is_then_held() {
    let now = segnalalo_kit::clock::Clock::now(&SystemClock);
    let (sender, _) = sender("http://127.0.0.1:1", Memory::default());
    let mut work = whatsapp();
    work.reply.status = Status::Unknown { attempted_at: now, since: now };
    assert!(matches!(sender.reconcile(work.clone()).await, Told::Again { .. }));
    let long_ago = now - SignedDuration::from_mins(11);
    work.reply.status = Status::Unknown { attempted_at: long_ago, since: long_ago };
    let told = sender.reconcile(work).await;
    assert!(matches!(told, Told::Outcome { outcome: Outcome::Held(held), .. } if held.code == "unknown_outcome"));
}
