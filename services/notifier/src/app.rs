//! The process: the log read from its beginning, what is owed sent, outcomes told, until shutdown.

use crate::{
    board::Board,
    config::Config,
    graph::Graph,
    handler::Handler,
    ledger::Registry,
    media::{Courier, Fetcher, Keeper, Media},
    messages::Messages,
    outcomes::Outcomes,
    sender::{Posted, Sender, pause::Timer},
};
use anyhow::Context as _;
use segnalalo_kit::{
    bus::{Bus, Stream},
    http,
    keys::Keys,
    passed_over::PassedOver,
    service::Deps,
    shutdown::Shutdown,
};
use std::{sync::Arc, time::Duration};

/// A POST that hasn't been answered by then has an unknown outcome.
const CALL: Duration = Duration::from_secs(20);
/// A large attachment over a slow line.
const DOWNLOAD: Duration = Duration::from_secs(120);
/// How often due times are looked at.
const TICK: Duration = Duration::from_millis(50);
/// Attempts that are on their way may end in this time when we stop.
const DRAIN: Duration = Duration::from_secs(25);

pub struct App {
    bus: Bus,
    handler: Handler,
    media: Media,
    /// Cancelled when the process stops: what only waits stops waiting.
    stopping: Shutdown,
}

impl App {
    /// # Errors
    /// A text that is missing or wrong, or an address that isn't one.
    pub fn build(config: Config, deps: Deps) -> anyhow::Result<Self> {
        deps.bus.report(deps.health.component("broker"));
        let registry = deps.health.component("registry");
        let stopping = Shutdown::new();
        let keys = Arc::new(Keys::new(deps.bus.key_bucket(), config.mirror_key));
        let fetcher =
            Fetcher { client: http::client(DOWNLOAD), graph: config.graph.clone(), largest: config.largest_attachment };
        let keeper = Keeper::new(&config.registry).context("SEGNALALO_REGISTRY_URL")?;
        let courier = Courier { keys: keys.clone(), fetcher, keeper, clock: deps.clock.clone() };
        let media = Media::new(courier, deps.clock.clone());
        let sender = Sender {
            messages: Arc::new(Messages::load(&config.city).context("the city's messages")?),
            graph: Arc::new(Graph::new(http::client(CALL), config.graph)),
            keys,
            ledger: Arc::new(Registry::new(&config.registry, registry).context("SEGNALALO_REGISTRY_URL")?),
            clock: deps.clock.clone(),
            read_back_pause: config.read_back_pause,
            proof_wait: config.proof_wait,
            posted: Posted::default(),
            pauses: Arc::new(Timer),
            shutdown: stopping.clone(),
        };
        let outcomes = Outcomes::new(deps.bus.publisher(Stream::Observed), deps.clock.clone());
        let board = Board::new(&deps);
        let passed_over = PassedOver::start(&deps);
        let handler = Handler::new(sender, outcomes, deps.clock, board, passed_over);
        Ok(Self { bus: deps.bus, handler, media, stopping })
    }

    /// # Errors
    /// None that could not be waited out.
    pub async fn run(self, shutdown: Shutdown) -> anyhow::Result<()> {
        let Self { bus, mut handler, mut media, stopping } = self;
        let mut feed = bus.event_feed();
        let mut ticks = tokio::time::interval(TICK);
        loop {
            let mut ticked = false;
            tokio::select! {
                () = shutdown.cancelled() => break,
                item = feed.next() => handler.take(item, &mut media),
                ended = media.ended() => media.told(ended, &handler.board),
                ended = handler.ended() => handler.told(ended),
                _ = ticks.tick() => {
                    ticked = true;
                    handler.show();
                }
            }
            handler.send(ticked);
            if ticked {
                media.begin();
            }
        }
        handler.board.stopping();
        stopping.cancel();
        let left = handler.drain(DRAIN).await;
        if left > 0 {
            tracing::warn!(left, "attempts on their way are cut off: their outcome is looked for at the next start");
        }
        Ok(())
    }
}
