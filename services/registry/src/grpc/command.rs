//! From the wire's commands to the domain's: words sealed, dates and references read.

use super::ticket_ref;
use segnalalo_domain::{
    desk::{Action, Words},
    id::{CauseId, ClientId, PersonId},
    personal_data,
    rejection::Rejection,
    words::{Actor, Office},
};
use segnalalo_proto::{
    common::v1::{self as common, PersonalContent},
    convert::actor_from_wire,
    registry::v1::execute_request::Command as Wire,
    sealed,
};

/// Whose data the words are, and which numbers are the city's own.
pub struct Sealing<'a> {
    pub person: Option<PersonId>,
    pub public_numbers: &'a [&'a str],
}

pub fn actor(actor: Option<&common::Actor>) -> Result<Actor, Rejection> {
    let actor = actor.and_then(actor_from_wire).ok_or(Rejection::Missing("actor"))?;
    if actor.name.trim().is_empty() {
        return Err(Rejection::Missing("actor.name"));
    }
    Ok(actor)
}

/// # Errors
/// The field that is missing or can't be read.
pub fn action(command: Wire, sealing: &Sealing<'_>) -> Result<Action, Rejection> {
    let words = |text: String| words(text, sealing);
    let office = |code: String| Office(code.trim().to_ascii_uppercase());
    Ok(match command {
        Wire::TakeInCharge(take) => {
            Action::TakeInCharge { office: (!take.office.trim().is_empty()).then(|| office(take.office)) }
        }
        Wire::Reassign(reassign) => {
            Action::Reassign { office: office(reassign.office), reason: words(reassign.reason) }
        }
        Wire::SendBack(back) => Action::SendBack { reason: words(back.reason) },
        Wire::AskCitizen(ask) => Action::AskCitizen { words: words(ask.text) },
        Wire::Answer(answer) => Action::Answer { words: words(answer.text) },
        Wire::DeclareFeasible(feasible) => {
            Action::DeclareFeasible { expected_by: date(&feasible.expected_by)?, words: words(feasible.text) }
        }
        Wire::ReportProgress(progress) => Action::ReportProgress {
            expected_by: if progress.expected_by.is_empty() { None } else { Some(date(&progress.expected_by)?) },
            words: words(progress.text),
        },
        Wire::DeclareNotFeasible(no) => Action::DeclareNotFeasible { words: words(no.text) },
        Wire::DeclareNotPertinent(no) => Action::DeclareNotPertinent { words: words(no.text) },
        Wire::Resolve(resolve) => Action::Resolve { words: words(resolve.text) },
        Wire::Close(close) => Action::Close { reason: words(close.reason) },
        Wire::Reopen(reopen) => Action::Reopen { reason: words(reopen.reason) },
        Wire::Merge(merge) => Action::Merge { into: ticket_ref(merge.into.as_ref())? },
        Wire::MarkSpam(_) => Action::MarkSpam,
        Wire::LiftSpam(_) => Action::LiftSpam,
        Wire::AddNote(note) => Action::AddNote { words: words(note.text) },
        Wire::AnnulProtocol(annul) => Action::AnnulProtocol { reason: annul.reason, act: annul.act },
    })
}

fn words(text: String, sealing: &Sealing<'_>) -> Words {
    Words {
        is_empty: text.trim().is_empty(),
        personal: personal_data::find(&text, sealing.public_numbers),
        sealed: sealed::seal(sealing.person, &PersonalContent { text, ..PersonalContent::default() }),
    }
}

fn date(text: &str) -> Result<jiff::civil::Date, Rejection> {
    if text.trim().is_empty() {
        return Err(Rejection::Missing("expected_by"));
    }
    text.trim().parse().map_err(|_| Rejection::Invalid {
        field: "expected_by",
        problem: format!("{text:?} isn't a date like 2026-12-31"),
    })
}

/// The command's id. The same key for another command is another cause, and so is another client's.
///
/// # Errors
/// The key is missing, too short or too long.
pub fn cause(kind: &[u8], client: Option<ClientId>, key: &str, said: &[u8]) -> Result<CauseId, Rejection> {
    match key.chars().count() {
        0 => Err(Rejection::Missing("idempotency_key")),
        8..=64 => Ok(match client {
            None => CauseId::derived(&[kind, key.as_bytes(), said]),
            Some(client) => CauseId::derived(&[kind, key.as_bytes(), said, &client.0]),
        }),
        length => Err(Rejection::Invalid {
            field: "idempotency_key",
            problem: format!("it has {length} characters; 8 to 64 are wanted"),
        }),
    }
}
