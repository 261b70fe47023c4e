//! Each night at the hour of the city's file, or as soon as the registry is up again. What is erased doesn't come back, so a
//! clock that was set wrong must not begin it: the broker's is asked, and after a long time without a run (the registry was
//! off, or the clock of the whole machine jumped) a person begins the next one.

use super::{Error, Retention};
use jiff::civil::Date;
use segnalalo_domain::{Timestamp, words::Actor};
use segnalalo_kit::shutdown::Shutdown;
use segnalalo_proto::convert;
use std::{sync::Arc, time::Duration};

const EVERY: Duration = Duration::from_secs(2);
const AFTER_TROUBLE: Duration = Duration::from_secs(600);
/// By which the broker's clock and ours may differ, in minutes.
const TOLERANCE: i64 = 5;
/// A demo's clock is ahead by more than this, in seconds.
const DEMO: i64 = 60;
/// Days without a run after which none begins by itself.
const LONGEST_PAUSE: i32 = 31;

/// The actor of the runs that begin by themselves.
pub const RULE: &str = "retention";

impl Retention {
    /// Until shutdown.
    pub async fn run(self: Arc<Self>, shutdown: Shutdown) {
        let mut pause = Duration::ZERO;
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            pause = EVERY;
            if !self.is_due() {
                continue;
            }
            if let Some(days) = self.too_long_ago() {
                tracing::error!(
                    days,
                    "the last run of retention is long past: was the registry off, or is the clock wrong? When the date is \
                     right, begin one by hand: segnalalo retention run"
                );
                pause = AFTER_TROUBLE;
            } else if let Err(error) = self.erase(Actor::rule(RULE)).await {
                tracing::error!(error = %chain(&error), "retention: tried again in ten minutes");
                pause = AFTER_TROUBLE;
            }
        }
    }

    /// When the next run begins, and why not by itself.
    pub fn next(&self) -> (Timestamp, Option<i32>) {
        let now = self.clock.now();
        (self.rules.next_run(self.last_day(), now), self.too_long_ago())
    }

    /// The night's run wasn't, or didn't come to its end.
    pub(super) fn is_due(&self) -> bool {
        let day = self.rules.due_day(self.clock.now());
        self.last_day().is_some_and(|last| last < day)
    }

    /// Of the last run; without one, the day on which the log began: nothing in it can be over before the next night.
    fn last_day(&self) -> Option<Date> {
        self.writer.read(|world| world.desk.retained).or_else(|| {
            let first = self.reader.read(1).ok().flatten().and_then(|record| convert::read(&record).ok())?;
            Some(self.rules.due_day(first.recorded_at))
        })
    }

    /// Days since the last run, when they are too many. A demo's clock leaps.
    pub(super) fn too_long_ago(&self) -> Option<i32> {
        let now = self.clock.now();
        let demo = now.duration_since(self.clock.unshifted()).as_secs() > DEMO;
        let last = self.writer.read(|world| world.desk.retained)?;
        let days = last.until(self.rules.due_day(now)).map_or(i32::MAX, |span| span.get_days());
        (!demo && days > LONGEST_PAUSE).then_some(days)
    }

    pub(super) async fn check_clock(&self) -> Result<(), Error> {
        let Some(bus) = &self.bus else {
            return Ok(());
        };
        let broker = bus.broker_time().await.map_err(Error::Broker)?;
        let minutes = self.clock.unshifted().duration_since(broker).as_mins();
        if minutes.abs() >= TOLERANCE { Err(Error::Clock { minutes }) } else { Ok(()) }
    }
}

/// With what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
