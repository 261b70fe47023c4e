//! `segnalalo held`: messages to citizens that wait for a person's decision, because nobody knows whether they arrived.

use crate::{
    client::{self, Registry},
    failure::Failure,
    operator, output,
    phrases::{Phrases, stamp},
    render::{json, ticket, wrap},
};
use clap::Subcommand;
use segnalalo_kit::config::Vars;
use segnalalo_proto::registry::v1::{
    HeldReply, ListHeldRepliesRequest, SettleReplyRequest, settle_reply_request::Verdict,
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
    List,
    Resolve(Resolve),
    Resend(Resend),
}

#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("verdict").required(true)))]
struct Resolve {
    #[arg(value_name = "MESSAGGIO")]
    reply: String,
    #[arg(long, group = "verdict")]
    arrived: bool,
    #[arg(long, group = "verdict")]
    resend: bool,
    #[arg(long, group = "verdict")]
    drop: bool,
    #[arg(long = "as", value_name = "NOME")]
    operator: Option<String>,
    #[arg(long)]
    key: Option<String>,
}

#[derive(Debug, clap::Args)]
struct Resend {
    #[arg(value_name = "MESSAGGIO")]
    reply: String,
    #[arg(long = "as", value_name = "NOME")]
    operator: Option<String>,
    #[arg(long)]
    key: Option<String>,
}

impl From<Resend> for Resolve {
    fn from(Resend { reply, operator, key }: Resend) -> Self {
        Self { reply, arrived: false, resend: true, drop: false, operator, key }
    }
}

pub async fn run(args: Args, vars: &Vars, phrases: &Phrases) -> Result<(), Failure> {
    let registry = Registry::connect(vars, phrases).await?;
    match args.command {
        Command::List => list(registry, args.json, vars, phrases).await,
        Command::Resolve(resolve) => settle(registry, resolve, args.json, vars, phrases).await,
        Command::Resend(resend) => settle(registry, resend.into(), args.json, vars, phrases).await,
    }
}

async fn list(mut registry: Registry, as_json: bool, vars: &Vars, phrases: &Phrases) -> Result<(), Failure> {
    let answer = registry.tickets.list_held_replies(ListHeldRepliesRequest {}).await;
    let replies = answer.map_err(|status| registry.refused(&status, phrases, &[]))?.into_inner().replies;
    if as_json {
        let replies = replies.iter().map(json::held).collect::<Vec<_>>();
        output::line(json!({ "replies": replies }).to_string());
    } else if replies.is_empty() {
        output::line(phrases.text("no_held", &[]));
    } else {
        for reply in &replies {
            print(reply, phrases, wrap::width(vars));
        }
    }
    Ok(())
}

fn print(reply: &HeldReply, phrases: &Phrases, width: usize) {
    let at = ticket::instant(reply.held_at.as_ref()).map(stamp).unwrap_or_default();
    let values = [
        ("reply", reply.reply_id.as_str()),
        ("channel", phrases.word("channel", ticket::channel_code(reply.channel))),
        ("template", phrases.word("template", &reply.template)),
        ("at", &at),
        ("code", &reply.ticket_code),
    ];
    output::line(phrases.text("held_item", &values));
    if !reply.text.is_empty() {
        output::line(wrap::wrap(&format!("«{}»", reply.text), 4, width));
    }
    let why = phrases.text("held_why", &[("code", &reply.code), ("detail", &reply.detail)]);
    output::line(wrap::wrap(&why, 4, width));
    output::line(wrap::wrap(&phrases.text("held_how", &values), 4, width));
}

async fn settle(
    mut registry: Registry,
    resolve: Resolve,
    as_json: bool,
    vars: &Vars,
    phrases: &Phrases,
) -> Result<(), Failure> {
    let verdict = match (resolve.arrived, resolve.resend) {
        (true, _) => Verdict::Arrived,
        (_, true) => Verdict::Resend,
        _ => Verdict::Drop,
    };
    let key = resolve.key.unwrap_or_else(operator::draw_key);
    let request = SettleReplyRequest {
        idempotency_key: key.clone(),
        reply_id: resolve.reply,
        actor: Some(operator::actor(resolve.operator.as_deref(), vars, phrases)?),
        verdict: verdict as i32,
    };
    let answer = registry.tickets.settle_reply(request).await.map_err(|status| {
        let failure = registry.refused(&status, phrases, &[]);
        if client::is_uncertain(&status) {
            return failure.with(&phrases.text("retry", &[("key", &key)]));
        }
        failure
    })?;
    if as_json {
        output::line(json!({ "position": answer.into_inner().position }).to_string());
    } else {
        output::line(phrases.text("settled", &[]));
    }
    Ok(())
}
