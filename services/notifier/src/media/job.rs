//! One message's attachments: the box opened, each fetched and handed over, and what can't be had given up.

use super::{
    fetch::{Failure, Fetcher},
    keeper::{Keeper, Unkept},
    pending::Job,
};
use jiff::SignedDuration;
use segnalalo_domain::words::Channel;
use segnalalo_kit::{clock::SharedClock, keys::OpenBoxes};
use segnalalo_proto::{common::v1::Attachment, registry::v1::AttachmentRef, sealed};
use std::sync::Arc;

/// WhatsApp keeps what was sent to us for seven days (Cloud API, "Media": ids from webhooks); nobody keeps it for longer.
const KEPT_BY_META: SignedDuration = SignedDuration::from_hours(8 * 24);
/// A link that isn't there may come back, and a permission that lapsed looks like a file that is gone: it is believed when
/// it was said several times, and still after a day.
const FEW: u32 = 3;
const A_DAY: SignedDuration = SignedDuration::from_hours(24);

/// How a job ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct End {
    /// What became of attachments in it, for the metrics: "stored", or the code of a failure.
    pub outcomes: Vec<&'static str>,
    /// `None`: everything is settled. Otherwise why something is tried again.
    pub why: Option<String>,
    /// It only waits for a key that will come: this is no failure.
    pub waits_for_key: bool,
}

impl End {
    pub(super) fn again(why: &str) -> Self {
        Self { why: Some(why.to_owned()), ..Self::default() }
    }

    pub(super) fn no_key() -> Self {
        Self { waits_for_key: true, ..Self::again("its key isn't here") }
    }
}

/// What one job takes.
#[derive(Clone)]
pub struct Courier {
    pub keys: Arc<dyn OpenBoxes>,
    pub fetcher: Fetcher,
    pub keeper: Keeper,
    pub clock: SharedClock,
}

impl Courier {
    pub async fn run(&self, job: Job) -> End {
        let content = match self.keys.open(&job.sealed).await {
            Ok(content) => content,
            Err(sealed::Error::NoKey(_) | sealed::Error::Keyring(_)) => return End::no_key(),
            // Erased, or unreadable for good: there is nothing that could be fetched.
            Err(_) => return End::default(),
        };
        let mut end = End::default();
        for (index, attachment) in (0_u32..).zip(&content.attachments) {
            if job.settled.contains(&index) {
                continue;
            }
            match self.settle(&job, index, attachment).await {
                Ok(Some(outcome)) => end.outcomes.push(outcome),
                Ok(None) => {}
                Err(why) => {
                    tracing::debug!(message = %job.message, index, why, "an attachment is fetched again later");
                    end.why = Some(why);
                }
            }
        }
        end
    }

    /// `Err`: again later. `None`: there is nothing to settle.
    async fn settle(&self, job: &Job, index: u32, attachment: &Attachment) -> Result<Option<&'static str>, String> {
        if !attachment.is_file() {
            // As long as it isn't settled, a message as received is looked into at every start.
            return if job.revision == 0 { self.give_up(job, index, "no_file").await } else { Ok(None) };
        }
        let age = job.received_at.duration_until(self.clock.now());
        if age > KEPT_BY_META {
            return self.give_up(job, index, "expired").await;
        }
        let fetched = match job.channel {
            Channel::Whatsapp => self.fetcher.whatsapp_media(attachment).await,
            Channel::FacebookPost | Channel::FacebookComment | Channel::Messenger => {
                self.fetcher.linked_file(attachment).await
            }
        };
        match fetched {
            Ok(file) => {
                match self.keeper.keep(&name(job, index), attachment.filename.clone(), file, &job.trace_parent).await {
                    Ok(()) => Ok(Some("stored")),
                    Err(Unkept::Later(why)) => Err(why),
                    Err(Unkept::Never(why)) => {
                        tracing::error!(message = %job.message, index, why, "the registry doesn't take an attachment");
                        self.give_up(job, index, "not_taken").await
                    }
                }
            }
            Err(Failure::Final(code)) => self.give_up(job, index, code).await,
            Err(Failure::Few(code)) if is_believed(job.tries, age) => self.give_up(job, index, code).await,
            Err(Failure::Few(code)) => Err(code.to_owned()),
            Err(Failure::Later(why)) => Err(why),
        }
    }

    async fn give_up(&self, job: &Job, index: u32, code: &'static str) -> Result<Option<&'static str>, String> {
        match self.keeper.give_up(&name(job, index), code, &job.trace_parent).await {
            Ok(()) => Ok(Some(code)),
            Err(Unkept::Later(why)) => Err(why),
            Err(Unkept::Never(why)) => {
                tracing::error!(message = %job.message, index, why, "the registry doesn't know a message of its own log");
                Ok(None)
            }
        }
    }
}

/// `tries` before this one; `age` of the message.
fn is_believed(tries: u32, age: SignedDuration) -> bool {
    tries + 1 >= FEW && age >= A_DAY
}

fn name(job: &Job, index: u32) -> AttachmentRef {
    AttachmentRef {
        conversation_id: job.conversation.to_vec(),
        message_id: job.message.to_vec(),
        revision: job.revision,
        index,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_is_believed_after_three_tries_and_a_day() {
        let minute = SignedDuration::from_mins(1);
        assert!(!is_believed(2, minute), "a token that lapsed looks like that too");
        assert!(!is_believed(1, A_DAY), "twice is no proof");
        assert!(is_believed(2, A_DAY) && A_DAY < KEPT_BY_META);
    }
}
