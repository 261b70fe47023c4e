//! `segnalalo deadlines`: arrivals as JSON Lines on standard input; by when each is taken in charge and first answered,
//! and how that was counted, on standard output. It asks nobody and stores nothing.

use super::calendar::city_calendar;
use crate::{failure::Failure, phrases::Phrases, render::steps};
use jiff::Timestamp;
use segnalalo_domain::{
    calendar::{Calendar, rome},
    sla,
    words::{Channel, Kind, Office},
};
use segnalalo_kit::config::Vars;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    io::{self, BufRead, Write},
    path::PathBuf,
};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, value_name = "CARTELLA")]
    city: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    id: Value,
    received: String,
    channel: String,
    /// Who answers first, and what: when the city has terms of their own for them.
    office: Option<String>,
    kind: Option<String>,
}

pub fn run(args: &Args, vars: &Vars, phrases: &Phrases) -> Result<(), Failure> {
    let calendar = city_calendar(args.city.as_deref(), vars)?;
    let output = io::BufWriter::new(io::stdout().lock());
    let faulty = probe(&calendar, phrases, io::stdin().lock(), output, io::stderr())
        .map_err(|error| Failure::failed(error.to_string()))?;
    match faulty {
        0 => Ok(()),
        faulty => Err(Failure::failed(phrases.text("bad_lines", &[("count", &faulty.to_string())]))),
    }
}

/// Answers every line but empty ones; a faulty one is named on `complaints`, and the next one follows. How many were.
fn probe(
    calendar: &Calendar,
    phrases: &Phrases,
    mut reader: impl BufRead,
    mut writer: impl Write,
    mut complaints: impl Write,
) -> io::Result<u64> {
    let (mut faulty, mut number) = (0, 0_u64);
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        if reader.read_until(b'\n', &mut buffer)? == 0 {
            writer.flush()?;
            return Ok(faulty);
        }
        number += 1;
        if buffer.trim_ascii().is_empty() {
            continue;
        }
        match answer(calendar, phrases, &buffer) {
            Ok(answer) => {
                serde_json::to_writer(&mut writer, &answer)?;
                writer.write_all(b"\n")?;
            }
            Err(problem) => {
                faulty += 1;
                let values = [("line", number.to_string()), ("problem", problem)];
                let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
                writeln!(complaints, "{}", phrases.text("bad_line", &values))?;
            }
        }
    }
}

fn answer(calendar: &Calendar, phrases: &Phrases, line: &[u8]) -> Result<Value, String> {
    let line: Line =
        serde_json::from_slice(line).map_err(|error| phrases.text("bad_json", &[("problem", &error.to_string())]))?;
    let received: Timestamp =
        line.received.parse().map_err(|_| phrases.text("bad_received", &[("text", &line.received)]))?;
    let one_of = |field: &str, text: &str, codes: Vec<&str>| {
        phrases.text("bad_code", &[("field", field), ("text", text), ("codes", &codes.join(", "))])
    };
    Channel::from_code(&line.channel)
        .ok_or_else(|| one_of("channel", &line.channel, Channel::ALL.iter().map(|channel| channel.code()).collect()))?;
    let kind = match &line.kind {
        None => None,
        Some(code) => Some(
            Kind::from_code(code)
                .ok_or_else(|| one_of("kind", code, Kind::ALL.iter().map(|kind| kind.code()).collect()))?,
        ),
    };
    let office = line.office.map(Office);
    let take_in_charge = sla::take_in_charge(calendar, received);
    let first_answer = sla::first_answer(calendar, received, office.as_ref(), kind);
    let terms = [&take_in_charge, &first_answer];
    let steps = terms.into_iter().flat_map(|term| steps::told(term, received, phrases)).collect::<Vec<_>>();
    Ok(json!({
        "id": line.id,
        "take_in_charge_by": with_offset(take_in_charge.due),
        "first_answer_by": with_offset(first_answer.due),
        "steps": steps,
    }))
}

/// RFC 3339 with Rome's offset at that instant.
fn with_offset(at: Timestamp) -> String {
    at.to_zoned(rome()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vars() -> Vars {
        let city = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/biella");
        Vars::from_pairs([("SEGNALALO_CITY", city)])
    }

    /// The answers, and what was said of faulty lines.
    fn ask(input: &str) -> (Vec<Value>, String, u64) {
        let phrases = Phrases::load(&vars()).unwrap_or_else(|failure| panic!("{failure}"));
        let calendar = city_calendar(None, &vars()).unwrap_or_else(|failure| panic!("{failure}"));
        let (mut output, mut complaints) = (Vec::new(), Vec::new());
        let faulty = probe(&calendar, &phrases, input.as_bytes(), &mut output, &mut complaints).unwrap();
        let answers = String::from_utf8(output).unwrap();
        let answers = answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (answers, String::from_utf8(complaints).unwrap(), faulty)
    }

    #[test]
    fn the_worked_examples_come_out_as_the_city_worked_them() {
        let examples: Vec<Value> =
            serde_json::from_str(include_str!("../../../../tests/fixtures/deadline_examples.json")).unwrap();
        assert_eq!(examples.len(), 12);
        let lines = examples.iter().map(|example| {
            json!({ "id": example["n"], "received": example["arrival_local"], "channel": "whatsapp" }).to_string()
        });
        let (answers, complaints, faulty) = ask(&lines.collect::<Vec<_>>().join("\n"));
        assert_eq!((complaints.as_str(), faulty), ("", 0));
        for (example, answer) in examples.iter().zip(&answers) {
            assert_eq!(answer["id"], example["n"]);
            assert_eq!(answer["take_in_charge_by"], example["deadline_C1"], "{}", example["case"]);
        }
    }

    #[test]
    fn a_person_can_follow_the_steps() {
        let line = r#"{"id": "a", "received": "2026-12-24T09:00:00+01:00", "channel": "messenger"}"#;
        let (answers, ..) = ask(line);
        let steps = answers[0]["steps"].as_array().unwrap().iter().map(|step| step.as_str().unwrap());
        let steps = steps.collect::<Vec<_>>();
        assert_eq!(
            steps[..7],
            [
                "Presa in carico (regola C1/2)",
                "Arrivo giovedì 24 dicembre 2026 alle 9: il giorno dell'arrivo non si conta",
                "venerdì 25 dicembre 2026: festa (Natale)",
                "sabato 26 dicembre 2026: festa (Santo Stefano, patrono di Biella)",
                "domenica 27 dicembre 2026: giorno non lavorativo",
                "lunedì 28 dicembre 2026: 1º giorno lavorativo",
                "Entro lunedì 28 dicembre 2026 alle 16, alla chiusura",
            ]
        );
        assert_eq!(steps[7], "Prima risposta (regola C1x5/2)");
        assert_eq!(answers[0]["first_answer_by"], "2027-01-04T16:00:00+01:00");
    }

    #[test]
    fn a_faulty_line_is_named_and_the_others_go_on() {
        let input = "{\"id\":1,\"received\":\"ieri\",\"channel\":\"whatsapp\"}\n\nnonsense\n{\"id\":2,\"received\":\"2026-11-23T09:10:00+01:00\",\"channel\":\"fax\"}\n{\"id\":3,\"received\":\"2026-06-01T22:30:00Z\",\"channel\":\"whatsapp\"}\n";
        let (answers, complaints, faulty) = ask(input);
        assert_eq!((answers.len(), faulty), (1, 3));
        assert_eq!(answers[0]["take_in_charge_by"], "2026-06-03T16:00:00+02:00");
        let complaints = complaints.lines().collect::<Vec<_>>();
        assert!(complaints[0].starts_with("riga 1: received:") && complaints[0].contains("ieri"), "{complaints:?}");
        assert!(complaints[1].starts_with("riga 3: "), "{complaints:?}");
        assert!(
            complaints[2].starts_with("riga 4: channel:") && complaints[2].contains("facebook_post"),
            "{complaints:?}"
        );
    }
}
