//! Operators' and departments' service.

pub mod execute;
mod query;

use super::{
    access::{Audit, Caller, WATCHES},
    history, scope, status, ticket_ref, view,
};
use crate::{journal::Reader, writer::Writer};
use bytes::Bytes;
use execute::{execute, settle};
use futures::{Stream, stream};
use segnalalo_domain::{client::Right, id::TicketId, rejection::Rejection};
use segnalalo_proto::{
    registry::v1::{self as wire, ticket_service_server::TicketService},
    sealed::Opener,
};
use std::{collections::VecDeque, pin::Pin, sync::Arc};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tonic::{Request, Response, Status};

/// Records read at a time for a watcher.
const CHUNK: usize = 256;

pub struct Tickets {
    pub writer: Writer,
    pub reader: Arc<dyn Reader>,
    pub opener: Arc<dyn Opener>,
    pub audit: Audit,
    /// The city's own telephone numbers: no personal data.
    pub public_numbers: Vec<String>,
}

pub type Watching = Pin<Box<dyn Stream<Item = Result<wire::WatchResponse, Status>> + Send>>;

#[tonic::async_trait]
impl TicketService for Tickets {
    async fn list_tickets(
        &self,
        request: Request<wire::ListTicketsRequest>,
    ) -> Result<Response<wire::ListTicketsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let listed = self.writer.read(|world| query::list(world, &caller, &request));
        let listed = listed.map_err(|rejection| status::rejected(&rejection))?;
        let tickets = self.shown(&caller, "list_tickets", listed.tickets).await?;
        Ok(Response::new(wire::ListTicketsResponse { tickets, ..listed }))
    }

    async fn search_tickets(
        &self,
        request: Request<wire::SearchTicketsRequest>,
    ) -> Result<Response<wire::SearchTicketsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let found = self.writer.read(|world| query::search(world, &caller, &request));
        let found = found.map_err(|rejection| status::rejected(&rejection))?;
        let tickets = self.shown(&caller, "search_tickets", found.tickets).await?;
        Ok(Response::new(wire::SearchTicketsResponse { tickets }))
    }

    async fn get_ticket(
        &self,
        request: Request<wire::GetTicketRequest>,
    ) -> Result<Response<wire::GetTicketResponse>, Status> {
        let caller = Caller::of(&request)?;
        let name = request.into_inner().ticket;
        let ticket = self.writer.read(|world| scope::ticket(world, &caller, name.as_ref()));
        let ticket = ticket.map_err(|rejection| status::rejected(&rejection))?;
        let ticket = self.shown(&caller, "get_ticket", vec![ticket]).await?.pop();
        Ok(Response::new(wire::GetTicketResponse { ticket }))
    }

    async fn get_history(
        &self,
        request: Request<wire::GetHistoryRequest>,
    ) -> Result<Response<wire::GetHistoryResponse>, Status> {
        let caller = Caller::of(&request)?;
        let name = request.into_inner().ticket;
        let (ticket, positions) = self
            .writer
            .read(|world| {
                let (id, state) = scope::find(world, &caller, &ticket_ref(name.as_ref())?)?;
                let positions = world.read.entry_of(id).map(|entry| entry.positions.clone());
                Ok((view::ticket(id, state, world), positions.unwrap_or_default()))
            })
            .map_err(|rejection: Rejection| status::rejected(&rejection))?;
        let ticket = self.shown(&caller, "get_history", vec![ticket]).await?.pop();
        let personal = caller.may(Right::PersonalData);
        let entry = |record: &[u8]| {
            if personal { history::entry(record, &*self.opener) } else { scope::masked_entry(record) }
        };
        let entries = positions
            .into_iter()
            .filter_map(|position| self.reader.read(position).transpose())
            .map(|record| record.map_err(|error| status::unreadable(&error)).map(|record| entry(&record)))
            .collect::<Result<Vec<_>, Status>>()?;
        Ok(Response::new(wire::GetHistoryResponse { ticket, entries }))
    }

    async fn execute(&self, request: Request<wire::ExecuteRequest>) -> Result<Response<wire::ExecuteResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let name = request.ticket.clone();
        let receipt = execute(self, &caller, request).await?;
        let ticket = self.after(&caller, name.as_ref()).await?;
        Ok(Response::new(wire::ExecuteResponse { ticket, position: receipt.position, repeated: receipt.repeated }))
    }

    type WatchStream = Watching;

    async fn watch(&self, request: Request<wire::WatchRequest>) -> Result<Response<Watching>, Status> {
        let caller = Caller::of(&request)?;
        let after = request.into_inner().after_position;
        let head = self.reader.head().position;
        if after > head {
            return Err(status::beyond(after, head));
        }
        let place = caller.watches.clone().try_acquire_owned().map_err(|_| status::too_many_watches(WATCHES))?;
        let watch = Watch {
            writer: self.writer.clone(),
            reader: self.reader.clone(),
            durable: self.reader.subscribe(),
            caller,
            after,
            ready: VecDeque::new(),
            _place: place,
        };
        let records =
            stream::try_unfold(
                watch,
                |mut watch| async move { Ok(watch.next().await?.map(|response| (response, watch))) },
            );
        Ok(Response::new(Box::pin(records)))
    }

    async fn list_notices(
        &self,
        request: Request<wire::ListNoticesRequest>,
    ) -> Result<Response<wire::ListNoticesResponse>, Status> {
        let limit = query::limit(request.into_inner().limit).map_err(|rejection| status::rejected(&rejection))?;
        let positions =
            self.writer.read(|world| world.read.notices.iter().rev().take(limit).copied().collect::<Vec<_>>());
        let notices = positions
            .into_iter()
            .filter_map(|position| self.reader.read(position).transpose())
            .filter_map(|record| match record {
                Ok(record) => history::notice(&record, &*self.opener).map(Ok),
                Err(error) => Some(Err(status::unreadable(&error))),
            })
            .collect::<Result<Vec<_>, Status>>()?;
        Ok(Response::new(wire::ListNoticesResponse { notices }))
    }

    async fn list_held_replies(
        &self,
        _request: Request<wire::ListHeldRepliesRequest>,
    ) -> Result<Response<wire::ListHeldRepliesResponse>, Status> {
        let held = self.writer.read(query::held);
        let replies = held
            .into_iter()
            .map(|(position, known)| {
                let record = self.reader.read(position).map_err(|error| status::unreadable(&error))?;
                Ok(history::held(known, record.as_deref()))
            })
            .collect::<Result<Vec<_>, Status>>()?;
        Ok(Response::new(wire::ListHeldRepliesResponse { replies }))
    }

    async fn settle_reply(
        &self,
        request: Request<wire::SettleReplyRequest>,
    ) -> Result<Response<wire::SettleReplyResponse>, Status> {
        let receipt = settle(self, request.into_inner()).await?;
        Ok(Response::new(wire::SettleReplyResponse { position: receipt.position }))
    }
}

impl Tickets {
    /// Tickets as the caller may see them: with people's words when he may read them, which the log then says.
    async fn shown(
        &self,
        caller: &Caller,
        call: &str,
        tickets: Vec<wire::Ticket>,
    ) -> Result<Vec<wire::Ticket>, Status> {
        if !caller.may(Right::PersonalData) {
            return Ok(tickets.into_iter().map(scope::masked).collect());
        }
        let ids = tickets.iter().filter_map(|ticket| ticket.ticket_id.parse().ok()).collect::<Vec<TicketId>>();
        if !ids.is_empty() {
            self.audit.note(caller, call, &ids).await?;
        }
        Ok(tickets)
    }

    /// The ticket after what the caller did to it: also when that took it out of his sight.
    async fn after(&self, caller: &Caller, name: Option<&wire::TicketRef>) -> Result<Option<wire::Ticket>, Status> {
        let own = self.writer.read(|world| scope::ticket(world, caller, name));
        if let Ok(ticket) = own {
            return Ok(self.shown(caller, "execute", vec![ticket]).await?.pop());
        }
        let gone = self.writer.read(|world| -> Result<_, Rejection> {
            let (id, state) = world.desk.find(&ticket_ref(name)?)?;
            Ok(view::ticket(id, state, world))
        });
        Ok(gone.ok().map(scope::masked))
    }
}

/// One caller's view of the log as it grows.
struct Watch {
    writer: Writer,
    reader: Arc<dyn Reader>,
    durable: watch::Receiver<u64>,
    caller: Caller,
    after: u64,
    ready: VecDeque<wire::WatchResponse>,
    _place: OwnedSemaphorePermit,
}

impl Watch {
    /// `None`: the log ended.
    async fn next(&mut self) -> Result<Option<wire::WatchResponse>, Status> {
        loop {
            if let Some(response) = self.ready.pop_front() {
                return Ok(Some(response));
            }
            let records = self.reader.read_all(self.after, CHUNK).map_err(|error| status::unreadable(&error))?;
            let Some((last, _)) = records.last() else {
                if self.durable.changed().await.is_err() {
                    return Ok(None);
                }
                continue;
            };
            self.after = *last;
            let (caller, ready) = (&self.caller, &mut self.ready);
            let known = self.writer.read(|world| {
                let seen = |(position, record): &(u64, Bytes)| scope::watched(world, caller, *position, record);
                ready.extend(records.iter().filter_map(seen));
                caller.client().is_none_or(|client| world.desk.clients.is_active(client))
            });
            if !known {
                return Err(status::unauthenticated("this client was revoked"));
            }
        }
    }
}
