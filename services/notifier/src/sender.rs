//! One reply on its way: filled in, made durable, sent once, and its outcome told. Whatever breaks in between, the log
//! knows that an attempt began.

pub mod pause;
mod reconcile;
mod refusal;

use crate::{
    form::{self, Impossible},
    graph::{Class, Form, Platform, Sent},
    ledger::{Denied, Ledger},
    messages::{LONGEST_TEMPLATE, Messages, RenderError, WhatsappTemplate},
    outbox::Work,
};
use jiff::SignedDuration;
use pause::Pauses;
use segnalalo_domain::{id::ReplyId, sealed::Sealed};
use segnalalo_kit::{clock::SharedClock, fault, keys::OpenBoxes, shutdown::Shutdown, trace};
use segnalalo_proto::{
    common::v1::PersonalContent,
    observation::v1::send_outcome::{Accepted, Erased, Held, Outcome, Unknown},
    sealed,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// What sending takes.
#[derive(Clone)]
pub struct Sender {
    pub messages: Arc<Messages>,
    pub graph: Arc<dyn Platform>,
    pub keys: Arc<dyn OpenBoxes>,
    pub ledger: Arc<dyn Ledger>,
    pub clock: SharedClock,
    /// Between two looks at a thread.
    pub read_back_pause: Duration,
    /// How long a status or an echo is waited for.
    pub proof_wait: SignedDuration,
    /// Attempts whose POST left this process: whatever the ledger answers, they don't leave again.
    pub posted: Posted,
    pub pauses: Arc<dyn Pauses>,
    /// What waits for the registry stops waiting.
    pub shutdown: Shutdown,
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

/// The process that began the attempt is no more, or lost track of it.
pub fn given_up(work: &Work) -> Told {
    let unknown = Unknown { detail: "the process ended during the attempt".to_owned() };
    outcome(work.reply.attempts, Outcome::Unknown(unknown))
}

/// What the dispatcher is told of a piece of work.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// To be published; the reply's next state comes back through the log.
    Outcome {
        attempt: u32,
        outcome: Outcome,
        /// Nothing gets through on the channel: it is left alone for so long.
        pause: Option<Duration>,
    },
    /// Nothing is known to the log: again after this.
    Again { after: Duration, why: String },
    /// The log knows better: its events will tell.
    Nothing,
}

/// While a key isn't here.
const KEY_PAUSE: Duration = Duration::from_secs(1);
/// While the registry can't be reached.
const REGISTRY_PAUSE: Duration = Duration::from_secs(2);

impl Sender {
    /// Sends a due reply.
    pub async fn send(&self, work: &Work) -> Told {
        let attempt = work.reply.attempts + 1;
        if fault::mistaken("posted-before-the-attempt-is-durable") {
            let Ok((form, content)) = self.prepare(work).await else { return Told::Nothing };
            if self.posted.claim(work.reply.id, attempt) {
                self.graph.send(&form, &content.text, &format!("{}.{attempt}", work.reply.id)).await;
                fault::point("send.after-post");
            }
        }
        let (form, text) = match self.begin(work, attempt).await {
            Ok(begun) => begun,
            Err(told) => return told,
        };
        if !self.posted.claim(work.reply.id, attempt) {
            return Told::Nothing;
        }
        let callback = format!("{}.{attempt}", work.reply.id);
        fault::point("send.before-post");
        let sent = self.graph.send(&form, &text, &callback).await;
        fault::point("send.after-post");
        match sent {
            Sent::Accepted { provider_id } => {
                outcome(attempt, Outcome::Accepted(Accepted { provider_id, proof: "response".to_owned() }))
            }
            Sent::Unknown { detail } if fault::mistaken("retried-on-time-out") => {
                let refusal = refusal::Refusal { code: "timeout".to_owned(), detail, class: Class::Retry, wait: None };
                refusal::told(work, attempt, refusal, self.clock.now())
            }
            Sent::Unknown { detail } => outcome(attempt, Outcome::Unknown(Unknown { detail })),
            Sent::Refused { code, detail, class, wait } => {
                refusal::told(work, attempt, refusal::Refusal { code, detail, class, wait }, self.clock.now())
            }
        }
    }

    /// Fills the reply in and has the attempt on disk. Who isn't answered asks again for the same attempt: the ledger
    /// may have it, and it knows its own caller. What is sent is what it was asked for first: filled in anew, it could
    /// read otherwise than what the ledger has (a date after New Year's Eve), and reading back wouldn't find it.
    async fn begin(&self, work: &Work, attempt: u32) -> Result<(Form, String), Told> {
        let (form, content) = self.prepare(work).await.map_err(|unready| unready.told(work))?;
        loop {
            if fault::mistaken("personal-data-in-the-log") {
                tracing::info!(to = ?form, "sending");
            }
            fault::point("send.before-begin");
            match self.ledger.begin(work, attempt, content.clone(), trace::traceparent()).await {
                Ok(()) => return Ok((form, content.text)),
                Err(Denied::Settled) => return Err(Told::Nothing),
                Err(Denied::Unavailable(why)) => tracing::debug!(why, "the attempt can't begin yet"),
            }
            tokio::select! {
                () = self.pauses.wait(REGISTRY_PAUSE) => {}
                () = self.shutdown.cancelled() => return Err(Told::Nothing),
            }
            // Whoever was erased meanwhile isn't written to.
            if let Err(unready @ Unready::Erased) = self.citizen(work).await {
                return Err(unready.told(work));
            }
        }
    }

    async fn prepare(&self, work: &Work) -> Result<(Form, PersonalContent), Unready> {
        let citizen = self.citizen(work).await?;
        let words = match &work.reply.words {
            Some(words) => self.open(words).await?.text,
            None => String::new(),
        };
        Ok(self.fill_in(work, citizen, &words)?)
    }

    /// Whom and where to answer.
    async fn citizen(&self, work: &Work) -> Result<PersonalContent, Unready> {
        match (self.open(&work.address).await, &work.newer) {
            (Err(Unready::Erased), Some(newer)) => self.open(newer).await,
            (opened, _) => opened,
        }
    }

    fn fill_in(&self, work: &Work, citizen: PersonalContent, words: &str) -> Result<(Form, PersonalContent), Held> {
        let reply = &work.reply;
        let text = self
            .messages
            .text(reply.template, work.channel, &reply.variables, words, self.clock.now())
            .map_err(|error| unrenderable(&error))?;
        let template = self.messages.whatsapp(reply.template, &reply.variables, words, self.clock.now());
        let form = form::choose(work, citizen.address.as_ref(), template, self.clock.now()).map_err(impossible)?;
        let text = match &form {
            Form::WhatsappTemplate { template, .. } => template_text(template)?,
            _ => text,
        };
        Ok((form, PersonalContent { text, address: citizen.address, ..PersonalContent::default() }))
    }

    async fn open(&self, sealed: &Sealed) -> Result<PersonalContent, Unready> {
        self.keys.open(sealed).await.map_err(|error| match error {
            sealed::Error::NoKey(_) | sealed::Error::Keyring(_) => Unready::NotYet(error.to_string()),
            sealed::Error::Erased => Unready::Erased,
            sealed::Error::Locked(_) | sealed::Error::Malformed(_) => Unready::Held(unreadable("unreadable", &error)),
        })
    }
}

/// Why a box can't be used.
enum Unready {
    /// A key that may come.
    NotYet(String),
    /// A person must look.
    Held(Held),
    /// Whom it is for was erased: there is nowhere to send it.
    Erased,
}

impl From<Held> for Unready {
    fn from(held: Held) -> Self {
        Self::Held(held)
    }
}

impl Unready {
    fn told(self, work: &Work) -> Told {
        match self {
            Self::NotYet(why) => Told::Again { after: KEY_PAUSE, why },
            Self::Held(why) => held(work, why),
            Self::Erased => outcome(work.reply.attempts, Outcome::Erased(Erased {})),
        }
    }
}

/// Meta fills the template in: the ledger keeps what the citizen reads.
fn template_text(template: &WhatsappTemplate) -> Result<String, Held> {
    if template.text.chars().count() > LONGEST_TEMPLATE {
        let detail = format!("a WhatsApp template takes {LONGEST_TEMPLATE} characters");
        return Err(Held { code: "text_too_long".to_owned(), detail });
    }
    Ok(template.text.clone())
}

fn unreadable(code: &str, error: &sealed::Error) -> Held {
    Held { code: code.to_owned(), detail: error.to_string() }
}

fn unrenderable(error: &RenderError) -> Held {
    Held { code: error.code().to_owned(), detail: error.to_string() }
}

fn impossible(impossible: Impossible) -> Held {
    Held { code: impossible.code().to_owned(), detail: impossible.to_string() }
}

fn outcome(attempt: u32, outcome: Outcome) -> Told {
    Told::Outcome { attempt, outcome, pause: None }
}

/// Put before a person. Its number makes each time an observation of its own, also without an attempt in between: the
/// registry takes the same one only once.
fn held(work: &Work, held: Held) -> Told {
    outcome(work.reply.attempts + work.reply.holds, Outcome::Held(held))
}

#[cfg(test)]
mod tests;
