//! Looking for proof of an attempt whose outcome is unknown. Comments are read back twice with a pause between; WhatsApp
//! and Messenger can't be read back: only a status or an echo proves anything, and the registry sees those. Nothing is
//! sent here.

use super::{Sender, Told, Unready, held, outcome, refusal};
use crate::{
    graph::ReadBack,
    outbox::{Attempt, Status, Work},
};
use jiff::{SignedDuration, Timestamp};
use segnalalo_proto::{
    common::v1::{PersonalContent, address::To},
    observation::v1::send_outcome::{Accepted, Held, Outcome, Refused},
    time,
};
use std::time::Duration;

/// Between two looks at the clock.
const WAIT: Duration = Duration::from_secs(1);
/// A thread that can't be read for so long may be gone, or our permission: what waits behind the reply waits no longer.
const READ_BACK_PATIENCE: SignedDuration = SignedDuration::from_hours(1);
const UNREADABLE: &str = "the thread can't be read any more: look there before sending again";
const ATTEMPTS_IN_VAIN: &str = "sent several times, and each time the thread didn't show it";
const NO_PROOF: &str = "the platform's answer got lost and no status came: look in the inbox before sending again";

impl Sender {
    pub async fn reconcile(&self, work: &Work) -> Told {
        let Status::Unknown { since } = work.reply.status else {
            return Told::Nothing;
        };
        if work.channel.is_public() {
            return match &work.reply.last_attempt {
                Some(attempt) => self.read_back(work, attempt, since).await,
                None => Told::Nothing,
            };
        }
        if self.clock.now().duration_since(since) < self.proof_wait {
            return Told::Again { after: WAIT, why: "waiting for a status or an echo".to_owned() };
        }
        // Nobody needs to look for what was sent to a person who was erased.
        match self.citizen(work).await {
            Err(unready @ Unready::Erased) => unready.told(work),
            _ => held(work, unknown_outcome(NO_PROOF)),
        }
    }

    async fn read_back(&self, work: &Work, attempt: &Attempt, since: Timestamp) -> Told {
        let sent = match self.open(&attempt.sent).await {
            Ok(sent) => sent,
            Err(unready) => return unready.told(work),
        };
        let Some(object) = object(&sent) else {
            return held(work, unknown_outcome(NO_PROOF));
        };
        for look in 0..2 {
            if look > 0 {
                self.pauses.wait(self.read_back_pause).await;
            }
            match self.graph.find_comment(object, &sent.text, attempt.at).await {
                ReadBack::Found(provider_id) => {
                    let accepted = Accepted { provider_id, proof: "read_back".to_owned() };
                    return outcome(work.reply.attempts, Outcome::Accepted(accepted));
                }
                ReadBack::NotThere => {}
                ReadBack::Failed(_) if self.clock.now().duration_since(since) >= READ_BACK_PATIENCE => {
                    return held(work, unknown_outcome(UNREADABLE));
                }
                ReadBack::Failed(why) => return Told::Again { after: self.read_back_pause, why },
            }
        }
        self.not_there(work)
    }

    fn not_there(&self, work: &Work) -> Told {
        let attempts = work.reply.attempts;
        if attempts >= refusal::MOST_ATTEMPTS {
            return held(work, unknown_outcome(ATTEMPTS_IN_VAIN));
        }
        let refused = Refused {
            code: "not_found_on_read_back".to_owned(),
            detail: String::new(),
            r#final: false,
            retry_at: Some(time::to_wire(self.clock.now() + refusal::backoff(work, attempts))),
        };
        outcome(attempts, Outcome::Refused(refused))
    }
}

/// Below what the comment went.
fn object(sent: &PersonalContent) -> Option<&str> {
    match sent.address.as_ref()?.to.as_ref()? {
        To::FacebookObjectId(object) => Some(object),
        To::MessengerPsid(_) | To::WhatsappPhone(_) | To::WhatsappUserId(_) => None,
    }
}

fn unknown_outcome(detail: &str) -> Held {
    Held { code: "unknown_outcome".to_owned(), detail: detail.to_owned() }
}
