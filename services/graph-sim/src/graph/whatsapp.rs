//! WhatsApp messages of the city: the 24 hours, templates, read receipts; and the statuses that follow.

use super::{
    error::Error,
    params::Params as _,
    perform::{Sent, perform},
    request::Request,
};
use crate::{
    faults::{Fault, Rigging},
    ids,
    ledger::{Call, Channel},
    sim::Sim,
    state::State,
    time,
    world::{
        Change, Side,
        chat::{Contact, Message, Status},
    },
};
use axum::{
    Json,
    response::{IntoResponse as _, Response},
};
use serde_json::{Map, Value, json};

const TEXT_AT_MOST: usize = 4_096;
const CALLBACK_AT_MOST: usize = 512;
const WINDOW_HOURS: i64 = 24;
const KINDS: [&str; 11] = [
    "text",
    "template",
    "image",
    "audio",
    "video",
    "document",
    "sticker",
    "location",
    "interactive",
    "contacts",
    "reaction",
];

/// To send, or to say that a message was read.
pub async fn messages(sim: &Sim, request: &Request) -> Response {
    let params = &request.params;
    if params.text("status") == "read" {
        return read_receipt(sim, params).unwrap_or_else(Error::into_response);
    }
    let to = if params.text("to").is_empty() { params.text("recipient") } else { params.text("to") };
    let callback = params.text("biz_opaque_callback_data");
    let call = Call {
        channel: Channel::Whatsapp,
        in_thread: digits(&to),
        to: digits(&to),
        text: sim.read(|state| rendered(state, params)),
        callback: (!callback.is_empty()).then_some(callback),
    };
    perform(sim, call, |state, call, fault| accept(state, params, call, &to, fault)).await
}

/// `+39 360 1075737` as WhatsApp writes it; a business-scoped id as it is.
fn digits(to: &str) -> String {
    if is_business_scoped(to) {
        return to.to_owned();
    }
    to.chars().filter(char::is_ascii_digit).collect()
}

/// `IT.13491208655302741918`
fn is_business_scoped(to: &str) -> bool {
    to.contains(|c: char| c.is_ascii_alphabetic())
}

fn kind(params: &Map<String, Value>) -> String {
    let kind = params.text("type");
    if kind.is_empty() { "text".to_owned() } else { kind }
}

/// As the citizen reads it, as far as it is text.
fn rendered(state: &State, params: &Map<String, Value>) -> String {
    let kind = kind(params);
    let Some(content) = params.object(&kind) else {
        return String::new();
    };
    match kind.as_str() {
        "text" => content.text("body"),
        "template" => state.config.templates.show(content),
        "interactive" => content.object("body").map(|body| body.text("text")).unwrap_or_default(),
        "reaction" => content.text("emoji"),
        "location" => [content.text("name"), content.text("address")].join(" ").trim().to_owned(),
        _ => content.text("caption"),
    }
}

fn accept(state: &mut State, params: &Map<String, Value>, call: &Call, to: &str, fault: &Fault) -> Result<Sent, Error> {
    let kind = check_form(params, &call.to)?;
    let contact = recipient(state, params, &call.to);
    check_person(state, &contact.phone)?;
    match kind.as_str() {
        "template" => state.config.templates.check(params)?,
        _ => check_window(state, &contact.phone)?,
    }
    check_pair_rate(state, &contact.phone)?;
    if state.world.whatsapp.contact(&contact.phone).is_none() {
        state.record(Change::ContactMet(contact.clone()));
    }
    let failure = fault.failure();
    let statuses = course(state, &contact.phone, fault);
    let message = Message {
        id: ids::wamid(&contact.phone),
        with: contact.phone.clone(),
        from: Side::City,
        kind,
        text: state.config.templates.strip(&call.text).to_owned(),
        media: media(params),
        place: place(params),
        at: state.now(),
        status: statuses.last().copied().unwrap_or(Status::Accepted),
        callback: call.callback.clone(),
    };
    state.record(Change::ChatMessage(message.clone()));
    Ok(Sent {
        provider_id: message.id.clone(),
        answer: answer(params, to, &contact, &message.id),
        webhooks: state.statuses(&message, &statuses, failure.as_ref()),
    })
}

/// What the message goes through.
fn course(state: &State, phone: &str, fault: &Fault) -> Vec<Status> {
    let read = state.presence.is_phone_open(phone).then_some(Status::Read);
    if fault.later_failure.is_some() {
        vec![Status::Sent, Status::Failed]
    } else if fault.skip_delivered {
        vec![Status::Sent, Status::Read]
    } else {
        [Status::Sent, Status::Delivered].into_iter().chain(read).collect()
    }
}

fn answer(params: &Map<String, Value>, to: &str, contact: &Contact, id: &str) -> Value {
    let mut told = json!({ "input": to });
    if params.text("to").is_empty() {
        told["user_id"] = json!(contact.user_id);
    } else {
        told["wa_id"] = json!(contact.phone);
    }
    let mut message = json!({ "id": id });
    if kind(params) == "template" {
        message["message_status"] = json!("accepted");
    }
    json!({"messaging_product": "whatsapp", "contacts": [told], "messages": [message]})
}

/// The kind of message.
fn check_form(params: &Map<String, Value>, to: &str) -> Result<String, Error> {
    if params.text("messaging_product") != "whatsapp" {
        return Err(Error::new(100, "(#100) The parameter messaging_product is required."));
    }
    if to.is_empty() {
        return Err(Error::new(100, "(#100) The parameter to is required."));
    }
    let kind = kind(params);
    if !KINDS.contains(&kind.as_str()) {
        let message = format!("(#100) Param type must be one of {{{}}} - got \"{kind}\".", KINDS.join(", "));
        return Err(Error::new(100, message));
    }
    let missing = || Error::new(131_008, "(#131008) Required parameter is missing");
    let content = params
        .get(&kind)
        .filter(|content| content.is_object() || content.is_array())
        .ok_or_else(|| missing().details(format!("Parameter '{kind}' is mandatory for type '{kind}'")))?;
    let body = content.as_object().map(|content| content.text("body")).unwrap_or_default();
    if kind == "text" && body.is_empty() {
        return Err(missing().details("Parameter 'text.body' is mandatory for type 'text'"));
    }
    if body.chars().count() > TEXT_AT_MOST {
        return Err(Error::new(100, "(#100) Param text['body'] must be at most 4096 characters long."));
    }
    if params.text("biz_opaque_callback_data").chars().count() > CALLBACK_AT_MOST {
        return Err(Error::new(100, "(#100) Param biz_opaque_callback_data must be at most 512 characters long."));
    }
    Ok(kind)
}

/// Also one who never wrote: templates reach everybody.
fn recipient(state: &State, params: &Map<String, Value>, to: &str) -> Contact {
    let chats = &state.world.whatsapp;
    let known = if params.text("to").is_empty() { chats.contact_by_user_id(to) } else { chats.contact(to) };
    let scoped = is_business_scoped(to);
    known.cloned().unwrap_or_else(|| Contact {
        phone: to.to_owned(),
        name: to.to_owned(),
        user_id: if scoped { to.to_owned() } else { ids::business_scoped(to) },
        hides_number: scoped,
    })
}

fn check_person(state: &State, phone: &str) -> Result<(), Error> {
    if phone == state.config.number.display {
        let error = Error::new(131_021, "(#131021) Recipient cannot be the sender");
        return Err(error.details("Recipient and sender are the same phone number."));
    }
    let reachable =
        if is_business_scoped(phone) { state.welcomes_strangers() } else { (7..=15).contains(&phone.len()) };
    if !reachable {
        let error = Error::new(131_026, "(#131026) Message undeliverable");
        return Err(error.details("Message Undeliverable."));
    }
    Ok(())
}

fn check_window(state: &State, phone: &str) -> Result<(), Error> {
    let open = match state.world.whatsapp.last_from_citizen(phone) {
        Some(last) => time::within_hours(last, state.now(), WINDOW_HOURS),
        None => state.welcomes_strangers(),
    };
    if open {
        return Ok(());
    }
    Err(Error::new(131_047, "(#131047) Re-engagement message").details(
        "Message failed to send because more than 24 hours have passed since the customer last replied to this number.",
    ))
}

fn check_pair_rate(state: &mut State, phone: &str) -> Result<(), Error> {
    let now = state.now();
    if !state.config.pair_rate || state.pair_rate.allows(phone, now) {
        return Ok(());
    }
    Err(Error::new(131_056, "(#131056) (Business Account, Consumer Account) pair rate limit hit").details(
        "Message failed to send because there were too many messages sent from this phone number to the same phone \
         number in a short period of time.",
    ))
}

fn media(params: &Map<String, Value>) -> Option<String> {
    let id = params.object(&kind(params))?.text("id");
    (!id.is_empty()).then_some(id)
}

fn place(params: &Map<String, Value>) -> Option<(f64, f64)> {
    let location = params.object("location")?;
    Some((location.get("latitude")?.as_f64()?, location.get("longitude")?.as_f64()?))
}

fn read_receipt(sim: &Sim, params: &Map<String, Value>) -> Result<Response, Error> {
    let id = params.text("message_id");
    sim.change(|state| {
        let valid = match state.world.whatsapp.message(&id) {
            Some(message) => message.from == Side::Citizen,
            None => state.welcomes_strangers() && id.starts_with("wamid."),
        };
        if !valid {
            let error = Error::new(131_009, "(#131009) Parameter value is not valid");
            return Err(error.details("Invalid message_id"));
        }
        let status = Status::Read;
        state.record(Change::ChatStatus { id, status });
        Ok(Json(json!({"success": true})).into_response())
    })
}

impl State {
    /// A citizen opened his chat: what was delivered is read now.
    pub fn read_chat(&mut self, phone: &str) {
        let unread = |message: &&Message| message.from == Side::City && message.status == Status::Delivered;
        let unread: Vec<Message> = self.world.whatsapp.messages(phone).iter().filter(unread).cloned().collect();
        for message in unread {
            let status = Status::Read;
            let webhooks = self.statuses(&message, &[status], None);
            self.record(Change::ChatStatus { id: message.id, status });
            self.send(webhooks, &Rigging::default());
        }
    }
}
