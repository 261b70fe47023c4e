//! Operators' and departments' service.

pub mod execute;
mod query;

use super::{history, status, ticket_ref, view};
use crate::{journal::Reader, writer::Writer};
use execute::{execute, settle};
use futures::{Stream, stream};
use segnalalo_domain::rejection::Rejection;
use segnalalo_proto::{
    registry::v1::{self as wire, ticket_service_server::TicketService},
    sealed::Opener,
};
use std::{collections::VecDeque, pin::Pin, sync::Arc};
use tonic::{Request, Response, Status};

/// Records read at a time for a watcher.
const CHUNK: usize = 256;

pub struct Tickets {
    pub writer: Writer,
    pub reader: Arc<dyn Reader>,
    pub opener: Arc<dyn Opener>,
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
        let request = request.into_inner();
        let listed = self.writer.read(|world| query::list(world, &request));
        listed.map(Response::new).map_err(|rejection| status::rejected(&rejection))
    }

    async fn search_tickets(
        &self,
        request: Request<wire::SearchTicketsRequest>,
    ) -> Result<Response<wire::SearchTicketsResponse>, Status> {
        let request = request.into_inner();
        let found = self.writer.read(|world| query::search(world, &request));
        found.map(Response::new).map_err(|rejection| status::rejected(&rejection))
    }

    async fn get_ticket(
        &self,
        request: Request<wire::GetTicketRequest>,
    ) -> Result<Response<wire::GetTicketResponse>, Status> {
        let ticket = self.ticket(request.into_inner().ticket.as_ref())?;
        Ok(Response::new(wire::GetTicketResponse { ticket: Some(ticket) }))
    }

    async fn get_history(
        &self,
        request: Request<wire::GetHistoryRequest>,
    ) -> Result<Response<wire::GetHistoryResponse>, Status> {
        let name = request.into_inner().ticket;
        let (ticket, positions) = self
            .writer
            .read(|world| {
                let (id, state) = world.desk.find(&ticket_ref(name.as_ref())?)?;
                let positions = world.read.entry_of(id).map(|entry| entry.positions.clone());
                Ok((view::ticket(id, state, world), positions.unwrap_or_default()))
            })
            .map_err(|rejection: Rejection| status::rejected(&rejection))?;
        let entries = positions
            .into_iter()
            .filter_map(|position| self.reader.read(position).transpose())
            .map(|record| {
                record.map_err(|error| status::unreadable(&error)).map(|record| history::entry(&record, &*self.opener))
            })
            .collect::<Result<Vec<_>, Status>>()?;
        Ok(Response::new(wire::GetHistoryResponse { ticket: Some(ticket), entries }))
    }

    async fn execute(&self, request: Request<wire::ExecuteRequest>) -> Result<Response<wire::ExecuteResponse>, Status> {
        let request = request.into_inner();
        let name = request.ticket.clone();
        let receipt = execute(self, request).await?;
        let ticket = self.ticket(name.as_ref())?;
        Ok(Response::new(wire::ExecuteResponse {
            ticket: Some(ticket),
            position: receipt.position,
            repeated: receipt.repeated,
        }))
    }

    type WatchStream = Watching;

    async fn watch(&self, request: Request<wire::WatchRequest>) -> Result<Response<Watching>, Status> {
        let after = request.into_inner().after_position;
        let head = self.reader.head().position;
        if after > head {
            return Err(Status::out_of_range(format!("the log ends at position {head}, before {after}")));
        }
        let state = (self.reader.clone(), self.reader.subscribe(), after, VecDeque::new());
        let records = stream::try_unfold(state, |(reader, mut durable, mut after, mut ready)| async move {
            loop {
                if let Some(response) = ready.pop_front() {
                    return Ok(Some((response, (reader, durable, after, ready))));
                }
                for (position, record) in reader.read_all(after, CHUNK).map_err(|error| status::unreadable(&error))? {
                    ready.push_back(wire::WatchResponse { position, record: record.to_vec() });
                    after = position;
                }
                if ready.is_empty() && durable.changed().await.is_err() {
                    return Ok(None);
                }
            }
        });
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
    fn ticket(&self, name: Option<&wire::TicketRef>) -> Result<wire::Ticket, Status> {
        self.writer
            .read(|world| {
                let (id, state) = world.desk.find(&ticket_ref(name)?)?;
                Ok(view::ticket(id, state, world))
            })
            .map_err(|rejection: Rejection| status::rejected(&rejection))
    }
}
