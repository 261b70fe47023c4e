//! Times as Meta writes them.

use jiff::Timestamp;

/// `2023-12-04T03:38:42+0000`
pub fn graph(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string()
}

/// Whether `from` lies at most so many hours back.
pub fn within_hours(from: Timestamp, now: Timestamp, hours: i64) -> bool {
    now.duration_since(from).as_secs() <= hours * 3600
}
