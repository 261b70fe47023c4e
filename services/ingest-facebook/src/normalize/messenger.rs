//! `messaging[]` and `standby[]`: private messages to the page, and what Messenger tells about them. Each element holds
//! one event under its own key, beside the envelope's.

use super::{message, receipt, sink::Sink};
use jiff::Timestamp;
use segnalalo_proto::{
    common::v1::{Author, Channel, author},
    json::reading::Fields,
};
use serde_json::Value;

pub(super) const CHANNEL: Channel = Channel::Messenger;

/// What every element has beside its event.
const ENVELOPE: [&str; 3] = ["sender", "recipient", "timestamp"];
/// Events that hold no citizen's words and ask for nothing.
const UNRELATED: [&str; 6] = ["account_linking", "checkout_update", "game_play", "optin", "pre_checkout", "referral"];
/// Events about the channel that the operator should see: another app took the conversation, Meta warns the page, a
/// citizen judged an answer.
const NOTED: [&str; 9] = [
    "app_roles",
    "messaging_feedback",
    "pass_thread_control",
    "payment",
    "policy-enforcement",
    "policy_enforcement",
    "request_thread_control",
    "response_feedback",
    "take_thread_control",
];

/// One element of `messaging[]` or `standby[]`.
pub(super) struct Event<'a> {
    pub element: &'a Value,
    pub sender: String,
    pub recipient: String,
    pub entry_time: Option<Timestamp>,
}

impl<'a> Event<'a> {
    fn new(element: &'a Value, entry_time: Option<Timestamp>) -> Self {
        let id = |key: &str| element.field(key).map(|party| party.id("id")).unwrap_or_default();
        Self { element, sender: id("sender"), recipient: id("recipient"), entry_time }
    }

    pub fn said(&self) -> [Option<Timestamp>; 2] {
        [self.element.instant("timestamp"), self.entry_time]
    }

    pub fn author(&self) -> Author {
        Author { id_type: author::IdType::PageScoped.into(), id: self.sender.clone(), ..Author::default() }
    }

    /// The first key that isn't the envelope's.
    fn name(&self) -> &'a str {
        let mut keys = self.element.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
        keys.find(|key| !ENVELOPE.contains(key)).unwrap_or("messaging")
    }

    fn notice(&self, subject: &str, known: bool, sink: &mut Sink<'_>) {
        sink.notice(CHANNEL, subject, self.element, self.said().into_iter().flatten().next(), known);
    }
}

pub(super) fn event(element: &Value, entry_time: Option<Timestamp>, sink: &mut Sink<'_>) {
    let event = Event::new(element, entry_time);
    // Whatever stands beside it, a message that isn't one is kept.
    let garbled = element.field("message").is_some_and(|message| !message.is_object());
    let mut understood = false;
    for (key, value) in element.as_object().into_iter().flatten() {
        understood |= value.is_object() && read(&event, key, value, sink);
    }
    if garbled || !understood {
        unknown(&event, sink);
    }
}

/// Whether `key` is an event's and was taken care of.
fn read(event: &Event<'_>, key: &str, value: &Value, sink: &mut Sink<'_>) -> bool {
    let from_citizen = !event.sender.is_empty() && !sink.is_page(&event.sender);
    let of_a_message = !value.id("mid").is_empty();
    match key {
        "message" if value.flag("is_echo") || sink.is_page(&event.sender) => message::sent_by_page(event, value, sink),
        "message" if from_citizen => message::received(event, value, sink),
        "message_edit" if from_citizen && of_a_message => message::edited(event, value, sink),
        "postback" if from_citizen => message::postback(event, value, sink),
        "reaction" if from_citizen && of_a_message => receipt::reaction(event, value, sink),
        "delivery" if receipt::tells(event, value) => receipt::delivered(event, value, sink),
        "read" if receipt::tells(event, value) => receipt::read(event, value, sink),
        // The page's own doing.
        "message_edit" | "postback" | "reaction" if sink.is_page(&event.sender) => sink.ignore(1),
        key if UNRELATED.contains(&key) => sink.ignore(1),
        key if NOTED.contains(&key) => event.notice(key, true, sink),
        _ => return false,
    }
    true
}

/// An event that nobody here knows: a citizen's is a message that can't be read, any other is the operator's to see.
fn unknown(event: &Event<'_>, sink: &mut Sink<'_>) {
    if event.sender.is_empty() || sink.is_page(&event.sender) {
        event.notice(event.name(), false, sink);
    } else {
        message::unreadable(event, sink);
    }
}

/// Another app holds the conversation: what it and the citizen write is kept, and never answered.
pub(super) fn standby(element: &Value, entry_time: Option<Timestamp>, sink: &mut Sink<'_>) {
    let event = Event::new(element, entry_time);
    match element.field("message") {
        Some(value) if value.flag("is_echo") => message::sent_by_page(&event, value, sink),
        None if element.field("delivery").or(element.field("read")).is_some() => sink.ignore(1),
        _ => event.notice("standby", true, sink),
    }
}
