//! A person's rights over the wire. It reads the log outside the writer's lock, on a thread that may block.

use super::{command, history, status, ticket_ref};
use crate::{
    identity::Identity,
    journal::Reader,
    keyring::Keyring,
    person::{
        directory::{Directory, Person, Query},
        dossier::{self, Extent},
        erasure,
    },
    world::World,
    writer::{self, Request as Asked, Writer},
};
use prost::Message as _;
use segnalalo_domain::{
    desk::Command,
    event::Recorded,
    id::{CauseId, PersonId, TicketId},
    rejection::Rejection,
};
use segnalalo_kit::trace;
use segnalalo_proto::{
    convert::{self, channel_to_wire},
    registry::v1::{self as wire, find_person_request::By, person_service_server::PersonService},
    sealed::Opener as _,
    time,
};
use std::sync::Arc;
use tonic::{Request, Response, Status};

#[derive(Clone)]
pub struct Persons {
    pub writer: Writer,
    pub reader: Arc<dyn Reader>,
    pub keyring: Arc<Keyring>,
    pub identity: Identity,
}

#[tonic::async_trait]
impl PersonService for Persons {
    async fn find_person(
        &self,
        request: Request<wire::FindPersonRequest>,
    ) -> Result<Response<wire::FindPersonResponse>, Status> {
        let query = self.query(request.into_inner()).map_err(|rejection| status::rejected(&rejection))?;
        let this = self.clone();
        let found = blocking(move || Ok(this.directory()?.find(&query, &this.identity))).await?;
        let persons = self.writer.read(|world| found.iter().map(|person| shown(person, world)).collect());
        Ok(Response::new(wire::FindPersonResponse { persons }))
    }

    async fn export_person(
        &self,
        request: Request<wire::ExportPersonRequest>,
    ) -> Result<Response<wire::ExportPersonResponse>, Status> {
        let id = person_id(&request.into_inner().person_id).map_err(|rejection| status::rejected(&rejection))?;
        let this = self.clone();
        let dossier = blocking(move || this.dossier(id)).await?;
        Ok(Response::new(dossier))
    }

    async fn erase_person(
        &self,
        request: Request<wire::ErasePersonRequest>,
    ) -> Result<Response<wire::ErasePersonResponse>, Status> {
        let request = request.into_inner();
        let read = || {
            let cause = command::cause(b"erase", None, &request.idempotency_key, &request.encode_to_vec())?;
            Ok((cause, person_id(&request.person_id)?, command::actor(request.actor.as_ref())?))
        };
        let (cause, id, actor) = read().map_err(|rejection: Rejection| status::rejected(&rejection))?;
        if request.reason.trim().is_empty() {
            return Err(status::rejected(&Rejection::Missing("reason")));
        }
        let this = self.clone();
        let person = blocking(move || this.directory()?.person(id).ok_or_else(|| unknown(id))).await?;
        let erase = self.writer.read(|world| erasure::of_person(&person, world, &self.keyring, &request.reason, actor));
        let erase = erase.map_err(|error| unreadable(&error))?;
        let keys = erase.erased.iter().map(|erased| erased.keys.len()).sum::<usize>();
        let replies = erase.replies.len();
        let receipt = self.execute(cause, Command::EraseKeys(erase)).await?;
        let tickets = self.writer.read(|world| person.tickets.iter().map(|ticket| name(*ticket, world)).collect());
        Ok(Response::new(wire::ErasePersonResponse {
            position: receipt.position,
            keys: if receipt.repeated { 0 } else { u32::try_from(keys).unwrap_or(u32::MAX) },
            dropped_replies: if receipt.repeated { 0 } else { u32::try_from(replies).unwrap_or(u32::MAX) },
            tickets,
            repeated: receipt.repeated,
        }))
    }
}

impl Persons {
    async fn execute(&self, cause: CauseId, command: Command) -> Result<writer::Receipt, Status> {
        let asked = Asked { cause, command, occurred_at: None, trace_parent: trace::traceparent() };
        self.writer.execute(asked).await.map_err(|error| status::failed(&error))
    }

    fn query(&self, request: wire::FindPersonRequest) -> Result<Query, Rejection> {
        let filled =
            |field, text: String| if text.trim().is_empty() { Err(Rejection::Missing(field)) } else { Ok(text) };
        match request.by {
            None => Err(Rejection::Missing("number, name or ticket")),
            Some(By::Number(number)) => filled("number", number).map(Query::Number),
            Some(By::Name(name)) => filled("name", name).map(Query::Name),
            Some(By::Ticket(ticket)) => {
                let ticket = ticket_ref(Some(&ticket))?;
                self.writer.read(|world| world.desk.find(&ticket).map(|(id, _)| Query::Ticket(id)))
            }
        }
    }

    fn directory(&self) -> Result<Directory, Status> {
        Directory::read(&*self.reader, &*self.keyring, &self.identity).map_err(|error| unreadable(&error))
    }

    fn dossier(&self, id: PersonId) -> Result<wire::ExportPersonResponse, Status> {
        let person = self.directory()?.person(id).ok_or_else(|| unknown(id))?;
        let (extent, shown) = self.writer.read(|world| (Extent::of(&person, world), shown(&person, world)));
        let positions = dossier::positions(&extent, &*self.reader).map_err(|error| unreadable(&error))?;
        let mut entries = Vec::with_capacity(positions.len());
        for (position, ticket) in positions {
            let record = self.reader.read(position).map_err(|error| status::unreadable(&error))?;
            let Some(record) = record else {
                continue;
            };
            let content = convert::read(&record).ok().and_then(|recorded: Recorded| {
                recorded.event.sealed().and_then(|sealed| self.keyring.open(sealed).ok())
            });
            let code =
                |world: &World| ticket.and_then(|id| world.desk.tickets.get(&id)).map(|state| state.code.clone());
            entries.push(wire::PersonEntry {
                entry: Some(history::entry(&record, &*self.keyring)),
                ticket_code: self.writer.read(code).unwrap_or_default(),
                content,
            });
        }
        Ok(wire::ExportPersonResponse { person: Some(shown), entries })
    }
}

fn shown(person: &Person, world: &World) -> wire::Person {
    wire::Person {
        person_id: person.id().map(|id| id.to_string()).unwrap_or_default(),
        names: person.names.iter().cloned().collect(),
        numbers: person.numbers.iter().cloned().collect(),
        channels: person.channels.iter().map(|channel| channel_to_wire(*channel)).collect(),
        messages: person.messages,
        readable_messages: person.readable,
        tickets: person.tickets.iter().map(|ticket| name(*ticket, world)).collect(),
        first_at: person.seen.map(|(first, _)| time::to_wire(first)),
        last_at: person.seen.map(|(_, last)| time::to_wire(last)),
    }
}

/// The ticket's number, or its code while it has none.
pub(super) fn name(ticket: TicketId, world: &World) -> String {
    let state = world.desk.tickets.get(&ticket);
    state.map_or_else(String::new, |state| {
        state.protocol.map_or_else(|| state.code.clone(), |number| number.to_string())
    })
}

fn person_id(text: &str) -> Result<PersonId, Rejection> {
    text.trim().parse().map_err(|error| Rejection::Invalid { field: "person_id", problem: format!("{error}") })
}

fn unknown(id: PersonId) -> Status {
    status::rejected(&Rejection::UnknownPerson(id.to_string()))
}

fn unreadable(error: &dyn std::error::Error) -> Status {
    tracing::error!(?error, "the log or the keyring can't be read");
    status::log_unreadable()
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Status> + Send + 'static) -> Result<T, Status> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Status::internal("the reading was cut off"))?
}
