//! The demo's broker: nats-server as a child, with the configuration of production and its data in the demo's folder.
//! It has a process group of its own: a Ctrl-C is ours, and it stops after the services have.

use super::folder::{Folder, running};
use crate::{
    commands::prepare,
    failure::Failure,
    phrases::{Part, Phrases},
};
use anyhow::Context as _;
use segnalalo_kit::{clock, config::Vars};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::process::{Child, Command};

/// Copied into the demo's folder, beside the keys that `prepare` made there.
const CONFIG: [&str; 2] = ["deploy/broker.conf", "deploy/nats.conf"];
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(20);
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
    /// The program isn't there, or another demo is running in the folder.
    pub async fn start(program: &Path, folder: &Folder, vars: &Vars, phrases: &Phrases) -> Result<Self, Failure> {
        let pid_file = folder.path().join("nats.pid");
        if let Some(pid) = running(&pid_file, "nats-server") {
            take_down(program, pid, folder, phrases).await?;
        }
        let log = folder.path().join("nats.log");
        // Only what this start says.
        fs::File::create(&log).with_context(|| log.display().to_string())?;
        let address = vars.required("SEGNALALO_NATS_URL").map_err(Failure::config)?;
        let (host, port) = address
            .trim_start_matches("nats://")
            .rsplit_once(':')
            .ok_or_else(|| Failure::usage(format!("SEGNALALO_NATS_URL: {address:?}: nats://127.0.0.1:4222")))?;
        let key = vars.required("SEGNALALO_BROKER_KEY").map_err(Failure::config)?;
        let child = Command::new(program)
            .env("SEGNALALO_BROKER_KEY", key)
            .arg("-c")
            .arg(configure(folder)?)
            .args(["-a", host, "-p", port])
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
            ask_to_end(&self.program, pid).await;
            if tokio::time::timeout(PATIENCE, self.child.wait()).await.is_err() {
                let _ = self.child.kill().await;
            }
        }
        let _ = fs::remove_file(&self.pid_file);
    }
}

/// The configuration of production and the roles' rights; the file to start with.
fn configure(folder: &Folder) -> Result<PathBuf, Failure> {
    let place = folder.path().join("broker");
    prepare::write(&place.join("keys"), false)?;
    for file in CONFIG.map(Path::new) {
        let copy = place.join(file.file_name().unwrap_or_default());
        fs::copy(file, &copy).with_context(|| format!("{} -> {}", file.display(), copy.display()))?;
    }
    Ok(place.join("broker.conf"))
}

/// What a demo that was cut off left behind is ended; a demo that is running is left alone.
async fn take_down(program: &Path, pid: u32, folder: &Folder, phrases: &Phrases) -> Result<(), Failure> {
    let shown = folder.path().display().to_string();
    let pid_text = pid.to_string();
    let values = [("folder", shown.as_str()), ("pid", &pid_text)];
    if folder.other_demo() {
        return Err(Failure::failed(phrases.say(Part::Demo, "already", &values)));
    }
    eprintln!("{}", phrases.say(Part::Demo, "left_over", &values));
    ask_to_end(program, pid).await;
    let end = clock::monotonic() + PATIENCE;
    while running(&folder.path().join("nats.pid"), "nats-server").is_some() {
        if clock::monotonic() > end {
            return Err(Failure::failed(phrases.say(Part::Demo, "still_there", &values)));
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// nats-server sends the signal itself: there is no other way without unsafe code or a shell.
async fn ask_to_end(program: &Path, pid: u32) {
    let asked = Command::new(program)
        .args(["--signal", &format!("term={pid}")])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if let Err(error) = asked.await {
        tracing::warn!(%error, "the broker can't be asked to end");
    }
}
