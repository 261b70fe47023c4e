//! The command line. Its help is the city's words (`[help]` of `cli.toml`); what stands here as comments is for those
//! who read the code.

use crate::{
    commands::{classify, demo, health, held, log, normalize, notices, replay, ticket},
    phrases::{Part, Phrases},
};
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "segnalalo", version, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    IngestFacebook,
    IngestWhatsapp,
    Triage,
    Registry,
    SlaClock,
    Notifier,
    GraphSim,
    All,
    Demo(demo::Args),
    Ticket(ticket::Args),
    Held(held::Args),
    Notices(notices::Args),
    Replay(replay::Args),
    Normalize(normalize::Args),
    Classify(classify::Args),
    Log(log::Args),
    Health(health::Args),
}

/// Reads the line; on a mistake, says so and ends the process.
pub fn parse(phrases: &Phrases) -> Cli {
    let command = explain(Cli::command(), "", phrases);
    let matches = command.get_matches();
    Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

/// Puts the city's words on a command and on those below it.
fn explain(command: clap::Command, path: &str, phrases: &Phrases) -> clap::Command {
    let command = match phrases.raw(Part::Help, path) {
        Some(about) => command.about(about.to_owned()),
        None => command,
    };
    let names = command.get_subcommands().map(|below| below.get_name().to_owned()).collect::<Vec<_>>();
    names.into_iter().fold(command, |command, name| {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        command.mut_subcommand(name, |below| explain(below, &path, phrases))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use segnalalo_kit::config::Vars;

    #[test]
    fn the_command_line_is_consistent_and_every_command_is_explained() {
        fn check(command: &clap::Command, path: &str) {
            assert!(command.get_about().is_some(), "[help] has no {path:?}");
            for below in command.get_subcommands() {
                check(below, &format!("{path}.{}", below.get_name()));
            }
        }
        let vars = Vars::from_pairs([("SEGNALALO_CITY", "nowhere")]);
        let phrases = Phrases::load(&vars).unwrap_or_else(|failure| panic!("{failure}"));
        let command = explain(Cli::command(), "", &phrases);
        command.clone().debug_assert();
        check(&command, "");
    }
}
