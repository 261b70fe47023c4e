//! `segnalalo classify`: messages as JSON Lines on standard input, what triage proposes for each on standard output. A
//! probe: it asks nobody and stores nothing.

use crate::failure::Failure;
use segnalalo_kit::config::Vars;
use segnalalo_triage::{classify::Classifier, probe};
use std::{io, path::PathBuf};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, value_name = "CARTELLA")]
    city: Option<PathBuf>,
}

pub fn run(args: &Args, vars: &Vars) -> Result<(), Failure> {
    let city = vars.parsed("SEGNALALO_CITY", PathBuf::from("deploy/biella")).map_err(Failure::config)?;
    let classifier = Classifier::load(args.city.as_deref().unwrap_or(&city)).map_err(Failure::config)?;
    let output = io::BufWriter::new(io::stdout().lock());
    let summary = probe::run(&classifier, io::stdin().lock(), output)?;
    match summary.faulty {
        0 => Ok(()),
        faulty => Err(Failure::failed(format!("{faulty} lines couldn't be read"))),
    }
}
