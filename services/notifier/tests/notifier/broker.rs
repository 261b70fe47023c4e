//! nats-server with the configuration file of production, in a folder of its own.

use segnalalo_kit::bus::{Bus, BusConfig};
use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

pub struct Broker {
    process: Child,
    url: String,
    _folder: TempDir,
}

impl Broker {
    pub fn start() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let folder = TempDir::new().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new(root.join(".tools/bin/nats-server"))
            .arg("-c")
            .arg(root.join("deploy/nats.conf"))
            .args(["-a", "127.0.0.1", "-p", &port.to_string(), "-sd"])
            .arg(folder.path())
            .env("SEGNALALO_BROKER_KEY", "a-key-for-the-brokers-of-tests")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nats-server is there after `make tools`");
        Self { process, url: format!("nats://127.0.0.1:{port}"), _folder: folder }
    }

    pub async fn connect(&self, name: &str) -> Bus {
        Bus::connect(&BusConfig::new(&self.url, name)).await.unwrap()
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
