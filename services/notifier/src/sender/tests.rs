//! One reply against a small stand-in for the Graph API and a ledger in memory.

mod given;

use super::{refusal, *};
use crate::{
    graph::{Class, Graph, GraphConfig, Token},
    outbox::{Attempt, Reply, Status},
};
use axum::http::StatusCode;
use given::{Behaviour, Memory, Platform};
use jiff::Timestamp;
use segnalalo_domain::{
    id::{ConversationId, ReplyId},
    template::Template,
    words::Channel,
};
use segnalalo_kit::{clock::SystemClock, config::Vars, http};
use segnalalo_proto::common::v1::address::To;
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path, sync::Mutex};

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
        graph: Arc::new(Graph::new(http::client(Duration::from_millis(300)), config)),
        keys: Arc::new(sealed::NoKeys),
        ledger: ledger.clone(),
        clock: Arc::new(SystemClock),
        read_back_pause: Duration::from_millis(10),
        proof_wait: SignedDuration::from_secs(600),
        posted: Posted::default(),
        pauses: Arc::new(pause::Timer),
        shutdown: Shutdown::new(),
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
        newer: None,
        last_message_at: now,
        reply: Reply {
            id: ReplyId([0xab; 16]),
            template: Template::Emergency,
            variables: BTreeMap::from([("code".to_owned(), "S-7K3M9".to_owned())]),
            words: None,
            by_person: false,
            trace_parent: String::new(),
            attempts: 0,
            last_attempt: None,
            holds: 0,
            status,
        },
        others_pass: false,
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
    (sender.send(&work).await, platform.posts())
}

fn error(code: i64) -> Value {
    json!({ "error": { "code": code, "message": "(#1) echoes the citizen's words", "error_data": { "details": "why" } } })
}

#[tokio::test]
async fn an_attempt_is_in_the_ledger_before_it_leaves_and_carries_our_mark() {
    let platform = Platform::new(Behaviour::Answer(StatusCode::OK, json!({ "messages": [{ "id": "wamid.1" }] })));
    let (sender, ledger) = sender(&platform.serve().await, Memory::default());
    let told = sender.send(&whatsapp()).await;
    assert!(
        matches!(told, Told::Outcome { attempt: 1, outcome: Outcome::Accepted(accepted), .. } if accepted.provider_id == "wamid.1")
    );
    assert_eq!(*ledger.begun.lock().unwrap(), [1]);
    let post = platform.posts().remove(0);
    assert_eq!(post["to"], "+393331112222");
    assert_eq!(post["biz_opaque_callback_data"], format!("{}.1", "ab".repeat(16)));
    assert!(post["text"]["body"].as_str().unwrap().contains("112"));
}

fn denying(denied: Denied) -> Memory {
    Memory { denies: Mutex::new(vec![denied]), ..Memory::default() }
}

#[tokio::test]
async fn what_the_ledger_refuses_does_not_leave() {
    let platform = Platform::new(Behaviour::Garbage);
    let (sender, _) = sender(&platform.serve().await, denying(Denied::Settled));
    assert_eq!(sender.send(&whatsapp()).await, Told::Nothing);
    assert!(platform.posts().is_empty());
}

#[tokio::test]
async fn an_attempt_waits_for_the_ledgers_answer_and_leaves_once_it_has_it() {
    let platform = Platform::new(Behaviour::Answer(StatusCode::OK, json!({ "messages": [{ "id": "wamid.1" }] })));
    let (sender, ledger) = sender(&platform.serve().await, denying(Denied::Unavailable("down".into())));
    let sending = tokio::spawn({
        let sender = sender.clone();
        async move { sender.send(&whatsapp()).await }
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(platform.posts().is_empty());
    assert!(matches!(sending.await.unwrap(), Told::Outcome { outcome: Outcome::Accepted(_), .. }));
    assert_eq!((ledger.begun.lock().unwrap().as_slice(), platform.posts().len()), (&[1, 1][..], 1));
}

#[tokio::test]
async fn who_waits_for_the_ledger_stops_with_the_process() {
    let (sender, _) = sender("http://127.0.0.1:1", denying(Denied::Unavailable("down".into())));
    sender.shutdown.cancel();
    assert_eq!(sender.send(&whatsapp()).await, Told::Nothing);
}

#[tokio::test]
async fn an_attempt_leaves_once_even_if_the_ledger_answers_twice() {
    let platform = Platform::new(Behaviour::Answer(StatusCode::OK, json!({ "messages": [{ "id": "wamid.1" }] })));
    let (sender, ledger) = sender(&platform.serve().await, Memory::default());
    sender.send(&whatsapp()).await;
    assert_eq!(sender.send(&whatsapp()).await, Told::Nothing);
    assert_eq!((ledger.begun.lock().unwrap().len(), platform.posts().len()), (2, 1));
}

#[tokio::test]
async fn what_may_have_arrived_is_unknown_and_never_called_a_failure() {
    for behaviour in [
        Behaviour::Hang,
        Behaviour::Garbage,
        Behaviour::Answer(StatusCode::BAD_GATEWAY, Value::Null),
        Behaviour::Answer(StatusCode::BAD_GATEWAY, json!({ "error": "upstream timed out" })),
        Behaviour::Answer(StatusCode::OK, json!({ "messages": [] })),
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
        let Told::Outcome { outcome: Outcome::Refused(refused), pause, .. } = told else { panic!("{code}: {told:?}") };
        assert_eq!((refused.code, refused.r#final, pause.is_some()), (code.to_string(), last, pauses));
        assert_eq!(refused.retry_at.is_none(), last);
        assert_eq!(refused.detail, "why", "Meta's message may repeat what was sent");
    }
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_sent_and_it_is_tried_for_as_long_as_it_takes() {
    let (sender, _) = sender("http://127.0.0.1:1", Memory::default());
    let mut work = whatsapp();
    work.reply.attempts = 500;
    let Told::Outcome { outcome: Outcome::Refused(refused), pause, .. } = sender.send(&work).await else {
        panic!("a refusal")
    };
    assert_eq!((refused.code.as_str(), refused.r#final, pause.is_some()), ("connect", false, true));
}

#[test]
fn what_is_refused_again_and_again_comes_before_a_person() {
    let told = |class, attempt, others_pass| {
        let work = Work { others_pass, ..whatsapp() };
        let refusal = refusal::Refusal { code: "1".into(), detail: String::new(), class, wait: None };
        refusal::told(&work, attempt, refusal, Timestamp::UNIX_EPOCH)
    };
    let last = |told| matches!(told, Told::Outcome { outcome: Outcome::Refused(refused), .. } if refused.r#final);
    assert!(!last(told(Class::Retry, 11, false)) && last(told(Class::Retry, 12, false)));
    assert!(!last(told(Class::Few, 2, false)) && last(told(Class::Few, 3, false)));
    assert!(last(told(Class::Never, 1, false)));
    // A dead token stops everybody, and nobody is given up for it. What only this reply is refused for is its own.
    assert!(!last(told(Class::Pause, 400, false)));
    let own = told(Class::Pause, 3, true);
    assert!(matches!(own, Told::Outcome { outcome: Outcome::Held(_), pause: None, .. }));
}

#[test]
fn a_platform_that_asks_for_a_pause_gets_it_and_the_whole_channel_rests() {
    let told = |code: &str, class| {
        let wait = Some(std::time::Duration::from_secs(300));
        let refusal = refusal::Refusal { code: code.into(), detail: String::new(), class, wait };
        let told = refusal::told(&whatsapp(), 1, refusal, Timestamp::UNIX_EPOCH);
        let Told::Outcome { outcome: Outcome::Refused(refused), pause, .. } = told else { panic!("a refusal") };
        (refused.retry_at.map(|at| at.seconds), pause.map(|pause| pause.as_secs()))
    };
    assert_eq!(told("80007", Class::Retry), (Some(300), Some(300)));
    // One citizen's limit is not the channel's.
    assert_eq!(told("131056", Class::Retry), (Some(300), None));
    assert_eq!(told("131026", Class::Never), (None, None));
}

#[test]
fn pauses_grow_to_an_hour_and_differ_from_reply_to_reply() {
    let mut work = whatsapp();
    let seconds = [1, 2, 3, 7, 12].map(|attempt| refusal::backoff(&work, attempt).as_secs());
    assert_eq!(seconds, [1, 4, 17, 3_902, 3_902]);
    work.reply.id = ReplyId([0; 16]);
    assert_eq!(refusal::backoff(&work, 12).as_secs(), 2_700);
    work.reply.id = ReplyId([255; 16]);
    assert!(refusal::backoff(&work, 12).as_secs() <= 4_500);
}

#[tokio::test]
async fn after_a_day_the_approved_template_goes_and_the_ledger_says_so() {
    let platform = Platform::new(Behaviour::Answer(StatusCode::OK, json!({ "messages": [{ "id": "wamid.1" }] })));
    let (sender, _) = sender(&platform.serve().await, Memory::default());
    let mut work = whatsapp();
    work.last_message_at -= SignedDuration::from_hours(25);
    work.reply.template = Template::TakenInCharge;
    work.reply.variables.insert("protocol".into(), "2026/0000001".into());
    work.reply.variables.insert("office".into(), "STRADE".into());
    let Ok((_, content)) = sender.prepare(&work).await else { panic!("it can be sent") };
    assert!(content.text.contains("S-7K3M9") && !content.text.contains("{{"), "{}", content.text);
    sender.send(&work).await;
    let post = platform.posts().remove(0);
    assert_eq!(post["template"]["name"], "segnalalo_presa_in_carico");
    assert_eq!(post["template"]["components"][0]["parameters"][1]["text"], "2026/0000001");

    work.reply.template = Template::Emergency;
    let told = sender.send(&work).await;
    assert!(
        matches!(told, Told::Outcome { outcome: Outcome::Held(held), .. } if held.code == "window_closed"),
        "no template says it"
    );
    assert_eq!(platform.posts().len(), 1);
}

#[tokio::test]
async fn each_time_a_reply_is_held_is_an_observation_of_its_own() {
    let (sender, _) = sender("http://127.0.0.1:1", Memory::default());
    let mut work = whatsapp();
    work.reply.variables.clear();
    let mut numbers = Vec::new();
    for holds in 0..3 {
        work.reply.holds = holds;
        let Told::Outcome { attempt, outcome: Outcome::Held(held), .. } = sender.send(&work).await else {
            panic!("held: a text without its code says nothing")
        };
        assert_eq!(held.code, "text_variables");
        numbers.push(attempt);
    }
    assert_eq!(numbers, [0, 1, 2]);
}

fn unknown_comment(text: &str) -> Work {
    let now = segnalalo_kit::clock::Clock::now(&SystemClock);
    let mut work = comment(Status::Unknown { since: now });
    let address = sealed::Opener::open(&sealed::NoKeys, &work.address).unwrap().address;
    let sent = PersonalContent { text: text.to_owned(), address, ..PersonalContent::default() };
    work.reply.last_attempt = Some(Attempt { at: now, sent: sealed::seal(None, &sent) });
    work
}

#[tokio::test]
async fn an_unknown_comment_that_is_not_there_is_sent_again_but_not_for_ever() {
    let platform = Platform::new(Behaviour::Garbage);
    let (sender, _) = sender(&platform.serve().await, Memory::default());
    let mut work = unknown_comment("Prova");
    let told = sender.reconcile(&work).await;
    assert!(
        matches!(told, Told::Outcome { outcome: Outcome::Refused(refused), .. } if refused.code == "not_found_on_read_back" && !refused.r#final)
    );
    work.reply.attempts = 12;
    let told = sender.reconcile(&work).await;
    assert!(matches!(told, Told::Outcome { outcome: Outcome::Held(held), .. } if held.code == "unknown_outcome"));
    assert!(platform.posts().is_empty(), "reading back sends nothing");
}

#[tokio::test]
async fn a_comment_is_known_by_page_time_and_the_words_that_were_sent() {
    let mut platform = Platform::new(Behaviour::Garbage);
    let text = "Parole di prima.\nI testi della città sono cambiati.";
    platform.comments = json!({ "data": [
        { "id": "2_6", "message": "Altro", "from": { "id": "104587321965874" } },
        { "id": "2_7", "message": text, "from": { "id": "999" } },
        { "id": "2_8", "message": text, "from": { "id": "104587321965874" }, "created_time": "2020-01-01T00:00:00+0000" },
        { "id": "2_9", "message": text.replace('\n', " "), "from": { "id": "104587321965874" } },
    ] });
    let (sender, _) = sender(&platform.serve().await, Memory::default());
    let told = sender.reconcile(&unknown_comment(text)).await;
    assert!(
        matches!(told, Told::Outcome { outcome: Outcome::Accepted(accepted), .. } if accepted.provider_id == "2_9" && accepted.proof == "read_back")
    );
}

#[tokio::test]
async fn a_thread_that_cannot_be_read_proves_nothing() {
    let (sender, _) = sender("http://127.0.0.1:1", Memory::default());
    let mut work = unknown_comment("Prova");
    assert!(matches!(sender.reconcile(&work).await, Told::Again { .. }));
    // The post may be gone, or our permission: a person looks, and what waits behind it goes on.
    let since = segnalalo_kit::clock::Clock::now(&SystemClock) - SignedDuration::from_mins(61);
    work.reply.status = Status::Unknown { since };
    let told = sender.reconcile(&work).await;
    assert!(matches!(told, Told::Outcome { outcome: Outcome::Held(held), .. } if held.code == "unknown_outcome"));
}

/// Newer comments fill the page, or the one with our words doesn't show its author: sent again it might stand there twice.
#[tokio::test]
async fn a_page_that_does_not_reach_back_or_hides_an_author_proves_nothing() {
    let now = segnalalo_kit::clock::Clock::now(&SystemClock);
    let newer = |n: usize| json!({ "id": format!("3_{n}"), "message": "Altro", "from": { "id": "999" }, "created_time": now.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string() });
    for comments in [(0..100).map(newer).collect::<Vec<_>>(), vec![json!({ "id": "2_1", "message": "Prova" })]] {
        let mut platform = Platform::new(Behaviour::Garbage);
        platform.comments = json!({ "data": comments });
        let (sender, _) = sender(&platform.serve().await, Memory::default());
        assert!(matches!(sender.reconcile(&unknown_comment("Prova")).await, Told::Again { .. }));
    }
}

#[tokio::test]
async fn an_unknown_whatsapp_waits_for_proof_and_is_then_held() {
    let now = segnalalo_kit::clock::Clock::now(&SystemClock);
    let (sender, _) = sender("http://127.0.0.1:1", Memory::default());
    let mut work = whatsapp();
    work.reply.status = Status::Unknown { since: now };
    assert!(matches!(sender.reconcile(&work).await, Told::Again { .. }));
    let long_ago = now - SignedDuration::from_mins(11);
    work.reply.status = Status::Unknown { since: long_ago };
    let told = sender.reconcile(&work).await;
    assert!(matches!(told, Told::Outcome { outcome: Outcome::Held(held), .. } if held.code == "unknown_outcome"));
}
