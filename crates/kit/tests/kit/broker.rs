//! A broker of one's own: started, killed and started again on the same port and folder.

use segnalalo_kit::bus::{Bus, BusConfig};
use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;

/// For a condition that must come true.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Broker {
    port: u16,
    folder: TempDir,
    process: Option<Child>,
}

impl Broker {
    pub fn start() -> Self {
        let mut broker = Self::absent();
        broker.restart();
        broker
    }

    /// Not started yet.
    pub fn absent() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let broker = Self { port, folder: TempDir::new().unwrap(), process: None };
        let store = broker.folder.path().join("store");
        let text = format!(
            "listen: 127.0.0.1:{port}\nmax_payload: 8MB\njetstream {{ store_dir: {:?}, sync_interval: always }}\n",
            store.to_str().unwrap()
        );
        fs::write(broker.config(), text).unwrap();
        broker
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("nats.conf")
    }

    pub fn restart(&mut self) {
        let process = Command::new(server())
            .arg("-c")
            .arg(self.config())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.process = Some(process);
    }

    /// As kill -9 does.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Everything it had stored is gone.
    pub fn wipe(&mut self) {
        self.kill();
        fs::remove_dir_all(self.folder.path().join("store")).unwrap();
    }

    pub fn config_of(&self, name: &str) -> BusConfig {
        BusConfig::new(format!("nats://127.0.0.1:{}", self.port), name)
    }

    /// Connected.
    pub async fn bus(&self) -> Bus {
        let bus = Bus::connect(&self.config_of("test")).await.unwrap();
        until("connected", || bus.is_connected()).await;
        bus
    }

    /// Connected, with all streams.
    pub async fn filled(&self) -> Bus {
        let bus = self.bus().await;
        ensure(&bus).await;
        bus
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A broker that has just started takes a moment until JetStream answers.
pub async fn ensure(bus: &Bus) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while let Err(error) = bus.topology().ensure().await {
        assert!(tokio::time::Instant::now() < deadline, "{error:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !condition() {
        assert!(tokio::time::Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn server() -> PathBuf {
    let given = segnalalo_kit::config::Vars::process().optional("SEGNALALO_NATS_SERVER");
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/bin/nats-server");
    let server = given.map_or(usual, PathBuf::from);
    assert!(server.exists(), "no nats-server at {}: `make test` brings it", server.display());
    server
}
