//! The process: one HTTP listener for the Graph API and for the page, and the outbox, until shutdown.

use crate::{
    config::Config,
    graph,
    journal::{self, Journal},
    outbox::{self, Job},
    page,
    sim::Sim,
    state::State,
};
use anyhow::Context as _;
use segnalalo_kit::{
    clock::{ClockLever, SharedClock},
    http,
    shutdown::Shutdown,
};
use std::sync::Arc;
use tokio::{net::TcpListener, sync::mpsc};

/// In the data folder.
const JOURNAL: &str = "graph-sim/rehearsal.jsonl";

pub struct App {
    config: Arc<Config>,
    sim: Sim,
    jobs: mpsc::UnboundedReceiver<Job>,
}

impl App {
    /// With the wall, the chats and the ledger of the time before, when there is a data folder.
    ///
    /// # Errors
    /// The data folder can't be used, or holds something else.
    pub fn build(config: Config, clock: SharedClock) -> Result<Self, journal::Error> {
        let (journal, records) = match &config.data_dir {
            Some(folder) => Journal::open(&folder.join(JOURNAL))?,
            None => (Journal::default(), Vec::new()),
        };
        let config = Arc::new(config);
        let (sim, jobs) = Sim::new(State::new(config.clone(), clock, journal, records));
        Ok(Self { config, sim, jobs })
    }

    /// With what moves the demo's clock, where there is one.
    #[must_use]
    pub fn with_lever(self, lever: Option<ClockLever>) -> Self {
        self.sim.change(|state| state.lever = lever);
        self
    }

    /// Runs until shutdown; requests that are being handled are answered first.
    ///
    /// # Errors
    /// The listener failed.
    pub async fn run(self, listener: TcpListener, shutdown: Shutdown) -> anyhow::Result<()> {
        let address = listener.local_addr().context("the listener has no address")?;
        self.sim.change(|state| state.base_url = format!("http://{address}"));
        tracing::info!(%address, "the stand-in of the Graph API, and the page where one plays the citizen");
        let closing = {
            let (sim, shutdown) = (self.sim.clone(), shutdown.clone());
            async move {
                shutdown.cancelled_owned().await;
                sim.closing().cancel();
            }
        };
        let router = page::router(self.sim.clone()).merge(graph::router(self.sim.clone()));
        let outbox = outbox::sender::run(self.sim, self.config, self.jobs, shutdown.clone());
        let serving = async {
            let served = http::serve(listener, router, shutdown.clone()).await;
            // A listener that failed ends the other parts too.
            shutdown.cancel();
            served
        };
        let (served, (), ()) = tokio::join!(serving, outbox, closing);
        served.context("the listener of graph-sim")
    }
}
