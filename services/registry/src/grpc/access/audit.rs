//! What was read of people, as facts in the log: on disk before the words leave. What the same caller reads again of the
//! same ticket within ten minutes isn't said again, or a page that refreshes itself would fill the log.

use super::{Caller, Who};
use crate::{
    grpc::status,
    writer::{Request, Writer},
};
use segnalalo_domain::{
    desk::{Clients, Command},
    event::PersonalDataRead,
    id::{CauseId, TicketId},
    words::Actor,
};
use segnalalo_kit::{clock::monotonic, trace};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;
use tonic::Status;

const AGAIN: Duration = Duration::from_secs(600);
/// Tickets that one event names at most.
const NAMED: usize = 1000;
/// Readings remembered; beyond that, old ones are forgotten and would be noted again.
const KEPT: usize = 200_000;

/// Who, and of which ticket or in which call.
type Reading = (Option<[u8; 16]>, String, Option<TicketId>, String);

#[derive(Clone)]
pub struct Audit {
    writer: Writer,
    noted: Arc<Mutex<HashMap<Reading, Instant>>>,
}

impl Audit {
    pub fn new(writer: Writer) -> Self {
        Self { writer, noted: Arc::default() }
    }

    /// Returns when the log says that this caller reads these tickets, or what the call gives when it isn't about tickets.
    ///
    /// # Errors
    /// The log takes nothing: then nothing may be handed out.
    pub async fn note(&self, caller: &Caller, call: &str, tickets: &[TicketId]) -> Result<(), Status> {
        let actor = caller.reading();
        let now = monotonic();
        let reading = |ticket: Option<TicketId>| {
            let call = if ticket.is_some() { String::new() } else { call.to_owned() };
            (caller.client().map(|id| id.0), actor.name.clone(), ticket, call)
        };
        let readings = if tickets.is_empty() {
            vec![reading(None)]
        } else {
            tickets.iter().map(|ticket| reading(Some(*ticket))).collect::<Vec<_>>()
        };
        let new = self.unsaid(readings, now);
        for readings in new.chunks(NAMED) {
            let tickets = readings.iter().filter_map(|(_, _, ticket, _)| *ticket).collect();
            self.say(caller, call, tickets, actor.clone()).await?;
        }
        self.noted.lock().unwrap_or_else(PoisonError::into_inner).extend(new.into_iter().map(|new| (new, now)));
        Ok(())
    }

    /// The same for what is always said: each opening of an attachment is a fact of its own.
    ///
    /// # Errors
    /// As `note`.
    pub async fn note_each(&self, caller: &Caller, call: &str, ticket: Option<TicketId>) -> Result<(), Status> {
        self.say(caller, call, ticket.into_iter().collect(), caller.reading()).await
    }

    fn unsaid(&self, readings: Vec<Reading>, now: Instant) -> Vec<Reading> {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = |at: &Instant| now.duration_since(*at) < AGAIN;
        if noted.len() > KEPT {
            noted.retain(|_, at| is_fresh(at));
            if noted.len() > KEPT {
                noted.clear();
            }
        }
        readings.into_iter().filter(|reading| !noted.get(reading).is_some_and(is_fresh)).collect()
    }

    async fn say(&self, caller: &Caller, call: &str, tickets: Vec<TicketId>, actor: Actor) -> Result<(), Status> {
        debug_assert!(caller.who != Who::Notifier, "it reads on EVENTS");
        let read = PersonalDataRead { client: caller.client(), call: call.to_owned(), tickets };
        let request = Request {
            cause: CauseId::derived(&[b"read", &rand::random::<[u8; 16]>()]),
            command: Command::Clients(Clients::NoteRead { read, actor }),
            occurred_at: None,
            trace_parent: trace::traceparent(),
        };
        self.writer.execute(request).await.map(drop).map_err(|error| status::failed(&error))
    }
}
