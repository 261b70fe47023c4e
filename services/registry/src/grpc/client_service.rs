//! Clients as the operator keeps them, and what was read of people.

use super::{access::Caller, command, status, ticket_ref};
use crate::{
    journal::Reader,
    world::World,
    writer::{Request as Write, Writer},
};
use prost::Message as _;
use segnalalo_domain::{
    client::{Offices, Right},
    desk::{Clients, Command, TicketRef},
    event::{Access, ClientAdded, Event, Log, Recorded},
    id::{CauseId, ClientId, TicketId},
    rejection::Rejection,
    words::Office,
};
use segnalalo_kit::trace;
use segnalalo_proto::{
    convert,
    registry::v1::{self as wire, client_service_server::ClientService, ticket_ref::By},
    time,
};
use std::sync::Arc;
use tonic::{Request, Response, Status};

const DEFAULT_LIMIT: usize = 100;
const MOST: usize = 500;

pub struct ClientDesk {
    pub writer: Writer,
    pub reader: Arc<dyn Reader>,
}

#[tonic::async_trait]
impl ClientService for ClientDesk {
    async fn add_client(
        &self,
        request: Request<wire::AddClientRequest>,
    ) -> Result<Response<wire::AddClientResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let cause = command::cause(b"add-client", None, &request.idempotency_key, &request.encode_to_vec());
        let added = cause.and_then(|cause| Ok((cause, read_added(&request, cause)?)));
        let (cause, client) = added.map_err(|rejection| status::rejected(&rejection))?;
        let id = client.client;
        let actor = command::actor(request.actor.as_ref()).map_err(|rejection| status::rejected(&rejection))?;
        self.run(cause, Clients::Add { client, actor: caller.acting(actor) }).await?;
        Ok(Response::new(wire::AddClientResponse { client: self.client(id) }))
    }

    async fn list_clients(
        &self,
        _request: Request<wire::ListClientsRequest>,
    ) -> Result<Response<wire::ListClientsResponse>, Status> {
        let mut clients = self
            .writer
            .read(|world| world.desk.clients.clients.keys().filter_map(|id| view(world, *id)).collect::<Vec<_>>());
        clients.sort_by_key(|client| (client.revoked_at.is_some(), client.name.clone()));
        Ok(Response::new(wire::ListClientsResponse { clients }))
    }

    async fn revoke_client(
        &self,
        request: Request<wire::RevokeClientRequest>,
    ) -> Result<Response<wire::RevokeClientResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let rejected = |rejection: Rejection| status::rejected(&rejection);
        let cause = command::cause(b"revoke-client", None, &request.idempotency_key, &request.encode_to_vec());
        let cause = cause.map_err(rejected)?;
        let actor = command::actor(request.actor.as_ref()).map_err(rejected)?;
        let id = self.writer.read(|world| world.desk.clients.named(&request.name).map(|(id, _)| id));
        let revoke = Clients::Revoke { name: request.name, reason: request.reason, actor: caller.acting(actor) };
        self.run(cause, revoke).await?;
        Ok(Response::new(wire::RevokeClientResponse { client: id.and_then(|id| self.client(id)) }))
    }

    async fn list_reads(
        &self,
        request: Request<wire::ListReadsRequest>,
    ) -> Result<Response<wire::ListReadsResponse>, Status> {
        let request = request.into_inner();
        let wanted = Wanted::read(self, &request).map_err(|rejection| status::rejected(&rejection))?;
        let positions = self.writer.read(|world| world.read.reads.clone());
        let mut reads = Vec::new();
        for position in positions.into_iter().rev() {
            if reads.len() == wanted.limit {
                break;
            }
            let record = self.reader.read(position).map_err(|error| status::unreadable(&error))?;
            let recorded = record.and_then(|record| convert::read(&record).ok());
            reads.extend(recorded.and_then(|recorded| self.reading(&recorded, &wanted)));
        }
        Ok(Response::new(wire::ListReadsResponse { reads }))
    }
}

/// Which readings are asked for.
struct Wanted {
    client: Option<ClientId>,
    ticket: Option<TicketId>,
    limit: usize,
}

impl Wanted {
    fn read(desk: &ClientDesk, request: &wire::ListReadsRequest) -> Result<Self, Rejection> {
        let limit = match request.limit as usize {
            0 => DEFAULT_LIMIT,
            limit if limit <= MOST => limit,
            limit => {
                return Err(Rejection::Invalid { field: "limit", problem: format!("{limit} is more than {MOST}") });
            }
        };
        desk.writer.read(|world| {
            let client = match request.client.as_str() {
                "" => None,
                name => Some(named(world, name)?),
            };
            let ticket = match request.ticket.as_str() {
                "" => None,
                name => Some(world.desk.find(&by_any_name(name)?)?.0),
            };
            Ok(Self { client, ticket, limit })
        })
    }
}

/// Also one that was revoked.
fn named(world: &World, name: &str) -> Result<ClientId, Rejection> {
    let clients = &world.desk.clients;
    let any = || clients.clients.iter().find(|(_, client)| client.name == name).map(|(id, _)| *id);
    let found = clients.named(name).map(|(id, _)| id).or_else(any);
    found.ok_or_else(|| Rejection::UnknownClient(name.to_owned()))
}

fn by_any_name(name: &str) -> Result<TicketRef, Rejection> {
    let by = match name {
        id if id.len() == 32 => By::TicketId(id.to_owned()),
        number if number.contains('/') => By::Protocol(number.to_owned()),
        code => By::Code(code.to_owned()),
    };
    ticket_ref(Some(&wire::TicketRef { by: Some(by) }))
}

impl ClientDesk {
    async fn run(&self, cause: CauseId, command: Clients) -> Result<(), Status> {
        let command = Command::Clients(command);
        let request = Write { cause, command, occurred_at: None, trace_parent: trace::traceparent() };
        self.writer.execute(request).await.map(drop).map_err(|error| status::failed(&error))
    }

    fn client(&self, id: ClientId) -> Option<wire::Client> {
        self.writer.read(|world| view(world, id))
    }

    fn reading(&self, recorded: &Recorded, wanted: &Wanted) -> Option<wire::PersonalDataReading> {
        let Event::Log(Log::Access(Access::PersonalDataRead(read))) = &recorded.event else {
            return None;
        };
        let of_client = wanted.client.is_none_or(|client| read.client == Some(client));
        let of_ticket = wanted.ticket.is_none_or(|ticket| read.tickets.contains(&ticket));
        (of_client && of_ticket).then(|| wire::PersonalDataReading {
            position: recorded.position,
            at: Some(time::to_wire(recorded.occurred_at)),
            who: recorded.actor.name.clone(),
            call: read.call.clone(),
            tickets: self.writer.read(|world| {
                let code =
                    |id: &TicketId| world.desk.tickets.get(id).map_or(id.to_string(), |state| state.code.clone());
                read.tickets.iter().map(code).collect()
            }),
        })
    }
}

fn view(world: &World, id: ClientId) -> Option<wire::Client> {
    let client = world.desk.clients.clients.get(&id)?;
    let offices = match &client.offices {
        Offices::All => Vec::new(),
        Offices::These(offices) => offices.iter().map(ToString::to_string).collect(),
    };
    Some(wire::Client {
        client_id: id.to_string(),
        name: client.name.clone(),
        offices,
        rights: client.rights.iter().map(ToString::to_string).collect(),
        has_token: client.token.is_some(),
        has_certificate: client.certificate.is_some(),
        added_at: Some(time::to_wire(client.added_at)),
        revoked_at: client.revoked_at.map(time::to_wire),
    })
}

fn read_added(request: &wire::AddClientRequest, cause: CauseId) -> Result<ClientAdded, Rejection> {
    let hash = |bytes: &[u8], field| match bytes {
        [] => Ok(None),
        bytes => bytes.try_into().map(Some).map_err(|_| Rejection::Invalid {
            field,
            problem: format!("it has {} bytes; SHA-256 has 32", bytes.len()),
        }),
    };
    let right = |code: &String| {
        let known = Right::ALL.iter().map(|right| right.code()).collect::<Vec<_>>().join(", ");
        Right::from_code(code)
            .ok_or_else(|| Rejection::Invalid { field: "rights", problem: format!("{code:?} is none of {known}") })
    };
    Ok(ClientAdded {
        client: ClientId::derived(&[b"client", &cause.0]),
        name: request.name.clone(),
        token: hash(&request.token_sha256, "token_sha256")?,
        certificate: hash(&request.certificate_sha256, "certificate_sha256")?,
        offices: request.offices.iter().map(|office| Office(office.trim().to_ascii_uppercase())).collect(),
        rights: request.rights.iter().map(right).collect::<Result<_, _>>()?,
    })
}
