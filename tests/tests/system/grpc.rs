//! The registry's gRPC service as a department's system uses it: health, reflection, keys, versions, reasons, watching.

use super::city::{City, SOON, by_id};
use segnalalo_proto::{
    common::v1::{Actor, actor::Type},
    registry::v1::{
        AddNote, AnnulProtocol, ExecuteRequest, ExportLogRequest, SearchTicketsRequest, TakeInCharge, Ticket,
        WatchRequest, execute_request::Command, log_service_client::LogServiceClient,
    },
};
use segnalalo_tests::harness::{Service, wait_until};
use tonic::{Code, Status, transport::Endpoint};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

const SERVICE: &str = "segnalalo.registry.v1.TicketService";

async fn reported() -> (City, Ticket) {
    let city = City::start().await;
    city.whatsapp("393330000009", "lampione spento in via Torino 3").await;
    let ticket = city.ticket("lampione spento").await;
    // Its version must not move under the test any more.
    city.got("393330000009", &ticket.code).await;
    (city, ticket)
}

fn request(ticket: &Ticket, key: &str, expected_version: u64, command: Command) -> ExecuteRequest {
    ExecuteRequest {
        idempotency_key: key.to_owned(),
        ticket: Some(by_id(ticket)),
        expected_version,
        actor: Some(Actor { r#type: Type::OfficeSystem as i32, name: "gestionale-luce".to_owned() }),
        command: Some(command),
    }
}

fn note(text: &str) -> Command {
    Command::AddNote(AddNote { text: text.to_owned() })
}

fn reason(status: &Status) -> &str {
    status.metadata().get("reason").unwrap().to_str().unwrap()
}

#[tokio::test]
async fn it_is_healthy_when_it_serves_and_describes_itself() {
    let city = City::start().await;
    let url = city.processes.url(Service::Registry);
    let channel = Endpoint::from_shared(url).unwrap().connect().await.unwrap();
    let mut health = HealthClient::new(channel);
    let checked = health.check(HealthCheckRequest { service: SERVICE.to_owned() }).await.unwrap().into_inner();
    assert_eq!(checked.status(), ServingStatus::Serving);
    let asked = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut reflection = ServerReflectionClient::new(city.registry().await);
    let mut answers = reflection.server_reflection_info(tokio_stream::iter([asked])).await.unwrap().into_inner();
    let Some(MessageResponse::ListServicesResponse(listed)) =
        answers.message().await.unwrap().unwrap().message_response
    else {
        panic!("no list of services")
    };
    assert!(listed.service.iter().any(|service| service.name == SERVICE), "{:?}", listed.service);
}

#[tokio::test]
async fn a_command_is_done_once_on_the_version_that_was_seen_and_a_refusal_has_its_reason() {
    let (city, ticket) = reported().await;
    let mut client = city.tickets_client().await;
    let version = ticket.version;
    let first = client.execute(request(&ticket, "key-one-1", version, note("uno"))).await.unwrap().into_inner();
    assert!(!first.repeated);
    let again = client.execute(request(&ticket, "key-one-1", version, note("uno"))).await.unwrap().into_inner();
    assert!(again.repeated && again.position == first.position);
    let other = client.execute(request(&ticket, "key-one-1", 0, note("due"))).await.unwrap().into_inner();
    assert!(!other.repeated, "another command with the same key doesn't pass for done");

    let stale = client.execute(request(&ticket, "key-two-2", version, note("tre"))).await.unwrap_err();
    assert_eq!((stale.code(), reason(&stale)), (Code::Aborted, "VERSION_CONFLICT"));
    let annul = Command::AnnulProtocol(AnnulProtocol { reason: "x".into(), act: "y".into() });
    let early = client.execute(request(&ticket, "key-tre-3", 0, annul)).await.unwrap_err();
    assert_eq!((early.code(), reason(&early)), (Code::InvalidArgument, "MISSING_FIELD"));
    let short = client.execute(request(&ticket, "short", 0, note("x"))).await.unwrap_err();
    assert_eq!((short.code(), reason(&short)), (Code::InvalidArgument, "INVALID_FIELD"));
    let take = Command::TakeInCharge(TakeInCharge { office: "MARTE".to_owned() });
    let nowhere = client.execute(request(&ticket, "key-qtr-4", 0, take)).await.unwrap_err();
    assert_eq!((nowhere.code(), reason(&nowhere)), (Code::InvalidArgument, "UNKNOWN_OFFICE"));
    assert!(!nowhere.details().is_empty(), "google.rpc.ErrorInfo for those who read it");
}

#[tokio::test]
async fn a_ticket_is_found_by_its_words_and_the_log_is_watched_from_where_one_was() {
    let (city, ticket) = reported().await;
    let mut client = city.tickets_client().await;
    let search = async |query: &str| {
        let request = SearchTicketsRequest { query: query.to_owned(), limit: 0 };
        city.tickets_client().await.search_tickets(request).await.unwrap().into_inner().tickets
    };
    assert_eq!(search("LAMPION torino").await.len(), 1);
    assert!(search("lampione fontana").await.is_empty());

    let head = city.verify().await.records;
    let mut watch = client.watch(WatchRequest { after_position: head }).await.unwrap().into_inner();
    client.execute(request(&ticket, "key-watch-1", 0, note("si vede"))).await.unwrap();
    let seen = watch.message().await.unwrap().unwrap();
    assert!(seen.position > head);
    let mut from_there = client.watch(WatchRequest { after_position: seen.position - 1 }).await.unwrap().into_inner();
    assert_eq!(from_there.message().await.unwrap().unwrap(), seen, "every event once, from where one was");
    let beyond = client.watch(WatchRequest { after_position: seen.position + 1_000 }).await.unwrap_err();
    assert_eq!(beyond.code(), Code::OutOfRange);

    let mut log = LogServiceClient::new(city.registry().await);
    let mut exported =
        log.export_log(ExportLogRequest { after_position: seen.position - 1 }).await.unwrap().into_inner();
    assert_eq!(exported.message().await.unwrap().unwrap().record, seen.record, "byte for byte");
    wait_until("the log stays whole", SOON, async || city.verify().await.fault.is_empty()).await.unwrap();
}
