//! The ledger of what is sent. Meta's send calls have no idempotency key: an attempt is on disk before its POST leaves,
//! and one whose outcome is unknown is never blindly repeated (rule 6).

use super::{
    BeginAttempt, Context, Decision, DeliveryReport, Desk, Outcome, OwnMessage, RecordOutcome, SettleReply, Verdict,
};
use crate::{
    conversation::{Reply, ReplyStatus, State},
    event::conversation::{DeliveryStatus, DropReason, Event, Proof},
    id::{ConversationId, MessageId, ReplyId},
    rejection::Rejection,
    sealed::Sealed,
    template::Template,
    words::Actor,
};

pub(super) fn begin(desk: &Desk, begin: &BeginAttempt) -> Result<Decision, Rejection> {
    let reply = find(desk, begin.conversation, begin.reply)?;
    let expected = reply.attempts + 1;
    if begin.attempt != expected {
        return Err(Rejection::AttemptOutOfOrder { attempt: begin.attempt, expected });
    }
    if reply.status != ReplyStatus::Due {
        return Err(Rejection::ReplySettled(format!("{:?}", reply.status)));
    }
    let mut decision = Decision::by(Actor::rule("notifier"));
    decision.conversation(
        begin.conversation,
        Event::SendAttempted {
            reply: begin.reply,
            attempt: begin.attempt,
            text_sha256: begin.text_sha256,
            sealed: begin.sealed.clone(),
        },
    );
    Ok(decision)
}

fn find(desk: &Desk, conversation: ConversationId, reply: ReplyId) -> Result<&Reply, Rejection> {
    desk.conversations
        .get(&conversation)
        .and_then(|conversation| conversation.replies.get(&reply))
        .ok_or_else(|| Rejection::UnknownReply(reply.to_string()))
}

/// What the notifier says of an attempt. Proof may have come first by another way: then nothing changes.
pub(super) fn outcome(desk: &Desk, record: &RecordOutcome) -> Result<Decision, Rejection> {
    let reply = find(desk, record.conversation, record.reply)?;
    let accepts = matches!(record.outcome, Outcome::Accepted { .. });
    if reply.status.is_settled() {
        return Ok(Decision::none("reply_settled"));
    }
    // Held before any attempt: there is nothing to number.
    let held = matches!(record.outcome, Outcome::Held { .. });
    if held && reply.status == ReplyStatus::Held {
        return Ok(Decision::none("held_already"));
    }
    let erased = matches!(record.outcome, Outcome::Erased);
    if record.attempt != reply.attempts && !accepts && !held && !erased {
        return Ok(Decision::none("attempt_over"));
    }
    // What is known of an attempt doesn't become unknown again.
    if matches!(record.outcome, Outcome::Unknown { .. }) && reply.status != ReplyStatus::InFlight {
        return Ok(Decision::none("outcome_known"));
    }
    let (reply, attempt) = (record.reply, record.attempt);
    let event = match record.outcome.clone() {
        // The same words were sent twice, and what was found is the other message.
        Outcome::Accepted { sent_message: Some(message), proof: Proof::ReadBack, .. }
            if desk.sent.get(&message).is_some_and(|other| *other != reply) =>
        {
            let detail = "what the thread shows is another answer with the same words".to_owned();
            Event::ReplyHeld { reply, code: "unknown_outcome".to_owned(), detail }
        }
        Outcome::Accepted { sent_message, proof, sealed } => {
            Event::SendAccepted { reply, attempt, sent_message, proof, sealed }
        }
        Outcome::Refused { code, detail, last, retry_at } => {
            Event::SendRefused { reply, attempt, code, detail, last, retry_at }
        }
        Outcome::Unknown { detail } => Event::SendUnknown { reply, attempt, detail },
        Outcome::Held { code, detail } => Event::ReplyHeld { reply, code, detail },
        Outcome::Erased => Event::ReplyDropped { reply, reason: DropReason::Erased },
    };
    let mut decision = Decision::by(Actor::rule("notifier"));
    decision.conversation(record.conversation, event);
    Ok(decision)
}

/// A status of the platform: also the positive proof that an attempt of unknown outcome arrived.
pub(super) fn report(desk: &Desk, report: &DeliveryReport) -> Decision {
    let mut decision = Decision::by(Actor::rule("platform"));
    if let Some((conversation, until)) = report.watermark {
        let Some(state) = desk.conversations.get(&conversation) else {
            return Decision::ignored("conversation_unknown");
        };
        let read = state.replies.iter().filter(|(_, reply)| {
            reply.status == ReplyStatus::Accepted && reply.attempted_at.is_some_and(|at| at <= until)
        });
        for (id, reply) in read {
            push_status(&mut decision, conversation, *id, reply, report);
        }
    } else {
        let by_id = report.message.and_then(|message| desk.sent.get(&message).copied());
        let Some(id) = by_id.or(report.callback.map(|(reply, _)| reply)) else {
            return Decision::ignored("message_not_ours");
        };
        let Some((conversation, reply)) = locate(desk, id) else {
            return Decision::ignored("message_not_ours");
        };
        let failed = report.status == DeliveryStatus::Failed;
        if failed && report.callback.is_some_and(|(_, attempt)| attempt < reply.attempts) {
            return Decision::none("attempt_over");
        }
        if !reply.status.is_settled() && !failed {
            let attempt = report.callback.map_or(reply.attempts, |(_, attempt)| attempt);
            accept(&mut decision, conversation, id, attempt, report.message, Proof::Status, &report.sealed);
        }
        push_status(&mut decision, conversation, id, reply, report);
    }
    if decision.events.is_empty() { Decision::none("status_known") } else { decision }
}

fn push_status(
    decision: &mut Decision,
    conversation: ConversationId,
    id: ReplyId,
    reply: &Reply,
    report: &DeliveryReport,
) {
    let known = reply.delivery;
    let newer = known.is_none_or(|known| known < report.status) && known != Some(DeliveryStatus::Failed);
    if newer {
        decision.conversation(
            conversation,
            Event::DeliveryReported {
                reply: id,
                status: report.status,
                error_code: report.error_code.clone(),
                error_detail: report.error_detail.clone(),
            },
        );
    }
}

fn accept(
    decision: &mut Decision,
    conversation: ConversationId,
    reply: ReplyId,
    attempt: u32,
    sent_message: Option<MessageId>,
    proof: Proof,
    sealed: &Sealed,
) {
    decision.conversation(
        conversation,
        Event::SendAccepted { reply, attempt, sent_message, proof, sealed: sealed.clone() },
    );
}

pub(super) fn locate(desk: &Desk, reply: ReplyId) -> Option<(ConversationId, &Reply)> {
    let conversation = *desk.replies.get(&reply)?;
    let reply = desk.conversations.get(&conversation)?.replies.get(&reply)?;
    Some((conversation, reply))
}

/// A message in the page's name came back: one of ours, which proves that it arrived, or a colleague's by hand, on top
/// of which no automatic answer follows.
pub(super) fn own_message(desk: &Desk, own: &OwnMessage) -> Decision {
    if desk.sent.contains_key(&own.message) {
        return Decision::none("echo_of_ours");
    }
    let mut decision = Decision::by(Actor::rule("platform"));
    let known = own.conversations.iter().find_map(|id| desk.conversations.get(id).map(|state| (*id, state)));
    let by_callback =
        own.callback.and_then(|(reply, _)| locate(desk, reply).map(|(id, reply_state)| (id, reply, reply_state)));
    if let Some((conversation, id, reply)) = by_callback {
        if reply.status.is_settled() {
            return Decision::none("echo_of_ours");
        }
        accept(&mut decision, conversation, id, reply.attempts, Some(own.message), Proof::Echo, &own.sealed);
        return decision;
    }
    let Some((conversation, state)) = known else {
        return Decision::ignored("no_known_thread");
    };
    if let Some((id, reply)) = same_text(state, own.text_sha256) {
        if reply.status.is_settled() {
            return Decision::none("echo_of_ours");
        }
        accept(&mut decision, conversation, id, reply.attempts, Some(own.message), Proof::Echo, &own.sealed);
        return decision;
    }
    colleague(&mut decision, conversation, state, own);
    decision
}

/// Our own comment comes back without metadata: it is known by its words. Ours that wait for an outcome come first.
fn same_text(state: &State, text: [u8; 32]) -> Option<(ReplyId, &Reply)> {
    let same = || state.replies.iter().filter(|(_, reply)| reply.text_sha256 == Some(text));
    let open = same().find(|(_, reply)| !reply.status.is_settled());
    open.or_else(|| same().next()).map(|(id, reply)| (*id, reply))
}

fn colleague(decision: &mut Decision, conversation: ConversationId, state: &State, own: &OwnMessage) {
    decision.conversation(conversation, Event::ColleagueAnswered { message: own.message, sealed: own.sealed.clone() });
    let automatic = state
        .replies
        .iter()
        .filter(|(_, reply)| reply.status == ReplyStatus::Due && !reply.by_person && is_courtesy(reply.template));
    for (reply, _) in automatic {
        decision
            .conversation(conversation, Event::ReplyDropped { reply: *reply, reason: DropReason::ColleagueAnswered });
    }
}

/// What a colleague's words make superfluous. News of an office and its numbers are owed whatever he said; so is 112.
fn is_courtesy(template: Template) -> bool {
    match template {
        Template::Receipt
        | Template::ReceiptAsk
        | Template::Reopened
        | Template::Status
        | Template::StatusUnknown
        | Template::StatusAskNumber
        | Template::Thanks => true,
        Template::Emergency
        | Template::TakenInCharge
        | Template::Question
        | Template::Reminder
        | Template::Feasible
        | Template::NotFeasible
        | Template::Answer
        | Template::Progress
        | Template::Resolved
        | Template::NotPertinent => false,
    }
}

/// A person's verdict on a reply that is held, was refused, or failed after it was accepted.
pub(super) fn settle(desk: &Desk, settle: &SettleReply, context: &Context<'_>) -> Result<Decision, Rejection> {
    let (conversation, reply) =
        locate(desk, settle.reply).ok_or_else(|| Rejection::UnknownReply(settle.reply.to_string()))?;
    let failed = reply.delivery == Some(DeliveryStatus::Failed) && settle.verdict != Verdict::Resend;
    let open = match reply.status {
        ReplyStatus::Held | ReplyStatus::Unknown | ReplyStatus::Refused => true,
        // It left our hands: only taking note of it is open.
        ReplyStatus::Accepted => failed,
        ReplyStatus::Due | ReplyStatus::InFlight | ReplyStatus::Dropped => false,
    };
    if !open {
        return Err(Rejection::ReplySettled(format!("{:?}", reply.status)));
    }
    let (id, attempt) = (settle.reply, reply.attempts);
    let mut decision = Decision::by(settle.actor.clone());
    decision.conversation(
        conversation,
        match settle.verdict {
            Verdict::Arrived => Event::SendAccepted {
                reply: id,
                attempt,
                sent_message: None,
                proof: Proof::Operator,
                sealed: settle.sealed.clone(),
            },
            Verdict::Resend => Event::SendRefused {
                reply: id,
                attempt,
                code: "operator_resend".to_owned(),
                detail: String::new(),
                last: false,
                retry_at: Some(context.now),
            },
            Verdict::Drop => Event::ReplyDropped { reply: id, reason: DropReason::Operator },
        },
    );
    Ok(decision)
}
