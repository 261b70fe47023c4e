//! The protocol register over real processes: a number with its whole record, the day's register, the proof.

use crate::city::City;
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
    let senders = register.get_day(GetDayRequest { with_senders: true, ..day }).await;
    assert_eq!(senders.unwrap_err().code(), Code::InvalidArgument, "nobody said who asks");
}
