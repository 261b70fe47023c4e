//! Choosing how a reply goes out: the channel's rules on windows (Meta: 24 hours, 7 days for people's answers on
//! Messenger, approved templates on WhatsApp).

use crate::{
    graph::{Form, WhatsappTo},
    messages::WhatsappTemplate,
    outbox::Work,
};
use jiff::{SignedDuration, Timestamp};
use segnalalo_proto::common::v1::{Address, address::To};

/// The window is judged by Meta's clock, at the moment the call arrives there.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);
const DAY: SignedDuration = SignedDuration::from_hours(24);
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// It can't be sent: a person must find another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Impossible {
    #[error("nobody knows where to answer")]
    NoAddress,
    #[error("the platform's time to answer is over")]
    WindowClosed,
}

impl Impossible {
    pub fn code(self) -> &'static str {
        match self {
            Self::NoAddress => "no_address",
            Self::WindowClosed => "window_closed",
        }
    }
}

/// # Errors
/// The reply is held for a person.
pub fn choose(
    work: &Work,
    address: Option<&Address>,
    template: Option<WhatsappTemplate>,
    now: Timestamp,
) -> Result<Form, Impossible> {
    let age = now.duration_since(work.last_message_at);
    let to = address.and_then(|address| address.to.clone()).ok_or(Impossible::NoAddress)?;
    match to {
        To::FacebookObjectId(object) => Ok(Form::Comment { object }),
        To::MessengerPsid(psid) if age < DAY - MARGIN => Ok(Form::Messenger { psid, human_agent: false }),
        To::MessengerPsid(psid) if work.reply.by_person && age < WEEK - MARGIN => {
            Ok(Form::Messenger { psid, human_agent: true })
        }
        To::MessengerPsid(_) => Err(Impossible::WindowClosed),
        To::WhatsappPhone(digits) => whatsapp(WhatsappTo::Phone(digits), age, template),
        To::WhatsappUserId(id) => whatsapp(WhatsappTo::User(id), age, template),
    }
}

fn whatsapp(to: WhatsappTo, age: SignedDuration, template: Option<WhatsappTemplate>) -> Result<Form, Impossible> {
    if age < DAY - MARGIN {
        return Ok(Form::WhatsappText { to });
    }
    template.map(|template| Form::WhatsappTemplate { to, template }).ok_or(Impossible::WindowClosed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::{Reply, Status};
    use segnalalo_domain::{
        id::{ConversationId, ReplyId},
        sealed::{Scheme, Sealed},
        template::Template,
        words::Channel,
    };
    use std::collections::BTreeMap;

    fn work(by_person: bool) -> Work {
        Work {
            newer: None,
            conversation: ConversationId([1; 16]),
            channel: Channel::Messenger,
            address: Sealed { scheme: Scheme::Plain, person: None, payload: Vec::new() },
            last_message_at: Timestamp::UNIX_EPOCH,
            reply: Reply {
                id: ReplyId([1; 16]),
                template: Template::Resolved,
                variables: BTreeMap::new(),
                words: None,
                by_person,
                trace_parent: String::new(),
                attempts: 0,
                last_attempt: None,
                holds: 0,
                status: Status::Due(Timestamp::UNIX_EPOCH),
            },
            others_pass: false,
        }
    }

    fn to(to: To) -> Address {
        Address { to: Some(to) }
    }

    fn after(hours: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours)
    }

    #[test]
    fn messenger_takes_a_day_and_a_week_from_people_and_then_nothing() {
        let psid = to(To::MessengerPsid("1".into()));
        let choose = |by_person, hours| choose(&work(by_person), Some(&psid), None, after(hours));
        assert_eq!(choose(false, 23), Ok(Form::Messenger { psid: "1".into(), human_agent: false }));
        assert_eq!(choose(false, 24), Err(Impossible::WindowClosed));
        assert_eq!(choose(true, 48), Ok(Form::Messenger { psid: "1".into(), human_agent: true }));
        assert_eq!(choose(true, 168), Err(Impossible::WindowClosed));
    }

    #[test]
    fn whatsapp_takes_words_for_a_day_and_then_an_approved_template_or_nothing() {
        let phone = to(To::WhatsappPhone("39".into()));
        let approved = WhatsappTemplate {
            name: "segnalalo_risolta".into(),
            language: "it".into(),
            parameters: vec![],
            text: String::new(),
        };
        assert!(matches!(choose(&work(true), Some(&phone), None, after(1)), Ok(Form::WhatsappText { .. })));
        let later = choose(&work(true), Some(&phone), Some(approved), after(30));
        assert!(matches!(later, Ok(Form::WhatsappTemplate { .. })));
        assert_eq!(choose(&work(true), Some(&phone), None, after(30)), Err(Impossible::WindowClosed));
    }

    #[test]
    fn a_comment_has_no_window_and_without_address_a_person_must_look() {
        let object = to(To::FacebookObjectId("1_2".into()));
        assert!(choose(&work(false), Some(&object), None, after(9_000)).is_ok());
        assert_eq!(choose(&work(false), None, None, after(1)), Err(Impossible::NoAddress));
    }
}
