//! The demo's clock in a row: time is moved, forward only, and every process follows (docs/clock.md).

use super::city::{City, SOON};
use crate::harness::{Service, wait_until};
use anyhow::{Context as _, Result, ensure};
use jiff::{SignedDuration, Timestamp};
use segnalalo_kit::clock::{Clock as _, SystemClock};
use serde_json::Value;

impl City {
    /// Time can be moved; to be said before the services start.
    pub fn move_clocks(&mut self) {
        self.processes.set("SEGNALALO_DEMO_CLOCK", "on");
        // What was said to a registry that was being restarted is said again soon.
        self.processes.set("SLA_CLOCK_RETRY_SECONDS", "2");
        self.moves_clocks = true;
    }

    /// `segnalalo clock to ...`, `segnalalo clock advance ...`: the new time, which all processes know when it returns.
    ///
    /// # Errors
    /// It would go back, or somebody doesn't follow.
    pub async fn clock(&mut self, arguments: &[&str]) -> Result<Timestamp> {
        let arguments = [&["clock"], arguments, &["--json"]].concat();
        let done = self.processes.command(&arguments)?.output()?;
        ensure!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        let said: Value = serde_json::from_slice(&done.stdout)?;
        let now: Timestamp = said["now"].as_str().context("a time")?.parse()?;
        self.ahead = now.duration_since(SystemClock.now());
        self.citizens.ahead = self.ahead;
        for service in Service::ALL {
            self.follows(service).await?;
        }
        Ok(now)
    }

    async fn follows(&mut self, service: Service) -> Result<()> {
        if !self.processes.runs(service) {
            return Ok(());
        }
        let url = format!("{}/metrics", self.processes.admin_url(service));
        let least = (self.ahead - SignedDuration::from_secs(2)).as_secs_f64();
        let knows = async || {
            let answer = self.http.get(&url).await.ok()?;
            let line = answer.body.lines().find(|line| line.starts_with("demo_clock_ahead_seconds"))?.to_owned();
            line.rsplit(' ').next()?.parse::<f64>().ok()
        };
        wait_until(&format!("{} follows the clock", service.name()), SOON, async || {
            knows().await.is_some_and(|ahead| ahead >= least)
        })
        .await
    }

    /// What time the city has.
    pub fn now(&self) -> Timestamp {
        SystemClock.now() + self.ahead
    }
}
