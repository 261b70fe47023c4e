//! Who waits until EVENTS, the log's second copy, has a position: a message of INBOUND or OBSERVED may go only then. A log
//! that lost its synced tail is filled again from EVENTS, or by the message that comes again (decision 15).

use segnalalo_kit::fault;
use tokio::sync::watch;

#[derive(Clone)]
pub struct Published(watch::Receiver<u64>);

impl Published {
    /// What the relay sets, and who looks at it.
    pub fn channel(position: u64) -> (watch::Sender<u64>, Self) {
        let (sender, receiver) = watch::channel(position);
        (sender, Self(receiver))
    }

    /// Returns when EVENTS has the record; false when the relay has ended.
    pub async fn reach(&self, position: u64) -> bool {
        if fault::mistaken("acknowledged-before-events-has-it") {
            return true;
        }
        self.0.clone().wait_for(|published| *published >= position).await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    #[tokio::test]
    async fn one_waits_until_events_has_the_position_and_no_longer_than_the_relay_lives() {
        let (relay, published) = Published::channel(3);
        assert!(published.reach(3).await);
        assert!(published.reach(4).now_or_never().is_none(), "position 4 isn't there yet");
        relay.send_replace(5);
        assert!(published.reach(4).await);
        // A broker that came back with less doesn't have it any more.
        relay.send_replace(1);
        assert!(published.reach(4).now_or_never().is_none());
        drop(relay);
        assert!(!published.reach(4).await);
    }
}
