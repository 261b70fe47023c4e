//! How often one person may be written to: one message in 6 s, and 45 at once at most, which are borrowed from the time
//! that follows.

use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

const PACE: SignedDuration = SignedDuration::from_secs(6);
const BURST: i32 = 45;

#[derive(Debug, Default)]
pub struct PairRate {
    /// Until when each person's share is spent.
    spent_until: BTreeMap<String, Timestamp>,
}

impl PairRate {
    /// And counts it.
    pub fn allows(&mut self, person: &str, now: Timestamp) -> bool {
        let spent = self.spent_until.get(person).copied().unwrap_or(now).max(now);
        let allowed = spent.duration_since(now) < PACE * BURST;
        if allowed {
            self.spent_until.insert(person.to_owned(), spent + PACE);
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_paid_back_before_the_next_message() {
        let mut rate = PairRate::default();
        let start = Timestamp::UNIX_EPOCH;
        assert!((0..45).all(|_| rate.allows("39347", start)));
        assert!(!rate.allows("39347", start));
        assert!(rate.allows("39348", start));
        assert!(rate.allows("39347", start + PACE));
    }
}
