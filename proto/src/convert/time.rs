//! Instants and dates. A wire timestamp's nanoseconds count forward from its second, also before 1970; jiff's carry
//! the second's sign.

use super::Malformed;
use jiff::{Timestamp, civil::Date};

const SECOND: i32 = 1_000_000_000;

pub fn to_wire(instant: Timestamp) -> prost_types::Timestamp {
    let (seconds, nanos) = (instant.as_second(), instant.subsec_nanosecond());
    if nanos < 0 {
        prost_types::Timestamp { seconds: seconds - 1, nanos: nanos + SECOND }
    } else {
        prost_types::Timestamp { seconds, nanos }
    }
}

/// `None` when no calendar of ours has that instant.
pub fn from_wire(instant: &prost_types::Timestamp) -> Option<Timestamp> {
    if !(0..SECOND).contains(&instant.nanos) {
        return None;
    }
    Timestamp::new(instant.seconds, instant.nanos).ok()
}

pub(super) fn required(instant: &Option<prost_types::Timestamp>, field: &'static str) -> Result<Timestamp, Malformed> {
    instant.as_ref().and_then(from_wire).ok_or(Malformed(field))
}

pub(super) fn optional(
    instant: &Option<prost_types::Timestamp>,
    field: &'static str,
) -> Result<Option<Timestamp>, Malformed> {
    instant.as_ref().map(|instant| from_wire(instant).ok_or(Malformed(field))).transpose()
}

/// An ISO 8601 date, in exactly the form we write.
pub(super) fn date(text: &str, field: &'static str) -> Result<Date, Malformed> {
    text.parse::<Date>().ok().filter(|date| date.to_string() == text).ok_or(Malformed(field))
}

/// A date that may be left out.
pub(super) fn optional_date(text: &str, field: &'static str) -> Result<Option<Date>, Malformed> {
    if text.is_empty() {
        return Ok(None);
    }
    date(text, field).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instant_comes_back_also_before_1970() {
        let around_the_epoch = Timestamp::new(-1, -250_000_000).unwrap();
        assert_eq!(to_wire(around_the_epoch).seconds, -2);
        assert_eq!(to_wire(around_the_epoch).nanos, 750_000_000);
        for instant in [Timestamp::MIN, around_the_epoch, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
            assert_eq!(from_wire(&to_wire(instant)), Some(instant));
        }
    }

    #[test]
    fn an_instant_out_of_range_is_refused() {
        for (seconds, nanos) in [(0, -1), (0, SECOND), (i64::MAX, 0)] {
            assert_eq!(from_wire(&prost_types::Timestamp { seconds, nanos }), None, "{seconds} {nanos}");
        }
    }

    #[test]
    fn a_date_has_one_form_only() {
        assert!(date("2026-03-01", "expected_by").is_ok());
        for text in ["", "2026-3-1", "2026-03-01T00:00", "20260301", "2026-02-30"] {
            assert!(date(text, "expected_by").is_err(), "{text}");
        }
    }
}
