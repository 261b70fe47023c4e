//! The examples of docs/departments.md at work, one in Python and one in Rust, each for its office: killed again and again
//! while citizens write, they handle every event of their office once, in order, and none of another's.

use super::city::{City, SOON};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use segnalalo_domain::{
    event::{
        Event, Recorded, Register, Stream,
        conversation::{Event as Said, Route},
        ticket::Event as Happened,
    },
    id::{MessageId, ReplyId, TicketId},
    words::Office,
};
use segnalalo_proto::{
    common::v1::TicketState,
    convert, event_name,
    registry::v1::{
        ExportLogRequest, Reassign, execute_request::Command as Step, log_service_client::LogServiceClient,
    },
};
use segnalalo_tests::harness::{Child, Folder, Service, binary, pki::Authority, root, wait_for, wait_until};
use std::{
    collections::{HashMap, HashSet},
    fs,
    path::PathBuf,
    process::Command,
    time::Duration,
};

/// The programs need their time on a busy machine.
const LONG: Duration = Duration::from_secs(60);
const ROUNDS: usize = 4;
/// Reports to each office in a round, and how often its program is killed in it.
const REPORTS: usize = 2;
const KILLS: usize = 2;
const STREETS: [&str; ROUNDS * REPORTS] = [
    "via Torino",
    "via Italia",
    "via Lamarmora",
    "via Pietro Micca",
    "via Milano",
    "via Ivrea",
    "via Trento",
    "via Addis Abeba",
];

/// One of the programs, with what it keeps.
struct Program {
    name: &'static str,
    line: Vec<String>,
    environment: Vec<(&'static str, String)>,
    log: PathBuf,
    child: Option<Child>,
    kills: usize,
}

impl Program {
    fn command(&self, more: &[&str]) -> Command {
        let mut command = Command::new(&self.line[0]);
        command.args(&self.line[1..]).args(more).envs(self.environment.clone());
        command
    }

    fn start(&mut self) {
        self.child = Some(Child::spawn(self.name, self.command(&[]), &self.log).unwrap());
    }

    /// It prints a line for each event.
    fn lines(&self) -> usize {
        fs::read_to_string(&self.log).map(|text| text.lines().count()).unwrap_or_default()
    }

    /// As `kill -9`, once it has handled so many events more.
    async fn kill_after(&mut self, events: usize) {
        let wanted = self.lines() + events;
        let child = self.child.as_mut().unwrap();
        child.ensure_running().unwrap();
        // Looked at often, to hit it in the middle of its work and not when it waits again.
        let goes_on = async {
            while self.lines() < wanted {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(LONG, goes_on).await.unwrap_or_else(|_| panic!("{} doesn't go on", self.name));
        self.child.take().unwrap().kill().unwrap();
        self.kills += 1;
    }

    /// What it says it has handled, in its order: position, id, event, ticket.
    fn handled(&self) -> Vec<String> {
        let output = self.command(&["--show"]).output().unwrap();
        assert!(output.status.success(), "{}: {}", self.name, String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    /// Shut out it ends by itself, and says why.
    async fn gives_up(&mut self) {
        let child = self.child.as_mut().unwrap();
        let ended = wait_for("it gives up", SOON, async || child.ended()).await.unwrap();
        assert!(!ended.success());
        assert!(fs::read_to_string(&self.log).unwrap().contains("UNAUTHENTICATED: "), "{}", self.name);
    }
}

/// Python's packages and its client, written out of the contract.
fn prepare_python() -> (PathBuf, String) {
    let script = root().join("scripts/departments");
    assert!(Command::new("sh").arg(&script).status().unwrap().success(), "scripts/departments");
    let place = root().join(".tools/departments").canonicalize().unwrap();
    let path = format!("{}:{}", place.join("packages").display(), place.join("client").display());
    (root().join("docs/examples/departments/python/office.py"), path)
}

/// Both programs, over TLS: the one in Python shows a certificate beside its token, the one in Rust a token.
fn programs(city: &City, authority: &Authority, folder: &Folder) -> [Program; 2] {
    let file = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let pair = authority.client("gestionale-strade").unwrap();
    let token = city.client_with_certificate("gestionale-strade", &pair, &[]).unwrap();
    fs::write(file("strade.token"), token).unwrap();
    fs::write(file("verde.token"), city.new_client("gestionale-verde", "VERDE", "read,act")).unwrap();
    let address = city.processes.url(Service::Registry).replacen("http://", "", 1);
    let line = |program: Vec<String>, address: String, state: &str, token: &str| {
        let options = [("--registry", address), ("--ca", authority.ca.clone()), ("--state", file(state))];
        let more = [("--token-file", file(token)), ("--works", "1".to_owned())];
        let options = options.into_iter().chain(more).flat_map(|(name, value)| [name.to_owned(), value]);
        program.into_iter().chain(options).collect::<Vec<_>>()
    };
    let (script, path) = prepare_python();
    let python = vec!["python3".to_owned(), script.to_string_lossy().into_owned()];
    let mut python = line(python, address.clone(), "strade.db", "strade.token");
    python.extend(["--certificate".to_owned(), pair.cert, "--key".to_owned(), pair.key]);
    let rust = binary::built("segnalalo-example-office", "segnalalo-example-office").unwrap();
    let rust =
        line(vec![rust.to_string_lossy().into_owned()], format!("https://{address}"), "verde.json", "verde.token");
    let program = |name, line, environment| {
        let log = folder.join(&format!("{name}.log"));
        Program { name, line, environment, log, child: None, kills: 0 }
    };
    [
        program("python", python, vec![("PYTHONPATH", path), ("PYTHONDONTWRITEBYTECODE", "1".to_owned())]),
        program("rust", rust, vec![]),
    ]
}

/// The log, as the operator exports it.
async fn exported(city: &City) -> Vec<Recorded> {
    let mut client = LogServiceClient::new(city.registry().await);
    let mut records = client.export_log(ExportLogRequest { after_position: 0 }).await.unwrap().into_inner();
    let mut log = Vec::new();
    while let Some(response) = records.message().await.unwrap() {
        log.push(convert::read(&response.record).unwrap());
    }
    log
}

/// What an office's program must have handled, counted out of the log by other code than the registry's: what happened to
/// a ticket while it was the office's, and what brought it or took it away.
fn expected(log: &[Recorded], office: &str) -> Vec<String> {
    let mut owner = HashMap::<TicketId, Option<Office>>::new();
    for recorded in log {
        if let (Stream::Ticket(id), Event::Ticket(Happened::Opened { classification, .. })) =
            (recorded.stream, &recorded.event)
        {
            owner.insert(id, classification.office.clone());
        }
    }
    let (mut said, mut decided) = (Conversations::default(), HashSet::new());
    let mut lines = Vec::new();
    for recorded in log {
        let Some(ticket) = said.ticket_of(recorded) else {
            continue;
        };
        let before = owner[&ticket].clone();
        match &recorded.event {
            Event::Ticket(Happened::Reclassified { classification, .. }) if !decided.contains(&ticket) => {
                owner.insert(ticket, classification.office.clone());
            }
            Event::Ticket(Happened::TakenInCharge { office, .. } | Happened::Reassigned { office, .. }) => {
                owner.insert(ticket, Some(office.clone()));
                decided.insert(ticket);
            }
            _ => {}
        }
        let is_own = |owner: &Option<Office>| owner.as_ref().is_some_and(|owner| owner.0 == office);
        if is_own(&before) || is_own(&owner[&ticket]) {
            let id = hex::encode(recorded.event_id.to_vec());
            lines.push(format!("{} {id} {} {ticket}", recorded.position, event_name(&recorded.event)));
        }
    }
    lines
}

/// To which tickets messages and replies belong.
#[derive(Default)]
struct Conversations {
    messages: HashMap<MessageId, Option<TicketId>>,
    replies: HashMap<ReplyId, Option<TicketId>>,
}

impl Conversations {
    fn ticket_of(&mut self, recorded: &Recorded) -> Option<TicketId> {
        match (recorded.stream, &recorded.event) {
            (Stream::Ticket(id), _) => Some(id),
            (_, Event::Register(Register::NumberAssigned { ticket, .. })) => Some(*ticket),
            (_, Event::Conversation(said)) => self.said_about(said),
            _ => None,
        }
    }

    fn said_about(&mut self, said: &Said) -> Option<TicketId> {
        match said {
            Said::MessageRouted { message, route } => {
                let ticket = match route {
                    Route::OpenedTicket(ticket) | Route::JoinedTicket(ticket) => Some(*ticket),
                    Route::StatusAnswered(ticket) | Route::QuestionAsked(ticket) | Route::Noted(ticket) => *ticket,
                };
                self.messages.insert(*message, ticket);
                ticket
            }
            Said::ReplyRequested { reply, ticket, .. } => {
                self.replies.insert(*reply, *ticket);
                *ticket
            }
            Said::SendAttempted { reply, .. }
            | Said::SendAccepted { reply, .. }
            | Said::SendRefused { reply, .. }
            | Said::SendUnknown { reply, .. }
            | Said::ReplyHeld { reply, .. }
            | Said::ReplyDropped { reply, .. }
            | Said::DeliveryReported { reply, .. } => self.replies[reply],
            Said::MessageEdited { message, .. }
            | Said::MessageRemoved { message, .. }
            | Said::MessageReacted { message, .. } => self.messages.get(message).copied().flatten(),
            _ => None,
        }
    }
}

/// Each ticket was taken, declared feasible and resolved once, by the program that it is for.
fn assert_acted_once(log: &[Recorded], tickets: &[TicketId], client: &str) {
    for ticket in tickets {
        let own = log.iter().filter(|recorded| recorded.stream == Stream::Ticket(*ticket));
        let acts = own.filter(|recorded| recorded.actor.name == client).map(|recorded| event_name(&recorded.event));
        let steps = acts.filter(|name| name.starts_with("ticket_")).collect::<Vec<_>>();
        assert_eq!(steps, ["ticket_taken_in_charge", "ticket_feasible", "ticket_resolved"], "{ticket}");
    }
}

#[tokio::test]
async fn a_departments_program_that_is_killed_handles_each_event_of_its_office_once() {
    let seed = rand::random::<u64>();
    println!("seed {seed}");
    let mut dice = StdRng::seed_from_u64(seed);
    let mut city = City::prepare().await;
    let folder = Folder::new("departments").unwrap();
    let authority = Authority::new(folder.path(), "comune").unwrap();
    city.use_tls(&authority.server("registro").unwrap(), &authority);
    city.processes.start_all().await.unwrap();
    let mut programs = programs(&city, &authority, &folder);
    programs.iter_mut().for_each(Program::start);

    for (round, streets) in STREETS.chunks(REPORTS).enumerate() {
        for (report, street) in streets.iter().enumerate() {
            let number = round * REPORTS + report;
            city.whatsapp(&format!("3933300002{number:02}"), &format!("buca profonda in {street} 4")).await;
            city.whatsapp(&format!("3933300003{number:02}"), &format!("ramo spezzato in {street} 9")).await;
        }
        city.whatsapp(&format!("3933300004{round:02}"), &format!("lampione spento in {} 5", streets[0])).await;
        for _ in 0..KILLS {
            for program in &mut programs {
                program.kill_after(dice.random_range(1..8)).await;
                program.start();
            }
        }
        if round == 1 {
            city.processes.restart(Service::Registry).await.unwrap();
        }
    }
    // One that nobody works on is handed over.
    let moved = city.ticket("lampione spento in via Torino").await;
    city.act(&moved, Step::Reassign(Reassign { office: "VERDE".to_owned(), reason: "ramo sul filo".to_owned() })).await;

    let tickets = async |office: &str| {
        let all = city.tickets().await;
        all.into_iter().filter(|ticket| ticket.office == office).collect::<Vec<_>>()
    };
    for (office, count) in [("STRADE", ROUNDS * REPORTS), ("VERDE", ROUNDS * REPORTS + 1)] {
        wait_until(&format!("{office} is done"), LONG, async || {
            let own = tickets(office).await;
            own.len() == count && own.iter().all(|ticket| ticket.state() == TicketState::Resolved)
        })
        .await
        .unwrap();
    }
    let untouched = tickets("LUCE").await;
    assert!(untouched.len() == ROUNDS - 1 && untouched.iter().all(|ticket| ticket.state() == TicketState::Received));

    for (program, office) in programs.iter().zip(["STRADE", "VERDE"]) {
        let caught_up = wait_until("it is at the end", LONG, async || {
            program.handled() == expected(&exported(&city).await, office)
        });
        let caught_up = caught_up.await;
        let log = exported(&city).await;
        assert_eq!(program.handled(), expected(&log, office), "{} {caught_up:?}", program.name);
        let ids = tickets(office).await.iter().map(|ticket| ticket.ticket_id.parse().unwrap()).collect::<Vec<_>>();
        assert_acted_once(&log, &ids, &format!("gestionale-{}", office.to_lowercase()));
        let (handled, kills) = (program.handled().len(), program.kills);
        println!("{}: {handled} of {} events handled once, killed {kills} times", program.name, log.len());
    }
    for (program, client) in programs.iter_mut().zip(["gestionale-strade", "gestionale-verde"]) {
        city.cli(&["clients", "revoke", client, "--as", "anna", "--json"]);
        program.gives_up().await;
    }
    assert_eq!(city.verify().await.fault, "");
}
