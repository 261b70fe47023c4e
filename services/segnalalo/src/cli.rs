//! The command line. Its help is the city's words (`[help]` of `cli.toml`); what stands here as comments is for those
//! who read the code.

use crate::{
    commands::{
        calendar, classify, clients, clock, dead, deadlines, demo, doctor, health, held, log, normalize, notices,
        person, prepare, register, replay, retention, ticket,
    },
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
    Dead(dead::Args),
    Demo(demo::Args),
    Doctor(doctor::Args),
    Ticket(ticket::Args),
    Clients(clients::Args),
    Held(held::Args),
    Notices(notices::Args),
    Person(person::Args),
    Prepare(prepare::Args),
    Register(register::Args),
    Retention(retention::Args),
    Replay(replay::Args),
    Normalize(normalize::Args),
    Classify(classify::Args),
    Clock(clock::Args),
    Deadlines(deadlines::Args),
    Calendar(calendar::Args),
    Log(log::Args),
    Health(health::Args),
}

/// Reads the line; on a mistake, says so and ends the process.
pub fn parse(phrases: &Phrases) -> Cli {
    let command = explain(Cli::command(), "", phrases);
    let matches = command.get_matches();
    Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

/// Puts the city's words on a command, its arguments and the commands below it.
fn explain(command: clap::Command, path: &str, phrases: &Phrases) -> clap::Command {
    let said = |key: &str| phrases.raw(Part::Help, key).map(str::to_owned);
    let heading = |key: &str| fixed(said(key).unwrap_or_default());
    let flag = |name: &'static str, short: char, action: clap::ArgAction| {
        let help = said(&format!("* {name}")).unwrap_or_default();
        let flag = clap::Arg::new(name).short(short).long(name).action(action).help(help);
        flag.help_heading(heading("heading options"))
    };
    let about = said(path).unwrap_or_default();
    let command = command
        .about(about)
        .subcommand_help_heading(heading("heading commands"))
        .help_template(heading("heading template"))
        .disable_help_flag(true)
        .mut_args(|argument| {
            let id = argument.get_id().to_string();
            let help = said(&format!("{path} {id}")).or_else(|| said(&format!("* {id}")));
            let positional = argument.is_positional();
            let under = heading(if positional { "heading arguments" } else { "heading options" });
            argument.help(help.unwrap_or_default()).help_heading(under)
        })
        .arg(flag("help", 'h', clap::ArgAction::Help));
    let command = match path {
        "" => command.disable_version_flag(true).arg(flag("version", 'V', clap::ArgAction::Version)),
        _ => command,
    };
    let names = command.get_subcommands().map(|below| below.get_name().to_owned()).collect::<Vec<_>>();
    names.into_iter().fold(command, |command, name| {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        command.mut_subcommand(name, |below| explain(below, &path, phrases))
    })
}

/// clap keeps headings for as long as the process lives.
fn fixed(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use segnalalo_kit::config::Vars;

    #[test]
    fn the_command_line_is_consistent_and_every_command_is_explained() {
        fn check(command: &clap::Command, path: &str) {
            let said = |text: Option<&clap::builder::StyledStr>| text.is_some_and(|text| !text.to_string().is_empty());
            assert!(said(command.get_about()), "[help] has no {path:?}");
            for argument in command.get_arguments() {
                assert!(said(argument.get_help()), "[help] has no \"{path} {}\"", argument.get_id());
            }
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
