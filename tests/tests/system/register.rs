//! The protocol register over real processes: a number with its whole record, the day's register, the proof.

use crate::{
    city::{City, SOON},
    clients::reason,
};
use segnalalo_kit::{
    clock::{Clock as _, SystemClock},
    rpc::TOKEN,
};
use segnalalo_proto::common::v1::{Actor, actor::Type};
use segnalalo_proto::registry::v1::{
    AnnulProtocol, GetDayRequest, GetSigningKeyRequest, TakeInCharge, VerifyRegisterRequest, execute_request::Command,
    register_service_client::RegisterServiceClient,
};
use segnalalo_tests::harness::{Service, wait_until};
use serde_json::{Value, json};
use tonic::Code;

const TEMPLATE: &str = include_str!("../../../deploy/biella/emergency-register.csv");

#[tokio::test]
async fn a_number_has_its_record_and_the_register_proves_itself_after_a_restart() {
    let mut city = City::start().await;
    city.whatsapp("393331234567", "C'è una buca enorme in via Torino 12").await;
    let ticket = city.ticket("buca enorme").await;
    let ticket = city.act(&ticket, Command::TakeInCharge(TakeInCharge { office: "STRADE".into() })).await;
    let history = city.history(&ticket).await;
    let assigned = history.iter().find(|entry| entry.event == "number_assigned").unwrap();
    assert_eq!(assigned.facts["subject"], "Segnalazione: Strade, marciapiedi e segnaletica, Via Torino");
    assert_eq!(assigned.author, "Prova Rossi");

    let annul = AnnulProtocol { reason: "registrata due volte".into(), act: "determina 12/2026".into() };
    assert!(city.act(&ticket, Command::AnnulProtocol(annul)).await.protocol_annulled);

    city.processes.kill(Service::Registry).unwrap();
    city.processes.start(Service::Registry).await.unwrap();
    let mut register = RegisterServiceClient::new(city.registry().await);
    let report = register.verify_register(VerifyRegisterRequest::default()).await.unwrap().into_inner();
    assert_eq!((report.numbers, report.annulled, report.recomputed, report.faults), (1, 1, 1, vec![]));
    assert!(register.get_signing_key(GetSigningKeyRequest {}).await.unwrap().into_inner().pem.contains("PUBLIC KEY"));

    let today = assigned.facts["date"].clone();
    let day = GetDayRequest { day: today, ..GetDayRequest::default() };
    let provisional = register.get_day(day.clone()).await.unwrap().into_inner();
    let csv = String::from_utf8(provisional.csv).unwrap();
    assert!(csv.contains("registrazione;0000001;") && csv.contains("annullamento;0000001;"), "{csv}");
    assert!(provisional.manifest.is_empty() && !csv.contains("Rossi"), "{csv}");
    // Who may see the senders is said by the token: a name in the request is anybody's.
    let actor = Some(Actor { r#type: Type::Person as i32, name: "protocollo".into() });
    let with_senders = GetDayRequest { with_senders: true, actor, ..day };
    let refused = register.get_day(with_senders.clone()).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::PermissionDenied, "MISSING_RIGHT"));
    let named = city.operator_client("protocollo");
    let mut named = RegisterServiceClient::new(city.processes.registry_as([(TOKEN, named.as_str())]).await.unwrap());
    let senders = named.get_day(with_senders.clone()).await.unwrap().into_inner().csv_with_senders;
    assert!(String::from_utf8(senders).unwrap().contains("Rossi"));
    let other = city.operator_client("anagrafe");
    let mut other = RegisterServiceClient::new(city.processes.registry_as([(TOKEN, other.as_str())]).await.unwrap());
    let refused = other.get_day(with_senders).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::PermissionDenied, "MISSING_RIGHT"));
}

#[tokio::test]
async fn a_day_without_the_system_is_taken_in_from_its_file_once_and_survives_a_kill() {
    let mut city = City::start().await;
    city.whatsapp("393331234567", "C'è una buca enorme in via Torino 12").await;
    let waiting = city.ticket("buca enorme").await;
    let opened = city.cli(&line(&["open", "--reason", "guasto alla rete", "--from", &at(120)]));
    assert_eq!(opened["repeated"], false, "{opened}");
    city.cli(&line(&["close", "--at", &at(10)]));
    let row = |number: u32, minutes: i64, rest: &str| {
        let at = at(minutes);
        let (date, time) = at.split_once('T').unwrap();
        format!("E-{}/{number:04};{date};{time};{rest}\r\n", &date[..4])
    };
    let folder = city.processes.data().join("by-hand");
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str, rows: &str| {
        let path = folder.join(name);
        std::fs::write(&path, format!("{TEMPLATE}{rows}")).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let first = row(1, 100, "Ada Neri;;facebook_post;Voragine davanti alla scuola;via Italia 5;STRADE;");
    let spoilt = file("spoilt.csv", &(first.clone() + &row(2, 90, "Ugo;;whatsapp;Panchina;;PARCHI;")));
    let output = city.processes.command(&line(&["import", &spoilt])).unwrap().output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success() && said.contains("line 3, column ufficio: no office has the code PARCHI"),
        "{said}"
    );
    let rows = first + &row(2, 90, &format!(";;;;;STRADE;{}", waiting.code));
    let good = file("good.csv", &rows);
    let imported = city.cli(&line(&["import", &good]));
    let numbers = imported["numbers"].as_array().unwrap();
    assert_eq!(
        (numbers.len(), &imported["repeated"]),
        (2, &Value::Bool(false)),
        "nothing of the spoilt one: {imported}"
    );
    assert!(numbers[0]["protocol"].as_str().unwrap().ends_with("/0000001"), "{imported}");
    assert_eq!(numbers[1]["ticket"], waiting.code.as_str());
    let emergency = numbers[1]["emergency"].as_str().unwrap().to_owned();
    let number = numbers[1]["protocol"].as_str().unwrap();
    city.got("393331234567", number).await;

    city.processes.kill(Service::Registry).unwrap();
    city.processes.start(Service::Registry).await.unwrap();
    assert_eq!(city.cli(&line(&["import", &good]))["repeated"], true);
    let report = city.cli(&["register", "verify", "--json"]);
    assert_eq!(
        (&report["numbers"], &report["by_hand"], &report["faults"]),
        (&json!(2), &json!(2), &json!([])),
        "{report}"
    );
    let shown = city.cli(&["ticket", "show", &emergency, "--json"]);
    assert_eq!(shown["ticket"]["code"], waiting.code.as_str(), "{shown}");
    city.whatsapp("393331234567", &format!("A che punto è la segnalazione {emergency}?")).await;
    city.got("393331234567", &format!("Segnalazione {number}: presa in carico")).await;
    let found = city.cli(&["ticket", "search", &emergency, "--json"]);
    assert_eq!(found["tickets"][0]["code"], waiting.code.as_str(), "{found}");
    wait_until("who was registered by hand has to be told by a person", SOON, async || {
        let held = city.cli(&["held", "list", "--json"]);
        held["replies"].as_array().unwrap().iter().any(|reply| reply["code"] == "no_address")
    })
    .await
    .unwrap();
}

fn line<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&["register", "emergency"], arguments, &["--as", "anna", "--json"]].concat()
}

/// So many minutes ago, on the wall in Biella.
fn at(minutes: i64) -> String {
    let then = SystemClock.now() - jiff::SignedDuration::from_mins(minutes);
    then.to_zoned(segnalalo_domain::calendar::rome()).strftime("%Y-%m-%dT%H:%M").to_string()
}
