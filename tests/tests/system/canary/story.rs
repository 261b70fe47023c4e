//! What happens in the canary's city: reports on every channel, answers with reasons, one held, one letter parked, a
//! person's export, a day's register.

use super::{
    super::{
        city::{City, SOON},
        media,
        person::person,
    },
    seeds,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use segnalalo_kit::bus::{Bus, BusConfig, Stream};
use segnalalo_proto::{
    common::v1::TicketState,
    registry::v1::{
        AddNote, AskCitizen, DeclareNotFeasible, ListHeldRepliesRequest, Resolve, TakeInCharge, Ticket,
        execute_request::Command,
    },
};
use segnalalo_tests::harness::{Service, wait_until};
use serde_json::{Value, json};

/// What is known of it afterwards.
pub struct Told {
    /// JSON of graph-sim: webhooks, wall and chats, ledger.
    pub by_the_platform: Vec<String>,
    pub client_token: String,
    /// Of her protocol number: "2026-11-28".
    pub day: String,
    /// All that is held on her.
    pub export: Value,
}

/// A command of the line; what it printed.
pub fn run(city: &City, arguments: &[&str]) -> String {
    let output = city.processes.command(arguments).unwrap().output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{arguments:?}: {said}");
    said
}

async fn taken(city: &City, words: &str, office: &str) -> Ticket {
    let ticket = city.ticket(words).await;
    city.act(&ticket, Command::TakeInCharge(TakeInCharge { office: office.to_owned() })).await
}

async fn happens(city: &City, ticket: &Ticket, event: &str) {
    wait_until(&format!("{event} stands in the history"), SOON, async || {
        city.history(ticket).await.iter().any(|entry| entry.event == event)
    })
    .await
    .unwrap();
}

pub async fn live(city: &mut City) -> Told {
    let photo = format!("data:image/jpeg;base64,{}", STANDARD.encode(seeds::photo()));
    let report =
        json!({ "from": seeds::PHONE, "name": seeds::NAME_WHATSAPP, "image": photo, "caption": seeds::REPORT });
    city.sim("whatsapp/messages", &report).await;
    let post = json!({ "author": seeds::NAME_POST, "text": seeds::POST, "photo": photo });
    let post = city.sim("facebook/posts", &post).await["id"].as_str().unwrap().to_owned();
    city.sim("messenger/messages", &json!({ "author": seeds::NAME_MESSENGER, "text": seeds::PRIVATE })).await;
    let ours = city.sim("facebook/page-posts", &json!({ "text": "Domenica festa in piazza" })).await;
    city.comment(ours["id"].as_str().unwrap(), seeds::NAME_STRANGER, seeds::STRANGE).await;

    let hers = taken(city, "Voragine", "STRADE").await;
    let his = taken(city, "lampione spento", "LUCE").await;
    assert_eq!(media::read(city, media::settled(city, &hers).await.remove(0).attachment).await, seeds::photo());
    city.comment(&post, seeds::NAME_COMMENT, seeds::COMMENT).await;
    happens(city, &his, "message_received").await;
    city.got(seeds::PHONE, &hers.protocol).await;
    city.act(&hers, Command::AddNote(AddNote { text: seeds::NOTE.to_owned() })).await;
    city.act(&his, Command::DeclareNotFeasible(DeclareNotFeasible { text: seeds::NO.to_owned() })).await;
    city.got(&post, "Scalabrinazzi").await;
    city.act(&hers, Command::Resolve(Resolve { text: seeds::DONE.to_owned() })).await;
    city.got(seeds::PHONE, "Gorgonzolardi").await;
    city.sim("whatsapp/messages", &json!({ "from": seeds::PHONE, "text": "grazie, tutto a posto" })).await;
    wait_until("she is content, and it is closed", SOON, async || {
        city.tickets()
            .await
            .iter()
            .any(|known| known.ticket_id == hers.ticket_id && known.state() == TicketState::Closed)
    })
    .await
    .unwrap();
    troubles(city).await;
    let history = city.history(&hers).await;
    let day = history.iter().find(|entry| entry.event == "number_assigned").unwrap().facts["date"].clone();
    let (export, client_token) = rights(city).await;
    a_day_passes(city).await;

    let simulated = |path: &str| format!("{}/_sim/{path}", city.processes.url(Service::GraphSim));
    let mut by_the_platform = Vec::new();
    for path in ["webhooks?body=true&limit=1000", "state", "ledger"] {
        by_the_platform.push(city.http.get(&simulated(path)).await.unwrap().body);
    }
    Told { by_the_platform, client_token, day, export }
}

/// An answer that is refused, one that is held, and a letter that nobody can read.
async fn troubles(city: &City) {
    let ticket = city.ticket("Rifiuti abbandonati").await;
    happens(city, &ticket, "send_accepted").await;
    let error = json!({
        "code": 100, "http": 400, "message": format!("(#100) {} is nobody", seeds::REFUSED),
        "details": format!("recipient {} is unknown", seeds::REFUSED),
    });
    city.sim("faults", &json!({ "match": { "channel": "messenger" }, "fault": { "error": error }, "times": 1 })).await;
    taken(city, "Rifiuti abbandonati", "RIFIUTI").await;
    happens(city, &ticket, "send_refused").await;
    city.sim("faults", &json!({ "match": { "channel": "messenger" }, "fault": "reset_before", "times": 1 })).await;
    city.act(&ticket, Command::AskCitizen(AskCitizen { text: "Del cortile di Sgombrinelli?".to_owned() })).await;
    let held = async || {
        let replies = city.tickets_client().await.list_held_replies(ListHeldRepliesRequest {}).await.unwrap();
        replies.into_inner().replies.iter().any(|reply| reply.code == "unknown_outcome")
    };
    wait_until("an answer is held", SOON, held).await.unwrap();

    let bus = Bus::connect(&BusConfig::new(city.broker.url(), "test")).await.unwrap();
    wait_until("the test is connected", SOON, async || bus.is_connected()).await.unwrap();
    let unreadable = [&[0xff; 9], seeds::PARKED.as_bytes()].concat();
    bus.publisher(Stream::Inbound).publish("inbound.whatsapp", unreadable.into(), "").await.unwrap();
    wait_until("it is parked", SOON, async || {
        let listed = run(city, &["dead", "list", "--json"]);
        serde_json::from_str::<Value>(&listed).unwrap()["letters"].as_array().unwrap().len() == 1
    })
    .await
    .unwrap();
}

/// Her export, and the token of a client of the registry.
async fn rights(city: &City) -> (Value, String) {
    let found = person(city, &["find", seeds::PHONE]);
    let id = found["persons"][0]["person_id"].as_str().unwrap();
    let export = person(city, &["export", id]);
    let strangers = person(city, &["find", seeds::NAME_STRANGER]);
    assert_eq!(strangers["persons"].as_array().unwrap().len(), 0, "what doesn't concern us is counted, not kept");
    (export, city.operator_client("protocollo"))
}

/// So that there is a register of a day that is over; and all read the log again.
async fn a_day_passes(city: &mut City) {
    run(city, &["clock", "advance", "1d"]);
    let registers = city.processes.data().join("registers");
    wait_until("the day's register is written", SOON, async || {
        let files = std::fs::read_dir(&registers).into_iter().flatten().flatten();
        files
            .flat_map(|year| std::fs::read_dir(year.path()).unwrap().flatten())
            .any(|file| file.path().extension().is_some_and(|form| form == "sig"))
    })
    .await
    .unwrap();
    for service in [Service::Triage, Service::Notifier] {
        city.processes.stop(service).await.unwrap();
        city.processes.start(service).await.unwrap();
    }
}
