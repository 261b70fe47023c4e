//! `segnalalo ticket`: the operators' command line over gRPC.

mod act;
mod list;
mod media;
mod show;
mod watch;

use crate::{client::Registry, failure::Failure, phrases::Phrases};
use clap::Subcommand;
use segnalalo_kit::config::Vars;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Args)]
struct Common {
    #[arg(long, global = true)]
    json: bool,
    #[arg(long = "as", value_name = "NOME", global = true)]
    operator: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::Args),
    Search(list::SearchArgs),
    Show(show::Args),
    Media(media::Args),
    Watch(watch::Args),
    #[command(flatten)]
    Act(act::Action),
}

pub async fn run(args: Args, vars: &Vars, phrases: &Phrases) -> Result<(), Failure> {
    let registry = Registry::connect(vars, phrases).await?;
    let desk = Desk { registry, vars, phrases, common: args.common };
    match args.command {
        Command::List(args) => list::list(desk, &args).await,
        Command::Search(args) => list::search(desk, &args).await,
        Command::Show(args) => show::show(desk, &args).await,
        Command::Media(args) => media::media(desk, &args).await,
        Command::Watch(args) => watch::watch(desk, &args).await,
        Command::Act(action) => act::act(desk, action).await,
    }
}

/// What every one of these commands needs.
struct Desk<'a> {
    registry: Registry,
    vars: &'a Vars,
    phrases: &'a Phrases,
    common: Common,
}
