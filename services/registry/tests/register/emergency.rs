//! Days without the system: what was registered by hand gets ordinary numbers, all or nothing and once, and keeps its own.

use crate::{
    daily::{Desk, day, text},
    given::{anna, concluded, message, received, request},
};
use segnalalo_domain::{
    desk::{Command, Conclude, EmergencyRegister, EmergencyStep, HandRow, ReceiveMessage, TicketRef},
    event::{EmergencyImport, Event, Register, Stream},
    id::{CauseId, ConversationId, EventId, TicketId},
    protocol::EmergencyNumber,
    rejection::Rejection,
    sla::DeadlineName,
};
use segnalalo_proto::sealed::NoKeys;
use segnalalo_registry::{
    identity::Identity,
    journal::{Batch, Journal as _, Memory, NewEvent},
    register::{
        by_hand,
        shelf::Shelf,
        verify::{Verifier, What},
    },
    world::World,
    writer::{Error, Receipt},
};

const TEMPLATE: &str = include_str!("../../../../deploy/biella/emergency-register.csv");

async fn step(desk: &Desk, step: EmergencyStep) -> Result<Receipt, Rejection> {
    let command = Command::Emergency(EmergencyRegister { step, actor: anna() });
    desk.registry.writer.execute(request(command)).await.map_err(|error| match error {
        Error::Rejected(rejection) => rejection,
        error => panic!("{error}"),
    })
}

fn open(from: &str) -> EmergencyStep {
    let (cause, authorised_by) = ("guasto alla rete".to_owned(), "il responsabile del protocollo".to_owned());
    EmergencyStep::Open { from: from.parse().unwrap(), cause, authorised_by, act: "provvedimento 3/2026".to_owned() }
}

fn extend(until: &str, act: &str) -> EmergencyStep {
    let (until, authorised_by) = (until.parse().unwrap(), "il responsabile".to_owned());
    EmergencyStep::Extend { until, authorised_by, act: act.to_owned() }
}

fn close(at: &str) -> EmergencyStep {
    EmergencyStep::Close { at: at.parse().unwrap() }
}

fn rows(desk: &Desk, lines: &str) -> Vec<HandRow> {
    let (columns, identity) = (&desk.registry.registrar.book.emergency, Identity::new(desk.registry.keyring.pepper()));
    by_hand::read(format!("{TEMPLATE}{lines}").as_bytes(), columns, &identity).unwrap()
}

fn import(desk: &Desk, lines: &str) -> EmergencyStep {
    EmergencyStep::Import { sha256: [7; 32], rows: rows(desk, lines) }
}

/// A report that the system has, and nobody took in charge; its code.
async fn arrived(desk: &Desk) -> (TicketId, String) {
    let conversation = ConversationId::derived(&[b"late"]);
    let came = ReceiveMessage { conversations: vec![conversation], ..received("late", "Lampione spento") };
    desk.registry.does(Command::ReceiveMessage(came)).await;
    let Command::Conclude(said) = concluded("late", "via Torino") else { unreachable!() };
    desk.registry.does(Command::Conclude(Conclude { conversation, message: message("late"), ..said })).await;
    desk.registry.writer.read(|world| {
        let id = world.desk.conversations[&conversation].tickets[0];
        (id, world.desk.tickets[&id].code.clone())
    })
}

fn head(desk: &Desk) -> u64 {
    desk.registry.reader.head().position
}

#[tokio::test]
async fn what_was_registered_by_hand_gets_ordinary_numbers_and_keeps_its_own() {
    let desk = Desk::start();
    desk.registry.report("before").await;
    let (late, code) = arrived(&desk).await;
    desk.registry.set("2026-11-28T10:00:00+01:00");
    step(&desk, open("2026-11-27T12:00:00+01:00")).await.unwrap();
    step(&desk, close("2026-11-28T09:30:00+01:00")).await.unwrap();
    let lines = format!(
        "E-2026/0001;27/11/2026;12:30;Ada Neri;;facebook_post;Voragine davanti alla scuola;via Italia 5;STRADE;\r\n\
         E-2026/0002;27/11/2026;15:00;;;;;;LUCE;{code}\r\n\
         E-2026/0003;28/11/2026;8:40;Ugo Verdi;333 1112222;whatsapp;Panchina rotta;;VERDE;\r\n"
    );
    let file = import(&desk, &lines);
    step(&desk, file.clone()).await.unwrap();

    let number = |text: &str| text.parse::<EmergencyNumber>().unwrap();
    let ticket_of =
        |text: &str| desk.registry.writer.read(|world| world.desk.register.find_emergency(number(text)).unwrap());
    desk.registry.writer.read(|world| {
        let given = &world.desk.register.by_emergency;
        let given = given.iter().map(|(by_hand, number)| format!("{by_hand} {number}")).collect::<Vec<_>>();
        assert_eq!(given, ["E-2026/0001 2026/0000002", "E-2026/0002 2026/0000003", "E-2026/0003 2026/0000004"]);
    });
    assert_eq!(ticket_of("E-2026/0002"), late);
    let (_, subject, registration) = desk.registry.registered();
    assert_eq!(registration.emergency, Some(number("E-2026/0003")));
    assert_eq!(
        (registration.date, registration.arrived_at.to_string()),
        (day("2026-11-28"), "2026-11-28T07:40:00Z".to_owned())
    );
    assert!(subject.contains("Segnalazione") && !subject.contains("Panchina"), "{subject}");
    desk.registry.writer.read(|world| {
        let ticket = &world.desk.tickets[&ticket_of_in(world, number("E-2026/0001"))];
        let taken = ticket.term(DeadlineName::TakeInCharge).unwrap();
        assert_eq!(taken.met_at.unwrap().to_string(), "2026-11-27T11:30:00Z", "as it was done by hand");
        let owed = world.desk.conversations[&ticket.conversation].replies.values();
        assert_eq!(owed.filter(|reply| !reply.status.is_settled()).count(), 1, "he has to be told his number");
        assert!(world.read.search("voragine").contains(&ticket_of_in(world, number("E-2026/0001"))));
        let replayed = World::replay(&*desk.registry.reader, &*desk.registry.keyring, |_| {}).unwrap();
        assert!(*world == replayed, "replay gives another world");
    });
    desk.registry.writer.read(|world| {
        let (found, _) = world.desk.find(&TicketRef::ByHand(number("E-2026/0002"))).unwrap();
        assert_eq!((found, world.desk.register.find_written("e-2026/0002")), (late, vec![late]));
    });
    let report = desk.verify();
    assert_eq!((report.numbers, report.recomputed, report.emergencies, report.by_hand), (4, 4, 1, 3));
    assert_eq!(report.faults, []);

    // Once: the same file says so, and so does another that holds the same.
    let before = head(&desk);
    assert!(step(&desk, file).await.unwrap().repeated);
    let rows = rows(&desk, &lines);
    let other = step(&desk, EmergencyStep::Import { sha256: [8; 32], rows }).await.unwrap_err();
    assert_eq!(other.to_string(), "line 2, column number: E-2026/0001 was imported already, as 2026/0000002");
    assert_eq!(head(&desk), before);

    // Who stands in it can be erased like anybody.
    let conversation =
        desk.registry.writer.read(|world| world.desk.tickets[&ticket_of_in(world, number("E-2026/0001"))].conversation);
    let person = desk.registry.writer.read(|world| world.desk.conversations[&conversation].person.unwrap());
    desk.registry.erase(person).await;
    let report = desk.verify();
    assert_eq!((report.recomputed, report.erased, report.faults), (3, 1, vec![]));

    desk.registry.set("2026-11-29T10:00:00+01:00");
    let forms = desk.exporter.day(day("2026-11-28")).await.unwrap().forms;
    let (csv, xml, page) = (text(&forms.csv), text(&forms.xml), text(&forms.text));
    for said in ["aperta", "chiusa", "importata"] {
        assert!(csv.contains(&format!("emergenza {said};")) && page.contains(&format!("emergenza {said},")), "{page}");
    }
    assert!(page.contains("causa:         guasto alla rete") && page.contains("in emergenza:  E-2026/0003"), "{page}");
    assert!(page.contains("totali:        2026-11-27: 2, 2026-11-28: 1"), "{page}");
    assert!(
        xml.contains("<Emergenza>") && xml.contains("<DataInizioEmergenza>2026-11-27</DataInizioEmergenza>"),
        "{xml}"
    );
    assert!(!csv.contains("Verdi") && !page.contains("Panchina"), "{csv}");
    let usual = desk.exporter.day(day("2026-11-27")).await.unwrap().forms;
    assert!(!text(&usual.csv).contains("Emergenza;Ora"), "other days are written as ever");
    assert_eq!(desk.verify().faults, []);
}

fn ticket_of_in(world: &World, number: EmergencyNumber) -> TicketId {
    world.desk.register.find_emergency(number).unwrap()
}

#[tokio::test]
async fn a_bad_row_is_named_and_nothing_is_written() {
    let desk = Desk::start();
    desk.registry.report("before").await;
    let (_, code) = arrived(&desk).await;
    let numbered = desk.registry.writer.read(|world| {
        let id = world.desk.register.numbers.values().next().unwrap();
        world.desk.tickets[id].code.clone()
    });
    desk.registry.set("2026-11-28T10:00:00+01:00");
    let good = "E-2026/0001;27/11/2026;12:30;Ada Neri;;whatsapp;Buca;;STRADE;\n";
    let refused = async |lines: String| step(&desk, import(&desk, &lines)).await.unwrap_err().to_string();
    assert_eq!(refused(good.to_owned()).await, "line 2, column time: no emergency register was open then");
    step(&desk, open("2026-11-27T12:00:00+01:00")).await.unwrap();
    assert!(refused(good.to_owned()).await.contains("is still open: close it first"));
    step(&desk, close("2026-11-28T09:30:00+01:00")).await.unwrap();
    let before = head(&desk);
    for (row, said) in [
        ("E-2026/0001;27/11/2026;13:00;B;;whatsapp;Buca;;STRADE;", "line 3, column number: it must come after"),
        ("E-2027/0001;27/11/2026;13:00;B;;whatsapp;Buca;;STRADE;", "line 3, column number: its year isn't that of"),
        ("E-2026/0002;27/11/2026;12:29;B;;whatsapp;Buca;;STRADE;", "line 3, column time: it lies before"),
        (
            "E-2026/0002;28/11/2026;9:31;B;;whatsapp;Buca;;STRADE;",
            "line 3, column time: no emergency register was open",
        ),
        ("E-2026/0002;27/11/2026;13:00;B;;whatsapp;Buca;;STRADA;", "line 3, column office: no office has the code"),
        ("E-2026/0002;27/11/2026;13:00;;;;;;STRADE;S-00000", "line 3, column ticket: no ticket is called S-00000"),
        (&format!("E-2026/0002;27/11/2026;13:00;;;;;;STRADE;{numbered}"), "line 3, column ticket: it has an ordinary"),
        (
            &format!("E-2026/0002;27/11/2026;13:00;;;;;;LUCE;{code}\nE-2026/0003;27/11/2026;13:00;;;;;;LUCE;{code}"),
            "line 4, column ticket: the same report",
        ),
    ] {
        let error = refused(format!("{good}{row}\n")).await;
        assert!(error.contains(said), "{error}");
        assert_eq!(head(&desk), before, "{row}");
    }
}

#[tokio::test]
async fn it_is_opened_extended_and_closed_in_the_order_of_the_law() {
    let desk = Desk::start();
    desk.registry.set("2026-12-01T10:00:00+01:00");
    let from = "2026-11-27T12:00:00+01:00";
    let refused = async |asked: EmergencyStep| step(&desk, asked).await.unwrap_err().to_string();
    assert!(refused(close(from)).await.contains("no emergency register is open"));
    assert!(refused(open("2026-12-01T10:00:01+01:00")).await.contains("from: it lies in the future"));
    let EmergencyStep::Open { from: at, authorised_by, act, .. } = open(from) else { unreachable!() };
    let cause = "lo dice Anna, 347 1234567".to_owned();
    assert!(refused(EmergencyStep::Open { from: at, cause, authorised_by, act }).await.contains("personal data"));
    step(&desk, open(from)).await.unwrap();
    assert!(refused(open("2026-11-28T12:00:00+01:00")).await.contains("open already"));
    assert!(refused(close("2026-11-29T09:00:00+01:00")).await.contains("extend it first"), "24 hours at first");
    assert!(refused(extend("2026-12-05T12:00:01+01:00", "provvedimento 4/2026")).await.contains("a week at a time"));
    assert!(refused(extend("2026-11-30T12:00:00+01:00", " ")).await.contains("act must be given"));
    step(&desk, extend("2026-11-30T12:00:00+01:00", "provvedimento 4/2026")).await.unwrap();
    assert!(refused(close("2026-11-27T11:00:00+01:00")).await.contains("opened only after that"));
    step(&desk, close("2026-11-29T09:00:00+01:00")).await.unwrap();
    assert!(refused(open("2026-11-29T08:59:59+01:00")).await.contains("closed only after that"));
    step(&desk, open("2026-11-29T09:00:00+01:00")).await.unwrap();
    assert_eq!(desk.verify().emergencies, 2);
}

#[test]
fn the_proof_finds_a_register_that_was_not_open_and_an_import_that_counts_wrong() {
    let number = |number| EmergencyNumber { year: 2026, number };
    let import =
        EmergencyImport { sha256: [1; 32], first: number(1), last: number(2), totals: vec![(day("2026-11-27"), 2)] };
    let events = [
        Register::EmergencyClosed { at: "2026-11-27T12:00:00Z".parse().unwrap() },
        Register::EmergencyImported(import),
    ];
    let mut journal = Memory::default();
    let now = "2026-11-28T12:00:00Z".parse().unwrap();
    journal.append(&[Batch::opening([7; 16], now)]).unwrap();
    let new = |at: u8, event| NewEvent {
        stream: Stream::Register,
        event_id: EventId([at; 16]),
        correlation: [0; 16],
        actor: anna(),
        occurred_at: now,
        event: Event::Register(event),
    };
    let events = (1..).zip(events).map(|(at, event)| new(at, event)).collect();
    let batch =
        Batch { cause: CauseId([9; 16]), recorded_at: now, trace_parent: String::new(), expected: vec![], events };
    journal.append(&[batch]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (reader, shelf) = (journal.reader(), Shelf::below(folder.path()));
    let verifier = Verifier { reader: &*reader, opener: &NoKeys, public_key: [0; 32], shelf: &shelf, noted: &|_| None };
    let faults = verifier.register().unwrap().faults.into_iter().map(|fault| fault.what).collect::<Vec<_>>();
    assert_eq!(faults, [What::BadEmergency, What::BadImport]);
}
