//! From a message that waits to what is said of it on OBSERVED: its box is opened, the classifier asked, the verdict put
//! into wire form. A message that the classifier trips over three times is given up, so that it holds up nobody else.

use crate::{
    classify::{Message, Verdict},
    handler::Owed,
};
use segnalalo_domain::words::ContentType;
use segnalalo_proto::{
    common::v1::{PersonalContent, PersonalDatum},
    convert::{kind_to_wire, stance_to_wire, urgency_to_wire},
    observation::v1::{TriageConcluded, TriageParked, observed::Observation},
    sealed,
};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How often the classifier may trip over one message.
const TRIES: u32 = 3;

/// What is said of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    Concluded(Box<TriageConcluded>),
    /// With the reason: nothing personal.
    Parked(&'static str),
}

impl Said {
    pub fn observation(&self, owed: &Owed) -> Observation {
        match self {
            Self::Concluded(concluded) => Observation::TriageConcluded((**concluded).clone()),
            Self::Parked(reason) => Observation::TriageParked(TriageParked {
                conversation_id: owed.conversation.to_vec(),
                message_id: owed.message.to_vec(),
                reason: (*reason).to_owned(),
            }),
        }
    }
}

/// Why a message can't be concluded on now.
#[derive(Debug, thiserror::Error)]
#[error("the message's key isn't here yet")]
pub struct NotYet(#[source] sealed::Error);

/// # Errors
/// `NotYet` passes: the message waits, and it is no failure.
pub fn conclude(
    owed: &Owed,
    content: Result<PersonalContent, sealed::Error>,
    classify: impl Fn(&Message<'_>) -> Verdict,
) -> Result<Said, NotYet> {
    let content = match content {
        Ok(content) => content,
        Err(sealed::Error::Erased) => return Ok(Said::Parked("the message's content was erased")),
        Err(sealed::Error::Malformed(_) | sealed::Error::Locked(_)) => {
            return Ok(Said::Parked("the message's sealed content can't be read"));
        }
        Err(error @ (sealed::Error::NoKey(_) | sealed::Error::Keyring(_))) => return Err(NotYet(error)),
    };
    let message = Message {
        channel: owed.channel,
        text: &content.text,
        has_attachments: owed.attachments > 0,
        is_location: owed.content_type == ContentType::Location,
    };
    let verdict = (0..TRIES).find_map(|_| catch_unwind(AssertUnwindSafe(|| classify(&message))).ok());
    Ok(match verdict {
        Some(verdict) => Said::Concluded(Box::new(to_wire(owed, verdict))),
        None => Said::Parked("the classifier failed on the message"),
    })
}

fn to_wire(owed: &Owed, verdict: Verdict) -> TriageConcluded {
    let datum = |(kind, value)| PersonalDatum { r#type: kind, value };
    TriageConcluded {
        conversation_id: owed.conversation.to_vec(),
        message_id: owed.message.to_vec(),
        kind: kind_to_wire(verdict.kind),
        office: verdict.office.unwrap_or_default(),
        second_office: verdict.second_office.unwrap_or_default(),
        confidence: verdict.confidence,
        urgency: urgency_to_wire(verdict.urgency),
        stance: stance_to_wire(verdict.stance),
        place: verdict.place.unwrap_or_default(),
        protocol: verdict.protocol_norm.unwrap_or_default(),
        language: verdict.lang,
        pii: verdict.pii.into_iter().map(datum).collect(),
        because: verdict.because,
        rules_version: verdict.rules_version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::Classifier;
    use segnalalo_domain::{
        id::{ConversationId, MessageId},
        sealed::{Scheme, Sealed},
        words::{Channel, Kind},
    };
    use segnalalo_proto::sealed::Opener as _;
    use std::{cell::Cell, path::Path};

    fn classifier() -> Classifier {
        Classifier::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/biella")).unwrap()
    }

    fn owed(text: &str, content_type: ContentType, attachments: u32) -> Owed {
        let content = PersonalContent { text: text.to_owned(), ..PersonalContent::default() };
        Owed {
            conversation: ConversationId([1; 16]),
            message: MessageId([2; 16]),
            position: 1,
            channel: Channel::Whatsapp,
            content_type,
            attachments,
            sealed: sealed::seal(None, &content),
            recorded_at: "2026-11-23T09:00:00Z".parse().unwrap(),
            trace_parent: String::new(),
        }
    }

    fn concluding(owed: &Owed, classify: impl Fn(&Message<'_>) -> Verdict) -> Said {
        conclude(owed, sealed::NoKeys.open(&owed.sealed), classify).unwrap()
    }

    fn concluded(said: Said) -> TriageConcluded {
        match said {
            Said::Concluded(concluded) => *concluded,
            Said::Parked(reason) => panic!("{reason}"),
        }
    }

    #[test]
    fn a_report_is_concluded_with_office_place_and_reasons() {
        let classifier = classifier();
        let owed = owed("buca enorme in via Lamarmora", ContentType::Text, 0);
        let said = concluded(concluding(&owed, |message| classifier.classify(message)));
        assert_eq!((said.kind, said.office.as_str()), (kind_to_wire(Kind::Report), "STRADE"));
        assert_eq!(said.place, "via Lamarmora");
        assert!(!said.because.is_empty() && !said.rules_version.is_empty());
        assert_eq!(said.message_id, vec![2; 16]);
    }

    #[test]
    fn a_position_or_a_picture_without_a_word_is_a_report_of_nobody_knows_what() {
        let classifier = classifier();
        for owed in [owed("", ContentType::Location, 1), owed("", ContentType::Media, 1)] {
            let said = concluded(concluding(&owed, |message| classifier.classify(message)));
            assert_eq!((said.kind, said.office.as_str()), (kind_to_wire(Kind::Report), ""));
            assert!(said.confidence < 0.2);
        }
    }

    #[test]
    fn a_message_that_the_classifier_trips_over_three_times_is_parked() {
        let tries = Cell::new(0);
        let said = concluding(&owed("x", ContentType::Text, 0), |_| {
            tries.set(tries.get() + 1);
            panic!("tripped")
        });
        assert!(matches!(said, Said::Parked(_)));
        assert_eq!(tries.get(), 3);
    }

    #[test]
    fn tripping_once_is_forgiven() {
        let classifier = classifier();
        let tries = Cell::new(0);
        let said = concluding(&owed("buca", ContentType::Text, 0), |message| {
            tries.set(tries.get() + 1);
            assert!(tries.get() > 1, "tripped");
            classifier.classify(message)
        });
        assert!(matches!(said, Said::Concluded(_)));
    }

    #[test]
    fn what_was_erased_is_parked() {
        let mut owed = owed("x", ContentType::Text, 0);
        owed.sealed = Sealed { scheme: Scheme::Erased, person: None, payload: Vec::new() };
        assert!(matches!(concluding(&owed, |_| unreachable!()), Said::Parked(_)));
    }

    #[test]
    fn a_message_whose_key_is_not_here_yet_waits() {
        let owed = owed("x", ContentType::Text, 0);
        let missing = sealed::Error::NoKey(segnalalo_domain::id::KeyId([1; 16]));
        assert!(conclude(&owed, Err(missing), |_| unreachable!()).is_err());
    }
}
