//! What a row runs on: a broker, the services with their failpoints built in, citizens, and an operator.

use super::{
    citizens::{Citizens, Fate},
    evidence,
    proxy::{Proxy, Weather},
};
use crate::harness::{Answer, Broker, Http, MASTER_KEY, Processes, Service, root, wait_for, wait_until};
use anyhow::{Context as _, Result, ensure};
use futures::StreamExt as _;
use jiff::SignedDuration;
use segnalalo_kit::{
    bus::{Bus, BusConfig, Stream},
    config::Vars,
    keys::{Keys, mirror_key},
    rpc::Channel,
};
use segnalalo_proto::{
    common::v1::{Actor, actor::Type},
    registry::v1::{
        ExecuteRequest, TakeInCharge, TicketRef, execute_request::Command, ticket_ref::By,
        ticket_service_client::TicketServiceClient,
    },
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    process::ExitStatus,
    time::Duration,
};
use tokio::time::Instant;

/// How long one waits for what must come, on a machine that others use too.
pub const SOON: Duration = Duration::from_secs(60);
/// How long healing may take: a channel whose token was dead is tried again after three minutes.
const HEALED: Duration = Duration::from_secs(240);
/// With a mistake put back, what is lost never comes: it is waited for no longer than a sound system needs,
const HEALED_WITH_MISTAKE: Duration = Duration::from_secs(40);
/// and no longer than this while nothing at all happens.
const QUIET: Duration = Duration::from_secs(8);
const AT_ONCE: usize = 8;

pub struct City {
    // Processes end before their file systems go.
    pub processes: Processes,
    pub broker: Broker,
    pub http: Http,
    pub citizens: Citizens,
    pub proxies: BTreeMap<&'static str, Proxy>,
    pub bus: Bus,
    pub keys: Keys,
    /// What a row itself saw that must not be.
    pub findings: Vec<String>,
    /// What the log's boxes hold, by the hash of the record.
    pub(super) opened: HashMap<[u8; 32], String>,
    mistake: Option<String>,
    acts: u64,
    /// By how much the demo's clock is ahead of the machine's.
    pub(super) ahead: SignedDuration,
    pub(super) moves_clocks: bool,
    /// File systems that rows mounted.
    pub mounts: Vec<Box<dyn std::any::Any + Send>>,
}

impl City {
    /// The broker runs, the services don't yet. `mistake` is in force in all of them.
    ///
    /// # Errors
    /// Something isn't there and can't be built.
    pub async fn prepare(seed: u64, mistake: Option<&str>) -> Result<Self> {
        let broker = Broker::start().await?;
        let mut processes = Processes::new(&broker)?;
        let program = root().join("target/failpoints/segnalalo");
        if !program.is_file() {
            let status = std::process::Command::new(root().join("scripts/failpoints")).status();
            ensure!(status.is_ok_and(|status| status.success()), "scripts/failpoints builds no {}", program.display());
        }
        processes.run_program(program);
        processes.set("NOTIFIER_PROOF_WAIT_S", "3");
        processes.set("NOTIFIER_READ_BACK_MS", "300");
        let vars = Vars::from_pairs([("SEGNALALO_MASTER_KEY", MASTER_KEY)]);
        let bus = Bus::connect(&BusConfig::new(broker.url(), "faults")).await?;
        let keys = Keys::new(bus.key_bucket(), mirror_key(&vars)?);
        let mut city = Self {
            processes,
            broker,
            http: Http::default(),
            citizens: Citizens::new(seed),
            proxies: BTreeMap::new(),
            bus,
            keys,
            findings: Vec::new(),
            opened: HashMap::new(),
            mistake: mistake.map(str::to_owned),
            acts: 0,
            ahead: SignedDuration::ZERO,
            moves_clocks: false,
            mounts: Vec::new(),
        };
        Service::ALL.into_iter().for_each(|service| city.arm(service, ""));
        Ok(city)
    }

    /// # Errors
    /// One doesn't become ready.
    pub async fn start(&mut self) -> Result<()> {
        self.processes.start_all().await
    }

    /// Failpoints for a service's next life, in the notation of `kit::fault`.
    pub fn arm(&mut self, service: Service, points: &str) {
        let mistake = self.mistake.as_ref().map(|name| format!("mistake.{name}=return"));
        let all = mistake.into_iter().chain((!points.is_empty()).then(|| points.to_owned())).collect::<Vec<_>>();
        self.processes.set_for(service, "FAILPOINTS", (!all.is_empty()).then(|| all.join(";")));
    }

    /// Starts it anew with failpoints; returns when it is ready, or gone: work that waited may have led it to one.
    ///
    /// # Errors
    /// Neither in time.
    pub async fn restart_armed(&mut self, service: Service, points: &str) -> Result<()> {
        self.arm(service, points);
        self.processes.launch(service)?;
        let url = format!("{}/readyz", self.processes.admin_url(service));
        wait_until("it is ready, or gone", SOON, async || {
            self.processes.ended(service).is_some()
                || self.http.get(&url).await.is_ok_and(|answer| answer.status == 200)
        })
        .await
    }

    /// How often a point was hit, in all lives of all services.
    pub fn hits(&self, point: &str) -> usize {
        let line = format!("{} {point}", segnalalo_kit::fault::HIT);
        let of = |service| self.processes.log(service).unwrap_or_default().lines().filter(|one| *one == line).count();
        Service::ALL.into_iter().map(of).sum()
    }

    /// Waits until a service is gone.
    ///
    /// # Errors
    /// It lives.
    pub async fn until_dead(&mut self, service: Service) -> Result<ExitStatus> {
        let what = format!("{} is gone", service.name());
        let patience = if self.mistake.is_some() { QUIET } else { SOON };
        wait_for(&what, patience, async || self.processes.ended(service)).await
    }

    /// A proxy before the broker, for the services named, from their next start on.
    ///
    /// # Errors
    /// There is no port.
    pub async fn proxy_broker(&mut self, services: &[Service]) -> Result<()> {
        let proxy = Proxy::start(self.broker.port()).await?;
        for service in services {
            let url = format!("nats://127.0.0.1:{}", proxy.port());
            self.processes.set_for(*service, "SEGNALALO_NATS_URL", Some(url));
        }
        self.proxies.insert("broker", proxy);
        Ok(())
    }

    /// A proxy between the notifier and graph-sim.
    ///
    /// # Errors
    /// There is no port.
    pub async fn proxy_platform(&mut self) -> Result<()> {
        let url = self.processes.url(Service::GraphSim);
        let port = url.rsplit(':').next().and_then(|port| port.parse().ok()).context("a port")?;
        let proxy = Proxy::start(port).await?;
        let url = format!("http://127.0.0.1:{}", proxy.port());
        self.processes.set_for(Service::Notifier, "GRAPH_API_URL", Some(url));
        self.proxies.insert("platform", proxy);
        Ok(())
    }

    /// So many citizens write, several at once; what isn't answered 200 is posted again when all heals.
    pub async fn write(&mut self, count: usize) {
        let first = self.citizens.written.len();
        for _ in 0..count {
            self.citizens.write();
        }
        self.post(&(first..first + count).collect::<Vec<_>>()).await;
    }

    /// Posts messages once each, and notes what was answered.
    pub async fn post(&mut self, indices: &[usize]) {
        let posts = indices.iter().map(|index| {
            let written = &self.citizens.written[*index];
            let (http, processes) = (&self.http, &self.processes);
            async move { (*index, http.webhook(processes, written.service, &written.body).await) }
        });
        let answers = futures::stream::iter(posts.collect::<Vec<_>>()).buffered(AT_ONCE).collect::<Vec<_>>().await;
        for (index, answer) in answers {
            let written = &mut self.citizens.written[index];
            match answer {
                Ok(Answer { status: 200, .. }) => written.fate = Fate::Answered,
                Ok(Answer { status, .. }) if status < 500 => written.fate = Fate::Refused(status),
                _ => written.failures += 1,
            }
        }
    }

    fn open(&self) -> Vec<usize> {
        let written = self.citizens.written.iter().enumerate();
        written.filter(|(_, written)| written.fate == Fate::Open).map(|(index, _)| index).collect()
    }

    /// What one does on graph-sim's page.
    ///
    /// # Errors
    /// It refuses.
    pub async fn sim(&self, path: &str, body: &Value) -> Result<Value> {
        let url = format!("{}/_sim/{path}", self.processes.url(Service::GraphSim));
        let answer = self.http.post(&url, "", body.to_string().as_bytes()).await?;
        ensure!(answer.status < 300, "{url}: {} {}", answer.status, answer.body);
        Ok(serde_json::from_str(&answer.body).unwrap_or_default())
    }

    /// The next so many requests to send suffer this.
    ///
    /// # Errors
    /// graph-sim doesn't know the fault.
    pub async fn platform_does(&self, fault: Value, times: usize) -> Result<()> {
        self.sim("faults", &json!({"match": {"from": "city"}, "fault": fault, "times": times})).await.map(drop)
    }

    /// How many of the ordered faults were served.
    ///
    /// # Errors
    /// graph-sim doesn't answer.
    pub async fn platform_served(&self, ordered: usize) -> Result<usize> {
        let url = format!("{}/_sim/faults", self.processes.url(Service::GraphSim));
        let rules = self.http.json(&url).await?;
        let left = rules["faults"].as_array().into_iter().flatten().filter_map(|rule| rule["left"].as_u64());
        Ok(ordered.saturating_sub(usize::try_from(left.sum::<u64>())?))
    }

    /// # Errors
    /// The registry doesn't answer.
    pub async fn client(&self) -> Result<TicketServiceClient<Channel>> {
        let answered = wait_for("the registry answers", SOON, async || self.processes.registry().await.ok());
        answered.await.map(TicketServiceClient::new)
    }

    /// An operator takes the next so many tickets in charge, asking again with the same key until he is answered.
    ///
    /// # Errors
    /// There aren't as many, or the registry refuses.
    pub async fn take_in_charge(&mut self, count: usize) -> Result<()> {
        for _ in 0..count {
            let ticket = wait_for("a ticket that nobody has in charge", SOON, async || {
                let tickets = evidence::tickets(self).await.ok()?;
                tickets.into_iter().find(|ticket| ticket.protocol.is_empty())
            })
            .await?;
            self.acts += 1;
            let request = ExecuteRequest {
                idempotency_key: format!("faults-key-{:06}", self.acts),
                ticket: Some(TicketRef { by: Some(By::TicketId(ticket.ticket_id)) }),
                expected_version: 0,
                actor: Some(Actor { r#type: Type::Person as i32, name: "anna".to_owned() }),
                command: Some(Command::TakeInCharge(TakeInCharge { office: "STRADE".to_owned() })),
            };
            wait_for("the operator is answered", SOON, async || {
                // A registry that was killed under his hands is started again by whoever watches over it.
                if !self.processes.runs(Service::Registry) {
                    self.arm(Service::Registry, "");
                    self.processes.restart(Service::Registry).await.ok()?;
                }
                let mut client = self.client().await.ok()?;
                client.execute(request.clone()).await.ok()
            })
            .await?;
        }
        Ok(())
    }

    /// Ends every fault, starts what doesn't run, posts again what wasn't answered, and waits until all is settled.
    ///
    /// # Errors
    /// It doesn't settle; the error says what is missing.
    pub async fn heal(&mut self) -> Result<()> {
        self.proxies.values().for_each(|proxy| proxy.set(Weather::Pass));
        if self.broker.runs() {
            self.broker.resume()?;
        } else {
            self.broker.restart().await?;
        }
        for service in Service::ALL {
            self.arm(service, "");
            if self.processes.runs(service) {
                self.processes.signal(service, "CONT")?;
            } else {
                self.processes.launch(service)?;
            }
        }
        for service in Service::ALL {
            self.processes.start(service).await?;
        }
        let faults = format!("{}/_sim/faults", self.processes.url(Service::GraphSim));
        self.http.delete(&faults).await?;
        self.sim("token", &json!({"state": "ok"})).await?;
        for _ in 0..20 {
            let open = self.open();
            if open.is_empty() {
                break;
            }
            self.post(&open).await;
            if !self.open().is_empty() {
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
        ensure!(self.open().is_empty(), "{} webhooks are not answered 200 after healing", self.open().len());
        self.settle().await
    }

    async fn settle(&mut self) -> Result<()> {
        let patience = if self.mistake.is_some() { HEALED_WITH_MISTAKE } else { HEALED };
        let mut missing = vec!["nothing was looked at yet".to_owned()];
        let (mut before, mut changed) = (0, Instant::now());
        let settled = wait_until("everything is settled", patience, async || {
            let records;
            (records, missing) = self.missing().await;
            if records != before {
                (before, changed) = (records, Instant::now());
            }
            missing.is_empty() || (self.mistake.is_some() && changed.elapsed() > QUIET)
        });
        let settled = settled.await;
        settled.with_context(|| missing.join("; "))?;
        ensure!(missing.is_empty(), "nothing happens any more: {}", missing.join("; "));
        Ok(())
    }

    /// How many records the log has, and what must still come.
    async fn missing(&mut self) -> (usize, Vec<String>) {
        let (records, mut missing) = match evidence::gather(self).await {
            Ok(evidence) => (evidence.records.len(), evidence.missing(self)),
            Err(error) => (0, vec![format!("{error:#}")]),
        };
        for stream in [Stream::Inbound, Stream::Observed] {
            match self.bus.topology().messages(stream).await {
                Ok(0) => {}
                Ok(count) => missing.push(format!("{count} messages wait in {}", stream.name())),
                Err(error) => missing.push(error.to_string()),
            }
        }
        (records, missing)
    }

    /// What was opened so far is to be opened anew.
    pub fn forget(&mut self) {
        self.opened.clear();
    }

    /// Waits until each of them has said on /readyz that it isn't; whoever goes on saying that all is well lies.
    pub async fn says_not_ready(&mut self, services: &[Service]) {
        for service in services {
            let url = format!("{}/readyz", self.processes.admin_url(*service));
            let honest = async || self.http.get(&url).await.is_ok_and(|answer| answer.status == 503);
            if wait_until("it says so", SOON, honest).await.is_err() {
                self.findings.push(format!("I8: {} said all along that it was ready", service.name()));
            }
        }
    }

    /// Files of a run that failed stay, and where they are is said.
    pub fn keep(&mut self) {
        self.processes.keep();
        self.broker.keep();
    }
}
