//! The relay against a broker of its own.

use super::*;
use crate::journal::{Batch, Memory};
use segnalalo_domain::Timestamp;
use segnalalo_kit::{
    bus::{Bus, BusConfig},
    health::Health,
};
use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

struct Broker {
    port: u16,
    folder: TempDir,
    process: Child,
}

impl Broker {
    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = TempDir::new().unwrap();
        let process = serve(port, &folder.path().join("store"));
        Self { port, folder, process }
    }

    /// Killed, and started again without anything of what it had.
    fn wipe(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        let store = self.folder.path().join("store");
        fs::remove_dir_all(&store).unwrap();
        self.process = serve(self.port, &store);
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn serve(port: u16, store: &Path) -> Child {
    let given = segnalalo_kit::config::Vars::process().optional("SEGNALALO_NATS_SERVER");
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/bin/nats-server");
    let server = given.map_or(usual, PathBuf::from);
    assert!(server.exists(), "no nats-server at {}: `make test` brings it", server.display());
    let mut command = Command::new(server);
    command.args(["-a", "127.0.0.1", "-p", &port.to_string(), "-js", "-sd"]).arg(store);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

async fn topology(bus: &Bus) {
    while bus.topology().ensure().await.is_err() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn filled(events: &EventsLog, record: &Bytes) {
    let wanted = Some((1, record.clone()));
    let look = async {
        while events.last().await.ok().flatten() != wanted {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), look).await.expect("EVENTS is filled");
}

#[tokio::test]
async fn a_broker_that_came_back_empty_is_filled_again_without_waiting_for_a_new_fact() {
    let mut broker = Broker::start();
    let bus = Bus::connect(&BusConfig::new(format!("nats://127.0.0.1:{}", broker.port), "test")).await.unwrap();
    topology(&bus).await;
    let mut journal = Memory::default();
    journal.append(&[Batch::opening([7; 16], Timestamp::UNIX_EPOCH)]).unwrap();
    let record = journal.reader().read(1).unwrap().unwrap();
    let relay = Relay {
        mirror: None,
        reader: journal.reader(),
        events: bus.events_log(),
        published: watch::channel(0).0,
        component: Health::new("test").component("broker"),
        reconnects: bus.on_reconnect(),
    };
    let shutdown = Shutdown::new();
    let running = tokio::spawn(relay.run(0, shutdown.clone()));
    filled(&bus.events_log(), &record).await;

    broker.wipe();
    topology(&bus).await;
    filled(&bus.events_log(), &record).await;
    shutdown.cancel();
    running.await.unwrap().unwrap();
}
