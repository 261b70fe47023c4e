//! What time it is where this command looks: the demo's time when a demo runs here, the machine's otherwise. It only
//! reads; `clock` moves it.

use crate::{commands::demo::folder, failure::Failure};
use jiff::{SignedDuration, Timestamp};
use segnalalo_kit::{
    bus::{Bus, BusConfig},
    clock::{Clock, ClockLever, DemoClock, SystemClock},
    config::Vars,
};
use std::time::Duration;

/// A command doesn't wait long for a broker just to say what time it is.
const PATIENCE: Duration = Duration::from_secs(1);

/// The machine's clock and so much more.
#[derive(Debug, Clone, Copy, Default)]
pub struct DemoTime(SignedDuration);

impl Clock for DemoTime {
    fn now(&self) -> Timestamp {
        SystemClock.now().checked_add(self.0).unwrap_or(Timestamp::MAX)
    }

    fn unshifted(&self) -> Timestamp {
        SystemClock.now()
    }
}

/// The machine's time too when the broker doesn't answer.
///
/// # Errors
/// A variable is wrong.
pub async fn read(vars: &Vars) -> Result<DemoTime, Failure> {
    let set = DemoClock::is_wanted(vars).map_err(Failure::config)?;
    if !set && !folder::runs_here(vars)? {
        return Ok(DemoTime::default());
    }
    let Ok(lever) = lever(&folder::with_demo(vars)?).await else {
        return Ok(DemoTime::default());
    };
    let asked = tokio::time::timeout(PATIENCE, lever.now()).await;
    Ok(asked
        .ok()
        .and_then(Result::ok)
        .map_or_else(DemoTime::default, |(_, ahead_ms)| DemoTime(SignedDuration::from_millis(ahead_ms))))
}

/// # Errors
/// The broker's address is none.
pub async fn lever(vars: &Vars) -> Result<ClockLever, Failure> {
    let config = BusConfig::from_vars("operator", vars).map_err(Failure::config)?;
    let bus = Bus::connect(&config).await.map_err(Failure::config)?;
    Ok(ClockLever::new(&bus))
}
