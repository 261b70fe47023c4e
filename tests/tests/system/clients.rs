//! Who may call the registry, and what he sees: offices apart, words only with the right, every reading in the log.

use super::{
    city::{City, SOON, by_id},
    media::settled,
};
use segnalalo_kit::rpc::{self, Channel};
use segnalalo_proto::registry::v1::{
    AddNote, ExecuteRequest, ExecuteResponse, GetHistoryRequest, GetTicketRequest, ListClientsRequest, ListRequest,
    ListTicketsRequest, Merge, ReadRequest, Reassign, SearchTicketsRequest, SendBack, TakeInCharge, Ticket, TicketRef,
    VerifyLogRequest, WatchRequest, client_service_client::ClientServiceClient, execute_request::Command,
    log_service_client::LogServiceClient, media_service_client::MediaServiceClient, ticket_ref::By,
    ticket_service_client::TicketServiceClient,
};
use segnalalo_tests::harness::{Service, wait_for};
use serde_json::{Value, json};
use tonic::{Code, Status, transport::Endpoint};

pub type Desk = TicketServiceClient<Channel>;

impl City {
    /// What a command of the line prints as JSON.
    pub fn cli(&self, arguments: &[&str]) -> Value {
        let output = self.processes.command(arguments).unwrap().output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    pub fn new_client(&self, name: &str, offices: &str, rights: &str) -> String {
        let line = ["clients", "add", name, "--office", offices, "--right", rights, "--as", "anna", "--json"];
        self.cli(&line)["token"].as_str().unwrap().to_owned()
    }

    /// Of all offices, with every right; its token.
    pub fn operator_client(&self, name: &str) -> String {
        let line = ["clients", "add", name, "--all-offices", "--right", "operator", "--as", "anna", "--json"];
        self.cli(&line)["token"].as_str().unwrap().to_owned()
    }

    pub async fn as_client(&self, token: &str) -> Desk {
        TicketServiceClient::new(self.processes.registry_as([(rpc::TOKEN, token)]).await.unwrap())
    }

    /// A report in the hands of an office, quiet.
    async fn report(&self, from: &str, words: &str, office: &str) -> Ticket {
        self.whatsapp(from, words).await;
        let ticket = self.ticket(words).await;
        self.got(from, &ticket.code).await;
        let taken = self.act(&ticket, Command::TakeInCharge(TakeInCharge { office: office.to_owned() })).await;
        self.got(from, &taken.protocol).await;
        taken
    }
}

async fn execute(desk: &mut Desk, key: &str, ticket: &Ticket, command: Command) -> Result<ExecuteResponse, Status> {
    let request = ExecuteRequest {
        idempotency_key: key.to_owned(),
        ticket: Some(by_id(ticket)),
        expected_version: 0,
        actor: None,
        command: Some(command),
    };
    desk.execute(request).await.map(tonic::Response::into_inner)
}

/// A step on no ticket at all: how far it gets shows what it needs.
pub async fn execute_step(channel: &Channel, command: Command) -> Result<(), Status> {
    let request = ExecuteRequest {
        idempotency_key: "step-on-nothing".to_owned(),
        command: Some(command),
        ..ExecuteRequest::default()
    };
    TicketServiceClient::new(channel.clone()).execute(request).await.map(drop)
}

async fn get(desk: &mut Desk, by: By) -> Result<Ticket, Status> {
    let request = GetTicketRequest { ticket: Some(TicketRef { by: Some(by) }) };
    desk.get_ticket(request).await.map(|answer| answer.into_inner().ticket.unwrap())
}

pub fn reason(status: &Status) -> (Code, &str) {
    (status.code(), status.metadata().get("reason").unwrap().to_str().unwrap())
}

fn note(text: &str) -> Command {
    Command::AddNote(AddNote { text: text.to_owned() })
}

#[tokio::test]
async fn nobody_enters_without_a_token_and_a_token_opens_only_what_it_is_for() {
    let city = City::start().await;
    let url = city.processes.url(Service::Registry);
    let bare = Endpoint::from_shared(url).unwrap().connect().await.unwrap();
    let nobody = TicketServiceClient::new(bare).list_tickets(ListTicketsRequest::default()).await.unwrap_err();
    assert_eq!(reason(&nobody), (Code::Unauthenticated, "UNAUTHENTICATED"));
    let mut wrong = city.as_client("sgn_wrong").await;
    let wrong = wrong.list_tickets(ListTicketsRequest::default()).await.unwrap_err();
    assert_eq!(reason(&wrong), (Code::Unauthenticated, "UNAUTHENTICATED"));

    let token = city.new_client("lettore", "STRADE", "read");
    // What it shows to a person is a line of an environment, good as it stands.
    let line = ["clients", "add", "pronto", "--office", "STRADE", "--right", "read", "--as", "anna"];
    let shown = city.processes.command(&line).unwrap().output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    let (name, value) = shown.lines().find_map(|line| line.trim().split_once('=')).unwrap();
    let mut listing = city.processes.command(&["ticket", "list", "--json"]).unwrap();
    let listed = listing.env_remove("SEGNALALO_MASTER_KEY").env(name, value).output().unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let mut reader = city.as_client(&token).await;
    reader.list_tickets(ListTicketsRequest::default()).await.unwrap();
    let channel = city.processes.registry_as([(rpc::TOKEN, token.as_str())]).await.unwrap();
    let log = LogServiceClient::new(channel.clone()).verify_log(VerifyLogRequest {}).await.unwrap_err();
    assert_eq!(reason(&log), (Code::PermissionDenied, "MISSING_RIGHT"));
    let clients = ClientServiceClient::new(channel).list_clients(ListClientsRequest {}).await.unwrap_err();
    assert_eq!(clients.code(), Code::PermissionDenied);
    let search = reader.search_tickets(SearchTicketsRequest { query: "buca".into(), limit: 0 }).await.unwrap_err();
    assert_eq!(reason(&search), (Code::PermissionDenied, "MISSING_RIGHT"));
    let act = reader.execute(ExecuteRequest::default()).await.unwrap_err();
    assert_eq!(reason(&act), (Code::PermissionDenied, "MISSING_RIGHT"));

    // Revoked, it is out: at the next call and in what it has open.
    let mut open = reader.watch(WatchRequest::default()).await.unwrap().into_inner();
    city.cli(&["clients", "revoke", "lettore", "--reason", "prova finita", "--as", "anna", "--json"]);
    let cut = wait_for("the watch is cut off", SOON, async || open.message().await.err()).await.unwrap();
    assert_eq!(reason(&cut), (Code::Unauthenticated, "UNAUTHENTICATED"));
    let after = reader.list_tickets(ListTicketsRequest::default()).await.unwrap_err();
    assert_eq!(after.code(), Code::Unauthenticated);
    let listed = city.cli(&["clients", "list", "--json"]);
    let reader = listed["clients"].as_array().unwrap().iter().find(|client| client["name"] == "lettore").unwrap();
    assert!(reader["revoked_at"].is_string(), "{listed}");
    let log = String::from_utf8_lossy(&city.log_bytes().await).into_owned();
    assert!(log.contains("lettore") && !log.contains(&token), "the token itself stands nowhere");
}

#[tokio::test]
async fn an_office_sees_and_touches_its_own_tickets_only() {
    let city = City::start().await;
    let own = city.report("393330000101", "buca profonda in via Torino", "STRADE").await;
    let foreign = city.report("393330000102", "albero pericolante al parco Burcina", "VERDE").await;
    let token = city.new_client("gestionale-strade", "STRADE", "read,act");
    let mut desk = city.as_client(&token).await;

    let listed = desk.list_tickets(ListTicketsRequest::default()).await.unwrap().into_inner();
    let codes = listed.tickets.iter().map(|ticket| ticket.code.clone()).collect::<Vec<_>>();
    assert_eq!((codes, listed.total), (vec![own.code.clone()], 1));
    // A foreign ticket is refused in the very words of one that isn't there, by each of its names.
    let names = [
        (By::Code(foreign.code.clone()), By::Code("S-22222".to_owned())),
        (By::TicketId(foreign.ticket_id.clone()), By::TicketId("0".repeat(32))),
        (By::Protocol(foreign.protocol.clone()), By::Protocol("2026/0999999".to_owned())),
        (By::Protocol(foreign.protocol[5..].to_owned()), By::Protocol("0999999".to_owned())),
    ];
    for (foreign, none) in names {
        let (there, not) = (get(&mut desk, foreign.clone()).await, get(&mut desk, none.clone()).await);
        let (there, not) = (there.unwrap_err(), not.unwrap_err());
        assert_eq!(reason(&there), (Code::NotFound, "UNKNOWN_TICKET"), "{foreign:?}");
        assert_eq!(reason(&there), reason(&not));
        let words = |status: &Status| status.message().rsplit_once(' ').unwrap().0.to_owned();
        assert_eq!(words(&there), words(&not));
    }
    let touched = execute(&mut desk, "foreign-1", &foreign, note("x")).await.unwrap_err();
    assert_eq!(reason(&touched), (Code::NotFound, "UNKNOWN_TICKET"));
    let history = GetHistoryRequest { ticket: Some(by_id(&foreign)) };
    assert_eq!(desk.get_history(history).await.unwrap_err().code(), Code::NotFound);
    let merge = Command::Merge(Merge { into: Some(by_id(&foreign)) });
    let merged = execute(&mut desk, "foreign-2", &own, merge).await.unwrap_err();
    assert_eq!(reason(&merged), (Code::PermissionDenied, "MISSING_RIGHT"), "merging is the URP's");

    // Its own it may; who acted is the client, whatever it calls itself.
    let noted = execute(&mut desk, "own-note-1", &own, note("sopralluogo domani")).await.unwrap();
    assert!(!noted.repeated);
    let entries = city.history(&own).await;
    let note = entries.iter().rfind(|entry| entry.event == "note_added").unwrap();
    assert_eq!(note.actor.as_ref().unwrap().name, "gestionale-strade");
    // What takes the ticket away is answered, and answered again.
    let back = Command::SendBack(SendBack { reason: "è una strada provinciale".to_owned() });
    let sent = execute(&mut desk, "send-back-1", &own, back.clone()).await.unwrap();
    let reassign = Command::Reassign(Reassign { office: "VERDE".to_owned(), reason: "prova".to_owned() });
    city.act(&own, reassign).await;
    assert_eq!(get(&mut desk, By::Code(own.code.clone())).await.unwrap_err().code(), Code::NotFound);
    let again = execute(&mut desk, "send-back-1", &own, back).await.unwrap();
    assert!(again.repeated && again.position == sent.position);
}

#[tokio::test]
async fn words_of_people_are_for_those_who_may_read_them_and_each_reading_is_in_the_log() {
    let city = City::start().await;
    let ticket = city.report("393330000103", "lampione spento davanti a casa di Rosa", "LUCE").await;
    let blind = city.new_client("cieco", "LUCE", "read");
    let seeing = city.new_client("vedente", "LUCE", "read,personal_data");
    let (mut blind, mut seeing) = (city.as_client(&blind).await, city.as_client(&seeing).await);
    let request = || GetHistoryRequest { ticket: Some(by_id(&ticket)) };

    let history = blind.get_history(request()).await.unwrap().into_inner();
    let shown = format!("{history:?}");
    assert!(!shown.contains("Rosa") && !shown.contains("Prova Rossi") && !shown.contains("393330000103"), "{shown}");
    assert!(history.entries.iter().any(|entry| entry.facts.get("content").is_some_and(|text| text == "hidden")));
    let reads = |client: &str| city.cli(&["clients", "audit", "--client", client, "--json"])["reads"].clone();
    assert_eq!(reads("cieco").as_array().unwrap().len(), 0);

    let history = seeing.get_history(request()).await.unwrap().into_inner();
    assert!(format!("{history:?}").contains("Rosa"));
    let found = seeing.search_tickets(SearchTicketsRequest { query: "lampione".into(), limit: 0 }).await.unwrap();
    assert!(found.into_inner().tickets[0].summary.contains("Rosa"));
    let seen = reads("vedente");
    assert_eq!(seen.as_array().unwrap().len(), 1, "the same ticket within ten minutes is said once: {seen}");
    assert_eq!(seen[0]["call"], "get_history");
    assert_eq!(seen[0]["tickets"][0], ticket.code);
    // The operator's readings are there too.
    let all = city.cli(&["clients", "audit", "--ticket", &ticket.code, "--json"])["reads"].clone();
    assert!(all.as_array().unwrap().len() >= 2, "{all}");

    // All of it is in the log: a restart changes nothing.
    let mut city = city;
    city.processes.restart(Service::Registry).await.unwrap();
    let again = city.cli(&["clients", "audit", "--client", "vedente", "--json"])["reads"].clone();
    assert_eq!(again, seen);
    city.as_client("sgn_x").await.list_tickets(ListTicketsRequest::default()).await.unwrap_err();
    assert!(city.verify().await.fault.is_empty());
}

#[tokio::test]
async fn attachments_are_the_offices_own_and_each_opening_is_in_the_log() {
    let city = City::start().await;
    let with_photo = async |from: &str, words: &str, office: &str| {
        city.sim("whatsapp/messages", &json!({ "from": from, "image": "buca", "caption": words })).await;
        let ticket = city.ticket(words).await;
        settled(&city, &ticket).await;
        city.act(&ticket, Command::TakeInCharge(TakeInCharge { office: office.to_owned() })).await
    };
    let own = with_photo("393330000111", "buca davanti al 4 di via Italia", "STRADE").await;
    let foreign = with_photo("393330000112", "ramo spezzato in via Torino 9", "VERDE").await;
    let media = async |rights: &str| {
        let token = city.new_client(&rights.replace([',', '_'], "-"), "STRADE", rights);
        MediaServiceClient::new(city.processes.registry_as([(rpc::TOKEN, token.as_str())]).await.unwrap())
    };
    let list = |ticket: &Ticket| ListRequest { ticket: Some(by_id(ticket)) };

    let mut blind = media("read").await;
    assert_eq!(reason(&blind.list(list(&own)).await.unwrap_err()), (Code::PermissionDenied, "MISSING_RIGHT"));
    let attachment = settled(&city, &own).await[0].attachment.clone();
    let refused = blind.read(ReadRequest { attachment: attachment.clone() }).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::PermissionDenied, "MISSING_RIGHT"));

    let mut seeing = media("read,personal_data").await;
    assert_eq!(seeing.list(list(&own)).await.unwrap().into_inner().media[0].attachment, attachment);
    for _ in 0..2 {
        let mut chunks = seeing.read(ReadRequest { attachment: attachment.clone() }).await.unwrap().into_inner();
        assert!(!chunks.message().await.unwrap().unwrap().chunk.is_empty());
    }
    // Another office's is refused in the very words of one that isn't there.
    assert_eq!(reason(&seeing.list(list(&foreign)).await.unwrap_err()), (Code::NotFound, "UNKNOWN_TICKET"));
    let foreign = settled(&city, &foreign).await[0].attachment.clone().unwrap();
    let mut none = foreign.clone();
    none.message_id = vec![7; 16];
    let there = seeing.read(ReadRequest { attachment: Some(foreign) }).await.unwrap_err();
    let not = seeing.read(ReadRequest { attachment: Some(none) }).await.unwrap_err();
    assert_eq!(reason(&there), (Code::NotFound, "UNKNOWN_MESSAGE"));
    assert_eq!((reason(&there), there.message()), (reason(&not), not.message()));

    let reads = city.cli(&["clients", "audit", "--client", "read-personal-data", "--json"])["reads"].clone();
    let said = reads.as_array().unwrap().iter().map(|read| (read["call"].as_str().unwrap(), &read["tickets"][0]));
    let code = Value::from(own.code.clone());
    let opened = ("read_attachment", &code);
    assert_eq!(said.collect::<Vec<_>>(), [opened, opened, ("list_attachments", &code)], "newest first");
    let blind = city.cli(&["clients", "audit", "--client", "read", "--json"])["reads"].clone();
    assert_eq!(blind, json!([]));

    // Given away, it is gone.
    city.act(&own, Command::Reassign(Reassign { office: "VERDE".to_owned(), reason: "prova".to_owned() })).await;
    let gone = seeing.read(ReadRequest { attachment }).await.unwrap_err();
    assert_eq!((reason(&gone), gone.message()), (reason(&not), not.message()));
}
