//! What calendars and clocks do. Time is the demo's, moved forward; the dates are the next ones that there are.

use super::{Injected, Row, row};
use crate::{
    faults::{
        city::{City, SOON},
        evidence,
    },
    harness::{Service, root, wait_until},
};
use anyhow::{Context as _, Result, ensure};
use jiff::{Timestamp, ToSpan as _, civil::Date, civil::Weekday, civil::date};
use segnalalo_domain::{
    calendar::{easter, local_date},
    event::{Event, Register, conversation::Event as Said, ticket::Event as Happened},
    sla::DeadlineName,
};
use segnalalo_kit::city::Dates;
use serde_json::{Value, json};
use std::{
    collections::{BTreeSet, HashMap},
    fs,
    io::Write as _,
    process::Stdio,
    time::Duration,
};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row!(
            "time-new-year",
            "time",
            "the turn of the year, with messages and numbers on both sides",
            "I4: numbers begin anew at midnight in Rome; I6",
            new_year
        ),
        row!(
            "time-summer-time-begins",
            "time",
            "the hour from 2 to 3 is missing, with messages on both sides",
            "I6: terms as counted apart, each rung once",
            summer_begins
        ),
        row!(
            "time-summer-time-ends",
            "time",
            "the hour from 2 to 3 comes twice, with messages in both",
            "I6: terms as counted apart, each rung once",
            summer_ends
        ),
        row!("time-leap-day", "time", "28 and 29 February, 1 March", "I6: a day like others", leap_day),
        row!(
            "time-easter-monday",
            "time",
            "Good Friday, Easter Monday, the Tuesday after",
            "I6: no working day in between",
            easter_monday
        ),
        row!(
            "time-one-clock-wrong",
            "time",
            "sla-clock's clock 20 minutes ahead, then 20 minutes behind",
            "I6: it says so, says no term meanwhile, and all of them after",
            one_clock_wrong
        ),
    ]
}

/// Arrivals and by when they are taken in charge, counted by hand from the office's hours (a working day that isn't the
/// day of the arrival, until 16:00).
const COUNTED_BY_HAND: [(&str, &str); 7] = [
    // Friday is New Year's Day: Monday.
    ("2026-12-31T23:58:00+01:00", "2027-01-04T16:00:00+01:00"),
    // Good Friday: over Easter, its Monday and the beginning of summer time.
    ("2027-03-26T15:30:00+01:00", "2027-03-30T16:00:00+02:00"),
    ("2027-03-28T01:58:00+01:00", "2027-03-30T16:00:00+02:00"),
    // The hour that comes twice, on a Sunday before All Saints' Day.
    ("2027-10-31T02:30:00+02:00", "2027-11-02T16:00:00+01:00"),
    ("2027-10-31T02:30:00+01:00", "2027-11-02T16:00:00+01:00"),
    ("2028-02-28T09:30:00+01:00", "2028-02-29T16:00:00+01:00"),
    ("2028-02-29T10:00:00+01:00", "2028-03-01T16:00:00+01:00"),
];

/// The next such day of a year, not before the day after tomorrow: the clock only moves forward.
fn next(of: impl Fn(i16) -> Option<Date>, city: &City) -> Result<Date> {
    let today = local_date(city.now());
    let after = today.checked_add(1.day())?;
    let coming = (today.year()..today.year() + 12).filter_map(of).find(|day| *day > after);
    coming.context("no such day in the next years")
}

fn last_sunday(year: i16, month: i8) -> Option<Date> {
    date(year, month, 1).nth_weekday_of_month(-1, Weekday::Sunday).ok()
}

async fn new_year(city: &mut City) -> Result<Injected> {
    let day = next(|year| Some(date(year, 12, 31)), city)?;
    let year = day.year();
    let done = through(city, &[format!("to {day}T23:58:00"), format!("to {}-01-01T00:00:05", year + 1)]).await?;
    let log = evidence::gather(city).await?.log;
    let years = log.iter().filter_map(|recorded| match &recorded.event {
        Event::Register(Register::NumberAssigned { protocol, .. }) => Some(i32::from(protocol.year)),
        _ => None,
    });
    let years = years.collect::<BTreeSet<_>>();
    if years != BTreeSet::from([i32::from(year), i32::from(year) + 1]) {
        city.findings.push(format!("I4: numbers of {years:?} around the end of {year}"));
    }
    Ok(done)
}

async fn summer_begins(city: &mut City) -> Result<Injected> {
    let day = next(|year| last_sunday(year, 3), city)?;
    through(city, &[format!("to {day}T01:58:00"), format!("to {day}T03:02:00")]).await
}

async fn summer_ends(city: &mut City) -> Result<Injected> {
    let day = next(|year| last_sunday(year, 10), city)?;
    through(city, &[format!("to {day}T02:30:00"), "advance 1h".to_owned(), format!("to {day}T03:30:00")]).await
}

async fn leap_day(city: &mut City) -> Result<Injected> {
    let leap = next(|year| Date::new(year, 2, 29).ok(), city)?;
    let (before, after) = (leap.yesterday()?, leap.tomorrow()?);
    through(city, &[format!("to {before}T09:30:00"), format!("to {leap}T10:00:00"), format!("to {after}T10:00:00")])
        .await
}

async fn easter_monday(city: &mut City) -> Result<Injected> {
    let monday = next(|year| easter(year).tomorrow().ok(), city)?;
    let (friday, tuesday) = (monday.checked_sub(3.days())?, monday.tomorrow()?);
    through(city, &[format!("to {friday}T15:30:00"), format!("to {monday}T10:00:00"), format!("to {tuesday}T16:00:01")])
        .await
}

/// Citizens write and an operator takes in charge at each of these moments, with work still under way when time moves on;
/// then days go by until rungs have come.
async fn through(city: &mut City, moments: &[String]) -> Result<Injected> {
    city.move_clocks();
    city.start().await?;
    for moment in moments {
        city.clock(&moment.split(' ').collect::<Vec<_>>()).await?;
        city.write(7).await;
        city.take_in_charge(1).await?;
    }
    city.heal().await?;
    city.clock(&["advance", "5d"]).await?;
    city.heal().await?;
    promises(city).await?;
    Ok(Injected::Times(moments.len() + 1))
}

/// What citizens were promised is what `segnalalo deadlines` counts, from when they wrote; and that counts as by hand.
async fn promises(city: &mut City) -> Result<()> {
    let mut findings = Vec::new();
    let by_hand = COUNTED_BY_HAND.map(|(received, _)| (received.to_owned(), received, "whatsapp"));
    for (received, due) in COUNTED_BY_HAND {
        let counted = count(city, &by_hand)?;
        let due = due.parse::<Timestamp>()?;
        if counted.get(received) != Some(&due) {
            findings.push(format!("I6: arrived {received}, due {:?} instead of {due}", counted.get(received)));
        }
    }
    let evidence = evidence::gather(city).await?;
    let written = |message| {
        let mut received = evidence.log.iter().filter(|recorded| {
            matches!(&recorded.event, Event::Conversation(Said::MessageReceived { message: own, .. }) if *own == message)
        });
        let words = evidence.words.get(&received.next()?.position)?;
        city.citizens.written.iter().find(|written| words.contains(&written.marker))
    };
    let mut opened = Vec::new();
    for recorded in &evidence.log {
        let Event::Ticket(Happened::Opened { message, code, channel, received_at, deadlines, .. }) = &recorded.event
        else {
            continue;
        };
        let at = written(*message).map(|written| written.at);
        if at.is_none_or(|at| received_at.duration_since(at).as_secs().abs() > 1) {
            findings.push(format!("I6: the term of {code} runs from {received_at}, and it was written {at:?}"));
        }
        let term = deadlines.iter().find(|term| term.name == DeadlineName::TakeInCharge);
        opened.push((code.clone(), received_at.to_string(), channel.code(), term.context("no term")?.due));
    }
    ensure!(opened.len() > 1, "{} tickets show nothing", opened.len());
    let lines = opened.iter().map(|(code, received, channel, _)| (code.clone(), received.as_str(), *channel));
    let counted = count(city, &lines.collect::<Vec<_>>())?;
    let mut untold = Vec::new();
    let dates = Dates::load(&root().join("deploy/biella"))?;
    for (code, received, _, due) in &opened {
        if counted.get(code) != Some(due) {
            let counted = counted.get(code);
            findings.push(format!("I6: {code}, arrived {received}, is due {due}, and counted apart {counted:?}"));
        }
        // The first that speaks of it is the receipt.
        let receipt = evidence.accepted.iter().find(|sent| sent["text"].as_str().unwrap_or_default().contains(code));
        let Some(receipt) = receipt else {
            untold.push(code);
            continue;
        };
        let text = receipt["text"].as_str().unwrap_or_default();
        // Filled in before time was moved, and taken after: another year's date has its year with it.
        let filled_in = [receipt["at"].as_str().context("a time")?.parse()?, received.parse::<Timestamp>()?];
        if !filled_in.iter().any(|at| text.contains(&dates.by_when(*due, *at))) {
            findings
                .push(format!("I6: the receipt of {code} doesn't say {:?}: {text}", dates.by_when(*due, filled_in[0])));
        }
    }
    // Time that moves under a POST may leave its outcome to a person.
    if untold.len() > evidence.held() {
        findings.push(format!("I6: nobody was told of {untold:?}, and {} replies are held", evidence.held()));
    }
    city.findings.append(&mut findings);
    Ok(())
}

/// `segnalalo deadlines`: by when each is taken in charge, by its id.
fn count(city: &City, arrivals: &[(String, &str, &str)]) -> Result<HashMap<String, Timestamp>> {
    let mut command = city.processes.command(&["deadlines"])?;
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut input = child.stdin.take().context("no standard input")?;
    for (id, received, channel) in arrivals {
        writeln!(input, "{}", json!({"id": id, "received": received, "channel": channel}))?;
    }
    drop(input);
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "segnalalo deadlines: {}", output.status);
    let mut counted = HashMap::new();
    for line in String::from_utf8(output.stdout)?.lines() {
        let line: Value = serde_json::from_str(line)?;
        let due = line["take_in_charge_by"].as_str().context("no term")?;
        counted.insert(line["id"].as_str().unwrap_or_default().to_owned(), due.parse()?);
    }
    Ok(counted)
}

/// Rungs that the log has.
async fn rungs(city: &mut City) -> Result<usize> {
    let log = evidence::gather(city).await?.log;
    let said = |event: &Event| matches!(event, Event::Ticket(Happened::DeadlineReached { .. }));
    Ok(log.iter().filter(|recorded| said(&recorded.event)).count())
}

async fn one_clock_wrong(city: &mut City) -> Result<Injected> {
    /// Terms come due, and a clock that is right would say them within a second.
    const MEANWHILE: Duration = Duration::from_secs(4);
    city.move_clocks();
    city.start().await?;
    let file = city.processes.data().with_extension("skew");
    city.restart_armed(Service::SlaClock, &format!("clock.skew=return({})", file.display())).await?;
    city.write(14).await;
    city.heal().await?;
    let url = format!("{}/readyz", city.processes.admin_url(Service::SlaClock));
    let mut said = rungs(city).await?;
    for minutes in [20, -20] {
        fs::write(&file, (minutes * 60).to_string())?;
        wait_until("sla-clock says that its clock is wrong", SOON, async || {
            let answer = city.http.get(&url).await;
            answer.is_ok_and(|answer| answer.status == 503 && answer.body.contains("20 minutes"))
        })
        .await?;
        city.clock(&["advance", "3d"]).await?;
        tokio::time::sleep(MEANWHILE).await;
        if rungs(city).await? != said {
            city.findings.push(format!("I6: with its clock {minutes} minutes wrong, sla-clock said a term"));
        }
        fs::remove_file(&file)?;
        city.heal().await?;
        let now = rungs(city).await?;
        ensure!(now > said, "no rung came due: the row shows nothing");
        said = now;
    }
    Ok(Injected::Times(city.hits("clock.skew")))
}
