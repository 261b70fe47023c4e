//! What an operator does with a ticket: one command of the line, one command of the registry. The key that makes a
//! retry harmless is drawn here and printed when the answer isn't certain.

use super::Desk;
use crate::{
    client,
    failure::Failure,
    operator, output,
    phrases::{Part, Phrases},
    render::{json, ticket},
};
use clap::Subcommand;
use segnalalo_proto::registry::v1::{
    self as wire, ExecuteRequest, ExecuteResponse, GetTicketRequest, Ticket, execute_request::Command,
};
use serde_json::json;
use tonic::Status;

/// On which ticket, and how surely.
#[derive(Debug, clap::Args)]
pub struct On {
    #[arg(value_name = "CODICE")]
    reference: String,
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    expected_version: u64,
    #[arg(long)]
    key: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Action {
    TakeInCharge {
        #[command(flatten)]
        on: On,
        #[arg(long, default_value = "", hide_default_value = true)]
        office: String,
    },
    Reassign {
        #[command(flatten)]
        on: On,
        #[arg(long)]
        office: String,
        #[arg(long, default_value = "", hide_default_value = true)]
        reason: String,
    },
    SendBack {
        #[command(flatten)]
        on: On,
        #[arg(long)]
        reason: String,
    },
    Ask {
        #[command(flatten)]
        on: On,
        #[arg(long)]
        text: String,
    },
    Answer {
        #[command(flatten)]
        on: On,
        #[arg(long)]
        text: String,
    },
    Feasible {
        #[command(flatten)]
        on: On,
        #[arg(long, value_name = "DATA")]
        by: String,
        #[arg(long, default_value = "", hide_default_value = true)]
        text: String,
    },
    Progress {
        #[command(flatten)]
        on: On,
        #[arg(long)]
        text: String,
        #[arg(long, value_name = "DATA")]
        by: Option<String>,
    },
    NotFeasible {
        #[command(flatten)]
        on: On,
        #[arg(long)]
        text: String,
    },
    NotPertinent {
        #[command(flatten)]
        on: On,
        #[arg(long)]
        text: String,
    },
    Resolve {
        #[command(flatten)]
        on: On,
        #[arg(long, default_value = "", hide_default_value = true)]
        text: String,
    },
    Close {
        #[command(flatten)]
        on: On,
        #[arg(long, default_value = "", hide_default_value = true)]
        reason: String,
    },
    Reopen {
        #[command(flatten)]
        on: On,
        #[arg(long)]
        reason: String,
    },
    Merge {
        #[command(flatten)]
        on: On,
        #[arg(long, value_name = "CODICE")]
        into: String,
    },
    Spam {
        #[command(flatten)]
        on: On,
    },
    Unspam {
        #[command(flatten)]
        on: On,
    },
    Note {
        #[command(flatten)]
        on: On,
        #[arg(long)]
        text: String,
    },
    AnnulProtocol {
        #[command(flatten)]
        on: On,
        #[arg(long)]
        reason: String,
        #[arg(long, value_name = "ATTO")]
        act: String,
    },
}

impl Action {
    fn command(self, phrases: &Phrases) -> Result<(On, Command), Failure> {
        Ok(match self {
            Self::TakeInCharge { on, office } => (on, Command::TakeInCharge(wire::TakeInCharge { office })),
            Self::Reassign { on, office, reason } => (on, Command::Reassign(wire::Reassign { office, reason })),
            Self::SendBack { on, reason } => (on, Command::SendBack(wire::SendBack { reason })),
            Self::Ask { on, text } => (on, Command::AskCitizen(wire::AskCitizen { text })),
            Self::Answer { on, text } => (on, Command::Answer(wire::Answer { text })),
            Self::Feasible { on, by, text } => {
                let expected_by = operator::date(&by, phrases)?;
                (on, Command::DeclareFeasible(wire::DeclareFeasible { expected_by, text }))
            }
            Self::Progress { on, text, by } => {
                let expected_by = by.map(|by| operator::date(&by, phrases)).transpose()?.unwrap_or_default();
                (on, Command::ReportProgress(wire::ReportProgress { text, expected_by }))
            }
            Self::NotFeasible { on, text } => (on, Command::DeclareNotFeasible(wire::DeclareNotFeasible { text })),
            Self::NotPertinent { on, text } => (on, Command::DeclareNotPertinent(wire::DeclareNotPertinent { text })),
            Self::Resolve { on, text } => (on, Command::Resolve(wire::Resolve { text })),
            Self::Close { on, reason } => (on, Command::Close(wire::Close { reason })),
            Self::Reopen { on, reason } => (on, Command::Reopen(wire::Reopen { reason })),
            Self::Merge { on, into } => (on, Command::Merge(wire::Merge { into: Some(operator::ticket_ref(&into)) })),
            Self::Spam { on } => (on, Command::MarkSpam(wire::MarkSpam {})),
            Self::Unspam { on } => (on, Command::LiftSpam(wire::LiftSpam {})),
            Self::Note { on, text } => (on, Command::AddNote(wire::AddNote { text })),
            Self::AnnulProtocol { on, reason, act } => {
                (on, Command::AnnulProtocol(wire::AnnulProtocol { reason, act }))
            }
        })
    }
}

pub async fn act(mut desk: Desk<'_>, action: Action) -> Result<(), Failure> {
    let actor = operator::actor(desk.common.operator.as_deref(), desk.vars, desk.phrases)?;
    let (on, command) = action.command(desk.phrases)?;
    let key = on.key.unwrap_or_else(operator::draw_key);
    let done = said(&command);
    let request = ExecuteRequest {
        idempotency_key: key.clone(),
        ticket: Some(operator::ticket_ref(&on.reference)),
        expected_version: on.expected_version,
        actor: Some(actor),
        command: Some(command),
    };
    match desk.registry.tickets.execute(request).await {
        Ok(answer) => {
            print(&desk, &answer.into_inner(), done);
            Ok(())
        }
        Err(status) => Err(explain(&mut desk, &status, &on.reference, &key).await),
    }
}

/// The phrase for what was done.
fn said(command: &Command) -> &'static str {
    match command {
        Command::AddNote(_) => "note_added",
        Command::AnnulProtocol(_) => "annulled_done",
        _ => "done",
    }
}

fn print(desk: &Desk<'_>, answer: &ExecuteResponse, done: &str) {
    let shown = answer.ticket.clone().unwrap_or_default();
    if desk.common.json {
        let ticket = json::ticket(&shown);
        output::line(json!({ "ticket": ticket, "position": answer.position, "repeated": answer.repeated }).to_string());
        return;
    }
    let state = ticket::state_code(&shown);
    let values = [
        ("code", shown.code.as_str()),
        ("protocol", shown.protocol.as_str()),
        ("state", desk.phrases.word("state", &state)),
    ];
    output::line(desk.phrases.text(if answer.repeated { "done_before" } else { done }, &values));
}

/// A refusal with what can be done instead; and the key, when nobody can tell whether it was done.
async fn explain(desk: &mut Desk<'_>, status: &Status, reference: &str, key: &str) -> Failure {
    let ticket = match client::reason(status) {
        "ILLEGAL_TRANSITION" => ticket(desk, reference).await,
        _ => None,
    };
    let state = ticket.as_ref().map(ticket::state_code).unwrap_or_default();
    let actions = match state.as_str() {
        "" => String::new(),
        state => desk.phrases.say(Part::Next, state, &[]),
    };
    let offices = desk.phrases.office_codes();
    let values = [
        ("reference", reference),
        ("state", desk.phrases.word("state", &state)),
        ("actions", &actions),
        ("offices", &offices),
    ];
    let failure = desk.registry.refused(status, desk.phrases, &values);
    if client::is_uncertain(status) {
        return failure.with(&desk.phrases.text("retry", &[("key", key)]));
    }
    failure
}

async fn ticket(desk: &mut Desk<'_>, reference: &str) -> Option<Ticket> {
    let request = GetTicketRequest { ticket: Some(operator::ticket_ref(reference)) };
    desk.registry.tickets.get_ticket(request).await.ok()?.into_inner().ticket
}
