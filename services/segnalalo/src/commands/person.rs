//! `segnalalo person`: a citizen's rights. What is printed and written holds personal data: for whoever asked.

mod page;

use crate::{
    client::{self, Registry},
    failure::Failure,
    operator, output,
    phrases::{Part, Phrases},
    render::{json, ticket},
};
use anyhow::Context as _;
use clap::Subcommand;
use segnalalo_kit::{
    clock::{Clock as _, SystemClock},
    config::Vars,
};
use segnalalo_proto::registry::v1::{
    ErasePersonRequest, ExportPersonRequest, FindPersonRequest, Person, find_person_request::By,
};
use serde_json::json;
use std::{fs, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path, path::PathBuf};

/// Digits from which on a text is taken for a telephone number.
const NUMBER: usize = 6;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Find {
        #[arg(value_name = "CHI", required = true)]
        who: Vec<String>,
    },
    Export {
        #[arg(value_name = "PERSONA")]
        person: String,
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    Erase(Erase),
}

#[derive(Debug, clap::Args)]
struct Erase {
    #[arg(value_name = "PERSONA")]
    person: String,
    #[arg(long, value_name = "ATTO")]
    reason: String,
    #[arg(long)]
    yes: bool,
    #[arg(long = "as", value_name = "NOME")]
    operator: Option<String>,
    #[arg(long)]
    key: Option<String>,
}

pub async fn run(args: Args, vars: &Vars, phrases: &Phrases) -> Result<(), Failure> {
    let registry = Registry::connect(vars, phrases).await?;
    match args.command {
        Command::Find { who } => find(registry, &who.join(" "), args.json, phrases).await,
        Command::Export { person, to } => export(registry, person, to, args.json, phrases).await,
        Command::Erase(erase) => self::erase(registry, erase, args.json, vars, phrases).await,
    }
}

async fn find(mut registry: Registry, who: &str, as_json: bool, phrases: &Phrases) -> Result<(), Failure> {
    let answer = registry.persons.find_person(FindPersonRequest { by: Some(by(who)) }).await;
    let refused = |status| registry.refused(&status, phrases, &[("reference", who)]);
    let persons = answer.map_err(refused)?.into_inner().persons;
    if as_json {
        let persons = persons.iter().map(json::person).collect::<Vec<_>>();
        output::line(json!({ "persons": persons }).to_string());
    } else if persons.is_empty() {
        output::line(phrases.say(Part::Person, "none", &[]));
    } else {
        persons.iter().for_each(|person| output::line(page::person(person, phrases)));
    }
    Ok(())
}

/// How a person writes whom he looks for: `S-7K3M9` and `2026/0000001` are tickets, what is digits is a number, the rest
/// is a name.
fn by(who: &str) -> By {
    let who = who.trim();
    let digits = who.chars().filter(char::is_ascii_digit).count();
    let dialled = who.chars().all(|letter| letter.is_ascii_digit() || "+ .-()".contains(letter));
    let is_code = who.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("s-"));
    if is_code || (who.contains('/') && digits > 0) {
        By::Ticket(operator::ticket_ref(who))
    } else if dialled && digits >= NUMBER {
        By::Number(who.to_owned())
    } else {
        By::Name(who.to_owned())
    }
}

async fn export(
    mut registry: Registry,
    person: String,
    to: Option<PathBuf>,
    as_json: bool,
    phrases: &Phrases,
) -> Result<(), Failure> {
    let answer = registry.persons.export_person(ExportPersonRequest { person_id: person.clone() }).await;
    let export = answer.map_err(|status| registry.refused(&status, phrases, &[]))?.into_inner();
    let value = json::export(&export);
    if as_json {
        output::line(value.to_string());
        return Ok(());
    }
    let stem = to.unwrap_or_else(|| PathBuf::from(format!("persona-{}", person.get(..8).unwrap_or(&person))));
    let (machine, page) = (stem.with_added_extension("json"), stem.with_added_extension("txt"));
    write(&machine, &format!("{value:#}\n"))?;
    write(&page, &page::page(&export, SystemClock.now(), phrases))?;
    let values = [
        ("json", machine.display().to_string()),
        ("text", page.display().to_string()),
        ("entries", export.entries.len().to_string()),
    ];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    output::line(phrases.say(Part::Person, "exported", &values));
    Ok(())
}

/// Readable by whoever runs the command, and by nobody else; what is there already is never written over.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| path.display().to_string())?;
    Ok(())
}

async fn erase(
    mut registry: Registry,
    erase: Erase,
    as_json: bool,
    vars: &Vars,
    phrases: &Phrases,
) -> Result<(), Failure> {
    if !erase.yes {
        return Err(Failure::usage(phrases.say(Part::Person, "sure", &[("person", &erase.person)])));
    }
    let key = erase.key.unwrap_or_else(operator::draw_key);
    let request = ErasePersonRequest {
        idempotency_key: key.clone(),
        person_id: erase.person,
        reason: erase.reason,
        actor: Some(operator::actor(erase.operator.as_deref(), vars, phrases)?),
    };
    let answer = registry.persons.erase_person(request).await.map_err(|status| {
        let failure = registry.refused(&status, phrases, &[]);
        if client::is_uncertain(&status) {
            return failure.with(&phrases.text("retry", &[("key", &key)]));
        }
        failure
    })?;
    let erased = answer.into_inner();
    if as_json {
        let value = json!({
            "position": erased.position, "keys": erased.keys, "dropped_replies": erased.dropped_replies,
            "tickets": erased.tickets, "repeated": erased.repeated,
        });
        output::line(value.to_string());
        return Ok(());
    }
    let replies = if erased.dropped_replies == 0 { String::new() } else { erased.dropped_replies.to_string() };
    let values = [
        ("keys", erased.keys.to_string()),
        ("position", erased.position.to_string()),
        ("replies", replies),
        ("tickets", erased.tickets.join(", ")),
    ];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    let said = match (erased.repeated, erased.keys) {
        (true, _) => "erased_before",
        (false, 0) => "nothing",
        (false, _) => "erased",
    };
    output::line(phrases.say(Part::Person, said, &values));
    Ok(())
}

/// Codes of the channels on which somebody wrote.
fn channels(person: &Person) -> Vec<&'static str> {
    person.channels.iter().map(|channel| ticket::channel_code(*channel)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_for_is_told_apart_by_how_it_is_written() {
        for ticket in ["S-7K3M9", "s-7k3m9", "2026/0000001", "1/2026"] {
            assert!(matches!(by(ticket), By::Ticket(_)), "{ticket}");
        }
        for number in ["+39 333 1112222", "393331112222", "333-111.22.22"] {
            assert!(matches!(by(number), By::Number(_)), "{number}");
        }
        for name in ["Anna Rossi", "Sofia", "12"] {
            assert!(matches!(by(name), By::Name(_)), "{name}");
        }
    }
}
