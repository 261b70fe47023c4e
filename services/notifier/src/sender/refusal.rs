//! What follows a refusal: nothing was sent, and the class of the error says whether and when it is tried again.

use super::{Told, held};
use crate::{graph::Class, outbox::Work};
use jiff::{SignedDuration, Timestamp};
use segnalalo_proto::{
    observation::v1::send_outcome::{Held, Outcome, Refused},
    time,
};
use std::time::Duration;

/// For a channel that refuses everything, or can't be reached.
const PAUSE: SignedDuration = SignedDuration::from_secs(180);
const LATER: SignedDuration = SignedDuration::from_hours(24);
const LONGEST: SignedDuration = SignedDuration::from_hours(1);
/// After this many certain failures a person looks at it.
pub(super) const MOST_ATTEMPTS: u32 = 12;
const FEW_ATTEMPTS: u32 = 3;
const PAIR_RATE: &str = "131056";

pub(super) struct Refusal {
    pub code: String,
    pub detail: String,
    pub class: Class,
    /// How long the platform asks to be left alone.
    pub wait: Option<Duration>,
}

pub(super) fn told(work: &Work, attempt: u32, refusal: Refusal, now: Timestamp) -> Told {
    let Refusal { code, detail, class, wait } = refusal;
    // Others get through: it isn't the channel that is refused.
    if class == Class::Pause && attempt >= FEW_ATTEMPTS && work.others_pass {
        return held(work, Held { code, detail });
    }
    let retry_at = match class {
        Class::Never | Class::Unknown => None,
        Class::Few if attempt >= FEW_ATTEMPTS => None,
        Class::Retry | Class::Later if attempt >= MOST_ATTEMPTS => None,
        Class::Retry | Class::Few => Some(now + backoff(work, attempt)),
        Class::Later => Some(now + LATER),
        // For as long as it takes: nothing is wrong with the reply.
        Class::Offline | Class::Pause => Some(now + pause(work, attempt, class)),
    };
    // Sooner than it asks, it would only refuse again, and for longer.
    let asked = wait.filter(|_| class != Class::Later).and_then(|wait| SignedDuration::try_from(wait).ok());
    let retry_at = retry_at.map(|at| asked.map_or(at, |asked| at.max(now + asked)));
    let refused = Refused { code, detail, r#final: retry_at.is_none(), retry_at: retry_at.map(time::to_wire) };
    let pause = matches!(class, Class::Offline | Class::Pause).then(|| pause(work, attempt, class).unsigned_abs());
    // All of the channel, unless it is one citizen who gets too much (131056).
    let crowded = class == Class::Retry && refused.code != PAIR_RATE;
    let pause = pause.max(wait.filter(|_| crowded));
    Told::Outcome { attempt, outcome: Outcome::Refused(refused), pause }
}

/// A short break of the network is over soon; a token isn't renewed within seconds.
fn pause(work: &Work, attempt: u32, class: Class) -> SignedDuration {
    if class == Class::Offline { backoff(work, attempt).min(PAUSE) } else { PAUSE }
}

/// 4^n seconds from n = 0, an hour at most, and a quarter more or less: by the reply's id, so that a crowd doesn't come
/// back at once. It begins as Meta asks for 131056.
pub(super) fn backoff(work: &Work, attempt: u32) -> SignedDuration {
    let seconds = 4_i64.saturating_pow(attempt.saturating_sub(1));
    let base = SignedDuration::from_secs(seconds.min(LONGEST.as_secs()));
    let spread = i32::from(work.reply.id.0[0]) - 128;
    base + base / 512 * spread
}
