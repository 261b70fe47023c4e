//! The normaliser as the webhook's receiver. Checking the signature, publishing and answering are kit's.

use crate::normalize::{self, Settings};
use jiff::Timestamp;
use segnalalo_kit::webhook::{Accepted, Malformed, Receiver};

pub struct Handler {
    pub settings: Settings,
}

impl Receiver for Handler {
    fn accept(&self, body: &[u8], received_at: Timestamp) -> Result<Accepted, Malformed> {
        normalize::normalize(body, &self.settings, received_at)
    }
}
