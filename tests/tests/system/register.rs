//! The protocol register over real processes: a number with its whole record, the day's register, the proof.

use crate::{city::City, clients::reason};
use segnalalo_kit::rpc::TOKEN;
use segnalalo_proto::common::v1::{Actor, actor::Type};
use segnalalo_proto::registry::v1::{
    AnnulProtocol, GetDayRequest, GetSigningKeyRequest, TakeInCharge, VerifyRegisterRequest, execute_request::Command,
    register_service_client::RegisterServiceClient,
};
use segnalalo_tests::harness::Service;
use tonic::Code;

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
