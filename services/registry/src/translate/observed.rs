//! OBSERVED: what triage, sla-clock and notifier say.

use super::{Error, Translated, detail::masked, inbound::provider_box};
use crate::identity::Identity;
use prost::Message as _;
use segnalalo_domain::{
    Timestamp,
    desk::{Command, Conclude, Outcome, ReachDeadline, RecordOutcome},
    event::conversation::{GivenUp, Proof},
    id::{CauseId, ConversationId, MessageId, ReplyId, TicketId},
    sla::{self, DeadlineName},
    words::{Channel, Conclusion, Kind, Office, Stance, Urgency},
};
use segnalalo_proto::{
    common::v1::PersonalContent,
    convert::{kind_from_wire, rung_from_wire, stance_from_wire, urgency_from_wire},
    observation::v1::{self as wire, observed::Observation, send_outcome},
    sealed, time,
};

/// `channel_of` says where a conversation is held: the platform's id of an accepted message is hashed by channel.
///
/// # Errors
/// What makes the payload unusable; it is then parked.
pub fn observed(
    payload: &[u8],
    identity: &Identity,
    channel_of: impl Fn(ConversationId) -> Option<Channel>,
) -> Result<Translated, Error> {
    let observed = wire::Observed::decode(payload).map_err(Error::NotProtobuf)?;
    let occurred_at = stamp(observed.occurred_at.as_ref()).ok_or(Error::Field("occurred_at"))?;
    let (cause, command) = match observed.observation.ok_or(Error::UnknownKind)? {
        Observation::TriageConcluded(concluded) => conclusion(concluded, identity)?,
        Observation::TriageParked(parked) => {
            let message = id(&parked.message_id, MessageId::from_slice, "message_id")?;
            let command = Command::GiveUpOnTriage {
                conversation: id(&parked.conversation_id, ConversationId::from_slice, "conversation_id")?,
                message,
                reason: GivenUp::Parked,
            };
            (CauseId::derived(&[b"parked", &message.0]), command)
        }
        Observation::DeadlineDue(due) => deadline(&due)?,
        Observation::SendOutcome(outcome) => send(outcome, occurred_at, identity, channel_of)?,
    };
    Ok(Translated { cause, occurred_at, command })
}

fn stamp(stamp: Option<&prost_types::Timestamp>) -> Option<Timestamp> {
    stamp.and_then(time::from_wire)
}

fn id<T>(bytes: &[u8], parse: impl Fn(&[u8]) -> Option<T>, field: &'static str) -> Result<T, Error> {
    parse(bytes).ok_or(Error::Field(field))
}

fn conclusion(concluded: wire::TriageConcluded, identity: &Identity) -> Result<(CauseId, Command), Error> {
    let message = id(&concluded.message_id, MessageId::from_slice, "message_id")?;
    let office = |code: String| (!code.is_empty()).then_some(Office(code));
    let conclude = Conclude {
        conversation: id(&concluded.conversation_id, ConversationId::from_slice, "conversation_id")?,
        message,
        conclusion: Conclusion {
            kind: kind_from_wire(concluded.kind).unwrap_or(Kind::Report),
            office: office(concluded.office),
            second_office: office(concluded.second_office),
            confidence: concluded.confidence,
            urgency: urgency_from_wire(concluded.urgency).unwrap_or(Urgency::Normal),
            stance: stance_from_wire(concluded.stance).unwrap_or(Stance::Neutral),
            protocol: (!concluded.protocol.is_empty()).then_some(concluded.protocol),
            place_key: identity.place(&concluded.place),
            language: concluded.language,
            rules_version: concluded.rules_version,
        },
        sealed: sealed::seal(
            None,
            &PersonalContent {
                place: concluded.place,
                because: concluded.because,
                pii: concluded.pii,
                ..PersonalContent::default()
            },
        ),
    };
    Ok((CauseId::derived(&[b"conclusion", &message.0]), Command::Conclude(conclude)))
}

fn deadline(due: &wire::DeadlineDue) -> Result<(CauseId, Command), Error> {
    let ticket = id(&due.ticket_id, TicketId::from_slice, "ticket_id")?;
    let name = DeadlineName::from_code(&due.deadline).ok_or(Error::Field("deadline"))?;
    let rung = rung_from_wire(due.rung).ok_or(Error::Field("rung"))?;
    let cause = sla::rung_cause(ticket, name, due.version, rung);
    let command = Command::ReachDeadline(ReachDeadline {
        ticket,
        deadline: name,
        version: due.version,
        rung,
        due_at: stamp(due.due_at.as_ref()).ok_or(Error::Field("due_at"))?,
    });
    Ok((cause, command))
}

fn send(
    sent: wire::SendOutcome,
    occurred_at: Timestamp,
    identity: &Identity,
    channel_of: impl Fn(ConversationId) -> Option<Channel>,
) -> Result<(CauseId, Command), Error> {
    let reply = id(&sent.reply_id, ReplyId::from_slice, "reply_id")?;
    let conversation = id(&sent.conversation_id, ConversationId::from_slice, "conversation_id")?;
    let (kind, outcome) = match sent.outcome.ok_or(Error::UnknownKind)? {
        send_outcome::Outcome::Accepted(accepted) => {
            let sent_message =
                channel_of(conversation).and_then(|channel| identity.message(channel, &accepted.provider_id));
            let proof = Proof::from_code(&accepted.proof).ok_or(Error::Field("proof"))?;
            ("accepted", Outcome::Accepted { sent_message, proof, sealed: provider_box(accepted.provider_id) })
        }
        send_outcome::Outcome::Refused(refused) => (
            "refused",
            Outcome::Refused {
                code: refused.code,
                detail: masked(&refused.detail),
                last: refused.r#final,
                retry_at: stamp(refused.retry_at.as_ref()),
            },
        ),
        send_outcome::Outcome::Unknown(unknown) => ("unknown", Outcome::Unknown { detail: masked(&unknown.detail) }),
        send_outcome::Outcome::Held(held) => ("held", Outcome::Held { code: held.code, detail: masked(&held.detail) }),
        send_outcome::Outcome::Erased(send_outcome::Erased {}) => ("erased", Outcome::Erased),
    };
    // A reply may be held again with no attempt in between, when a person had it tried once more.
    let moment = if kind == "held" { occurred_at.as_nanosecond() } else { 0 };
    let cause =
        CauseId::derived(&[b"outcome", &reply.0, &sent.attempt.to_be_bytes(), kind.as_bytes(), &moment.to_be_bytes()]);
    let record = RecordOutcome { conversation, reply, attempt: sent.attempt, outcome };
    Ok((cause, Command::RecordOutcome(record)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(second: i64, outcome: send_outcome::Outcome) -> CauseId {
        let observed = wire::Observed {
            occurred_at: Some(prost_types::Timestamp { seconds: second, nanos: 0 }),
            observation: Some(Observation::SendOutcome(wire::SendOutcome {
                conversation_id: vec![1; 16],
                reply_id: vec![2; 16],
                attempt: 0,
                outcome: Some(outcome),
            })),
        };
        super::observed(&observed.encode_to_vec(), &Identity::new([7; 32]), |_| None).unwrap().cause
    }

    #[test]
    fn a_reply_that_is_held_again_without_an_attempt_is_another_observation_and_other_outcomes_are_not() {
        let held = || send_outcome::Outcome::Held(send_outcome::Held::default());
        assert_eq!(cause(1, held()), cause(1, held()), "a second delivery");
        assert_ne!(cause(1, held()), cause(2, held()));
        let unknown = || send_outcome::Outcome::Unknown(send_outcome::Unknown::default());
        assert_eq!(cause(1, unknown()), cause(2, unknown()));
    }
}
