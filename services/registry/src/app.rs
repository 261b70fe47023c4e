//! The registry's process: the log opened, the broker's copy compared, the world replayed; then intake, relay, patience
//! and gRPC, until shutdown.

mod topology;

use crate::{
    blobs::Blobs,
    config::Config,
    grpc::{
        self,
        access::{Audit, Gate},
    },
    identity::Identity,
    intake::{Intake, Source},
    journal::{self, Batch, Head, Journal, Reader},
    keyring::{
        self, Keyring,
        ledger::{self, Ledger},
        mirror::Mirror,
        tally::{Settled, Tally},
    },
    media::Vault,
    patience,
    published::Published,
    register::{Registrar, export::Exporter, forms::Page, manifest::Signer, shelf::Shelf},
    relay::{self, Relay},
    retention::Retention,
    world::World,
    writer::{self, Rules, Writer},
};
use anyhow::Context as _;
use segnalalo_kit::{
    bus::{Bus, Stream, WorkQueueConfig},
    city::{Offices, calendar, retention},
    health::Component,
    service::Deps,
    shutdown::Shutdown,
};
use segnalalo_proto::{
    DESCRIPTORS,
    registry::v1::{
        client_service_server::ClientServiceServer, delivery_service_server::DeliveryServiceServer,
        log_service_server::LogServiceServer, media_service_server::MediaServiceServer,
        person_service_server::PersonServiceServer, register_service_server::RegisterServiceServer,
        retention_service_server::RetentionServiceServer, ticket_service_server::TicketServiceServer,
    },
};
use std::{
    path::PathBuf,
    sync::{Arc, RwLock},
    time::Duration,
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinSet};

const BROKER_PAUSE: Duration = Duration::from_millis(500);

pub struct App {
    config: Config,
    deps: Deps,
    journal: Box<dyn Journal>,
    offices: Arc<Offices>,
    registrar: Arc<Registrar>,
    page: Page,
    calendar: segnalalo_domain::calendar::Calendar,
    retention: segnalalo_domain::retention::Rules,
    log: Component,
    broker: Component,
}

impl App {
    /// Opens the log and reads the city's configuration.
    ///
    /// # Errors
    /// What is wrong with the log's folder or the city's files.
    pub fn build(config: Config, deps: Deps) -> anyhow::Result<Self> {
        let log = deps.health.component("log");
        let broker = deps.health.component("broker");
        log.not_ready("replaying");
        broker.not_ready("comparing heads");
        let offices = Arc::new(Offices::load(&config.city).context("deploy: offices")?);
        let registrar = Arc::new(Registrar::load(&config.city).context("deploy: register")?);
        let page = Page::load(&config.city).context("deploy: the daily register's page")?;
        let calendar = calendar::load(&config.city).context("deploy: calendar")?;
        let retention = retention::load(&config.city).context("deploy: retention")?;
        let journal = journal::open(&config.data_dir.join("log")).context("the event log")?;
        Ok(Self { config, deps, journal, offices, registrar, page, calendar, retention, log, broker })
    }

    /// Runs until shutdown.
    ///
    /// # Errors
    /// When going on would lose or fork facts: the log's disk failed, or another registry writes.
    pub async fn run(mut self, shutdown: Shutdown) -> anyhow::Result<()> {
        // Our own parts stop when one fails; whoever runs us must not take that for a shutdown that he was asked for.
        let shutdown = shutdown.child_token();
        let Some(position) = self.reconcile(&shutdown).await? else {
            return Ok(());
        };
        let keyring = keyring(&self.config, &self.deps.bus, self.journal.reader()).await.context("the keyring")?;
        let ledger = Ledger::open(&self.config.data_dir.join(ledger::NAME)).context("the ledger of erasures")?;
        let keyring = Arc::new(keyring.with_ledger(ledger));
        self.begin_log(&keyring)?;
        let reader = self.journal.reader();
        let world = self.replay(&keyring)?;
        tracing::info!(position = world.position, tickets = world.desk.tickets.len(), "the log is replayed");
        let vault = Vault { keyring: keyring.clone(), blobs: Blobs::open(&self.config.data_dir.join("blobs"))? };
        let swept = vault.settle(&world).context("the attachments")?;
        if swept > 0 {
            tracing::info!(swept, "files of erased attachments, or of none, are removed");
        }
        let mirror = Mirror::new(keyring.clone(), self.deps.bus.key_bucket(), &self.config.master_key);
        let registrar = self.registrar;
        let rules = Rules {
            calendar: self.calendar,
            offices: self.offices,
            registrar: registrar.clone(),
            clock: self.deps.clock.clone(),
            keyring: Some(keyring.clone()),
            blobs: Some(vault.blobs.clone()),
        };
        let (writer, mut writer_failed) = Writer::start(self.journal, Arc::new(RwLock::new(world)), rules);
        let exporter = Arc::new(Exporter {
            writer: writer.clone(),
            reader: reader.clone(),
            registrar,
            page: self.page,
            signer: Arc::new(Signer::new(&keyring.pepper())),
            shelf: Shelf::below(&self.config.data_dir),
            clock: self.deps.clock.clone(),
            turn: tokio::sync::Mutex::default(),
        });
        let retention = Arc::new(Retention {
            writer: writer.clone(),
            reader: reader.clone(),
            keyring: keyring.clone(),
            rules: self.retention,
            clock: self.deps.clock.clone(),
            bus: Some(self.deps.bus.clone()),
            turn: tokio::sync::Mutex::default(),
        });
        let parts = Parts {
            identity: Identity::new(keyring.pepper()),
            exporter,
            retention,
            keyring,
            vault,
            mirror,
            config: self.config,
            deps: self.deps,
            reader,
            writer,
            broker: self.broker,
        };
        let listener = TcpListener::bind(parts.config.listen)
            .await
            .with_context(|| format!("REGISTRY_LISTEN: {} can't be listened on", parts.config.listen))?;
        tracing::info!(address = %listener.local_addr()?, "gRPC");
        let mut tasks = JoinSet::new();
        parts.spawn(&mut tasks, listener, position, &shutdown);
        self.log.ready();
        let result = tokio::select! {
            biased;
            Ok(error) = &mut writer_failed => Err(unwritable(error)),
            Some(ended) = tasks.join_next() => ended.context("a part of the registry panicked").and_then(|result| result),
        };
        let result = match result {
            Ok(()) if !shutdown.is_cancelled() => Err(why_ended(writer_failed).await),
            result => result,
        };
        self.log.not_ready("stopping");
        shutdown.cancel();
        while let Some(ended) = tasks.join_next().await {
            if let Ok(Err(error)) = ended {
                tracing::error!(error = format!("{error:#}"), "while stopping");
            }
        }
        result
    }

    /// The first record of a new log, once no other copy has one.
    fn begin_log(&mut self, keyring: &Keyring) -> Result<(), journal::Error> {
        if self.journal.reader().head() == Head::EMPTY {
            let opening = Batch::opening(rand::random(), self.deps.clock.now());
            self.journal.append(&[opening.locked_by(keyring.id())])?;
        }
        Ok(())
    }

    /// The world, once the keyring was found to have what the log needs, and nothing that the log says is erased.
    fn replay(&mut self, keyring: &Keyring) -> anyhow::Result<World> {
        let reader = self.journal.reader();
        let mut tally = Tally::default();
        let world = World::replay(&*reader, keyring, |recorded| tally.note(recorded))?;
        let settled = tally.settle(keyring, &keyring_folder(&self.config)).context("the keyring")?;
        if !settled.unrecorded.is_empty() {
            tracing::warn!(keys = settled.unrecorded.len(), "the log is from before an erasure: it is recorded again");
            self.journal.append(&[Batch::erased_again(settled.unrecorded.clone(), self.deps.clock.now())])?;
        }
        if settled != Settled::default() {
            return Ok(World::replay(&*reader, keyring, |_| {})?);
        }
        Ok(world)
    }

    /// `None`: shut down while waiting for the broker.
    async fn reconcile(&mut self, shutdown: &Shutdown) -> anyhow::Result<Option<u64>> {
        let events = self.deps.bus.events_log();
        loop {
            let tried = match self.deps.bus.topology().ensure().await {
                Ok(()) => relay::reconcile(&mut *self.journal, &events).await,
                Err(error) => Err(relay::Error::Broker(error)),
            };
            match tried {
                Ok(position) => match self.deps.bus.topology().renew_consumers().await {
                    Ok(()) => return Ok(Some(position)),
                    Err(error) => self.broker.not_ready(&error.to_string()),
                },
                Err(relay::Error::Broker(error)) => self.broker.not_ready(&error.to_string()),
                Err(error) => return Err(error.into()),
            }
            tokio::select! {
                () = shutdown.cancelled() => return Ok(None),
                () = tokio::time::sleep(BROKER_PAUSE) => {}
            }
        }
    }
}

/// A disk that failed: what is on it only a new start can tell.
fn unwritable(error: writer::Failure) -> anyhow::Error {
    anyhow::Error::from(error)
        .context("the log can't be written: stopping. Look at the disk, then start the registry again")
}

/// A writer that fails takes the relay along, which may be seen first; one that panicked says nothing.
async fn why_ended(writer_failed: oneshot::Receiver<writer::Failure>) -> anyhow::Error {
    match tokio::time::timeout(BROKER_PAUSE, writer_failed).await {
        Ok(Ok(error)) => unwritable(error),
        _ => anyhow::anyhow!("a part of the registry ended by itself: stopping"),
    }
}

fn keyring_folder(config: &Config) -> PathBuf {
    config.data_dir.join("keyring")
}

/// The one that the log names.
async fn keyring(config: &Config, bus: &Bus, reader: Arc<dyn Reader>) -> anyhow::Result<Keyring> {
    let (folder, master, previous) = (keyring_folder(config), &config.master_key, config.previous_master_key.as_ref());
    if config.recover_keyring
        && let keyring::tally::Opening::Keyring(wanted) = keyring::tally::keyring_of(&*reader)?
    {
        return Ok(keyring::mirror::recover(&folder, wanted, &bus.key_bucket(), master, previous).await?);
    }
    Ok(keyring::for_log(&folder, &*reader, master, previous)?)
}

struct Parts {
    identity: Identity,
    exporter: Arc<Exporter>,
    retention: Arc<Retention>,
    keyring: Arc<Keyring>,
    vault: Vault,
    mirror: Mirror,
    config: Config,
    deps: Deps,
    reader: Arc<dyn Reader>,
    writer: Writer,
    broker: Component,
}

impl Parts {
    fn spawn(self, tasks: &mut JoinSet<anyhow::Result<()>>, listener: TcpListener, position: u64, shutdown: &Shutdown) {
        let (publishing, published) = Published::channel(position);
        let relay = Relay {
            reader: self.reader.clone(),
            events: self.deps.bus.events_log(),
            mirror: Some(self.mirror.clone()),
            component: self.broker.clone(),
            published: publishing,
            reconnects: self.deps.bus.on_reconnect(),
        };
        let token = shutdown.clone();
        tasks.spawn(async move { Ok(relay.run(position, token).await?) });
        tasks.spawn(topology::keep_topology(self.deps.bus.clone(), shutdown.clone()));
        let patience = patience::run(self.writer.clone(), self.deps.clock.clone(), shutdown.clone());
        tasks.spawn(async move {
            patience.await;
            Ok(())
        });
        let handled = self.deps.metrics.counter("registry_observations", "Observations handled, by source and outcome");
        for (source, stream) in [(Source::Inbound, Stream::Inbound), (Source::Observed, Stream::Observed)] {
            let intake = Intake {
                source,
                writer: self.writer.clone(),
                identity: self.identity.clone(),
                published: published.clone(),
                handled: handled.clone(),
            };
            let queue = self.deps.bus.work_queue(stream, WorkQueueConfig::new("registry-v1"));
            let token = shutdown.clone();
            tasks.spawn(async move {
                queue.run(intake, token).await;
                Ok(())
            });
        }
        let (exporter, token) = (self.exporter.clone(), shutdown.clone());
        tasks.spawn(async move {
            exporter.run(token).await;
            Ok(())
        });
        let (retention, token) = (self.retention.clone(), shutdown.clone());
        tasks.spawn(async move {
            retention.run(token).await;
            Ok(())
        });
        tasks.spawn(self.serve(listener, published, shutdown.clone()));
    }

    async fn serve(self, listener: TcpListener, published: Published, shutdown: Shutdown) -> anyhow::Result<()> {
        let (reporter, health) = tonic_health::server::health_reporter();
        let audit = Audit::new(self.writer.clone());
        let gate = Gate::new(self.writer.clone(), &self.config, audit.clone());
        let tickets = TicketServiceServer::new(grpc::Tickets {
            writer: self.writer.clone(),
            reader: self.reader.clone(),
            opener: self.keyring.clone(),
            audit: audit.clone(),
            public_numbers: self.config.public_numbers.clone(),
        });
        let media = MediaServiceServer::new(grpc::MediaDesk {
            writer: self.writer.clone(),
            reader: self.reader.clone(),
            vault: self.vault.clone(),
            audit: audit.clone(),
            largest: self.config.largest_attachment,
        });
        let clients =
            ClientServiceServer::new(grpc::ClientDesk { writer: self.writer.clone(), reader: self.reader.clone() });
        let persons = PersonServiceServer::new(grpc::Persons {
            writer: self.writer.clone(),
            reader: self.reader.clone(),
            keyring: self.keyring.clone(),
            identity: self.identity.clone(),
        });
        let register = RegisterServiceServer::new(grpc::Registers {
            exporter: self.exporter,
            reader: self.reader.clone(),
            opener: self.keyring.clone(),
            identity: self.identity.clone(),
        });
        let retention = RetentionServiceServer::new(grpc::RetentionDesk(self.retention));
        let delivery = DeliveryServiceServer::new(grpc::Delivery { writer: self.writer, published });
        let log = LogServiceServer::new(grpc::Log { reader: self.reader, vault: self.vault });
        reporter.set_serving::<TicketServiceServer<grpc::Tickets>>().await;
        reporter.set_serving::<DeliveryServiceServer<grpc::Delivery>>().await;
        reporter.set_serving::<RegisterServiceServer<grpc::Registers>>().await;
        let stopping = async move {
            shutdown.cancelled().await;
            reporter.set_not_serving::<TicketServiceServer<grpc::Tickets>>().await;
            reporter.set_not_serving::<DeliveryServiceServer<grpc::Delivery>>().await;
            reporter.set_not_serving::<RegisterServiceServer<grpc::Registers>>().await;
        };
        let reflection = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .build_v1()?;
        let reflection = self.config.reflection.then_some(reflection);
        let server = grpc::listening(self.config.tls.as_ref(), self.config.keepalive)?
            .layer(gate)
            .add_service(health)
            .add_optional_service(reflection)
            .add_service(tickets.max_decoding_message_size(grpc::LARGEST_REQUEST))
            .add_service(clients.max_decoding_message_size(grpc::LARGEST_REQUEST))
            .add_service(delivery)
            .add_service(log.max_decoding_message_size(grpc::LARGEST_REQUEST))
            .add_service(media)
            .add_service(persons.max_decoding_message_size(grpc::LARGEST_REQUEST))
            .add_service(register.max_decoding_message_size(grpc::LARGEST_REQUEST))
            .add_service(retention);
        let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
        // A watcher never leaves by itself: after the grace it is cut off.
        tokio::select! {
            served = server.serve_with_incoming(incoming) => served.context("gRPC"),
            () = stopping => Ok(()),
        }
    }
}
