//! One program: a subcommand for each process, and the operators' tools.

mod cli;
mod client;
mod commands;
mod demo_time;
mod failure;
mod host;
mod operator;
mod output;
mod phrases;
mod processes;
mod render;

use anyhow::Context as _;
use failure::Failure;
use segnalalo_kit::{config::Vars, memory};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("{failure}");
            failure.exit_code()
        }
    }
}

async fn run() -> Result<ExitCode, Failure> {
    memory::keep_off_disk().context("core dumps can't be switched off for this process")?;
    let vars = Vars::process();
    let phrases = phrases::Phrases::load(&vars)?;
    commands::run(cli::parse(&phrases), vars, phrases).await
}
