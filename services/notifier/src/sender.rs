//! One reply on its way: filled in, made durable, sent once, and its outcome told. Whatever breaks in between, the log
//! knows that an attempt began.

use crate::{
    form::{self, Impossible},
    graph::{Class, Form, Graph, ReadBack, Sent},
    ledger::{Denied, Ledger},
    messages::{Messages, RenderError},
    outbox::{Status, Work},
};
use jiff::{SignedDuration, Timestamp};
use segnalalo_domain::id::ReplyId;
use segnalalo_kit::{clock::SharedClock, trace};
use segnalalo_proto::{
    common::v1::PersonalContent,
    observation::v1::send_outcome::{Accepted, Held, Outcome, Refused, Unknown},
    sealed, time,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tracing::Instrument as _;

/// What sending takes.
#[derive(Clone)]
pub struct Sender {
    pub messages: Arc<Messages>,
    pub graph: Graph,
    pub ledger: Arc<dyn Ledger>,
    pub clock: SharedClock,
    /// Between two looks at a thread.
    pub read_back_pause: Duration,
    /// How long a status or an echo is waited for.
    pub proof_wait: SignedDuration,
    /// Attempts whose POST left this process: whatever the ledger answers, they don't leave again.
    pub posted: Posted,
}

/// Shared by all clones of a sender. An attempt is forgotten when its outcome came back from the log.
#[derive(Clone, Default)]
pub struct Posted(Arc<Mutex<HashMap<ReplyId, u32>>>);

impl Posted {
    /// True the first time only.
    fn claim(&self, reply: ReplyId, attempt: u32) -> bool {
        let mut posted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = posted.entry(reply).or_default();
        let first = attempt > *last;
        *last = attempt.max(*last);
        first
    }

    pub fn forget(&self, reply: ReplyId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&reply);
    }
}

/// What the dispatcher is told of a piece of work.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// To be published; the reply's next state comes back through the log.
    Outcome { attempt: u32, outcome: Outcome, pause_channel: bool },
    /// Nothing was sent and nothing is known to the log: again after this.
    Again { after: Duration, why: String },
    /// The log knows better: its events will tell.
    Nothing,
}

/// While the registry can't be reached.
const REGISTRY_PAUSE: Duration = Duration::from_secs(2);
/// A channel that nothing gets through on.
pub const CHANNEL_PAUSE: Duration = Duration::from_secs(180);
const LATER: SignedDuration = SignedDuration::from_hours(24);
const LONGEST: SignedDuration = SignedDuration::from_hours(1);
/// After this many certain failures a person looks at it.
const MOST_ATTEMPTS: u32 = 12;

impl Sender {
    /// Sends a due reply.
    pub async fn send(&self, work: Work) -> Told {
        let span = tracing::info_span!("send", reply = %work.reply.id, channel = %work.channel);
        let span = trace::span_from(&work.reply.trace_parent, span);
        self.send_once(work).instrument(span).await
    }

    async fn send_once(&self, work: Work) -> Told {
        let attempt = work.reply.attempts + 1;
        let (form, content) = match self.prepare(&work) {
            Ok(prepared) => prepared,
            Err(held) => return outcome(work.reply.attempts, Outcome::Held(held)),
        };
        let text = content.text.clone();
        match self.ledger.begin(&work, attempt, content, trace::traceparent()).await {
            Ok(()) => {}
            Err(Denied::Settled) => return Told::Nothing,
            Err(Denied::Unavailable(why)) => {
                return Told::Again { after: REGISTRY_PAUSE, why };
            }
        }
        if !self.posted.claim(work.reply.id, attempt) {
            return Told::Nothing;
        }
        let callback = format!("{}.{attempt}", work.reply.id);
        match self.graph.send(&form, &text, &callback).await {
            Sent::Accepted { provider_id } => {
                outcome(attempt, Outcome::Accepted(Accepted { provider_id, proof: "response".to_owned() }))
            }
            Sent::Unknown { detail } => outcome(attempt, Outcome::Unknown(Unknown { detail })),
            Sent::Refused { code, detail, class } => self.refused(&work, attempt, code, detail, class),
        }
    }

    fn prepare(&self, work: &Work) -> Result<(Form, PersonalContent), Held> {
        let unknown = |detail: String| Held { code: "unreadable".to_owned(), detail };
        let citizen = sealed::open(&work.address).map_err(|error| unknown(error.to_string()))?;
        let words = match &work.reply.words {
            Some(words) => sealed::open(words).map_err(|error| unknown(error.to_string()))?.text,
            None => String::new(),
        };
        let reply = &work.reply;
        let text = self
            .messages
            .text(reply.template, work.channel, &reply.variables, &words)
            .map_err(|error| unrenderable(&error))?;
        let template = self.messages.whatsapp(reply.template, &reply.variables, &words);
        let form = form::choose(work, citizen.address.as_ref(), template, self.clock.now()).map_err(impossible)?;
        Ok((form, PersonalContent { text, address: citizen.address, ..PersonalContent::default() }))
    }

    fn refused(&self, work: &Work, attempt: u32, code: String, detail: String, class: Class) -> Told {
        let now = self.clock.now();
        let retry_at = match class {
            Class::Never | Class::Unknown => None,
            Class::RetryOnce if attempt > 1 => None,
            Class::Retry | Class::Later if attempt >= MOST_ATTEMPTS => None,
            Class::Retry | Class::RetryOnce => Some(now + backoff(work, attempt)),
            Class::Later => Some(now + LATER),
            Class::Pause => SignedDuration::try_from(CHANNEL_PAUSE).ok().map(|pause| now + pause),
        };
        let refused = Refused { code, detail, r#final: retry_at.is_none(), retry_at: retry_at.map(time::to_wire) };
        Told::Outcome { attempt, outcome: Outcome::Refused(refused), pause_channel: class == Class::Pause }
    }

    /// Looks for proof of an attempt whose outcome is unknown. Comments are read back twice with a pause between;
    /// WhatsApp and Messenger can't be read back: only a status or an echo proves anything, and the registry sees those.
    pub async fn reconcile(&self, work: Work) -> Told {
        let Status::Unknown { attempted_at, since } = work.reply.status else {
            return Told::Nothing;
        };
        if work.channel.is_public() {
            return self.read_back(&work, attempted_at).await;
        }
        let waited = self.clock.now().duration_since(since);
        if waited < self.proof_wait {
            return Told::Again { after: Duration::from_secs(1), why: "waiting for a status or an echo".to_owned() };
        }
        let detail = "the platform's answer got lost and no status came: look in the inbox before sending again";
        let held = Held { code: "unknown_outcome".to_owned(), detail: detail.to_owned() };
        outcome(work.reply.attempts, Outcome::Held(held))
    }

    async fn read_back(&self, work: &Work, attempted_at: Timestamp) -> Told {
        let (form, content) = match self.prepare(work) {
            Ok(prepared) => prepared,
            Err(held) => return outcome(work.reply.attempts, Outcome::Held(held)),
        };
        let Form::Comment { object } = form else {
            return Told::Nothing;
        };
        for look in 0..2 {
            if look > 0 {
                tokio::time::sleep(self.read_back_pause).await;
            }
            match self.graph.find_comment(&object, &content.text, attempted_at).await {
                ReadBack::Found(provider_id) => {
                    let accepted = Accepted { provider_id, proof: "read_back".to_owned() };
                    return outcome(work.reply.attempts, Outcome::Accepted(accepted));
                }
                ReadBack::NotThere => {}
                ReadBack::Failed(why) => {
                    return Told::Again { after: self.read_back_pause, why };
                }
            }
        }
        let refused = Refused {
            code: "not_found_on_read_back".to_owned(),
            detail: String::new(),
            r#final: false,
            retry_at: Some(time::to_wire(self.clock.now())),
        };
        outcome(work.reply.attempts, Outcome::Refused(refused))
    }
}

fn outcome(attempt: u32, outcome: Outcome) -> Told {
    Told::Outcome { attempt, outcome, pause_channel: false }
}

fn unrenderable(error: &RenderError) -> Held {
    Held { code: error.code().to_owned(), detail: error.to_string() }
}

fn impossible(impossible: Impossible) -> Held {
    Held { code: impossible.code().to_owned(), detail: impossible.to_string() }
}

/// 4^n seconds, an hour at most, and a quarter more or less: by the reply's id, so that a crowd doesn't come back at once.
fn backoff(work: &Work, attempt: u32) -> SignedDuration {
    let seconds = 4_i64.saturating_pow(attempt.saturating_sub(1));
    let base = SignedDuration::from_secs(seconds).min(LONGEST);
    let spread = i32::from(work.reply.id.0[0]) - 128;
    base + base / 512 * spread
}

#[cfg(test)]
mod tests;
