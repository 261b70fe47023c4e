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

use segnalalo_kit::config::Vars;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let vars = Vars::process();
    let done = match phrases::Phrases::load(&vars) {
        Ok(phrases) => commands::run(cli::parse(&phrases), vars, phrases).await,
        Err(failure) => Err(failure),
    };
    match done {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("{failure}");
            failure.exit_code()
        }
    }
}
