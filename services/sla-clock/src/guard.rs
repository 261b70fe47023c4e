//! Whether the machine's clock can be trusted: nothing is said while it differs from the broker's by more than five
//! minutes. The broker is asked every few seconds; between two answers its time is counted on with a clock that only
//! measures, so that a jump of the machine's clock is noticed at once. Pure: the asking is `app`'s. In a demo it is the
//! unshifted clock that is judged.

use jiff::{SignedDuration, Timestamp};
use std::time::Duration;
use tokio::time::Instant;

pub const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);
/// An answer older than this says nothing any more: the measuring clock stands still while a machine sleeps.
const STALE: Duration = Duration::from_secs(60);

/// The broker's time, and when it was so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    pub broker: Timestamp,
    pub at: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Right,
    /// The broker hasn't said what time it is, or too long ago.
    Unknown,
    /// By how much the machine's clock is ahead of the broker's; negative: behind.
    Wrong {
        ahead: SignedDuration,
    },
}

pub fn judge(heard: Option<Heard>, unshifted: Timestamp, measured: Instant) -> Verdict {
    let Some(heard) = heard else {
        return Verdict::Unknown;
    };
    let since = measured.saturating_duration_since(heard.at);
    if since > STALE {
        return Verdict::Unknown;
    }
    let ahead = unshifted.duration_since(heard.broker) - SignedDuration::try_from(since).unwrap_or_default();
    if ahead.abs() > TOLERANCE { Verdict::Wrong { ahead } } else { Verdict::Right }
}

impl Verdict {
    /// For operators; `None`: all is well. In whole minutes, so that it isn't news every second.
    pub fn complaint(&self) -> Option<String> {
        match self {
            Self::Right => None,
            Self::Unknown => {
                Some("the broker hasn't said what time it is: no deadline is said until it does".to_owned())
            }
            Self::Wrong { ahead } => {
                let minutes = (ahead.abs().as_secs() + 30) / 60;
                let side = if ahead.is_negative() { "behind" } else { "ahead of" };
                Some(format!(
                    "this machine's clock is {minutes} minutes {side} the broker's: no deadline is said until they agree \
                     within {} minutes; set the clocks (NTP)",
                    TOLERANCE.as_secs() / 60
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: &str = "2026-11-28T12:00:00Z";

    fn after(minutes: i64) -> Timestamp {
        NOON.parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
    }

    #[tokio::test]
    async fn more_than_five_minutes_apart_is_wrong_either_way() {
        let now = segnalalo_kit::clock::monotonic();
        let heard = Some(Heard { broker: after(0), at: now });
        assert_eq!(judge(heard, after(5), now), Verdict::Right);
        assert_eq!(judge(heard, after(-5), now), Verdict::Right);
        let ahead = judge(heard, after(12), now);
        assert_eq!(ahead, Verdict::Wrong { ahead: SignedDuration::from_mins(12) });
        assert!(ahead.complaint().unwrap().contains("12 minutes ahead of the broker's"));
        let behind = judge(heard, after(-6), now);
        assert!(behind.complaint().unwrap().contains("6 minutes behind the broker's"));
    }

    #[tokio::test]
    async fn the_broker_s_time_goes_on_between_two_answers_and_grows_stale() {
        let then = segnalalo_kit::clock::monotonic();
        let heard = Some(Heard { broker: after(0), at: then });
        let half = then + Duration::from_secs(30);
        assert_eq!(judge(heard, after(0) + SignedDuration::from_secs(30), half), Verdict::Right);
        // The clock was set an hour on in between.
        let jumped = judge(heard, after(60) + SignedDuration::from_secs(30), half);
        assert_eq!(jumped, Verdict::Wrong { ahead: SignedDuration::from_hours(1) });
        assert_eq!(judge(heard, after(2), then + Duration::from_secs(61)), Verdict::Unknown);
        assert_eq!(judge(None, after(0), then), Verdict::Unknown);
    }
}
