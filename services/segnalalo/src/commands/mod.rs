//! A file for each command.

pub mod all;
pub mod calendar;
pub mod classify;
pub mod clients;
pub mod clock;
pub mod dead;
pub mod deadlines;
pub mod demo;
pub mod doctor;
pub mod health;
pub mod held;
pub mod log;
pub mod normalize;
pub mod notices;
pub mod person;
pub mod prepare;
pub mod register;
pub mod replay;
pub mod retention;
pub mod service;
pub mod ticket;

use crate::{
    cli::{Cli, Command},
    failure::Failure,
    phrases::Phrases,
    processes,
};
use segnalalo_kit::config::Vars;
use std::process::ExitCode;

/// Does what the line says. The exit code is for commands whose answer can be no without anything having failed.
pub async fn run(cli: Cli, vars: Vars, phrases: Phrases) -> Result<ExitCode, Failure> {
    match cli.command {
        Command::IngestFacebook => service::run(processes::ingest_facebook(&vars)?, &vars).await?,
        Command::IngestWhatsapp => service::run(processes::ingest_whatsapp(&vars)?, &vars).await?,
        Command::Triage => service::run(processes::triage(&vars)?, &vars).await?,
        Command::Registry => service::run(processes::registry(&vars)?, &vars).await?,
        Command::SlaClock => service::run(processes::sla_clock(&vars)?, &vars).await?,
        Command::Notifier => service::run(processes::notifier(&vars)?, &vars).await?,
        Command::GraphSim => service::run(processes::graph_sim(&vars)?, &vars).await?,
        Command::All => all::run(&vars).await?,
        Command::Dead(args) => dead::run(args, &vars, &phrases).await?,
        Command::Demo(args) => demo::run(&args, &vars, &phrases).await?,
        Command::Doctor(args) => return doctor::run(args, &vars, &phrases).await,
        Command::Clients(args) => clients::run(args, &vars, &phrases).await?,
        Command::Ticket(args) => ticket::run(args, &vars, &phrases).await?,
        Command::Held(args) => held::run(args, &vars, &phrases).await?,
        Command::Notices(args) => notices::run(&args, &vars, &phrases).await?,
        Command::Person(args) => person::run(args, &vars, &phrases).await?,
        Command::Prepare(args) => prepare::run(&args, &phrases)?,
        Command::Register(args) => return register::run(args, &vars, &phrases).await,
        Command::Retention(args) => retention::run(args, &vars, &phrases).await?,
        Command::Replay(args) => return replay::run(&args, &vars, &phrases).await,
        Command::Normalize(args) => normalize::run(&args, &vars)?,
        Command::Classify(args) => classify::run(&args, &vars)?,
        Command::Clock(args) => clock::run(args, &vars, &phrases).await?,
        Command::Deadlines(args) => deadlines::run(&args, &vars, &phrases)?,
        Command::Calendar(args) => calendar::run(&args, &vars, &phrases)?,
        Command::Log(args) => return log::run(args, &vars, &phrases).await,
        Command::Health(args) => return health::run(&args, &vars, &phrases).await,
    }
    Ok(ExitCode::SUCCESS)
}
