//! `segnalalo clock`: shows the demo's clock and moves it, forward only. In production there is none to move.

use super::demo::folder;
use crate::{
    demo_time,
    failure::Failure,
    output,
    phrases::{Phrases, stamp},
};
use clap::Subcommand;
use jiff::{Span, Timestamp, civil::DateTime};
use segnalalo_domain::calendar::rome;
use segnalalo_kit::{
    clock::{ClockLever, MoveError},
    config::Vars,
};
use serde_json::json;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Show,
    Advance(Advance),
    To(To),
}

#[derive(Debug, clap::Args)]
struct Advance {
    #[arg(value_name = "DURATA", allow_hyphen_values = true)]
    by: String,
}

#[derive(Debug, clap::Args)]
struct To {
    #[arg(value_name = "DATA_E_ORA")]
    time: String,
}

pub async fn run(args: Args, vars: &Vars, phrases: &Phrases) -> Result<(), Failure> {
    let lever = demo_time::lever(&folder::with_demo(vars)?).await?;
    let now = match &args.command {
        Command::Show => return show(&lever, args.json, phrases).await,
        Command::Advance(advance) => {
            let by = advance.by.trim().parse::<Span>();
            let by = by.map_err(|_| Failure::usage(phrases.text("clock_bad_span", &[("text", &advance.by)])))?;
            lever.advance(by).await
        }
        Command::To(to) => {
            let local = to.time.trim().parse::<DateTime>();
            let local = local.map_err(|_| Failure::usage(phrases.text("clock_bad_time", &[("text", &to.time)])))?;
            lever.to(local).await
        }
    };
    let now = now.map_err(|error| refused(&error, phrases))?;
    if args.json {
        output::line(json!({ "now": now.to_string() }).to_string());
    } else {
        output::line(phrases.text("clock_moved", &[("day", &day(now, phrases)), ("hour", &hour(now))]));
    }
    Ok(())
}

async fn show(lever: &ClockLever, as_json: bool, phrases: &Phrases) -> Result<(), Failure> {
    let (now, ahead_ms) = lever.now().await.map_err(|error| refused(&error, phrases))?;
    if as_json {
        output::line(json!({ "now": now.to_string(), "ahead_seconds": ahead_ms as f64 / 1000.0 }).to_string());
        return Ok(());
    }
    let ahead = jiff::SignedDuration::from_millis(ahead_ms);
    let ahead = if ahead_ms == 0 { String::new() } else { phrases.left(ahead) };
    let values = [("day", day(now, phrases)), ("hour", hour(now)), ("ahead", ahead)];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    output::line(phrases.text("clock_now", &values));
    Ok(())
}

fn day(at: Timestamp, phrases: &Phrases) -> String {
    phrases.date(at.to_zoned(rome()).date())
}

/// «09:05», in Biella.
fn hour(at: Timestamp) -> String {
    at.to_zoned(rome()).strftime("%H:%M").to_string()
}

fn refused(error: &MoveError, phrases: &Phrases) -> Failure {
    match error {
        MoveError::NoDemo => Failure::failed(phrases.text("clock_none", &[])),
        MoveError::Backwards { now, to } => {
            let values = [("now", &*stamp(*now)), ("to", &*stamp(*to))];
            Failure::failed(phrases.text("clock_backwards", &values))
        }
        MoveError::TooFar => Failure::failed(phrases.text("clock_too_far", &[])),
        MoveError::Contended => Failure::unavailable(phrases.text("clock_contended", &[])),
        MoveError::Unavailable(cause) => Failure::unavailable(phrases.text("clock_unreachable", &[]))
            .with(&phrases.text("technical", &[("detail", &cause.to_string())])),
    }
}
