//! Protocol numbers: progressive, at least seven digits, from 1 each solar year of registration in Europe/Rome
//! (DPR 445/2000 art. 57), and the ways people write them.

use std::{fmt, str::FromStr};

/// `2026/0000001`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProtocolNumber {
    pub year: u16,
    /// From 1.
    pub number: u32,
}

impl fmt::Display for ProtocolNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}/{:07}", self.year, self.number)
    }
}

/// `E-2026/0001`: given by hand while the system is down (art. 63). No ordinary number looks like it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EmergencyNumber {
    pub year: u16,
    /// From 1.
    pub number: u32,
}

impl fmt::Display for EmergencyNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "E-{:04}/{:04}", self.year, self.number)
    }
}

/// The text isn't an emergency number.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a number of the emergency register looks like E-2026/0001")]
pub struct MalformedEmergency;

impl FromStr for EmergencyNumber {
    type Err = MalformedEmergency;

    fn from_str(text: &str) -> Result<Self, MalformedEmergency> {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let (year, number) = text
            .trim()
            .strip_prefix(['E', 'e'])
            .and_then(|rest| rest.strip_prefix('-'))
            .and_then(|rest| rest.split_once('/'))
            .filter(|(year, number)| digits(year) && digits(number) && year.len() == 4 && year.starts_with("20"))
            .ok_or(MalformedEmergency)?;
        let number = number.parse().ok().filter(|number| *number > 0).ok_or(MalformedEmergency)?;
        Ok(Self { year: year.parse().map_err(|_| MalformedEmergency)?, number })
    }
}

/// What a person may have meant by a number: the year is often left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cited {
    pub year: Option<u16>,
    pub number: u32,
}

/// The text isn't a protocol number.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a protocol number looks like 2026/0000001, 1/2026 or 0000001")]
pub struct Malformed;

impl FromStr for Cited {
    type Err = Malformed;

    /// Accepts `2026/0000001`, `1/2026`, `0000001/2026` and `0000001`.
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let part = |text: &str| text.trim().parse::<u32>().map_err(|_| Malformed);
        let year = |value: u32| u16::try_from(value).map_err(|_| Malformed);
        let text = text.trim();
        let Some((left, right)) = text.split_once('/') else {
            return Ok(Self { year: None, number: part(text)? });
        };
        let looks_like_year = |text: &str| text.trim().len() == 4 && text.trim().starts_with("20");
        // A number has at least seven digits when we write it: with four on the left, it is the year.
        if looks_like_year(left) && (right.trim().len() >= 7 || !looks_like_year(right)) {
            Ok(Self { year: Some(year(part(left)?)?), number: part(right)? })
        } else if looks_like_year(right) {
            Ok(Self { year: Some(year(part(right)?)?), number: part(left)? })
        } else {
            Err(Malformed)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_with_the_year_and_seven_digits() {
        assert_eq!(ProtocolNumber { year: 2026, number: 1 }.to_string(), "2026/0000001");
        assert_eq!(ProtocolNumber { year: 2026, number: 12_345_678 }.to_string(), "2026/12345678");
    }

    #[test]
    fn an_emergency_number_is_none_of_the_ordinary_ones() {
        let number = EmergencyNumber { year: 2026, number: 12 };
        assert_eq!(number.to_string(), "E-2026/0012");
        assert_eq!("e-2026/0012".parse(), Ok(number));
        assert_eq!("E-2026/0012".parse::<Cited>(), Err(Malformed));
        for text in ["2026/0000012", "E-26/1", "E-2026/0", "E-2026/", "E2026/1", "E-2026/+1"] {
            assert_eq!(text.parse::<EmergencyNumber>(), Err(MalformedEmergency), "{text}");
        }
    }

    #[test]
    fn people_write_it_in_many_ways() {
        for text in ["2026/0000042", "42/2026", "0000042/2026", " 0000042 / 2026 "] {
            assert_eq!(text.parse(), Ok(Cited { year: Some(2026), number: 42 }), "{text}");
        }
        assert_eq!("0000042".parse(), Ok(Cited { year: None, number: 42 }));
        assert_eq!("2025/2026".parse(), Ok(Cited { year: Some(2026), number: 2025 }));
        for text in ["", "abc", "12/34", "2026/x"] {
            assert_eq!(text.parse::<Cited>(), Err(Malformed), "{text}");
        }
    }
}
