//! How many calls of one client are taken: a bucket that fills by the second and holds two seconds' worth.

use segnalalo_domain::id::ClientId;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

pub struct Pace {
    /// Calls a second.
    rate: f64,
    buckets: Mutex<HashMap<ClientId, (f64, Instant)>>,
}

impl Pace {
    pub fn new(rate: u32) -> Self {
        Self { rate: f64::from(rate.max(1)), buckets: Mutex::default() }
    }

    /// # Errors
    /// How long to wait.
    pub fn take(&self, client: ClientId, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let most = self.rate * 2.0;
        let (left, since) = buckets.entry(client).or_insert((most, now));
        *left = (*left + now.duration_since(*since).as_secs_f64() * self.rate).min(most);
        *since = now;
        if *left < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - *left) / self.rate));
        }
        *left -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use segnalalo_kit::clock::monotonic;

    #[test]
    fn who_is_too_fast_waits_and_nobody_else_does() {
        let (pace, now) = (Pace::new(5), monotonic());
        let (fast, slow) = (ClientId([1; 16]), ClientId([2; 16]));
        assert!((0..10).all(|_| pace.take(fast, now).is_ok()));
        let wait = pace.take(fast, now).unwrap_err();
        assert!(wait > Duration::ZERO && wait <= Duration::from_millis(200), "{wait:?}");
        assert!(pace.take(slow, now).is_ok());
        assert!(pace.take(fast, now + wait).is_ok());
    }
}
