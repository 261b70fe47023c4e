//! The demo's clock: the machine's time and what the bucket DEMO_CLOCK adds to it. Every process of a demo has one and
//! follows the bucket, so all move together, and none ever back: of what it hears, the largest counts. There is none
//! unless `SEGNALALO_DEMO_CLOCK` is set, and in production it isn't.

use super::{Clock, SystemClock};
use crate::{
    bus::{Ahead, Bus, DemoClockBucket, Error},
    config::{self, Vars},
    telemetry::Gauge,
};
use jiff::{SignedDuration, Timestamp};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// `on`: a demo or a test, whose clock may be moved.
pub const VARIABLE: &str = "SEGNALALO_DEMO_CLOCK";
const PAUSE: Duration = Duration::from_millis(200);

/// Clones share it.
#[derive(Clone)]
pub struct DemoClock {
    /// Milliseconds ahead of the machine; `None`: not known yet.
    ahead: watch::Sender<Option<i64>>,
    shown: Option<Gauge>,
}

impl DemoClock {
    /// Whether there is a demo's clock.
    ///
    /// # Errors
    /// The variable is neither `on` nor `off`.
    pub fn is_wanted(vars: &Vars) -> Result<bool, config::Error> {
        match vars.optional(VARIABLE).as_deref().map(str::trim) {
            None | Some("off") => Ok(false),
            Some("on") => Ok(true),
            Some(value) => Err(config::Error::Invalid {
                name: VARIABLE.to_owned(),
                value: value.to_owned(),
                expected: "on or off",
            }),
        }
    }

    /// Runs ahead by what the bucket says, for as long as the process lives. `keeper`: the registry's, which makes the
    /// bucket and fills it again after the broker lost it.
    ///
    /// # Panics
    /// Outside a runtime.
    pub fn follow(bus: &Bus, keeper: bool, shown: Option<Gauge>) -> Self {
        let clock = Self { ahead: watch::Sender::new(None), shown };
        tokio::spawn(clock.clone().run(bus.demo_clock(), keeper));
        clock
    }

    /// Returns when it is known by how much it is ahead: before, it is no time to act by.
    pub async fn known(&self) {
        // It can't fail: the sender is our own.
        let _ = self.ahead.subscribe().wait_for(Option::is_some).await;
    }

    async fn run(self, mut bucket: DemoClockBucket, keeper: bool) {
        loop {
            let Err(error) = self.try_run(&mut bucket, keeper).await;
            tracing::debug!(%error, "the demo's clock is asked for again");
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn try_run(&self, bucket: &mut DemoClockBucket, keeper: bool) -> Result<std::convert::Infallible, Error> {
        if keeper {
            self.keep(bucket).await?;
        }
        bucket.watch(|millis| self.hear(millis)).await
    }

    /// A bucket that is missing or behind gets what is known here.
    async fn keep(&self, bucket: &DemoClockBucket) -> Result<(), Error> {
        bucket.ensure().await?;
        let known = self.ahead.borrow().unwrap_or_default();
        while let Some(found) = bucket.get().await?
            && found.millis < known
        {
            bucket.set(Ahead { millis: known, ..found }).await?;
        }
        Ok(())
    }

    fn hear(&self, millis: i64) {
        let moved = self.ahead.send_if_modified(|ahead| {
            let further = ahead.is_none_or(|known| known < millis);
            if further {
                *ahead = Some(millis);
            }
            further
        });
        if moved {
            tracing::info!(ahead_ms = millis, "the demo's clock");
        }
        if let Some(gauge) = &self.shown {
            let millis = self.ahead.borrow().unwrap_or_default();
            gauge.set(millis as f64 / 1000.0, &[]);
        }
    }
}

impl Clock for DemoClock {
    fn now(&self) -> Timestamp {
        shifted(SystemClock.now(), self.ahead.borrow().unwrap_or_default())
    }

    fn unshifted(&self) -> Timestamp {
        SystemClock.now()
    }
}

impl From<DemoClock> for super::SharedClock {
    fn from(clock: DemoClock) -> Self {
        Arc::new(clock)
    }
}

pub(super) fn shifted(machine: Timestamp, millis: i64) -> Timestamp {
    machine.checked_add(SignedDuration::from_millis(millis)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> DemoClock {
        DemoClock { ahead: watch::Sender::new(None), shown: None }
    }

    #[test]
    fn it_is_wanted_only_where_the_variable_says_so() {
        let wanted = |value: &str| DemoClock::is_wanted(&Vars::from_pairs([(VARIABLE, value)]));
        assert!(matches!((wanted("on"), wanted("off"), wanted("")), (Ok(true), Ok(false), Ok(false))));
        assert!(wanted("yes").unwrap_err().to_string().contains(VARIABLE));
    }

    #[tokio::test]
    async fn it_never_goes_back_and_the_machine_s_time_stays_what_it_is() {
        let clock = clock();
        clock.hear(86_400_000);
        clock.known().await;
        clock.hear(1_000);
        let ahead = clock.now().duration_since(clock.unshifted());
        assert!((ahead - SignedDuration::from_hours(24)).abs() < SignedDuration::from_secs(5), "{ahead}");
    }

    #[test]
    fn it_ends_where_time_ends() {
        assert_eq!(shifted(Timestamp::MAX, 1), Timestamp::MAX);
    }
}
