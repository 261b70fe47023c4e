//! The promise over real processes: a clock that stands still while a citizen is asked, a silent citizen, the ladder up to
//! the head of office, and a calendar that changes between two starts of the registry.

use super::{
    city::{City, SOON},
    travel::{all_came, city, clock, terms, to},
};
use jiff::{
    Timestamp, ToSpan as _,
    civil::{Date, Weekday, date},
};
use segnalalo_domain::{
    calendar::rome,
    sla::{DeadlineName, Rung},
};
use segnalalo_proto::{
    common::v1::TicketState,
    registry::v1::{AskCitizen, Deadline, Resolve, TakeInCharge, Ticket, execute_request::Command},
};
use segnalalo_tests::{
    harness::{Service, root, wait_for, wait_until},
    terms::Terms,
};
use std::{fs, path::Path};

const CITIZEN: &str = "393331112222";
/// Days after his last word only a template may be sent.
const REMINDER: &str = "segnalalo_promemoria";

/// The first Monday of the next February that is to come: five weeks without a holiday follow.
fn monday(city: &City) -> Date {
    let today = clock(city, &["show"]).unwrap().to_zoned(rome()).date();
    let mut monday = date(today.year() + 1, 2, 1);
    while monday.weekday() != Weekday::Monday {
        monday = monday.tomorrow().unwrap();
    }
    monday
}

/// `day` of the week (0: Monday) so many weeks after `monday`, on the wall clock in Biella.
fn on(monday: Date, week: i32, day: i32, time: &str) -> String {
    format!("{}T{time}", monday.checked_add((week * 7 + day).days()).unwrap())
}

fn instant(local: &str) -> Timestamp {
    local.parse::<jiff::civil::DateTime>().unwrap().to_zoned(rome()).unwrap().timestamp()
}

async fn known(city: &City, ticket: &Ticket) -> Ticket {
    city.tickets().await.into_iter().find(|known| known.ticket_id == ticket.ticket_id).unwrap()
}

fn term(ticket: &Ticket, name: DeadlineName) -> Deadline {
    ticket.deadlines.iter().find(|term| term.name == name.code()).cloned().unwrap_or_default()
}

fn due(ticket: &Ticket, name: DeadlineName) -> Timestamp {
    let due = term(ticket, name).due.unwrap();
    Timestamp::from_second(due.seconds).unwrap()
}

/// Waits until the term is so; the ticket then.
async fn until(city: &City, ticket: &Ticket, what: &str, so: impl Fn(&Ticket) -> bool) -> Ticket {
    wait_for(what, SOON, async || Some(known(city, ticket).await).filter(&so)).await.unwrap()
}

async fn reminders(city: &City) -> usize {
    city.sent().await.iter().filter(|sent| sent.text.starts_with(REMINDER)).count()
}

fn rungs(terms: &Terms, name: DeadlineName, version: u32) -> Vec<Rung> {
    terms.reached.keys().filter(|(_, known, of, _)| (*known, *of) == (name, version)).map(|(.., rung)| *rung).collect()
}

#[tokio::test]
async fn questions_stop_the_clock_silence_lets_it_run_and_the_ladder_ends_at_the_head_of_office() {
    const FIRST: DeadlineName = DeadlineName::FirstAnswer;
    let mut city = city().await;
    let monday = monday(&city);
    let at = |week, day, time| on(monday, week, day, time);

    to(&city, &at(0, 0, "09:00"));
    city.whatsapp(CITIZEN, "c'è una buca profonda in via Italia").await;
    let ticket = city.ticket("buca profonda").await;
    city.got(CITIZEN, &ticket.code).await;
    let ticket = city.act(&ticket, Command::TakeInCharge(TakeInCharge { office: "STRADE".into() })).await;
    assert_eq!(due(&ticket, FIRST), instant(&at(1, 0, "16:00")), "the fifth working day");

    // 31 hours and 15 minutes of working time are left.
    to(&city, &at(0, 0, "11:00"));
    let ticket = city.act(&ticket, Command::AskCitizen(AskCitizen { text: "A che altezza?".into() })).await;
    let paused = term(&ticket, FIRST);
    assert!(paused.paused, "{paused:?}");
    assert!((paused.left_seconds.cast_signed() - (31 * 60 + 15) * 60).abs() < 60, "{paused:?}");
    assert_eq!(due(&ticket, DeadlineName::CitizenReply), instant(&at(2, 0, "16:00")), "ten working days for him");
    city.got(CITIZEN, "A che altezza?").await;

    // All rungs of what stands still would have come; none does, and he is reminded once, to the second.
    to(&city, &at(1, 0, "08:29:50"));
    assert_eq!(reminders(&city).await, 0);
    city.processes.restart(Service::SlaClock).await.unwrap();
    let now = to(&city, &at(1, 0, "16:00:01"));
    all_came(&city, "the reminder", now).await;
    city.got(CITIZEN, &format!("{REMINDER}: {} | lunedì {} febbraio alle 16", ticket.code, monday.day() + 14)).await;
    let terms = terms(&city).await;
    assert_eq!(rungs(&terms, FIRST, 1), [], "it stands still");
    let reminded =
        terms.reached.iter().find(|((_, name, _, rung), _)| (*name, *rung) == (DeadlineName::CitizenReply, Rung::Near));
    assert_eq!(reminded.unwrap().1, &[instant(&at(1, 0, "08:30"))]);

    // He answers: what was left runs on. He is asked again: it stops again.
    to(&city, &at(1, 1, "10:00"));
    city.whatsapp(CITIZEN, "al civico 12").await;
    let ticket = until(&city, &ticket, "his answer lets it run on", |known| !term(known, FIRST).paused).await;
    assert!((due(&ticket, FIRST) - instant(&at(2, 1, "15:00"))).total(jiff::Unit::Second).unwrap().abs() < 60.0);
    to(&city, &at(1, 2, "09:00"));
    let ticket = city.act(&ticket, Command::AskCitizen(AskCitizen { text: "Su quale lato?".into() })).await;
    assert!(term(&ticket, FIRST).paused && ticket.state() == TicketState::AwaitingCitizen);
    city.got(CITIZEN, "Su quale lato?").await;

    // Silence. Nobody of ours was there when his time was over.
    city.processes.kill(Service::SlaClock).unwrap();
    city.processes.kill(Service::Registry).unwrap();
    city.processes.start(Service::Registry).await.unwrap();
    to(&city, &at(3, 2, "16:30"));
    city.processes.start(Service::SlaClock).await.unwrap();
    let ticket = until(&city, &ticket, "the wait ends", |known| known.state() == TicketState::TakenInCharge).await;
    let late = due(&ticket, FIRST);
    assert!((late - instant(&at(4, 2, "14:30"))).total(jiff::Unit::Second).unwrap().abs() < 60.0, "{late}: 27 hours");
    wait_until("he was reminded of the second question", SOON, async || reminders(&city).await == 2).await.unwrap();

    // Nobody answers him: the ladder, up to the head of office, four working hours later.
    let now = to(&city, &at(4, 3, "11:05"));
    let terms = all_came(&city, "the ladder", now).await;
    let version = term(&ticket, FIRST).version;
    assert_eq!(rungs(&terms, FIRST, version), [Rung::Half, Rung::Near, Rung::Past, Rung::Head]);
    assert_eq!(rungs(&terms, FIRST, version - 1), [], "its second life ended before half of it");
    let told = city.history(&ticket).await;
    let told = told.iter().filter(|entry| entry.event == "deadline_reached" && entry.facts["deadline"] == FIRST.code());
    let told = told.map(|entry| entry.facts["to"].as_str()).collect::<Vec<_>>();
    assert_eq!(told, ["STRADE", "STRADE", "URP", "Dirigente del settore Lavori pubblici"]);
    let head =
        &terms.reached.iter().find(|((_, name, of, rung), _)| (*name, *of, *rung) == (FIRST, version, Rung::Head));
    let head = head.unwrap().1[0];
    assert!((head - instant(&at(4, 3, "11:00"))).total(jiff::Unit::Second).unwrap().abs() < 60.0, "{head}");

    // Done a day late is late, to the second.
    let resolved = city.act(&ticket, Command::Resolve(Resolve { text: "Abbiamo chiuso la buca.".into() })).await;
    let met = term(&resolved, FIRST);
    let late_by = met.met_at.unwrap().seconds - late.as_second();
    assert_eq!(met.late_seconds, late_by);
    assert!((20 * 3_600..21 * 3_600).contains(&late_by), "{late_by}");
    assert_eq!(reminders(&city).await, 2, "each question once");
    assert_eq!(city.verify().await.fault, "");
}

/// The city's files, with something at the calendar's end.
fn write_city(folder: &Path, addition: &str) {
    let calendar = fs::read_to_string(root().join("deploy/biella/calendar.toml")).unwrap();
    // Tables of tables may stand anywhere but inside [terms].
    let changed = calendar.replace("[terms]\n", &format!("{addition}\n[terms]\n"));
    assert!(addition.is_empty() || changed != calendar);
    fs::write(folder.join("calendar.toml"), changed).unwrap();
}

#[tokio::test]
async fn a_calendar_changed_between_two_starts_moves_what_runs_with_a_trace_and_never_earlier() {
    const TAKE: DeadlineName = DeadlineName::TakeInCharge;
    let mut city = city().await;
    let monday = monday(&city);
    let at = |week, day, time| on(monday, week, day, time);
    let folder = city.processes.data().with_extension("city");
    super::person::copy(&root().join("deploy/biella"), &folder);
    city.processes.set("SEGNALALO_CITY", folder.to_string_lossy());

    to(&city, &at(0, 0, "10:00"));
    city.whatsapp(CITIZEN, "c'è una buca profonda in via Italia").await;
    let ticket = city.ticket("buca profonda").await;
    city.got(CITIZEN, &ticket.code).await;
    let first = known(&city, &ticket).await;
    assert_eq!((due(&first, TAKE), term(&first, TAKE).calendar), (instant(&at(0, 1, "16:00")), 1));

    // A fault in the file is named, and nothing of it counts.
    city.processes.stop(Service::Registry).await.unwrap();
    write_city(&folder, "[[closure]]\nfrom = \"domani\"\nreason = \"Neve\"\nact = \"ordinanza n. 9\"\n");
    city.processes.launch(Service::Registry).unwrap();
    let processes = &mut city.processes;
    wait_for("it doesn't start", SOON, async || processes.ended(Service::Registry)).await.unwrap();
    let said = city.processes.log(Service::Registry).unwrap();
    let told = "expected a day like \"2026-12-07\", found \"domani\"";
    assert!(said.contains("calendar.toml") && said.contains(told), "{said}");

    // An ordinance closes everything on Tuesday.
    let tuesday = monday.tomorrow().unwrap();
    let closure = format!("[[closure]]\nfrom = \"{tuesday}\"\nreason = \"Neve\"\nact = \"ordinanza n. 9\"\n");
    write_city(&folder, &closure);
    city.processes.restart(Service::Registry).await.unwrap();
    let moved = until(&city, &ticket, "the term is counted anew", |known| term(known, TAKE).calendar == 2).await;
    assert_eq!((due(&moved, TAKE), term(&moved, TAKE).version), (instant(&at(0, 2, "16:00")), 2));
    assert_eq!(due(&moved, DeadlineName::FirstAnswer), instant(&at(1, 1, "16:00")));
    let now = to(&city, &at(0, 1, "16:00:05"));
    let terms = all_came(&city, "a closed Tuesday", now).await;
    assert_eq!(rungs(&terms, TAKE, 1), [], "sla-clock has heard of it");
    assert!(!rungs(&terms, TAKE, 2).contains(&Rung::Past));

    // The ordinance is withdrawn: what the citizen may count on stays.
    city.processes.stop(Service::Registry).await.unwrap();
    write_city(&folder, "");
    city.processes.start(Service::Registry).await.unwrap();
    let kept =
        until(&city, &ticket, "another version", |known| term(known, DeadlineName::FirstAnswer).calendar == 3).await;
    assert_eq!(due(&kept, TAKE), instant(&at(0, 2, "16:00")), "never earlier");
    assert_eq!(due(&kept, DeadlineName::FirstAnswer), instant(&at(1, 0, "16:00")), "he wasn't told of this one");
    let now = to(&city, &at(0, 2, "16:00:05"));
    let terms = all_came(&city, "Wednesday's closing", now).await;
    let past = terms.reached.keys().filter(|(_, name, _, rung)| (*name, *rung) == (TAKE, Rung::Past)).count();
    assert_eq!(past, 1, "over once");

    // The same file again is no new version.
    city.processes.restart(Service::Registry).await.unwrap();
    let records = city.verify().await;
    assert_eq!(records.fault, "");
    let log = city.log(usize::try_from(records.records).unwrap()).await;
    let adopted = log.iter().filter(|envelope| {
        matches!(envelope.event, Some(segnalalo_proto::event::v1::envelope::Event::CalendarAdopted(_)))
    });
    assert_eq!(adopted.count(), 3);
}
