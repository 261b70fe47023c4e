//! `make faults`: every row, then every mistake. `--row NAME --seed N` repeats one.

use clap::Parser;
use segnalalo_tests::faults::{self, Outcome, mistakes, report, rows};
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
    mistake: Option<String>,
    /// Rows alone, without the mistakes.
    #[arg(long)]
    rows_only: bool,
    /// Mistakes alone.
    #[arg(long)]
    mistakes_only: bool,
    /// Writes the table into docs/reliability.md.
    #[arg(long)]
    write: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let args = Args::parse();
    let named = args.mistake.is_some() || !args.row.is_empty();
    let mut good = true;
    if args.mistake.is_none() && !args.mistakes_only {
        let outcomes = run_rows(&args).await?;
        println!("{}", report::total(&outcomes));
        good &= outcomes.iter().all(Outcome::is_green);
        if args.write {
            report::write(&outcomes)?;
        }
    }
    if (!named && !args.rows_only) || args.mistake.is_some() {
        good &= hunt(&args).await?;
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

async fn hunt(args: &Args) -> anyhow::Result<bool> {
    let chosen = mistakes::ALL.iter().filter(|mistake| args.mistake.as_ref().is_none_or(|name| name == mistake.name));
    let (mut found, mut all) = (0, 0);
    for mistake in chosen {
        let outcome = mistakes::hunt(mistake, args.seed).await?;
        let proofs = outcome.proofs();
        let first = proofs.first().copied().unwrap_or("NOT FOUND");
        println!("{:<40} {:<30} {first}", mistake.name, mistake.row);
        all += 1;
        found += usize::from(!proofs.is_empty());
    }
    anyhow::ensure!(all > 0, "no mistake is called {:?}", args.mistake);
    println!("{found} of {all} mistakes found");
    Ok(found == all)
}
