//! A process that a test started. It writes to a log file, and it doesn't outlive its value.

use super::wait_for;
use anyhow::{Context as _, Result, ensure};
use std::{
    fs::{self, OpenOptions},
    path::{Path, PathBuf},
    process::{self, Command, ExitStatus, Stdio},
    time::Duration,
};

const LOG_TAIL: usize = 40;

#[derive(Debug)]
pub struct Child {
    name: String,
    process: process::Child,
    log: PathBuf,
}

impl Child {
    /// Starts `command`; what it prints is appended to `log`.
    ///
    /// # Errors
    /// There is no such program, or the log can't be written.
    pub fn spawn(name: &str, mut command: Command, log: &Path) -> Result<Self> {
        let out = OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)
            .with_context(|| format!("opening {}", log.display()))?;
        let process = command
            .stdin(Stdio::null())
            .stderr(out.try_clone()?)
            .stdout(out)
            .spawn()
            .with_context(|| format!("starting {name} ({})", command.get_program().display()))?;
        Ok(Self { name: name.to_owned(), process, log: log.to_owned() })
    }

    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// As `kill -9`: it learns nothing of it.
    ///
    /// # Errors
    /// The operating system refuses.
    pub fn kill(&mut self) -> Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    /// Asks it to stop, and waits until it has.
    ///
    /// # Errors
    /// It doesn't stop in time.
    pub async fn stop(&mut self, timeout: Duration) -> Result<ExitStatus> {
        self.signal("TERM")?;
        let what = format!("{} stops", self.name);
        wait_for(&what, timeout, async || self.process.try_wait().ok().flatten()).await
    }

    /// Sends a signal by its name: "STOP", "CONT", "TERM".
    ///
    /// # Errors
    /// It has ended.
    pub fn signal(&self, name: &str) -> Result<()> {
        let script = format!("kill -{name} {}", self.process.id());
        let status = Command::new("sh").args(["-c", &script]).status().context("running sh")?;
        ensure!(status.success(), "{} could not be sent {name}", self.name);
        Ok(())
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.process.try_wait().ok().flatten()
    }

    /// # Errors
    /// It has ended; the error has the end of its log.
    pub fn ensure_running(&mut self) -> Result<()> {
        if let Some(status) = self.process.try_wait()? {
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            let tail = lines[lines.len().saturating_sub(LOG_TAIL)..].join("\n");
            anyhow::bail!("{} ended with {status}:\n{tail}", self.name);
        }
        Ok(())
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.kill();
    }
}
