//! How long Meta asks to be left alone: `Retry-After` in seconds (RFC 9110, 10.2.3), and the minutes until a limit of the
//! business use case is lifted (Graph API, "Rate limits": `X-Business-Use-Case-Usage`). The longest counts.

use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;
use std::time::Duration;

const USAGE: &str = "x-business-use-case-usage";
/// Whatever it says: nobody waits for longer without looking again.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn asked(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let seconds = text(RETRY_AFTER.as_str()).and_then(|text| text.trim().parse::<u64>().ok());
    let minutes = text(USAGE).and_then(minutes);
    let longest = seconds.into_iter().chain(minutes.map(|minutes| minutes.saturating_mul(60))).max();
    longest.filter(|seconds| *seconds > 0).map(|seconds| Duration::from_secs(seconds).min(LONGEST))
}

/// `{"<business-id>": [{"type": "pages", "estimated_time_to_regain_access": 5}]}`
fn minutes(text: &str) -> Option<u64> {
    let usage = serde_json::from_str::<Value>(text).ok()?;
    let uses = usage.as_object()?.values().filter_map(Value::as_array).flatten();
    uses.filter_map(|one| one.get("estimated_time_to_regain_access")?.as_u64()).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn of(headers: &[(&'static str, &'static str)]) -> Option<u64> {
        let headers = headers.iter().map(|(name, value)| {
            (name.parse::<reqwest::header::HeaderName>().unwrap(), HeaderValue::from_static(value))
        });
        asked(&headers.collect()).map(|wait| wait.as_secs())
    }

    #[test]
    fn the_longest_that_meta_asks_for_counts_and_nonsense_does_not() {
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[("retry-after", "120")]), Some(120));
        assert_eq!(of(&[("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT")]), None);
        let usage = r#"{"1": [{"type": "pages", "estimated_time_to_regain_access": 5}, {"type": "messenger"}]}"#;
        assert_eq!(of(&[("retry-after", "120"), (USAGE, usage)]), Some(300));
        assert_eq!(of(&[(USAGE, r#"{"1": [{"estimated_time_to_regain_access": 0}]}"#)]), None);
        assert_eq!(of(&[("retry-after", "99999999999")]), Some(86_400));
    }
}
