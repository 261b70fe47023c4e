//! Commands: read from the wire, handed to the writer.

use super::{Tickets, status, ticket_ref};
use crate::{
    grpc::command::{self, Sealing},
    world::World,
    writer::{Receipt, Request},
};
use prost::Message as _;
use segnalalo_domain::{
    desk::{Act, Command, SettleReply, Verdict},
    id::CauseId,
    rejection::Rejection,
};
use segnalalo_kit::trace;
use segnalalo_proto::{
    common::v1::PersonalContent,
    registry::v1::{self as wire, settle_reply_request},
    sealed,
};
use tonic::Status;

pub async fn execute(tickets: &Tickets, request: wire::ExecuteRequest) -> Result<Receipt, Status> {
    let read = tickets.writer.read(|world| read(world, &tickets.public_numbers, request));
    let (cause, act) = read.map_err(|rejection| status::rejected(&rejection))?;
    run(tickets, cause, Command::Act(act)).await
}

pub async fn settle(tickets: &Tickets, request: wire::SettleReplyRequest) -> Result<Receipt, Status> {
    let (cause, settle) = read_settle(request).map_err(|rejection| status::rejected(&rejection))?;
    run(tickets, cause, Command::SettleReply(settle)).await
}

async fn run(tickets: &Tickets, cause: CauseId, command: Command) -> Result<Receipt, Status> {
    let request = Request { cause, command, occurred_at: None, trace_parent: trace::traceparent() };
    tickets.writer.execute(request).await.map_err(|error| status::failed(&error))
}

/// The command, and the id that it is handled under: `public_numbers` are the city's own telephones.
///
/// # Errors
/// The field that is missing or can't be read, or a ticket that isn't there.
pub fn read(
    world: &World,
    public_numbers: &[String],
    request: wire::ExecuteRequest,
) -> Result<(CauseId, Act), Rejection> {
    // The same key for another command is another cause: it must not pass for done.
    let said = wire::ExecuteRequest { expected_version: 0, ..request.clone() }.encode_to_vec();
    let cause = cause(b"execute", &request.idempotency_key, &said)?;
    let ticket = ticket_ref(request.ticket.as_ref())?;
    let actor = command::actor(request.actor.as_ref())?;
    let (_, state) = world.desk.find(&ticket)?;
    let person = world.desk.conversations.get(&state.conversation).and_then(|conversation| conversation.person);
    let public_numbers = public_numbers.iter().map(String::as_str).collect::<Vec<_>>();
    let sealing = Sealing { person, public_numbers: &public_numbers };
    let action = command::action(request.command.ok_or(Rejection::Missing("command"))?, &sealing)?;
    let expected_version = (request.expected_version != 0).then_some(request.expected_version);
    Ok((cause, Act { ticket, expected_version, actor, action }))
}

/// # Errors
/// The field that is missing or can't be read.
pub fn read_settle(request: wire::SettleReplyRequest) -> Result<(CauseId, SettleReply), Rejection> {
    let verdict = match request.verdict() {
        settle_reply_request::Verdict::Arrived => Verdict::Arrived,
        settle_reply_request::Verdict::Resend => Verdict::Resend,
        settle_reply_request::Verdict::Drop => Verdict::Drop,
        settle_reply_request::Verdict::Unspecified => return Err(Rejection::Missing("verdict")),
    };
    let reply = request
        .reply_id
        .parse()
        .map_err(|error| Rejection::Invalid { field: "reply_id", problem: format!("{error}") })?;
    let (key, said) = (request.idempotency_key.clone(), request.encode_to_vec());
    let settle = SettleReply {
        reply,
        actor: command::actor(request.actor.as_ref())?,
        verdict,
        sealed: sealed::seal(None, &PersonalContent::default()),
    };
    Ok((cause(b"settle", &key, &said)?, settle))
}

fn cause(kind: &[u8], key: &str, said: &[u8]) -> Result<CauseId, Rejection> {
    match key.chars().count() {
        0 => Err(Rejection::Missing("idempotency_key")),
        8..=64 => Ok(CauseId::derived(&[kind, key.as_bytes(), said])),
        length => Err(Rejection::Invalid {
            field: "idempotency_key",
            problem: format!("it has {length} characters; 8 to 64 are wanted"),
        }),
    }
}
