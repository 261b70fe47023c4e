//! The broker of one test: nats-server as `scripts/tools` fetched it, with the configuration of production. Each role has
//! its key and its rights, as in production; the test itself may do everything (`url`).

use super::{Folder, child::Child, ports, root, wait_for, wait_until};
use anyhow::{Context as _, Result, ensure};
use segnalalo_kit::bus::{Identity, Role, auth_conf};
use std::{fs, path::PathBuf, process::Command, time::Duration};
use tokio::{io::AsyncReadExt as _, net::TcpStream};

const START: Duration = Duration::from_secs(20);
const STOP: Duration = Duration::from_secs(20);
/// Who isn't greeted for so long meets a broker that does nothing.
const SILENCE: Duration = Duration::from_millis(300);
/// What its files are encrypted under.
pub const KEY: &str = "a-key-for-the-brokers-of-tests";

/// Whom the test is to the broker: he may do everything.
const TEST_USER: &str = "test";

#[derive(Debug)]
pub struct Broker {
    // Before the folder: the process ends before its files go.
    process: Option<Child>,
    folder: Folder,
    port: u16,
    identities: Vec<(&'static Role, Identity)>,
}

impl Broker {
    /// A new, empty broker that answers.
    ///
    /// # Errors
    /// It isn't there, or doesn't start.
    pub async fn start() -> Result<Self> {
        let mut broker = Self::prepare()?;
        broker.restart().await?;
        Ok(broker)
    }

    /// One whose files anybody can read: what a search of files must find.
    ///
    /// # Errors
    /// As `start`.
    pub async fn start_unencrypted() -> Result<Self> {
        let mut broker = Self::prepare()?;
        let file = broker.conf();
        let text = fs::read_to_string(&file)?;
        let encrypts = |line: &&str| ["cipher:", "key:"].iter().any(|word| line.trim_start().starts_with(word));
        let (lines, others): (Vec<&str>, Vec<&str>) = text.lines().partition(encrypts);
        ensure!(lines.len() == 2, "{} has no lines that encrypt: {lines:?}", file.display());
        fs::write(&file, others.join("\n"))?;
        broker.restart().await?;
        Ok(broker)
    }

    fn prepare() -> Result<Self> {
        let identities = Role::ALL.iter().map(|role| (role, Identity::draw())).collect();
        let broker = Self { process: None, folder: Folder::new("broker")?, port: ports::free(), identities };
        broker.configure()?;
        Ok(broker)
    }

    /// For the test: whoever connects here may do everything.
    pub fn url(&self) -> String {
        format!("nats://{TEST_USER}:{TEST_USER}@127.0.0.1:{}", self.port)
    }

    /// For the processes: whoever connects here needs a key.
    pub fn address(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The roles' keys.
    pub fn identities(&self) -> impl Iterator<Item = (&'static Role, &Identity)> {
        self.identities.iter().map(|(role, identity)| (*role, identity))
    }

    fn configure(&self) -> Result<()> {
        fs::create_dir_all(self.folder.join("conf/keys/broker"))?;
        for file in ["broker.conf", "nats.conf"] {
            fs::copy(root().join("deploy").join(file), self.folder.join("conf").join(file))?;
        }
        let everything = format!("users: [\n    {{ user: {TEST_USER}, password: {TEST_USER} }}");
        let text = auth_conf(self.identities()).replacen("users: [", &everything, 1);
        fs::write(self.folder.join("conf/keys/broker/auth.conf"), text)?;
        Ok(())
    }

    /// Its configuration, but for who may do what: what a test changes in it counts from the next `restart`.
    pub fn conf(&self) -> PathBuf {
        self.folder.join("conf/nats.conf")
    }

    /// The operating system's number of it.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    pub fn log(&self) -> PathBuf {
        self.folder.join("nats.log")
    }

    /// Where it keeps its streams.
    pub fn store(&self) -> PathBuf {
        self.folder.join("store")
    }

    /// As `kill -9`.
    ///
    /// # Errors
    /// The operating system refuses.
    pub fn kill(&mut self) -> Result<()> {
        self.process.take().map_or(Ok(()), |mut process| process.kill())
    }

    /// Asks it to stop, and waits until it has.
    ///
    /// # Errors
    /// It doesn't.
    pub async fn stop(&mut self) -> Result<()> {
        if let Some(mut process) = self.process.take() {
            process.stop(STOP).await?;
        }
        Ok(())
    }

    /// Starts it on the same port and with the same data, killing it before if it runs; returns when it answers.
    ///
    /// # Errors
    /// It doesn't start.
    pub async fn restart(&mut self) -> Result<()> {
        self.kill()?;
        let program = root().join(".tools/bin/nats-server");
        ensure!(program.is_file(), "{} is missing: run scripts/tools", program.display());
        let mut command = Command::new(program);
        command.arg("-c").arg(self.folder.join("conf/broker.conf")).arg("-sd").arg(self.store());
        command.args(["-a", "127.0.0.1", "-p", &self.port.to_string()]).env("SEGNALALO_BROKER_KEY", KEY);
        let mut process = Child::spawn("nats-server", command, &self.log())?;
        wait_for("nats-server answers", START, async || self.probe(&mut process).await).await??;
        self.process = Some(process);
        Ok(())
    }

    /// An answer, or that it ended; nothing while it starts.
    async fn probe(&self, process: &mut Child) -> Option<Result<()>> {
        if let Err(ended) = process.ensure_running() {
            return Some(Err(ended));
        }
        let address = ("127.0.0.1", self.port);
        TcpStream::connect(address).await.ok().map(|_| Ok(()))
    }

    /// It is there and does nothing, until `resume`. Its threads stop one after the other: it returns when it greets
    /// nobody any more.
    ///
    /// # Errors
    /// It doesn't run.
    pub async fn pause(&self) -> Result<()> {
        self.running()?.signal("STOP")?;
        wait_until("the broker says nothing", STOP, async || {
            let greeting = async {
                let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
                stream.read_u8().await
            };
            tokio::time::timeout(SILENCE, greeting).await.is_err()
        })
        .await
    }

    /// # Errors
    /// It doesn't run.
    pub fn resume(&self) -> Result<()> {
        self.running()?.signal("CONT")
    }

    /// What it stored stays.
    pub fn keep(&mut self) {
        self.folder.keep();
    }

    pub fn runs(&mut self) -> bool {
        self.process.as_mut().is_some_and(|process| process.ended().is_none())
    }

    fn running(&self) -> Result<&Child> {
        self.process.as_ref().context("the broker doesn't run")
    }

    /// Kills it and deletes all that it stored: `restart` then starts an empty one.
    ///
    /// # Errors
    /// Its files can't be deleted.
    pub fn wipe(&mut self) -> Result<()> {
        self.kill()?;
        let store = self.store();
        fs::remove_dir_all(&store).with_context(|| format!("deleting {}", store.display()))
    }
}
