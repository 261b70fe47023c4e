//! Commands: read from the wire, handed to the writer.

use super::{Tickets, scope, status, ticket_ref};
use crate::{
    grpc::{
        access::Caller,
        command::{self, Sealing},
    },
    world::World,
    writer::{Receipt, Request},
};
use prost::Message as _;
use segnalalo_domain::{
    client::{Offices, Right},
    desk::{Act, Command, SettleReply, Verdict},
    id::{CauseId, ClientId},
    rejection::Rejection,
    words::{Actor, ActorType},
};
use segnalalo_kit::trace;
use segnalalo_proto::{
    common::v1::PersonalContent,
    convert::actor_to_wire,
    registry::v1::{self as wire, execute_request::Command as Step, settle_reply_request},
    sealed,
};
use tonic::Status;

pub async fn execute(tickets: &Tickets, caller: &Caller, request: wire::ExecuteRequest) -> Result<Receipt, Status> {
    if coordinates(request.command.as_ref()) && !caller.may(Right::Coordinate) {
        return Err(status::forbidden(Right::Coordinate.code()));
    }
    let rejected = |rejection: Rejection| status::rejected(&rejection);
    let cause = cause(caller.client(), &request).map_err(rejected)?;
    // What it did may have taken the ticket out of its sight: a repetition is answered all the same.
    let handled = tickets.reader.handled(&cause).map_err(|error| status::unreadable(&error))?;
    if let Some(position) = handled {
        return Ok(Receipt { position, repeated: true, ignored: false });
    }
    let act = tickets.writer.read(|world| own(world, tickets, caller, request)).map_err(rejected)?;
    let command = match &caller.offices {
        Offices::All => Command::Act(act),
        own => Command::ActWithin(own.clone(), act),
    };
    run(tickets, cause, command).await
}

/// What a caller does with a ticket that he sees, in his name.
fn own(world: &World, tickets: &Tickets, caller: &Caller, request: wire::ExecuteRequest) -> Result<Act, Rejection> {
    scope::find(world, caller, &ticket_ref(request.ticket.as_ref())?)?;
    let actor = match &request.actor {
        // A client that names nobody acts itself.
        None if caller.client().is_some() => Actor { kind: ActorType::OfficeSystem, name: String::new() },
        actor => command::actor(actor.as_ref())?,
    };
    let actor = Some(actor_to_wire(&caller.acting(actor)));
    read(world, &tickets.public_numbers, wire::ExecuteRequest { actor, ..request }).map(|(_, act)| act)
}

/// The URP's steps.
fn coordinates(command: Option<&Step>) -> bool {
    match command {
        Some(
            Step::Reassign(_)
            | Step::DeclareNotPertinent(_)
            | Step::Reopen(_)
            | Step::Merge(_)
            | Step::MarkSpam(_)
            | Step::LiftSpam(_)
            | Step::AnnulProtocol(_),
        ) => true,
        Some(
            Step::TakeInCharge(_)
            | Step::SendBack(_)
            | Step::AskCitizen(_)
            | Step::Answer(_)
            | Step::DeclareFeasible(_)
            | Step::ReportProgress(_)
            | Step::DeclareNotFeasible(_)
            | Step::Resolve(_)
            | Step::Close(_)
            | Step::AddNote(_),
        )
        | None => false,
    }
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
    let cause = cause(None, &request)?;
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
    Ok((command::cause(b"settle", None, &key, &said)?, settle))
}

/// The same key for another command is another cause: it must not pass for done.
fn cause(client: Option<ClientId>, request: &wire::ExecuteRequest) -> Result<CauseId, Rejection> {
    let said = wire::ExecuteRequest { expected_version: 0, ..request.clone() }.encode_to_vec();
    command::cause(b"execute", client, &request.idempotency_key, &said)
}
