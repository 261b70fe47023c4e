//! What holds for attachments in every process that handles them.

use crate::config::{Error, Vars};

const VARIABLE: &str = "SEGNALALO_MEDIA_MAX_MB";
/// Messenger takes files up to 25 MB, WhatsApp pictures of 5, sounds and films of 16, documents of 100.
const DEFAULT_MB: usize = 25;
/// A whole attachment is held in memory.
const MOST_MB: usize = 100;

/// `SEGNALALO_MEDIA_MAX_MB`, default 25: the bytes that one attachment may have.
///
/// # Errors
/// It isn't a number from 1 to 100.
pub fn largest(vars: &Vars) -> Result<usize, Error> {
    let megabytes = vars.parsed(VARIABLE, DEFAULT_MB)?;
    if (1..=MOST_MB).contains(&megabytes) {
        return Ok(megabytes * 1024 * 1024);
    }
    Err(Error::Invalid { name: VARIABLE.to_owned(), value: megabytes.to_string(), expected: "number from 1 to 100" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_25_megabytes_unless_said_otherwise_and_never_more_than_memory_bears() {
        assert_eq!(largest(&Vars::from_pairs([("X", "")])).unwrap(), 25 * 1024 * 1024);
        assert_eq!(largest(&Vars::from_pairs([(VARIABLE, "1")])).unwrap(), 1024 * 1024);
        for wrong in ["0", "101", "much"] {
            assert!(largest(&Vars::from_pairs([(VARIABLE, wrong)])).unwrap_err().to_string().contains(VARIABLE));
        }
    }
}
