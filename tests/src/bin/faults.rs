//! `make faults`: every row, then every mistake. `--row NAME --seed N` repeats one.

use clap::Parser;
use segnalalo_tests::faults::{
    self, Outcome,
    mistakes::{self, Hunt},
    report, rows,
};
use std::process::ExitCode;

#[derive(Debug, Parser)]
struct Args {
    /// One row; all when none is named.
    #[arg(long)]
    row: Vec<String>,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// With this mistake put back, in the row that must find it.
    #[arg(long)]
    mistake: Vec<String>,
    /// Rows alone, without the mistakes.
    #[arg(long)]
    rows_only: bool,
    /// Mistakes alone, each beside its row without it.
    #[arg(long)]
    mistakes_only: bool,
    /// Writes what was run of the two tables into docs/reliability.md, each only when all of it was run.
    #[arg(long)]
    write: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let args = Args::parse();
    let named = !args.mistake.is_empty() || !args.row.is_empty();
    let mut good = true;
    let mut outcomes = Vec::new();
    if args.mistake.is_empty() && !args.mistakes_only {
        outcomes = run_rows(&args).await?;
        println!("{}", report::total(&outcomes));
        good &= outcomes.iter().all(Outcome::is_green);
        if args.write && args.row.is_empty() {
            report::write_rows(&outcomes)?;
        }
    }
    if (!named && !args.rows_only) || !args.mistake.is_empty() {
        let hunts = hunt(&args, &outcomes).await?;
        println!("{}", report::total_of_mistakes(&hunts));
        good &= hunts.iter().all(|hunt| hunt.proof().is_ok());
        if args.write && args.mistake.is_empty() {
            report::write_mistakes(&hunts)?;
        }
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn run_rows(args: &Args) -> anyhow::Result<Vec<Outcome>> {
    let chosen = match args.row.is_empty() {
        true => rows::all(),
        false => args.row.iter().map(|name| rows::named(name)).collect::<anyhow::Result<_>>()?,
    };
    let mut outcomes = Vec::new();
    for row in &chosen {
        let outcome = faults::run(row, args.seed, None).await;
        println!("{}", report::line(&outcome));
        for finding in &outcome.findings {
            println!("    {finding}");
        }
        if !outcome.is_green() {
            println!("    again: make faults ARGS=\"--row {} --seed {}\"", row.name, args.seed);
        }
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

/// `outcomes`: what the rows showed before, without a mistake.
async fn hunt(args: &Args, outcomes: &[Outcome]) -> anyhow::Result<Vec<Hunt>> {
    let chosen = mistakes::ALL
        .iter()
        .filter(|mistake| args.mistake.is_empty() || args.mistake.iter().any(|name| name == mistake.name));
    let mut hunts = Vec::new();
    for mistake in chosen {
        let without = outcomes.iter().find(|outcome| outcome.row == mistake.row).cloned();
        let hunt = mistakes::hunt(mistake, args.seed, without).await?;
        println!("{}", report::line_of_mistake(&hunt));
        hunts.push(hunt);
    }
    anyhow::ensure!(!hunts.is_empty(), "no mistake is called {:?}", args.mistake);
    Ok(hunts)
}
