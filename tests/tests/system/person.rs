//! A person's rights, by the operator's command line: found, exported, erased; and erased he stays, whatever is restored.

use super::{city::City, media};
use segnalalo_kit::{
    bus::{Bus, BusConfig},
    config::Vars,
    keys::{Keys, OpenBoxes as _, mirror_key},
};
use segnalalo_proto::{
    convert,
    registry::v1::{
        AttachmentRef, ExportLogRequest, ReadRequest, SearchTicketsRequest, TakeInCharge, execute_request::Command,
        log_service_client::LogServiceClient,
    },
};
use segnalalo_tests::harness::{Service, wait_until};
use serde_json::{Value, json};
use std::{fs, path::Path, time::Duration};

const SOON: Duration = Duration::from_secs(30);
const NUMBER: &str = "393339990001";
const WORDS: &str = "voragine";

pub fn person(city: &City, arguments: &[&str]) -> Value {
    let arguments = [&["person", "--json"], arguments].concat();
    let output = city.processes.command(&arguments).unwrap().output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{arguments:?}: {said}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"))
}

pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).unwrap();
        }
    }
}

/// Log, keyring and attachments, as a backup has them: the ledger of erasures is in none.
pub fn backed_up(from: &Path, to: &Path) {
    for part in ["log", "keyring", "blobs"] {
        if to.join(part).exists() {
            fs::remove_dir_all(to.join(part)).unwrap();
        }
        copy(&from.join(part), &to.join(part));
    }
}

/// A command of the line that says that all is well.
fn says_well(city: &City, arguments: &[&str]) -> String {
    let output = city.processes.command(arguments).unwrap().output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{arguments:?}: {said}");
    said
}

/// All that triage and the notifier can open: the log's boxes, with the keys that the broker has.
async fn readable_to_others(city: &City) -> String {
    let registry = city.processes.command(&["registry"]).unwrap();
    let environment = registry.get_envs().filter_map(|(name, value)| Some((name.to_str()?, value?.to_str()?)));
    let wrapping = mirror_key(&Vars::from_pairs(environment)).unwrap();
    let bus = Bus::connect(&BusConfig::new(city.broker.url(), "test")).await.unwrap();
    wait_until("the test is connected", SOON, async || bus.is_connected()).await.unwrap();
    let keys = Keys::new(bus.key_bucket(), wrapping);
    let mut log = LogServiceClient::new(city.registry().await);
    let mut records = log.export_log(ExportLogRequest { after_position: 0 }).await.unwrap().into_inner();
    let mut text = String::new();
    while let Some(response) = records.message().await.unwrap() {
        let recorded = convert::read(&response.record).unwrap();
        if let Some(sealed) = recorded.event.sealed()
            && let Ok(content) = keys.open(sealed).await
        {
            text += &format!("{content:?}\n");
        }
    }
    text
}

/// Nobody reads the photo any more, and its file is gone.
async fn photo_is_gone(city: &City, photo: Option<AttachmentRef>) {
    let refused = media::client(city).await.read(ReadRequest { attachment: photo }).await.unwrap_err();
    let reason = refused.metadata().get("reason").and_then(|reason| reason.to_str().ok());
    assert!(reason == Some("ERASED") || refused.code() == tonic::Code::NotFound, "{refused:?}");
    assert_eq!(media::files(&city.processes.data().join("blobs")).len(), 0);
}

/// His words can be found nowhere, and the log is whole.
async fn is_gone(city: &City, id: &str) {
    for found in person(city, &["find", NUMBER])["persons"].as_array().unwrap() {
        assert_eq!(found["readable_messages"], 0, "{found}");
    }
    let held = person(city, &["export", id]);
    assert_eq!((&held["person"]["messages"], &held["person"]["readable_messages"]), (&Value::from(1), &Value::from(0)));
    let held = held.to_string();
    assert!(!held.contains(WORDS) && !held.contains("Prova Rossi") && !held.contains(NUMBER), "{held}");
    let tickets = city.tickets().await;
    assert_eq!(tickets.len(), 1, "the ticket stays");
    assert!(tickets[0].summary.is_empty() && tickets[0].place.is_empty());
    let request = SearchTicketsRequest { query: WORDS.to_owned(), limit: 10 };
    assert!(city.tickets_client().await.search_tickets(request).await.unwrap().into_inner().tickets.is_empty());
    let told = format!("{:?}", city.history(&tickets[0]).await);
    assert!(!told.contains(WORDS) && !told.contains(NUMBER), "{told}");
    let readable = readable_to_others(city).await;
    assert!(!readable.contains(WORDS) && !readable.contains("Prova Rossi") && !readable.contains(NUMBER), "{readable}");
    assert!(!tickets[0].protocol.is_empty(), "its number stays");
    assert_eq!(city.verify().await.fault, "");
    says_well(city, &["log", "verify"]);
    let register: Value = serde_json::from_str(&says_well(city, &["register", "verify", "--json"])).unwrap();
    assert_eq!((&register["numbers"], &register["faults"]), (&json!(1), &json!([])), "{register}");
}

#[tokio::test]
async fn who_was_erased_stays_so_after_a_restart_and_after_yesterdays_backup() {
    let mut city = City::start().await;
    let report = json!({
        "from": NUMBER, "name": "Prova Rossi", "image": "buca", "caption": "C'è una voragine in via Italia 3",
    });
    city.sim("whatsapp/messages", &report).await;
    let ticket = city.ticket(WORDS).await;
    let photo = media::settled(&city, &ticket).await.remove(0).attachment;
    assert_eq!(media::read(&city, photo.clone()).await, media::PHOTO);
    assert_eq!(media::files(&city.processes.data().join("blobs")).len(), 1);
    city.got(NUMBER, "S-").await;
    let ticket = city.act(&ticket, Command::TakeInCharge(TakeInCharge { office: "STRADE".to_owned() })).await;
    city.got(NUMBER, &ticket.protocol).await;
    wait_until("both answers are settled", SOON, async || {
        city.history(&ticket).await.iter().filter(|entry| entry.event == "send_accepted").count() == 2
    })
    .await
    .unwrap();
    let data = city.processes.data();
    let backup = data.with_extension("backup");
    city.processes.stop(Service::Registry).await.unwrap();
    backed_up(&data, &backup);
    city.processes.start(Service::Registry).await.unwrap();

    let id = person(&city, &["find", "prova rossi"])["persons"][0]["person_id"].as_str().unwrap().to_owned();
    let held = person(&city, &["export", &id]).to_string();
    assert!(held.contains(WORDS) && held.contains(NUMBER) && held.contains("Prova Rossi"), "{held}");
    let readable = readable_to_others(&city).await;
    assert!(readable.contains(WORDS) && readable.contains("Prova Rossi") && readable.contains(NUMBER));
    let erased = person(&city, &["erase", &id, "--reason", "istanza 12/2026", "--as", "anna", "--yes"]);
    assert!(erased["keys"].as_u64().unwrap() > 0, "{erased}");
    is_gone(&city, &id).await;
    photo_is_gone(&city, photo.clone()).await;
    let sent = city.sent().await;

    // Everything is killed, and EVENTS is filled anew from the log.
    for service in Service::ALL {
        city.processes.kill(service).unwrap();
    }
    city.broker.wipe().unwrap();
    city.broker.restart().await.unwrap();
    city.processes.start_all().await.unwrap();
    is_gone(&city, &id).await;
    photo_is_gone(&city, photo.clone()).await;

    // Yesterday's log and keyring, and EVENTS that knows better.
    city.processes.stop(Service::Registry).await.unwrap();
    backed_up(&backup, &data);
    city.processes.start(Service::Registry).await.unwrap();
    is_gone(&city, &id).await;
    photo_is_gone(&city, photo.clone()).await;

    // And with a broker that has lost everything: only the ledger knows.
    city.processes.stop(Service::Registry).await.unwrap();
    backed_up(&backup, &data);
    city.broker.wipe().unwrap();
    city.broker.restart().await.unwrap();
    city.processes.start(Service::Registry).await.unwrap();
    is_gone(&city, &id).await;
    photo_is_gone(&city, photo).await;
    wait_until("the notifier has read the log", SOON, async || {
        city.http
            .get(&format!("{}/readyz", city.processes.admin_url(Service::Notifier)))
            .await
            .is_ok_and(|is| is.status == 200)
    })
    .await
    .unwrap();
    assert_eq!(city.sent().await, sent, "nobody is answered again");
}
