//! The services as production runs them: each a process of its own, all with one environment, here on ports of the test.

use super::{Broker, Folder, Http, Service, binary, child::Child, ports, root, wait_for};
use anyhow::{Context as _, Result};
use segnalalo_kit::{config::Vars, master_key::Purpose, rpc};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    time::Duration,
};

/// The processes' master key.
pub const MASTER_KEY: &str = "a-key-for-tests-that-guards-nothing-at-all";
const READY: Duration = Duration::from_secs(30);
const STOP: Duration = Duration::from_secs(30);

const FACEBOOK_APP_SECRET: &str = "app-secret-of-the-page";
const WHATSAPP_APP_SECRET: &str = "app-secret-of-the-number";

#[derive(Debug)]
pub struct Processes {
    // Before the folder: the processes end before their files go.
    running: BTreeMap<Service, Child>,
    folder: Folder,
    environment: BTreeMap<String, String>,
    /// Variables of one service only.
    own: BTreeMap<Service, BTreeMap<String, String>>,
    /// `None`: the one beside the tests.
    program: Option<PathBuf>,
    ports: BTreeMap<Service, Ports>,
    http: Http,
}

/// A second process of a service; it ends with its value.
#[derive(Debug)]
pub struct Second {
    name: &'static str,
    child: Child,
    ports: Ports,
}

impl Second {
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// As `Processes::url`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.listen)
    }

    /// As `Processes::admin_url`.
    pub fn admin_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.admin)
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.ended()
    }
}

#[derive(Debug, Clone, Copy)]
struct Ports {
    listen: u16,
    admin: u16,
}

impl Processes {
    /// An environment on the broker; nothing is started yet.
    ///
    /// # Errors
    /// The folder can't be made.
    pub fn new(broker: &Broker) -> Result<Self> {
        let ports = Service::ALL
            .into_iter()
            .map(|service| (service, Ports { listen: ports::free(), admin: ports::free() }))
            .collect();
        let mut processes = Self {
            running: BTreeMap::new(),
            folder: Folder::new("processes")?,
            environment: BTreeMap::new(),
            own: BTreeMap::new(),
            program: None,
            ports,
            http: Http::default(),
        };
        processes.set_addresses(broker);
        processes.set_city();
        Ok(processes)
    }

    fn set_addresses(&mut self, broker: &Broker) {
        self.set("SEGNALALO_NATS_URL", broker.address());
        for (role, identity) in broker.identities() {
            let variable = format!("{}_NATS_NKEY", role.name.replace('-', "_").to_uppercase());
            self.set(&variable, identity.seed.expose());
        }
        for (service, Ports { listen, admin }) in self.ports.clone() {
            self.set(&service.admin_variable(), format!("127.0.0.1:{admin}"));
            if service.listens() {
                self.set(&service.listen_variable(), format!("127.0.0.1:{listen}"));
            }
        }
        self.set("SEGNALALO_REGISTRY_URL", self.url(Service::Registry));
        self.set("GRAPH_API_URL", self.url(Service::GraphSim));
        self.set("GRAPH_SIM_FACEBOOK_WEBHOOK", format!("{}/webhook", self.url(Service::IngestFacebook)));
        self.set("GRAPH_SIM_WHATSAPP_WEBHOOK", format!("{}/webhook", self.url(Service::IngestWhatsapp)));
    }

    /// Page and number are those of `tests/fixtures`.
    fn set_city(&mut self) {
        self.set("SEGNALALO_DATA_DIR", self.data().to_string_lossy());
        self.set("SEGNALALO_CITY", root().join("deploy/biella").to_string_lossy());
        self.set("SEGNALALO_MASTER_KEY", MASTER_KEY);
        self.set("FACEBOOK_APP_SECRET", FACEBOOK_APP_SECRET);
        self.set("FACEBOOK_VERIFY_TOKEN", "verify-the-page");
        self.set("FACEBOOK_PAGE_ID", "104587321965874");
        self.set("FACEBOOK_PAGE_TOKEN", "token-of-the-page");
        self.set("WHATSAPP_APP_SECRET", WHATSAPP_APP_SECRET);
        self.set("WHATSAPP_VERIFY_TOKEN", "verify-the-number");
        self.set("WHATSAPP_PHONE_NUMBER_ID", "106540352242922");
        self.set("WHATSAPP_TOKEN", "token-of-the-number");
    }

    /// Counts for what is started from now on.
    pub fn set(&mut self, variable: &str, value: impl Into<String>) {
        self.environment.insert(variable.to_owned(), value.into());
    }

    /// The same for one service alone; `None` takes it away again.
    pub fn set_for(&mut self, service: Service, variable: &str, value: Option<String>) {
        let own = self.own.entry(service).or_default();
        match value {
            Some(value) => own.insert(variable.to_owned(), value),
            None => own.remove(variable),
        };
    }

    /// Another program than the one beside the tests, for what is started from now on.
    pub fn run_program(&mut self, program: PathBuf) {
        self.program = Some(program);
    }

    /// The operating system's number of it, when it runs.
    pub fn pid(&self, service: Service) -> Option<u32> {
        self.running.get(&service).map(Child::id)
    }

    /// Data, and what they printed: `<service>.log`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// How it ended, if it runs no more by itself.
    pub fn ended(&mut self, service: Service) -> Option<ExitStatus> {
        self.running.get_mut(&service)?.ended()
    }

    pub fn runs(&mut self, service: Service) -> bool {
        self.running.get_mut(&service).is_some_and(|child| child.ended().is_none())
    }

    /// Starts it without waiting until it is ready.
    ///
    /// # Errors
    /// There is no program.
    pub fn launch(&mut self, service: Service) -> Result<()> {
        self.kill(service)?;
        self.spawn(service)
    }

    /// Sends a signal by its name: "STOP", "CONT".
    ///
    /// # Errors
    /// It doesn't run.
    pub fn signal(&self, service: Service, name: &str) -> Result<()> {
        self.running.get(&service).with_context(|| format!("{} doesn't run", service.name()))?.signal(name)
    }

    /// What they wrote stays.
    pub fn keep(&mut self) {
        self.folder.keep();
    }

    /// Another process of a service beside the first, on ports of its own, with more variables.
    ///
    /// # Errors
    /// There is no program.
    pub fn second(&self, service: Service, variables: &[(&str, String)]) -> Result<Second> {
        let mut command = self.command(&[service.name()])?;
        command.envs(self.own.get(&service).into_iter().flatten());
        let ports = Ports { listen: ports::free(), admin: ports::free() };
        command.env(service.admin_variable(), format!("127.0.0.1:{}", ports.admin));
        if service.listens() {
            command.env(service.listen_variable(), format!("127.0.0.1:{}", ports.listen));
        }
        command.envs(variables.iter().map(|(name, value)| (*name, value)));
        let log = self.folder.join(&format!("{}-second.log", service.name()));
        Ok(Second { name: service.name(), child: Child::spawn(service.name(), command, &log)?, ports })
    }

    /// Where a service that listens is reached: `http://127.0.0.1:port`.
    pub fn url(&self, service: Service) -> String {
        format!("http://127.0.0.1:{}", self.ports[&service].listen)
    }

    /// A connection to the registry as the operator's: for `TicketServiceClient::new` and the like.
    ///
    /// # Errors
    /// It doesn't answer.
    pub async fn registry(&self) -> Result<rpc::Channel> {
        self.registry_as([]).await
    }

    /// The same with other variables of `rpc`: a client's token, a certificate.
    ///
    /// # Errors
    /// It doesn't answer.
    pub async fn registry_as<const N: usize>(&self, variables: [(&str, &str); N]) -> Result<rpc::Channel> {
        let vars = Vars::from_pairs(self.environment.clone()).with(variables);
        let rpc = rpc::Rpc::from_vars(&vars, Purpose::OperatorToken)?;
        Ok(rpc.signed(rpc.endpoint()?.connect().await?))
    }

    /// The base of `/healthz`, `/readyz` and `/metrics`.
    pub fn admin_url(&self, service: Service) -> String {
        format!("http://127.0.0.1:{}", self.ports[&service].admin)
    }

    /// What webhooks to an ingest service are signed with.
    pub fn app_secret(&self, service: Service) -> &'static str {
        match service {
            Service::IngestWhatsapp => WHATSAPP_APP_SECRET,
            _ => FACEBOOK_APP_SECRET,
        }
    }

    /// The registry's data: the log is in `log/` below it.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Starts every service that doesn't run.
    ///
    /// # Errors
    /// One doesn't become ready.
    pub async fn start_all(&mut self) -> Result<()> {
        // graph-sim first, and all others at once: none waits for another to start.
        for service in Service::ALL {
            self.spawn(service)?;
        }
        for service in Service::ALL {
            self.until_ready(service).await?;
        }
        Ok(())
    }

    /// Starts a service, unless it runs, and returns when it is ready.
    ///
    /// # Errors
    /// It ends, or isn't ready in time.
    pub async fn start(&mut self, service: Service) -> Result<()> {
        self.spawn(service)?;
        self.until_ready(service).await
    }

    /// Kills it if it runs, and starts it.
    ///
    /// # Errors
    /// As `start`.
    pub async fn restart(&mut self, service: Service) -> Result<()> {
        self.kill(service)?;
        self.start(service).await
    }

    /// As `kill -9`. Nothing happens when it doesn't run.
    ///
    /// # Errors
    /// The operating system refuses.
    pub fn kill(&mut self, service: Service) -> Result<()> {
        self.running.remove(&service).map_or(Ok(()), |mut child| child.kill())
    }

    /// Asks it to stop as an orchestrator would (SIGTERM), and waits until it has.
    ///
    /// # Errors
    /// It doesn't run, or doesn't stop in time.
    pub async fn stop(&mut self, service: Service) -> Result<ExitStatus> {
        let mut child = self.running.remove(&service).with_context(|| format!("{} doesn't run", service.name()))?;
        child.stop(STOP).await
    }

    /// Everything it has printed, over all its lives.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn log(&self, service: Service) -> Result<String> {
        let path = self.log_path(service);
        fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))
    }

    /// Another subcommand of the binary with the same environment: `["ticket", "list", "--json"]`.
    ///
    /// # Errors
    /// There is no binary.
    pub fn command(&self, arguments: &[&str]) -> Result<Command> {
        let program = match &self.program {
            Some(program) => program,
            None => binary::segnalalo()?,
        };
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.folder.path()).env_clear().envs(&self.environment);
        Ok(command)
    }

    fn log_path(&self, service: Service) -> PathBuf {
        self.folder.join(&format!("{}.log", service.name()))
    }

    fn spawn(&mut self, service: Service) -> Result<()> {
        if self.running.contains_key(&service) {
            return Ok(());
        }
        let mut command = self.command(&[service.name()])?;
        command.envs(self.own.get(&service).into_iter().flatten());
        let log: &Path = &self.log_path(service);
        self.running.insert(service, Child::spawn(service.name(), command, log)?);
        Ok(())
    }

    async fn until_ready(&mut self, service: Service) -> Result<()> {
        let url = format!("{}/readyz", self.admin_url(service));
        let child = self.running.get_mut(&service).with_context(|| format!("{} doesn't run", service.name()))?;
        let http = &self.http;
        let mut last = String::from("no answer");
        let what = format!("{} is ready", service.name());
        let answered = wait_for(&what, READY, async || {
            if let Err(ended) = child.ensure_running() {
                return Some(Err(ended));
            }
            let answer = http.get(&url).await.ok()?;
            last = answer.body;
            (answer.status == 200).then_some(Ok(()))
        });
        answered.await.with_context(|| last)?
    }
}
