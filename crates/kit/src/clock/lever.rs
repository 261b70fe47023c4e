//! Moves the demo's clock, forward only. The new place is on disk at the broker when it returns; the processes hear of it
//! a moment later. Where there is no demo's clock it refuses, and nothing can be moved.

use super::{Clock as _, SystemClock, demo::shifted};
use crate::bus::{Ahead, Bus, DemoClockBucket, Error};
use jiff::{Span, Timestamp, civil::DateTime};
use segnalalo_domain::calendar::rome;

/// Two people may move it at once; not ten.
const TRIES: usize = 10;
/// Further away nothing is known of calendars and time zones.
const LAST_YEAR: i16 = 2100;

#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    #[error("there is no demo's clock here: the registry runs without SEGNALALO_DEMO_CLOCK, as in production")]
    NoDemo,
    #[error("the clock moves forward only: it is {now}, and {to} was asked for")]
    Backwards { now: Timestamp, to: Timestamp },
    #[error("the clock isn't moved beyond the year {LAST_YEAR}")]
    TooFar,
    #[error("somebody else moves the clock all the time")]
    Contended,
    #[error(transparent)]
    Unavailable(#[from] Error),
}

#[derive(Clone)]
pub struct ClockLever {
    bucket: DemoClockBucket,
}

impl ClockLever {
    pub fn new(bus: &Bus) -> Self {
        Self { bucket: bus.demo_clock() }
    }

    /// The demo's time, and by how many milliseconds it is ahead of the machine's.
    ///
    /// # Errors
    /// There is no demo, or the broker can't be asked now.
    pub async fn now(&self) -> Result<(Timestamp, i64), MoveError> {
        let ahead = self.bucket.get().await?.ok_or(MoveError::NoDemo)?;
        Ok((shifted(SystemClock.now(), ahead.millis), ahead.millis))
    }

    /// By days, weeks, months as the wall clock in Biella counts them, and hours as they pass. The new time.
    ///
    /// # Errors
    /// Nothing is moved, but for `Unavailable`: then it may have been.
    pub async fn advance(&self, by: Span) -> Result<Timestamp, MoveError> {
        self.move_to(|now| {
            let there = now.to_zoned(rome()).checked_add(by).map_err(|_| MoveError::TooFar)?;
            Ok(there.timestamp())
        })
        .await
    }

    /// To a time of the wall clock in Biella. The new time.
    ///
    /// # Errors
    /// As `advance`.
    pub async fn to(&self, local: DateTime) -> Result<Timestamp, MoveError> {
        self.move_to(|_| Ok(local.to_zoned(rome()).map_err(|_| MoveError::TooFar)?.timestamp())).await
    }

    async fn move_to(&self, place: impl Fn(Timestamp) -> Result<Timestamp, MoveError>) -> Result<Timestamp, MoveError> {
        for _ in 0..TRIES {
            let found = self.bucket.get().await?.ok_or(MoveError::NoDemo)?;
            let machine = SystemClock.now();
            let millis = ahead(machine, found.millis, &place)?;
            if self.bucket.set(Ahead { millis, ..found }).await? {
                return Ok(shifted(machine, millis));
            }
        }
        Err(MoveError::Contended)
    }
}

/// How far ahead of the machine the clock then is, in milliseconds, rounded up.
fn ahead(
    machine: Timestamp,
    before: i64,
    place: &impl Fn(Timestamp) -> Result<Timestamp, MoveError>,
) -> Result<i64, MoveError> {
    let now = shifted(machine, before);
    let to = place(now)?;
    if to <= now {
        return Err(MoveError::Backwards { now, to });
    }
    if to.to_zoned(rome()).year() > LAST_YEAR {
        return Err(MoveError::TooFar);
    }
    let nanos = to.as_nanosecond() - machine.as_nanosecond();
    let millis = nanos.div_euclid(1_000_000) + i128::from(nanos.rem_euclid(1_000_000) != 0);
    i64::try_from(millis).map_err(|_| MoveError::TooFar)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan as _;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn it_lands_where_it_is_sent_and_counts_from_the_machine_s_time() {
        let machine = at("2026-11-28T16:00:00.0000005Z");
        let millis = ahead(machine, 0, &|_| Ok(at("2026-11-29T16:00:00Z"))).unwrap();
        assert_eq!(millis, 86_400_000);
        let again = ahead(machine, millis, &|now| Ok(now + 1.hour())).unwrap();
        assert_eq!(again, 86_400_000 + 3_600_000);
    }

    #[test]
    fn back_is_refused_and_so_is_standing_still_and_the_far_future() {
        let machine = at("2026-11-28T16:00:00Z");
        let refused = |to: Timestamp| ahead(machine, 3_600_000, &move |_| Ok(to));
        assert!(matches!(refused(at("2026-11-28T16:30:00Z")), Err(MoveError::Backwards { .. })));
        assert!(matches!(refused(at("2026-11-28T17:00:00Z")), Err(MoveError::Backwards { .. })));
        assert!(matches!(refused(at("2101-06-01T00:00:00Z")), Err(MoveError::TooFar)));
    }
}
