//! How soon: an emergency by its kind; in the day when somebody may be hurt or something essential is missing; low for
//! looks, questions and thanks.

use super::{kind::Evidence, lexicon::Signal};
use segnalalo_domain::words::{Kind, Urgency};

/// From here on somebody may be hurt.
const HIGH: f32 = 2.0;

pub fn of(kind: Kind, evidence: &Evidence<'_>) -> Urgency {
    let (high, low) = (evidence.signal(Signal::High), evidence.signal(Signal::Low));
    match kind {
        Kind::Emergency => Urgency::Emergency,
        Kind::InformationRequest | Kind::Thanks | Kind::NotPertinent | Kind::AbusiveOrSpam => Urgency::Low,
        Kind::Report | Kind::FollowUp if high >= HIGH && high > low => Urgency::High,
        Kind::Report if low > high => Urgency::Low,
        Kind::Report | Kind::FollowUp | Kind::StatusQuery => Urgency::Normal,
    }
}
