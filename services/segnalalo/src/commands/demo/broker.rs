//! The demo's broker: nats-server as a child, with the configuration of production and its data in the demo's folder.
//! It has a process group of its own: a Ctrl-C is ours, and it stops after the services have.

use super::folder::Folder;
use crate::{
    failure::Failure,
    phrases::{Part, Phrases},
};
use anyhow::Context as _;
use segnalalo_kit::config::Vars;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::process::{Child, Command};

const CONFIG: &str = "deploy/nats.conf";
const PATIENCE: Duration = Duration::from_secs(10);
/// Of its log, when it ends by itself.
const LAST_LINES: usize = 5;

pub struct Broker {
    child: Child,
    program: PathBuf,
    log: PathBuf,
    pid_file: PathBuf,
}

impl Broker {
    /// # Errors
    /// The program isn't there, or a broker of a demo that was cut off is still running.
    pub fn start(program: &Path, folder: &Folder, vars: &Vars, phrases: &Phrases) -> Result<Self, Failure> {
        let pid_file = folder.path().join("nats.pid");
        if let Some(pid) = left_over(&pid_file) {
            let shown = folder.path().display().to_string();
            let said = phrases.say(Part::Demo, "already", &[("folder", &shown), ("pid", &pid.to_string())]);
            return Err(Failure::failed(said));
        }
        let log = folder.path().join("nats.log");
        // Only what this start says.
        fs::File::create(&log).with_context(|| log.display().to_string())?;
        let address = vars.required("SEGNALALO_NATS_URL").map_err(Failure::config)?;
        let (host, port) = address
            .trim_start_matches("nats://")
            .rsplit_once(':')
            .ok_or_else(|| Failure::usage(format!("SEGNALALO_NATS_URL: {address:?}: nats://127.0.0.1:4222")))?;
        let child = Command::new(program)
            .args(["-c", CONFIG, "-a", host, "-p", port])
            .arg("-sd")
            .arg(folder.path().join("nats"))
            .arg("-P")
            .arg(&pid_file)
            .arg("-l")
            .arg(&log)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| phrases.say(Part::Demo, "no_broker", &[("program", &program.display().to_string())]))?;
        Ok(Self { child, program: program.to_owned(), log, pid_file })
    }

    /// Why it isn't there any more.
    pub fn failure(&mut self) -> Option<Failure> {
        match self.child.try_wait() {
            Ok(Some(_)) | Err(_) => Some(self.last_words()),
            Ok(None) => None,
        }
    }

    /// Waits until it ends by itself.
    pub async fn ended(&mut self) -> Failure {
        let _ = self.child.wait().await;
        self.last_words()
    }

    fn last_words(&self) -> Failure {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines = log.lines().rev().take(LAST_LINES).collect::<Vec<_>>();
        let lines = lines.into_iter().rev().collect::<Vec<_>>().join("\n");
        Failure::failed(format!("nats-server ({}):\n{lines}", self.log.display()))
    }

    /// Asks it to end, and waits; what doesn't end is killed.
    pub async fn stop(mut self) {
        if let Some(pid) = self.child.id() {
            // nats-server sends the signal itself: it knows its own process by the number.
            let asked = Command::new(&self.program)
                .args(["--signal", &format!("term={pid}")])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .await;
            let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
            if asked.is_err() || ended.is_err() {
                let _ = self.child.kill().await;
            }
        }
        let _ = fs::remove_file(&self.pid_file);
    }
}

/// The process of a pid file, when it is still a nats-server. (Without /proc nobody can tell; the port will.)
fn left_over(pid_file: &Path) -> Option<u32> {
    let pid: u32 = fs::read_to_string(pid_file).ok()?.trim().parse().ok()?;
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    name.trim().starts_with("nats-server").then_some(pid)
}
