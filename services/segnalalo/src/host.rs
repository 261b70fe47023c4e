//! Runs one process of ours, or several in one process of the machine. Each has its own connection to the broker, its
//! own health, metrics and admin port, as if it were alone. The first that fails stops them all.

use crate::failure::Failure;
use anyhow::Context as _;
use segnalalo_kit::{
    admin,
    bus::{Bus, BusConfig},
    clock::{ClockLever, DemoClock, SharedClock},
    config::Vars,
    health::{Component, Health},
    service::Deps,
    shutdown::{GRACE, Shutdown},
    telemetry::Metrics,
};
use std::{future::Future, net::SocketAddr, pin::Pin};
use tokio::{net::TcpListener, task::JoinSet};

/// Who makes the bucket of the demo's clock.
const KEEPER: &str = "registry";

pub type Running = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>;

/// A process whose configuration is read, and that isn't built yet.
pub struct Process {
    pub name: &'static str,
    /// Where health and metrics are seen.
    pub admin: SocketAddr,
    pub start: Start,
}

/// Builds it, says so, and runs it until shutdown.
pub enum Start {
    Service(Box<dyn FnOnce(Deps, Component, Shutdown) -> Running + Send>),
    /// It needs no broker, but for the demo's clock where there is one.
    Apart(Box<dyn FnOnce(SharedClock, Option<ClockLever>, Component, Shutdown) -> Running + Send>),
}

/// Processes that are being run.
pub struct Host {
    pub healths: Vec<Health>,
    /// The first process's: in a demo it isn't the machine's.
    pub clock: SharedClock,
    tasks: JoinSet<(&'static str, anyhow::Result<()>)>,
    /// Stopped last: while the processes drain, one may look at them.
    admins: JoinSet<()>,
    admins_shutdown: Shutdown,
    buses: Vec<Bus>,
    shutdown: Shutdown,
    /// Cancelled when the first has ended.
    ended: Shutdown,
}

impl Host {
    /// Takes the admin ports and starts everything.
    ///
    /// # Errors
    /// A port is taken, or the broker's address is none.
    pub async fn start(
        processes: Vec<Process>,
        vars: &Vars,
        clock: &SharedClock,
        shutdown: Shutdown,
    ) -> Result<Self, Failure> {
        let mut host = Self {
            healths: Vec::new(),
            clock: clock.clone(),
            tasks: JoinSet::new(),
            admins: JoinSet::new(),
            admins_shutdown: Shutdown::new(),
            buses: Vec::new(),
            shutdown,
            ended: Shutdown::new(),
        };
        for process in processes {
            host.launch(process, vars, clock).await?;
        }
        Ok(host)
    }

    async fn launch(&mut self, process: Process, vars: &Vars, clock: &SharedClock) -> Result<(), Failure> {
        let Process { name, admin, start } = process;
        let metrics = Metrics::from_vars(name, vars).map_err(Failure::config)?;
        let health = Health::new(name);
        let listener = TcpListener::bind(admin)
            .await
            .with_context(|| format!("{name}: the admin port {admin} can't be listened on"))?;
        // Before its own components are there, a process isn't ready either.
        let built = health.component("process");
        let in_demo = DemoClock::is_wanted(vars).map_err(Failure::config)?;
        let bus = match start {
            Start::Service(_) => Some(connect(name, vars, &metrics).await?),
            Start::Apart(_) if in_demo => Some(connect(name, vars, &metrics).await?),
            Start::Apart(_) => None,
        };
        self.buses.extend(bus.clone());
        let demo = bus.as_ref().filter(|_| in_demo).map(|bus| follow(bus, name, &metrics));
        let clock = demo.clone().map_or_else(|| clock.clone(), SharedClock::from);
        if self.healths.is_empty() {
            self.clock = clock.clone();
        }
        let (health_of, shutdown) = (health.clone(), self.shutdown.clone());
        let part = built.clone();
        let running: Running = match (start, bus) {
            (Start::Service(start), Some(bus)) => {
                start(Deps { bus, clock, metrics: metrics.clone(), health: health_of }, built, shutdown.clone())
            }
            (Start::Apart(start), bus) => {
                let lever = bus.as_ref().map(ClockLever::new);
                start(clock, lever, built, shutdown.clone())
            }
            (Start::Service(_), None) => unreachable!("a service is connected"),
        };
        let running = after_the_clock(demo, part, shutdown, running);
        let ended = self.ended.clone();
        self.tasks.spawn(async move {
            // Also when it panics.
            let _ended = ended.drop_guard();
            (name, running.await)
        });
        let serving = admin::serve(listener, health.clone(), metrics, self.admins_shutdown.clone());
        self.admins.spawn(async move {
            if let Err(error) = serving.await {
                tracing::warn!(%error, service = name, "the admin port");
            }
        });
        self.healths.push(health);
        Ok(())
    }

    pub fn is_ready(&self) -> bool {
        self.healths.iter().all(Health::is_ready)
    }

    /// Whether one has ended: `run` says which and why.
    pub fn has_ended(&self) -> bool {
        self.ended.is_cancelled()
    }

    /// "registry: log: replaying", for those who wait.
    pub fn not_ready(&self) -> String {
        let of = |health: &Health| {
            health
                .not_ready()
                .into_iter()
                .map(|(part, why)| format!("{}: {part}: {why}", health.service()))
                .collect::<Vec<_>>()
        };
        self.healths.iter().flat_map(of).collect::<Vec<_>>().join("; ")
    }

    /// Until shutdown, or until one of them ends by itself; then stops the rest.
    ///
    /// # Errors
    /// The one that failed, and why.
    pub async fn run(&mut self) -> Result<(), Failure> {
        let ended = tokio::select! {
            () = self.shutdown.cancelled() => None,
            ended = self.tasks.join_next() => ended,
        };
        let early = !self.shutdown.is_cancelled();
        let result = ended.map_or(Ok(()), |ended| match outcome(ended) {
            Ok(name) if early => Err(Failure::failed(format!("{name}: it ended by itself"))),
            Ok(_) => Ok(()),
            Err(failure) => Err(failure),
        });
        result.and(self.stop().await)
    }

    /// Everybody finishes what he has in hand, within the grace. The first who couldn't.
    async fn stop(&mut self) -> Result<(), Failure> {
        self.shutdown.cancel();
        let mut result = Ok(());
        let drained = tokio::time::timeout(GRACE, async {
            while let Some(ended) = self.tasks.join_next().await {
                if let Err(failure) = outcome(ended) {
                    tracing::error!(%failure, "while stopping");
                    result = std::mem::replace(&mut result, Ok(())).and(Err(failure));
                }
            }
        });
        if drained.await.is_err() {
            tracing::error!("not everybody stopped in time: cut off");
            self.tasks.shutdown().await;
        }
        for bus in &self.buses {
            bus.flush().await;
        }
        self.admins_shutdown.cancel();
        while self.admins.join_next().await.is_some() {}
        result
    }
}

/// The registry keeps the clock, the others follow.
fn follow(bus: &Bus, name: &str, metrics: &Metrics) -> DemoClock {
    let shown = metrics.gauge("demo_clock_ahead_seconds", "By how much the demo's clock is ahead of the machine's");
    DemoClock::follow(bus, name == KEEPER, Some(shown))
}

/// Nothing is built before it is known what time it is.
async fn after_the_clock(
    demo: Option<DemoClock>,
    part: Component,
    shutdown: Shutdown,
    running: Running,
) -> anyhow::Result<()> {
    if let Some(clock) = demo {
        part.not_ready("the demo's clock isn't known yet: the registry makes it, at the broker");
        tokio::select! {
            () = clock.known() => {}
            () = shutdown.cancelled() => return Ok(()),
        }
    }
    running.await
}

async fn connect(name: &str, vars: &Vars, metrics: &Metrics) -> Result<Bus, Failure> {
    let mut config = BusConfig::from_vars(name, vars).map_err(Failure::config)?;
    config.metrics = Some(metrics.clone());
    Bus::connect(&config).await.context("SEGNALALO_NATS_URL").map_err(Failure::config)
}

type Ended = Result<(&'static str, anyhow::Result<()>), tokio::task::JoinError>;

fn outcome(ended: Ended) -> Result<&'static str, Failure> {
    match ended {
        Ok((name, Ok(()))) => Ok(name),
        Ok((name, Err(error))) => Err(Failure::from(error.context(name))),
        Err(error) if error.is_cancelled() => Ok(""),
        Err(error) => Err(Failure::failed(error.to_string())),
    }
}
