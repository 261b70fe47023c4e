//! The machine's clock, beside the broker's and the outside world's; and whether this program knows when Rome changes its
//! clocks.

use super::finding::Finding;
use jiff::{SignedDuration, Timestamp, civil::Weekday, tz::TimeZone};
use std::{path::Path, time::Duration};

/// Farther away than this is worth a word, and than this a deadline may be told wrong.
const OFF: SignedDuration = SignedDuration::from_secs(5);
const FAR_OFF: SignedDuration = SignedDuration::from_secs(60);
const PATIENCE: Duration = Duration::from_secs(5);
/// systemd-timesyncd makes it when the clock is set.
const SYNCHRONISED: &str = "/run/systemd/timesync/synchronized";

/// By how much this machine is ahead; `None`: it couldn't be compared.
pub fn beside_broker(ahead: Option<SignedDuration>) -> Finding {
    let Some(ahead) = ahead else { return Finding::warning("clock", "uncompared") };
    let seconds = format!("{:+.1}", ahead.as_secs_f64()).replace('.', ",");
    let finding = match ahead.abs() {
        off if off > FAR_OFF => Finding::error("clock", "off_broker"),
        off if off > OFF => Finding::warning("clock", "away_broker"),
        _ => Finding::ok("clock", "ok"),
    };
    finding.with("seconds", seconds)
}

/// Meta's answers tell its time, to the second.
pub fn beside_meta(ahead: SignedDuration) -> Finding {
    let finding = match ahead.abs() {
        off if off > FAR_OFF => Finding::error("clock", "off_meta"),
        off if off > OFF => Finding::warning("clock", "away_meta"),
        _ => Finding::ok("clock", "ok_meta"),
    };
    finding.with("seconds", ahead.as_secs())
}

pub fn ntp(synchronised: Option<bool>) -> Finding {
    match synchronised {
        Some(true) => Finding::ok("clock", "ntp"),
        Some(false) => Finding::warning("clock", "no_ntp"),
        None => Finding::ok("clock", "ntp_unseen"),
    }
}

/// `None`: nothing tells it from here.
pub async fn look_at_ntp(contained: bool) -> Option<bool> {
    if contained {
        return None;
    }
    if Path::new(SYNCHRONISED).exists() {
        return Some(true);
    }
    let mut command = tokio::process::Command::new("timedatectl");
    command.args(["show", "--property=NTPSynchronized", "--value"]).kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, command.output()).await.ok()?.ok()?;
    match String::from_utf8_lossy(&output.stdout).trim() {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

/// The European Union changes its clocks on the last Sundays of March and October, at 01:00 UTC (directive 2000/84/EC).
pub fn zone(rome: &TimeZone, now: Timestamp) -> Finding {
    let next = rome.following(now).next().map(|transition| transition.timestamp());
    let expected = next.filter(|at| {
        let date = at.to_zoned(TimeZone::UTC).datetime();
        let last_week = date.day() > 24 && date.weekday() == Weekday::Sunday;
        last_week && [3, 10].contains(&date.month()) && date.hour() == 1 && date.minute() == 0
    });
    match expected {
        Some(at) => Finding::ok("clock", "zone").with("next", at.to_zoned(rome.clone()).date()),
        None => Finding::warning("clock", "zone_other").with("next", next.map(|at| at.to_string()).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use segnalalo_domain::calendar::rome;

    #[test]
    fn a_clock_is_judged_beside_another() {
        let beside = |seconds| beside_broker(Some(SignedDuration::from_secs(seconds))).code;
        assert_eq!([beside(0), beside(-4), beside(20), beside(-600)], ["ok", "ok", "away_broker", "off_broker"]);
        assert_eq!(beside_broker(None).code, "uncompared");
        let meta = |seconds| beside_meta(SignedDuration::from_secs(seconds)).code;
        assert_eq!([meta(1), meta(-20), meta(600)], ["ok_meta", "away_meta", "off_meta"]);
        assert_eq!([ntp(Some(true)).code, ntp(Some(false)).code, ntp(None).code], ["ntp", "no_ntp", "ntp_unseen"]);
    }

    #[test]
    fn the_next_change_of_the_clocks_is_known_or_missed() {
        let now = "2026-11-28T12:00:00Z".parse::<Timestamp>().unwrap();
        assert_eq!(zone(&rome(), now).code, "zone");
        assert_eq!(zone(&TimeZone::UTC, now).code, "zone_other");
        assert_eq!(zone(&TimeZone::get("America/New_York").unwrap(), now).code, "zone_other");
    }
}
