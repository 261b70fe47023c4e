//! Operators: they look at a ticket, act a moment later, perhaps on what has changed since, and ask again with the same
//! key when nobody answers. A diligent one, after the storm, sees to every ticket.

use super::{dice::Dice, meta::Meta, registry::Registry};
use jiff::{Timestamp, ToSpan as _};
use segnalalo_domain::{
    conversation::ReplyStatus,
    id::{ReplyId, TicketId},
    ticket::{Phase, State},
};
use segnalalo_proto::{
    common::v1::{Actor, actor},
    registry::v1::{
        AddNote, AnnulProtocol, Answer, AskCitizen, Close, DeclareFeasible, DeclareNotFeasible, DeclareNotPertinent,
        ExecuteRequest, LiftSpam, MarkSpam, Merge, Reassign, Reopen, ReportProgress, Resolve, SendBack,
        SettleReplyRequest, TakeInCharge, TicketRef, execute_request::Command, settle_reply_request::Verdict,
        ticket_ref::By,
    },
};

#[derive(Default)]
pub struct Operators {
    keys: u64,
    /// Asked and not answered: asked again.
    pub unanswered: Vec<ExecuteRequest>,
    /// Answered: some are asked once more, much later.
    pub done: Vec<ExecuteRequest>,
    /// A version that somebody saw.
    seen: Vec<(TicketId, u64)>,
}

fn actor() -> Option<Actor> {
    Some(Actor { r#type: actor::Type::Person.into(), name: "paolo".to_owned() })
}

fn reference(ticket: TicketId) -> Option<TicketRef> {
    Some(TicketRef { by: Some(By::TicketId(ticket.to_string())) })
}

impl Operators {
    fn key(&mut self) -> String {
        self.keys += 1;
        format!("operator-{:06}", self.keys)
    }

    /// Words that nobody else says: by them a command that was done twice is known.
    fn text(&self) -> String {
        format!("Parole dell'operatore, numero {}.", self.keys)
    }

    fn request(&mut self, ticket: TicketId, expected_version: u64, command: Command) -> ExecuteRequest {
        ExecuteRequest {
            idempotency_key: format!("operator-{:06}", self.keys),
            ticket: reference(ticket),
            expected_version,
            actor: actor(),
            command: Some(command),
        }
    }

    /// Any command on any ticket, legal or not.
    pub fn anything(&mut self, registry: &Registry, dice: &mut Dice, now: Timestamp) -> Option<ExecuteRequest> {
        let tickets = tickets(registry)?;
        if tickets.is_empty() {
            return None;
        }
        self.key();
        let (id, state) = dice.pick(&tickets).clone();
        let other = dice.pick(&tickets).0;
        self.seen.push((id, state.version));
        let version = match dice.below(4) {
            0 => 0,
            1 => self.seen.iter().find(|(seen, _)| *seen == id).map_or(0, |(_, version)| *version),
            _ => state.version,
        };
        let command = if dice.chance(60) { self.proper(&state, dice, now) } else { self.any(other, dice, now) };
        Some(self.request(id, version, command))
    }

    fn any(&self, other: TicketId, dice: &mut Dice, now: Timestamp) -> Command {
        let text = self.text();
        let reason = "motivo".to_owned();
        match dice.below(17) {
            0 => Command::TakeInCharge(TakeInCharge { office: "STRADE".to_owned() }),
            1 => Command::Reassign(Reassign { office: "LUCE".to_owned(), reason }),
            2 => Command::SendBack(SendBack { reason }),
            3 => Command::AskCitizen(AskCitizen { text }),
            4 => Command::Answer(Answer { text }),
            5 => Command::DeclareFeasible(DeclareFeasible { expected_by: date(now, dice.between(-1, 9)), text }),
            6 => Command::ReportProgress(ReportProgress { expected_by: date(now, dice.between(0, 9)), text }),
            7 => Command::DeclareNotFeasible(DeclareNotFeasible { text }),
            8 => Command::DeclareNotPertinent(DeclareNotPertinent { text }),
            9 => Command::Resolve(Resolve { text: String::new() }),
            10 => Command::Close(Close { reason }),
            11 => Command::Reopen(Reopen { reason }),
            12 => Command::Merge(Merge { into: reference(other) }),
            13 => Command::MarkSpam(MarkSpam {}),
            14 => Command::LiftSpam(LiftSpam {}),
            15 => Command::AddNote(AddNote { text }),
            _ => Command::AnnulProtocol(AnnulProtocol { reason, act: "atto 1".to_owned() }),
        }
    }

    /// What a good office would do next.
    fn proper(&self, state: &State, dice: &mut Dice, now: Timestamp) -> Command {
        let text = self.text();
        match state.phase {
            Phase::Received | Phase::Reopened => Command::TakeInCharge(TakeInCharge::default()),
            Phase::SentBack => Command::Reassign(Reassign { office: "URP".to_owned(), reason: String::new() }),
            Phase::AwaitingCitizen if state.protocol.is_none() => Command::TakeInCharge(TakeInCharge::default()),
            Phase::TakenInCharge | Phase::AwaitingCitizen => match dice.below(4) {
                0 => Command::DeclareFeasible(DeclareFeasible { expected_by: date(now, dice.between(1, 9)), text }),
                1 => Command::AskCitizen(AskCitizen { text }),
                2 => Command::Answer(Answer { text }),
                _ => Command::Resolve(Resolve { text }),
            },
            Phase::Feasible => Command::Resolve(Resolve { text }),
            Phase::Spam => Command::LiftSpam(LiftSpam {}),
            _ => Command::AddNote(AddNote { text }),
        }
    }

    /// The step that brings an open ticket to its end; `None` when none is open.
    pub fn diligent(&mut self, registry: &Registry) -> Option<ExecuteRequest> {
        let (id, state) = tickets(registry)?.into_iter().find(|(_, state)| state.phase.is_open())?;
        self.key();
        let text = self.text();
        let taken = state.protocol.is_some();
        let command = match state.phase {
            Phase::Received | Phase::Reopened => Command::TakeInCharge(TakeInCharge::default()),
            Phase::AwaitingCitizen if !taken => Command::DeclareNotPertinent(DeclareNotPertinent { text }),
            Phase::SentBack => Command::Reassign(Reassign { office: "URP".to_owned(), reason: "motivo".to_owned() }),
            _ => Command::Resolve(Resolve { text }),
        };
        Some(self.request(id, 0, command))
    }

    /// A verdict on a reply that waits for a person: he looks in Meta's inbox first, and sends again only what isn't
    /// there.
    pub fn settle(
        &mut self,
        registry: &Registry,
        meta: &Meta,
        dice: &mut Dice,
    ) -> Option<(ReplyId, SettleReplyRequest)> {
        let held = replies(registry, |status| matches!(status, ReplyStatus::Held | ReplyStatus::Unknown))?;
        if held.is_empty() {
            return None;
        }
        let reply = *dice.pick(&held);
        let verdict = match meta.count(reply) {
            0 if meta.is_on_its_way(reply) => return None,
            0 if dice.chance(50) => Verdict::Resend,
            0 => Verdict::Drop,
            _ => Verdict::Arrived,
        };
        let idempotency_key = self.key();
        let request = SettleReplyRequest {
            idempotency_key,
            reply_id: reply.to_string(),
            actor: actor(),
            verdict: verdict.into(),
        };
        Some((reply, request))
    }
}

/// In the order of their codes.
pub fn tickets(registry: &Registry) -> Option<Vec<(TicketId, State)>> {
    let world = registry.world()?;
    let by_code = world.desk.codes.values();
    Some(by_code.filter_map(|id| world.desk.tickets.get(id).map(|state| (*id, state.clone()))).collect())
}

pub fn replies(registry: &Registry, wanted: impl Fn(&ReplyStatus) -> bool) -> Option<Vec<ReplyId>> {
    let world = registry.world()?;
    let all = world.desk.conversations.values().flat_map(|conversation| &conversation.replies);
    let mut wanted = all.filter(|(_, reply)| wanted(&reply.status)).map(|(id, _)| *id).collect::<Vec<_>>();
    wanted.sort();
    Some(wanted)
}

fn date(now: Timestamp, days: i64) -> String {
    let today = now.to_zoned(segnalalo_domain::calendar::rome()).date();
    today.checked_add(days.days()).unwrap_or(today).to_string()
}
