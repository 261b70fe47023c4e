//! What a client may cost: the size of a request, calls in a second, open watches, calls on one connection, and how long
//! anybody may keep the registry waiting. Each refusal has its reason and its details.

use super::{
    city::{City, SOON},
    clients::{Desk, reason},
};
use futures::{StreamExt as _, future, stream};
use segnalalo_proto::registry::v1::{
    AddNote, ExecuteRequest, ListTicketsRequest, TakeInCharge, TicketRef, WatchRequest, execute_request::Command,
    ticket_ref::By,
};
use segnalalo_tests::harness::{Service, wait_for};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tonic::{Code, Request, Status, client::Grpc, codegen::http::uri::PathAndQuery};
use tonic_prost::ProstCodec;
use tonic_types::StatusExt as _;

const LARGEST: usize = 256 * 1024;
const WATCHES: usize = 16;
const STREAMS: usize = 128;
/// Long enough for an answer that is there, short enough to wait for one that isn't.
const MOMENT: Duration = Duration::from_millis(500);

fn note(text: String) -> ExecuteRequest {
    ExecuteRequest {
        idempotency_key: "limits-note-1".to_owned(),
        ticket: Some(TicketRef { by: Some(By::Code("S-22222".to_owned())) }),
        command: Some(Command::AddNote(AddNote { text })),
        ..ExecuteRequest::default()
    }
}

fn violated(status: &Status) -> Vec<String> {
    let details = status.get_error_details();
    let violations = &details.bad_request().unwrap().field_violations;
    violations.iter().map(|violation| violation.field.clone()).collect()
}

async fn list(desk: &mut Desk) -> Result<(), Status> {
    desk.list_tickets(ListTicketsRequest::default()).await.map(drop)
}

#[tokio::test]
async fn what_is_too_much_is_refused_with_its_reason_and_what_to_do() {
    let mut city = City::prepare().await;
    city.processes.set("REGISTRY_CLIENT_RATE", "20");
    city.processes.set("REGISTRY_DEADLINE", "1");
    city.processes.set("REGISTRY_KEEPALIVE", "1");
    city.processes.start(Service::Registry).await.unwrap();
    let token = city.new_client("gestionale", "STRADE", "read,act");
    let mut desk = city.as_client(&token).await;

    sizes_and_fields(&mut desk).await;
    watches(&mut desk).await;
    calls_in_a_second(&city).await;
    unfinished_request(&city).await;
    calls_on_one_connection(&city).await;
    silent_connection(&city).await;
}

async fn sizes_and_fields(desk: &mut Desk) {
    let large = desk.execute(note("x".repeat(LARGEST))).await.unwrap_err();
    assert_eq!(reason(&large), (Code::InvalidArgument, "REQUEST_TOO_LARGE"));
    let details = large.get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!((info.domain.as_str(), info.metadata["limit_bytes"].clone()), ("segnalalo", LARGEST.to_string()));
    let fits = desk.execute(note("x".repeat(LARGEST / 2))).await.unwrap_err();
    assert_eq!(reason(&fits), (Code::NotFound, "UNKNOWN_TICKET"), "it was read");

    let nameless = desk.execute(ExecuteRequest { ticket: None, ..note("x".to_owned()) }).await.unwrap_err();
    assert_eq!((reason(&nameless).1, violated(&nameless)), ("MISSING_FIELD", vec!["ticket".to_owned()]));
    let keyless = desk.execute(ExecuteRequest { idempotency_key: String::new(), ..note("x".to_owned()) }).await;
    assert_eq!(violated(&keyless.unwrap_err()), ["idempotency_key"]);
    let page = desk.list_tickets(ListTicketsRequest { page_size: 501, ..ListTicketsRequest::default() }).await;
    let page = page.unwrap_err();
    assert_eq!((page.code(), reason(&page).1), (Code::InvalidArgument, "INVALID_FIELD"));
    assert_eq!(violated(&page).len(), 1);
    let office = TakeInCharge { office: "NESSUNO".to_owned() };
    let command = Some(Command::TakeInCharge(office));
    let unknown = desk.execute(ExecuteRequest { command, ..note(String::new()) }).await.unwrap_err();
    assert_eq!(reason(&unknown).1, "UNKNOWN_TICKET", "whether there is one comes first");
}

async fn watches(desk: &mut Desk) {
    let mut open = Vec::new();
    for _ in 0..WATCHES {
        open.push(desk.watch(WatchRequest::default()).await.unwrap());
    }
    let more = desk.watch(WatchRequest::default()).await.unwrap_err();
    assert_eq!(reason(&more), (Code::ResourceExhausted, "TOO_MANY_WATCHES"));
    assert_eq!(more.get_error_details().error_info().unwrap().metadata["limit"], WATCHES.to_string());
    drop(open.pop());
    wait_for("a place is free", SOON, async || desk.watch(WatchRequest::default()).await.ok()).await.unwrap();
}

async fn calls_in_a_second(city: &City) {
    let mut fast = city.as_client(&city.new_client("frettoloso", "STRADE", "read")).await;
    let mut slow = city.as_client(&city.new_client("calmo", "STRADE", "read")).await;
    let refused = wait_for("it is too fast", SOON, async || {
        let calls = (0..50).map(|_| {
            let mut fast = fast.clone();
            async move { list(&mut fast).await.err() }
        });
        future::join_all(calls).await.into_iter().flatten().next()
    });
    let refused = refused.await.unwrap();
    assert_eq!(reason(&refused), (Code::ResourceExhausted, "TOO_FAST"));
    let wait = refused.get_error_details().retry_info().unwrap().retry_delay.unwrap();
    assert!(wait > Duration::ZERO && wait <= Duration::from_millis(50), "{wait:?}");
    list(&mut slow).await.unwrap();
    tokio::time::sleep(wait.max(Duration::from_millis(60))).await;
    list(&mut fast).await.unwrap();
}

/// A request that begins and never ends.
async fn unfinished_request(city: &City) {
    let token = city.new_client("lento", "STRADE", "act");
    let channel = city.processes.registry_as([("SEGNALALO_REGISTRY_TOKEN", token.as_str())]).await.unwrap();
    let mut grpc = Grpc::new(channel);
    grpc.ready().await.unwrap();
    let path = PathAndQuery::from_static("/segnalalo.registry.v1.TicketService/Execute");
    let endless = Request::new(stream::pending::<ExecuteRequest>());
    let codec = ProstCodec::<ExecuteRequest, ()>::default();
    let answer = tokio::time::timeout(SOON, grpc.client_streaming(endless, path, codec)).await.unwrap();
    assert_eq!(reason(&answer.unwrap_err()), (Code::DeadlineExceeded, "TOO_LATE"));
}

/// The operator's watches aren't counted, but each connection has its share of calls at once.
async fn calls_on_one_connection(city: &City) {
    let mut one = city.tickets_client().await;
    let mut other = city.tickets_client().await;
    let mut open = stream::iter(0..STREAMS)
        .map(|_| {
            let mut one = one.clone();
            async move { one.watch(WatchRequest::default()).await.unwrap() }
        })
        .buffer_unordered(16)
        .collect::<Vec<_>>()
        .await;
    assert!(tokio::time::timeout(MOMENT, list(&mut one)).await.is_err(), "it waits for its turn");
    list(&mut other).await.unwrap();
    drop(open.pop());
    wait_for("there is room again", SOON, async || tokio::time::timeout(MOMENT, list(&mut one)).await.ok()?.ok())
        .await
        .unwrap();
}

/// It says hello and answers nothing more: the registry asks, and lets it go.
async fn silent_connection(city: &City) {
    let url = city.processes.url(Service::Registry);
    let mut silent = TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap();
    let empty_settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    silent.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    silent.write_all(&empty_settings).await.unwrap();
    let mut heard = Vec::new();
    let left = tokio::time::timeout(SOON, silent.read_to_end(&mut heard)).await;
    // Closed, or cut off.
    let _ = left.expect("the connection is let go");
    assert!(!heard.is_empty(), "the registry spoke before");
}
