//! The stand-in as its parts share it: one state behind a lock, the way to the outbox, and news for the page.

use crate::{outbox::Job, state::State};
use segnalalo_kit::shutdown::Shutdown;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, watch};

#[derive(Clone)]
pub struct Sim(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    outbox: mpsc::UnboundedSender<Job>,
    /// Counts changes.
    news: watch::Sender<u64>,
    /// Ends connections that a fault holds, and streams.
    closing: Shutdown,
}

impl Sim {
    /// With where the outbox takes its jobs from.
    pub fn new(state: State) -> (Self, mpsc::UnboundedReceiver<Job>) {
        let (outbox, jobs) = mpsc::unbounded_channel();
        let inner = Inner { state: Mutex::new(state), outbox, news: watch::Sender::new(0), closing: Shutdown::new() };
        (Self(Arc::new(inner)), jobs)
    }

    pub fn read<T>(&self, ask: impl FnOnce(&State) -> T) -> T {
        ask(&self.0.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Then the outbox gets what is to be sent, and the page hears that something changed.
    pub fn change<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let done = act(&mut state);
        for (n, after) in state.take_outgoing() {
            // The outbox is gone only when the process stops; what is pending is in the journal.
            let _ = self.0.outbox.send(Job { n, after });
        }
        drop(state);
        self.0.news.send_modify(|changes| *changes += 1);
        done
    }

    pub fn news(&self) -> watch::Receiver<u64> {
        self.0.news.subscribe()
    }

    pub fn closing(&self) -> &Shutdown {
        &self.0.closing
    }
}
