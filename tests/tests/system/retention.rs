//! Content whose time is over: erased by night, and gone everywhere for good, with the open ticket beside it untouched.

use super::{
    city::{City, SOON},
    media,
    person::backed_up,
    travel,
};
use segnalalo_kit::{
    bus::{Bus, BusConfig},
    config::Vars,
    keys::{Keys, OpenBoxes as _, mirror_key},
};
use segnalalo_proto::{
    convert,
    registry::v1::{
        AttachmentRef, Close, ReadRequest, Resolve, SearchTicketsRequest, TakeInCharge, Ticket, VerifyRegisterRequest,
        execute_request::Command, register_service_client::RegisterServiceClient,
    },
};
use segnalalo_tests::harness::{MASTER_KEY, Service, wait_for, wait_until};
use serde_json::{Value, json};

const NUMBER: &str = "393339990071";

fn retention(city: &City, arguments: &[&str]) -> Value {
    city.cli(&[&["retention"], arguments, &["--json"]].concat())
}

/// What the night of that day took, by rule.
async fn night(city: &City, day: &str) -> Vec<String> {
    let last = wait_for(&format!("the run of {day}"), SOON, async || {
        let last = retention(city, &["show"])["last"].clone();
        (last["day"] == day && last["complete"] == true).then_some(last)
    })
    .await
    .unwrap();
    assert_eq!(last["actor"], "retention");
    let removed = last["removed"].as_array().unwrap().iter();
    removed.map(|removed| removed["rule"].as_str().unwrap().to_owned()).collect()
}

/// Every word on EVENTS that a reader of it can open, as triage and notifier do.
async fn readable_on_events(city: &City) -> String {
    let bus = Bus::connect(&BusConfig::new(city.broker.url(), "test")).await.unwrap();
    let vars = Vars::from_pairs([("SEGNALALO_MASTER_KEY", MASTER_KEY)]);
    let keys = Keys::new(bus.key_bucket(), mirror_key(&vars).unwrap());
    let events = bus.events_log();
    let (head, _) = events.last().await.unwrap().unwrap();
    let mut words = String::new();
    for position in 1..=head {
        let record = events.get(position).await.unwrap().unwrap();
        if let Some(sealed) = convert::read(&record).unwrap().event.sealed()
            && let Ok(content) = keys.open(sealed).await
        {
            words += &format!("{content:?}\n");
        }
    }
    words
}

async fn is_gone(city: &City, ticket: &Ticket, photo: Option<AttachmentRef>) {
    let found = async |words: &str| {
        let request = SearchTicketsRequest { query: words.to_owned(), limit: 10 };
        city.tickets_client().await.search_tickets(request).await.unwrap().into_inner().tickets
    };
    assert!(found("voragine").await.is_empty());
    assert_eq!(found("lampione").await.len(), 1, "the open one is found");
    assert_eq!(found(&ticket.protocol).await.len(), 1, "the number stays");
    let told = city.history(ticket).await;
    assert!(told.iter().any(|entry| entry.event == "keys_erased" && entry.facts["rule"] == "content"));
    let told = format!("{told:?}");
    assert!(!told.contains("voragine") && !told.contains("chiusa con bitume") && !told.contains(NUMBER), "{told}");
    let output = city.processes.command(&["ticket", "show", &ticket.code, "--full"]).unwrap().output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && !shown.contains("voragine") && shown.contains("(contenuto delle segnalazioni)"));
    let refused = media::client(city).await.read(ReadRequest { attachment: photo }).await.unwrap_err();
    assert_eq!(refused.metadata().get("reason").unwrap(), "ERASED");
    assert_eq!(media::files(&city.processes.data().join("blobs")).len(), 0);
    wait_until("the broker's copy of the keys has followed", SOON, async || {
        let readable = readable_on_events(city).await;
        !readable.contains("voragine") && !readable.contains("bitume") && readable.contains("lampione")
    })
    .await
    .unwrap();
    assert_eq!(city.verify().await.fault, "");
    let mut register = RegisterServiceClient::new(city.registry().await);
    let report = register.verify_register(VerifyRegisterRequest::default()).await.unwrap().into_inner();
    assert_eq!((report.numbers, report.erased, report.faults), (1, 1, vec![]));
}

#[tokio::test]
async fn what_is_over_can_be_read_nowhere_after_a_restart_and_after_an_older_backup() {
    let mut city = travel::city().await;
    let report =
        json!({ "from": NUMBER, "name": "Prova Rossi", "image": "buca", "caption": "una voragine in via Italia" });
    city.sim("whatsapp/messages", &report).await;
    let ticket = city.ticket("voragine").await;
    let photo = media::settled(&city, &ticket).await.remove(0).attachment;
    city.act(&ticket, Command::TakeInCharge(TakeInCharge { office: "STRADE".into() })).await;
    city.act(&ticket, Command::Resolve(Resolve { text: "chiusa con bitume".into() })).await;
    let ticket = city.act(&ticket, Command::Close(Close::default())).await;
    city.whatsapp(NUMBER, "lampione spento in via Torino 3").await;
    let open = city.ticket("lampione").await;
    assert_ne!(open.code, ticket.code);
    city.got(NUMBER, "bitume").await;
    wait_until("every reply is settled", SOON, async || {
        let mut settled = 0;
        for ticket in city.tickets().await {
            let told = city.history(&ticket).await;
            settled += told.iter().filter(|entry| entry.event == "send_accepted").count();
        }
        settled >= 4
    })
    .await
    .unwrap();
    let nothing = retention(&city, &["run", "--dry-run"]);
    assert_eq!((&nothing["removed"], &nothing["kept"]), (&json!([]), &json!([])), "{nothing}");
    let data = city.processes.data();
    let backup = data.with_extension("backup");
    city.processes.stop(Service::Registry).await.unwrap();
    backed_up(&data, &backup);
    city.processes.start(Service::Registry).await.unwrap();

    let in_years = |years: i16| {
        let today = travel::clock(&city, &["show"]).unwrap().to_zoned(segnalalo_domain::calendar::rome()).date();
        (today + jiff::Span::new().years(years).days(1)).to_string()
    };
    let (one, five) = (in_years(1), in_years(5));
    travel::to(&city, &format!("{one}T23:00"));
    assert_eq!(night(&city, &one).await, ["attachments", "chat"]);
    assert_eq!(media::files(&data.join("blobs")).len(), 0);
    let told = format!("{:?}", city.history(&ticket).await);
    assert!(told.contains("voragine") && told.contains("chiusa con bitume"), "{told}");

    travel::to(&city, &format!("{five}T23:00"));
    assert_eq!(night(&city, &five).await, ["content"]);
    is_gone(&city, &ticket, photo.clone()).await;
    let again = retention(&city, &["run", "--as", "anna"]);
    assert_eq!((&again["removed"], &again["kept"]), (&json!([]), &json!([])), "{again}");

    for service in [Service::Registry, Service::Triage, Service::Notifier] {
        city.processes.restart(service).await.unwrap();
    }
    is_gone(&city, &ticket, photo.clone()).await;

    city.processes.stop(Service::Registry).await.unwrap();
    backed_up(&backup, &data);
    city.processes.start(Service::Registry).await.unwrap();
    is_gone(&city, &ticket, photo).await;

    // His other report is open, and he is still answered: where, says its own message.
    let open = city.act(&open, Command::TakeInCharge(TakeInCharge { office: "LUCE".into() })).await;
    city.got(NUMBER, &open.protocol).await;
}
