//! `segnalalo dead`: what no process could handle, with the reason. An operator looks at it, puts it back where it came
//! from, or drops it. Bytes are shown only when asked for: they hold what a citizen wrote.

use crate::{
    commands::demo::folder,
    failure::Failure,
    output,
    phrases::{Phrases, stamp},
    render::wrap,
};
use clap::Subcommand;
use segnalalo_kit::{
    bus::{Bus, BusConfig, DeadLetter, DeadLetters, Error},
    config::Vars,
};
use segnalalo_proto::observation::v1::{Inbound, Observed};
use serde_json::{Value, json};
use std::time::Duration;

/// How long a broker that isn't there is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(List),
    Show(Letter),
    Replay(Letter),
    Drop(Letter),
}

#[derive(Debug, clap::Args)]
struct List {
    #[arg(long, default_value_t = 100)]
    limit: usize,
}

#[derive(Debug, clap::Args)]
struct Letter {
    #[arg(value_name = "NUMERO")]
    number: u64,
}

pub async fn run(args: Args, vars: &Vars, phrases: &Phrases) -> Result<(), Failure> {
    let config = BusConfig::from_vars("operator", &folder::with_demo(vars)?).map_err(Failure::config)?;
    let bus = Bus::connect(&config).await.map_err(Failure::config)?;
    let work = act(&args, bus.dead(), vars, phrases);
    tokio::time::timeout(PATIENCE, work)
        .await
        .unwrap_or_else(|_| Err(Failure::unavailable(phrases.text("dead_unreachable", &[]))))
}

async fn act(args: &Args, dead: DeadLetters, vars: &Vars, phrases: &Phrases) -> Result<(), Failure> {
    match &args.command {
        Command::List(list) => {
            let letters = dead.list(list.limit).await.map_err(|error| unavailable(&error, phrases))?;
            print_all(&letters, args.json, vars, phrases);
        }
        Command::Show(which) => {
            let letter = find(&dead, which.number, phrases).await?;
            show(&letter, args.json, vars, phrases);
        }
        Command::Replay(which) => {
            let letter = find(&dead, which.number, phrases).await?;
            let put_back = dead.replay(which.number).await.map_err(|error| unavailable(&error, phrases))?;
            if !put_back {
                let values = [("number", which.number.to_string()), ("stream", letter.parked.stream)];
                let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
                return Err(Failure::failed(phrases.text("dead_not_replayable", &values)));
            }
            done("dead_replayed", which.number, args.json, phrases);
        }
        Command::Drop(which) => {
            find(&dead, which.number, phrases).await?;
            dead.remove(which.number).await.map_err(|error| unavailable(&error, phrases))?;
            done("dead_dropped", which.number, args.json, phrases);
        }
    }
    Ok(())
}

async fn find(dead: &DeadLetters, number: u64, phrases: &Phrases) -> Result<DeadLetter, Failure> {
    let found = dead.get(number).await.map_err(|error| unavailable(&error, phrases))?;
    found.ok_or_else(|| Failure::failed(phrases.text("dead_unknown", &[("number", &number.to_string())])))
}

fn unavailable(error: &Error, phrases: &Phrases) -> Failure {
    Failure::unavailable(phrases.text("dead_unreachable", &[]))
        .with(&phrases.text("technical", &[("detail", &error.to_string())]))
}

fn done(key: &str, number: u64, as_json: bool, phrases: &Phrases) {
    output::line(match as_json {
        true => json!({ "number": number, "done": true }).to_string(),
        false => phrases.text(key, &[("number", &number.to_string())]),
    });
}

fn print_all(letters: &[DeadLetter], as_json: bool, vars: &Vars, phrases: &Phrases) {
    if as_json {
        let letters = letters.iter().map(described).collect::<Vec<_>>();
        output::line(json!({ "letters": letters }).to_string());
        return;
    }
    if letters.is_empty() {
        output::line(phrases.text("no_dead", &[]));
    }
    letters.iter().for_each(|letter| head(letter, vars, phrases));
}

fn head(letter: &DeadLetter, vars: &Vars, phrases: &Phrases) {
    let number = letter.sequence.to_string();
    let at = stamp(letter.parked_at);
    let values =
        [("number", number.as_str()), ("at", &at), ("subject", &letter.parked.subject), ("why", &letter.parked.why)];
    output::line(phrases.text("dead_item", &values));
    output::line(wrap::wrap(&phrases.text("dead_why", &values), 4, wrap::width(vars)));
}

fn show(letter: &DeadLetter, as_json: bool, vars: &Vars, phrases: &Phrases) {
    let content = content(letter);
    if as_json {
        let mut letter = described(letter);
        letter["content"] = Value::String(content);
        output::line(letter.to_string());
        return;
    }
    head(letter, vars, phrases);
    output::line(wrap::wrap(&content, 4, wrap::width(vars)));
    output::line(phrases.text("dead_how", &[("number", &letter.sequence.to_string())]));
}

fn described(letter: &DeadLetter) -> Value {
    let parked = &letter.parked;
    json!({
        "number": letter.sequence, "parked_at": letter.parked_at.to_string(), "stream": parked.stream,
        "subject": parked.subject, "sequence": parked.sequence, "delivered": parked.delivered, "why": parked.why,
    })
}

/// What it says, where it can be read; its bytes otherwise.
fn content(letter: &DeadLetter) -> String {
    use prost::Message as _;
    let bytes = &letter.parked.payload;
    let read = match letter.parked.stream.as_str() {
        "INBOUND" => Inbound::decode(bytes.clone()).ok().map(|inbound| format!("{inbound:?}")),
        "OBSERVED" => Observed::decode(bytes.clone()).ok().map(|observed| format!("{observed:?}")),
        _ => None,
    };
    read.unwrap_or_else(|| hex::encode(bytes))
}
