//! `segnalalo retention`: how long content is kept, and its erasure when its time is over.

use crate::{
    client::Registry,
    failure::Failure,
    operator, output,
    phrases::{Part, Phrases, Values, stamp},
    render::ticket::instant,
};
use clap::Subcommand;
use segnalalo_domain::retention::Period;
use segnalalo_kit::config::Vars;
use segnalalo_proto::{
    common::v1::{Actor, actor::Type},
    registry::v1::{
        RetentionRemoved, RetentionRun, RunRetentionRequest, RunRetentionResponse, ShowRetentionRequest,
        ShowRetentionResponse,
    },
};
use serde_json::{Value, json};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Show,
    Run(Run),
}

#[derive(Debug, clap::Args)]
struct Run {
    #[arg(long)]
    dry_run: bool,
    #[arg(long = "as", value_name = "NOME")]
    operator: Option<String>,
}

pub async fn run(args: Args, vars: &Vars, phrases: &Phrases) -> Result<(), Failure> {
    let mut registry = Registry::connect(vars, phrases).await?;
    match args.command {
        Command::Show => {
            let answer = registry.retention.show_retention(ShowRetentionRequest {}).await;
            let shown = answer.map_err(|status| registry.refused(&status, phrases, &[]))?.into_inner();
            output::line(if args.json { shown_as_object(&shown).to_string() } else { page(&shown, phrases) });
        }
        Command::Run(run) => {
            let actor = (!run.dry_run).then(|| operator::actor(run.operator.as_deref(), vars, phrases)).transpose()?;
            let answer = registry.retention.run_retention(RunRetentionRequest { dry_run: run.dry_run, actor }).await;
            let done = answer.map_err(|status| registry.refused(&status, phrases, &[]))?.into_inner();
            let said = if args.json { done_as_object(&done) } else { Value::String(told(&done, run.dry_run, phrases)) };
            output::line(said.as_str().map_or_else(|| said.to_string(), str::to_owned));
        }
    }
    Ok(())
}

fn say(phrases: &Phrases, key: &str, values: Values<'_>) -> String {
    phrases.say(Part::Retention, key, values)
}

fn page(shown: &ShowRetentionResponse, phrases: &Phrases) -> String {
    let mut lines = vec![say(phrases, "rules", &[("version", &version(&shown.rules_sha256))])];
    for rule in &shown.rules {
        let values = [
            ("rule", phrases.word("rule", &rule.name)),
            ("period", &period(&rule.period, phrases)),
            ("source", &rule.source),
        ];
        lines.push(say(phrases, "rule", &values));
    }
    for hold in &shown.holds {
        let key = if hold.unknown { "hold_unknown" } else { "hold" };
        lines.push(say(phrases, key, &[("ticket", &hold.ticket), ("act", &hold.act)]));
    }
    match &shown.last {
        None => lines.push(say(phrases, "no_run", &[])),
        Some(run) => {
            let at = instant(run.at.as_ref()).map(stamp).unwrap_or_default();
            let key = if run.complete { "last" } else { "last_cut_off" };
            lines.push(say(phrases, key, &[("at", &at), ("who", &who(run.actor.as_ref(), phrases))]));
            lines.extend(removed(&run.removed, phrases));
        }
    }
    let next = instant(shown.next_at.as_ref()).map(stamp).unwrap_or_default();
    let key = if shown.waits_because.is_empty() { "next" } else { "waits" };
    lines.push(say(phrases, key, &[("at", &next)]));
    lines.join("\n")
}

fn told(done: &RunRetentionResponse, dry_run: bool, phrases: &Phrases) -> String {
    let key = if dry_run { "would" } else { "done" };
    let mut lines = vec![say(phrases, key, &[("position", &done.position.to_string())])];
    lines.extend(removed(&done.removed, phrases));
    for kept in &done.kept {
        lines.push(say(phrases, &format!("kept_{}", kept.why), &[("ticket", &kept.ticket)]));
    }
    lines.join("\n")
}

fn removed(removed: &[RetentionRemoved], phrases: &Phrases) -> Vec<String> {
    if removed.is_empty() {
        return vec![say(phrases, "nothing", &[])];
    }
    let line = |removed: &RetentionRemoved| {
        let counts = [removed.keys, removed.messages, removed.attachments].map(|count| count.to_string());
        let [keys, messages, attachments] = &counts;
        let values = [
            ("rule", phrases.word("rule", &removed.rule)),
            ("period", &period(&removed.period, phrases)),
            ("keys", keys),
            ("messages", messages),
            ("attachments", attachments),
            ("tickets", &removed.tickets.join(", ")),
        ];
        say(phrases, "removed", &values)
    };
    removed.iter().map(line).collect()
}

/// "5 years" as «5 anni».
fn period(text: &str, phrases: &Phrases) -> String {
    match text.parse::<Period>() {
        Ok(Period::For { count, unit }) => {
            let key = if count == 1 { format!("one_{unit}") } else { unit.to_string() };
            say(phrases, &key, &[("count", &count.to_string())])
        }
        Ok(Period::Forever) => say(phrases, "forever", &[]),
        Err(_) => text.to_owned(),
    }
}

fn who(actor: Option<&Actor>, phrases: &Phrases) -> String {
    let Some(actor) = actor else {
        return String::new();
    };
    if actor.r#type() == Type::Rule { phrases.word("rule", &actor.name).to_owned() } else { actor.name.clone() }
}

/// Enough of the hash to tell two files apart.
fn version(sha256: &[u8]) -> String {
    hex::encode(sha256.get(..6).unwrap_or(sha256))
}

fn shown_as_object(shown: &ShowRetentionResponse) -> Value {
    let rules =
        shown.rules.iter().map(|rule| json!({ "name": rule.name, "period": rule.period, "source": rule.source }));
    let holds =
        shown.holds.iter().map(|hold| json!({ "ticket": hold.ticket, "act": hold.act, "unknown": hold.unknown }));
    json!({
        "rules": rules.collect::<Vec<_>>(),
        "holds": holds.collect::<Vec<_>>(),
        "rules_sha256": hex::encode(&shown.rules_sha256),
        "next_at": instant(shown.next_at.as_ref()).map(|at| at.to_string()),
        "waits_because": shown.waits_because,
        "last": shown.last.as_ref().map(run_as_object),
    })
}

fn run_as_object(run: &RetentionRun) -> Value {
    json!({
        "day": run.day,
        "at": instant(run.at.as_ref()).map(|at| at.to_string()),
        "actor": run.actor.as_ref().map(|actor| actor.name.clone()),
        "rules_sha256": hex::encode(&run.rules_sha256),
        "removed": removed_as_objects(&run.removed),
        "position": run.position,
        "complete": run.complete,
    })
}

fn done_as_object(done: &RunRetentionResponse) -> Value {
    let kept = done.kept.iter().map(|kept| json!({ "ticket": kept.ticket, "why": kept.why }));
    json!({
        "removed": removed_as_objects(&done.removed),
        "kept": kept.collect::<Vec<_>>(),
        "position": done.position,
    })
}

fn removed_as_objects(removed: &[RetentionRemoved]) -> Vec<Value> {
    let one = |removed: &RetentionRemoved| {
        json!({
            "rule": removed.rule,
            "period": removed.period,
            "keys": removed.keys,
            "messages": removed.messages,
            "attachments": removed.attachments,
            "tickets": removed.tickets,
        })
    };
    removed.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use segnalalo_proto::registry::v1::{RetentionHold, RetentionKept, RetentionRule};

    fn removed_content() -> RetentionRemoved {
        RetentionRemoved {
            rule: "content".to_owned(),
            period: "5 years".to_owned(),
            keys: 4,
            messages: 1,
            attachments: 0,
            tickets: vec!["2026/0000001".to_owned()],
        }
    }

    #[test]
    fn what_is_shown_is_italian_and_says_all() {
        let phrases = Phrases::load(&Vars::from_pairs([("SEGNALALO_CITY", "nowhere")]))
            .unwrap_or_else(|failure| panic!("{failure}"));
        let rule = |name: &str, period: &str| RetentionRule {
            name: name.to_owned(),
            period: period.to_owned(),
            source: "piano".to_owned(),
        };
        let hold =
            |ticket: &str, unknown| RetentionHold { ticket: ticket.to_owned(), act: "ricorso".to_owned(), unknown };
        let actor = Actor { r#type: Type::Rule as i32, name: "retention".to_owned() };
        let last = RetentionRun { actor: Some(actor), removed: vec![removed_content()], ..RetentionRun::default() };
        let shown = ShowRetentionResponse {
            rules: vec![rule("content", "5 years"), rule("spam", "1 day"), rule("chat", "forever")],
            holds: vec![hold("2026/0000012", false), hold("2026/9999999", true)],
            rules_sha256: vec![0xab; 32],
            waits_because: "long_pause".to_owned(),
            last: Some(last),
            ..ShowRetentionResponse::default()
        };
        let page = page(&shown, &phrases);
        for said in [
            "versione abababababab",
            "contenuto delle segnalazioni: 5 anni  (piano)",
            "spam: un giorno",
            "risposte inviate: per sempre",
            "In sospeso: 2026/0000012",
            "nessuna segnalazione si chiama 2026/9999999",
            "la conservazione, INTERROTTA",
            "(5 anni): 4 contenuti, di cui messaggi 1 e allegati 0; segnalazioni 2026/0000001",
            "NON da sola",
        ] {
            assert!(page.contains(said), "{said:?} isn't in {page}");
        }
        let kept = ["hold", "unsent"].map(|why| RetentionKept { ticket: "S-7K3M9".to_owned(), why: why.to_owned() });
        let done = RunRetentionResponse { removed: vec![], kept: kept.to_vec(), position: 7 };
        let told = told(&done, false, &phrases);
        for said in ["posizione 7", "nulla aveva finito", "S-7K3M9 resta: è in sospeso", "né inviato né abbandonato"]
        {
            assert!(told.contains(said), "{said:?} isn't in {told}");
        }
    }
}
