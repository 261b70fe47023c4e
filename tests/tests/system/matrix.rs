//! Each cell of the table of calls in docs/security.md, tried on the registry itself: who isn't meant is refused, and who
//! is gets past the door, even if only to be told that his request says nothing.

use super::{
    city::City,
    clients::{execute_step, reason},
};
use prost::Message as _;
use prost_types::FileDescriptorSet;
use segnalalo_kit::{
    config::Vars,
    master_key::Purpose,
    rpc::{self, Channel},
};
use segnalalo_proto::registry::v1::{self as wire, execute_request::Command};
use segnalalo_tests::harness::{Service, root};
use std::collections::{BTreeMap, BTreeSet};
use tonic::{Code, Request, Status, client::Grpc, codegen::http::uri::PathAndQuery, transport::Endpoint};
use tonic_prost::ProstCodec;
use tonic_types::StatusExt as _;

const PACKAGE: &str = "segnalalo.registry.v1";
/// What a client may have been given: each right alone, those of a desk, everything but the operator's, the operator's.
const CLIENTS: [(&str, &[&str]); 6] = [
    ("legge", &["read"]),
    ("agisce", &["act"]),
    ("persone", &["personal_data"]),
    ("legge-persone", &["read", "personal_data"]),
    ("sportello", &["read", "act", "coordinate", "personal_data"]),
    ("direzione", &["operator"]),
];
const RIGHTS: [&str; 3] = ["read", "act", "personal_data"];

/// A row: its call, the rights that are needed, whether the operator may, whether the notifier.
struct Row {
    call: String,
    needed: BTreeSet<&'static str>,
    operator: bool,
    notifier: bool,
}

fn rows() -> Vec<Row> {
    let docs = std::fs::read_to_string(root().join("docs/security.md")).unwrap();
    let (_, table) = docs.split_once("<!-- calls: ").unwrap();
    let (table, _) = table.split_once("<!-- end of calls -->").unwrap();
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let lines = table.lines().filter(|line| line.starts_with("| `")).map(cells);
    lines
        .map(|cells| Row {
            call: cells[1].trim_matches('`').to_owned(),
            needed: RIGHTS
                .into_iter()
                .zip(&cells[2..5])
                .filter(|(_, cell)| *cell == "needed")
                .map(|(r, _)| r)
                .collect(),
            operator: cells[5] == "may",
            notifier: cells[6] == "may",
        })
        .collect()
}

/// Every call of the contract.
fn calls() -> BTreeSet<String> {
    let set = FileDescriptorSet::decode(segnalalo_proto::DESCRIPTORS).unwrap();
    let files = set.file.iter().filter(|file| file.package() == PACKAGE);
    let services = files.flat_map(|file| &file.service);
    services
        .flat_map(|service| service.method.iter().map(|method| format!("{}/{}", service.name(), method.name())))
        .collect()
}

/// An empty request. `Some`: the door refused it.
async fn refusal(channel: &Channel, call: &str) -> Option<Status> {
    let mut grpc = Grpc::new(channel.clone());
    grpc.ready().await.unwrap();
    let path = format!("/{PACKAGE}.{call}").parse::<PathAndQuery>().unwrap();
    let answer = grpc.server_streaming(Request::new(()), path, ProstCodec::<(), ()>::default()).await;
    let at_the_door = |status: &Status| matches!(status.code(), Code::Unauthenticated | Code::PermissionDenied);
    answer.map(drop).err().filter(at_the_door)
}

#[tokio::test]
async fn every_cell_of_the_table_of_calls_holds() {
    let mut city = City::prepare().await;
    city.processes.set("SEGNALALO_OPERATOR_KEY", "a-key-of-the-operators-that-guards-nothing");
    city.processes.start(Service::Registry).await.unwrap();
    let rows = rows();
    let listed = rows.iter().map(|row| row.call.clone()).collect::<BTreeSet<_>>();
    assert_eq!(listed, calls(), "docs/security.md lists every call there is");

    let mut channels = BTreeMap::new();
    for (name, rights) in CLIENTS {
        let whose: &[&str] = if rights.contains(&"operator") { &["--all-offices"] } else { &["--office", "STRADE"] };
        let given = rights.join(",");
        let line = [&["clients", "add", name, "--right", &given, "--as", "anna", "--json"], whose].concat();
        let token = city.cli(&line)["token"].as_str().unwrap().to_owned();
        channels.insert(name, city.processes.registry_as([(rpc::TOKEN, token.as_str())]).await.unwrap());
    }
    let master = Vars::from_pairs([("SEGNALALO_MASTER_KEY", segnalalo_tests::harness::MASTER_KEY)]);
    let notifier = rpc::derived(&master, Purpose::NotifierToken).unwrap();
    let notifier = city.processes.registry_as([(rpc::TOKEN, notifier.expose())]).await.unwrap();
    let operator = city.registry().await;
    // Where the operator has a key of his own, the master key doesn't make one.
    let other = rpc::derived(&master, Purpose::OperatorToken).unwrap();
    let other = city.processes.registry_as([(rpc::TOKEN, other.expose())]).await.unwrap();
    let refused = refusal(&other, "TicketService/ListTickets").await.unwrap();
    assert_eq!(refused.code(), Code::Unauthenticated);
    let nobody = Endpoint::from_shared(city.processes.url(Service::Registry)).unwrap().connect().await.unwrap();
    let nobody =
        rpc::Rpc::from_vars(&master.with([(rpc::TOKEN, "sgn_nobody")]), Purpose::OperatorToken).unwrap().signed(nobody);

    let mut cells = 0;
    let mut check = |row: &Row, who: &str, may: bool, refused: Option<Status>, code: Code| {
        cells += 1;
        let refused = refused.map(|status| status.code());
        assert_eq!(refused, (!may).then_some(code), "{who} calls {}", row.call);
    };
    for row in &rows {
        for (name, rights) in CLIENTS {
            let has = |right: &&str| rights.contains(right);
            let may = if rights.contains(&"operator") {
                row.operator
            } else {
                !row.needed.is_empty() && row.needed.iter().all(has)
            };
            let refused = refusal(&channels[name], &row.call).await;
            check(row, name, may, refused, Code::PermissionDenied);
        }
        check(row, "operator", row.operator, refusal(&operator, &row.call).await, Code::PermissionDenied);
        check(row, "notifier", row.notifier, refusal(&notifier, &row.call).await, Code::PermissionDenied);
        check(row, "nobody", false, refusal(&nobody, &row.call).await, Code::Unauthenticated);
    }
    println!("{cells} cells of {} calls", rows.len());

    // The URP's steps need `coordinate` beside `act`.
    let coordinate = [
        Command::Reassign(wire::Reassign::default()),
        Command::DeclareNotPertinent(wire::DeclareNotPertinent::default()),
        Command::Reopen(wire::Reopen::default()),
        Command::Merge(wire::Merge::default()),
        Command::MarkSpam(wire::MarkSpam {}),
        Command::LiftSpam(wire::LiftSpam {}),
        Command::AnnulProtocol(wire::AnnulProtocol::default()),
    ];
    let act = [
        Command::TakeInCharge(wire::TakeInCharge::default()),
        Command::SendBack(wire::SendBack::default()),
        Command::AskCitizen(wire::AskCitizen::default()),
        Command::Answer(wire::Answer::default()),
        Command::DeclareFeasible(wire::DeclareFeasible::default()),
        Command::ReportProgress(wire::ReportProgress::default()),
        Command::DeclareNotFeasible(wire::DeclareNotFeasible::default()),
        Command::Resolve(wire::Resolve::default()),
        Command::Close(wire::Close::default()),
        Command::AddNote(wire::AddNote::default()),
    ];
    for (steps, expected) in [(&coordinate[..], "MISSING_RIGHT"), (&act[..], "MISSING_FIELD")] {
        for step in steps {
            let refused = execute_step(&channels["agisce"], step.clone()).await.unwrap_err();
            assert_eq!(reason(&refused).1, expected, "{step:?}");
            if expected == "MISSING_RIGHT" {
                assert_eq!(refused.get_error_details().error_info().unwrap().metadata["right"], "coordinate");
            }
            let desk = execute_step(&channels["sportello"], step.clone()).await.unwrap_err();
            assert_eq!(reason(&desk).1, "MISSING_FIELD", "{step:?}");
        }
    }
}
