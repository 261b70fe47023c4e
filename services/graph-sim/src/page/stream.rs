//! News for the page as server-sent events: only that something changed, for the page asks for the state then. As long as
//! a phone's or a thread's stream is open, its owner has it before his eyes.

use crate::{faults::Rigging, sim::Sim, world::Side};
use axum::{
    extract::{Query, State as Of},
    response::{
        Sse,
        sse::{Event, KeepAlive},
    },
};
use futures::{Stream, StreamExt as _};
use serde::Deserialize;
use std::convert::Infallible;
use tokio_stream::wrappers::WatchStream;

/// Whose eyes.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Viewer {
    phone: Option<String>,
    /// Page-scoped id.
    person: Option<String>,
}

pub async fn stream(
    Of(sim): Of<Sim>,
    Query(viewer): Query<Viewer>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let eyes = Eyes::open(sim.clone(), viewer);
    let closing = sim.closing().clone().cancelled_owned();
    let news = WatchStream::new(sim.news()).take_until(Box::pin(closing));
    let events = news.map(move |changes| {
        let _seen_by = &eyes;
        Ok(Event::default().event("changed").data(changes.to_string()))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

/// Closed when it is dropped.
struct Eyes {
    sim: Sim,
    viewer: Viewer,
}

impl Eyes {
    fn open(sim: Sim, viewer: Viewer) -> Self {
        sim.change(|state| {
            if let Some(phone) = &viewer.phone {
                state.presence.open_phone(phone);
                state.read_chat(phone);
            }
            if let Some(person) = &viewer.person {
                state.presence.open_thread(person);
                let last = state.world.messenger.last(person).filter(|message| message.from == Side::City);
                if let Some(at) = last.map(|message| message.at)
                    && state.presence.read_until(person, at)
                {
                    let webhook = state.thread_read(person, at);
                    state.send(vec![webhook.now()], &Rigging::default());
                }
            }
        });
        Self { sim, viewer }
    }
}

impl Drop for Eyes {
    fn drop(&mut self) {
        self.sim.change(|state| {
            if let Some(phone) = &self.viewer.phone {
                state.presence.close_phone(phone);
            }
            if let Some(person) = &self.viewer.person {
                state.presence.close_thread(person);
            }
        });
    }
}
