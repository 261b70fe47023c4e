//! Messenger's Send API: its windows, its tags, private replies to posts and comments.

use super::{
    error::Error,
    params::Params as _,
    perform::{Sent, perform},
    request::Request,
};
use crate::{
    ids,
    ledger::{Call, Channel},
    sim::Sim,
    state::State,
    time,
    world::{Change, Side, thread::Message},
};
use axum::{
    Json,
    response::{IntoResponse as _, Response},
};
use serde_json::{Map, Value, json};

const TEXT_AT_MOST: usize = 2_000;
const METADATA_AT_MOST: usize = 1_000;
const WINDOW_HOURS: i64 = 24;
const HUMAN_AGENT_HOURS: i64 = 7 * 24;
/// Since 2026-04-27.
const RETIRED_TAGS: [&str; 3] = ["CONFIRMED_EVENT_UPDATE", "ACCOUNT_UPDATE", "POST_PURCHASE_UPDATE"];

pub async fn messages(sim: &Sim, object: &str, request: &Request) -> Response {
    let page = sim.read(|state| state.config.page.id.clone());
    if object != page && object != "me" {
        return Error::unsupported(object).into_response();
    }
    let message = request.params.object("message").cloned().unwrap_or_default();
    let action = request.params.text("sender_action");
    if !action.is_empty() {
        return act(sim, request, &message);
    }
    let recipient = request.params.object("recipient").cloned().unwrap_or_default();
    let metadata = message.text("metadata");
    let person = recipient.text("id");
    let call = Call {
        channel: Channel::Messenger,
        to: address(&recipient),
        in_thread: if person.is_empty() { address(&recipient) } else { person },
        text: message.text("text"),
        callback: (!metadata.is_empty()).then_some(metadata),
    };
    perform(sim, call, |state, _, _| accept(state, request, &recipient, &message)).await
}

fn address(recipient: &Map<String, Value>) -> String {
    let (comment, post) = (recipient.text("comment_id"), recipient.text("post_id"));
    if !comment.is_empty() {
        format!("comment:{comment}")
    } else if !post.is_empty() {
        format!("post:{post}")
    } else {
        recipient.text("id")
    }
}

/// Typing and seen.
fn act(sim: &Sim, request: &Request, message: &Map<String, Value>) -> Response {
    if !message.is_empty() {
        let error = Error::new(100, "(#100) Cannot send both message and sender_action in one request");
        return error.subcode(2_018_014).into_response();
    }
    let person = request.params.object("recipient").map(|recipient| recipient.text("id")).unwrap_or_default();
    match sim.read(|state| state.world.people.get(&person).cloned()) {
        Some(person) => Json(json!({"recipient_id": person.id})).into_response(),
        None => no_such_person().into_response(),
    }
}

fn no_such_person() -> Error {
    Error::new(100, "(#100) No matching user found").subcode(2_018_001)
}

fn accept(
    state: &mut State,
    request: &Request,
    recipient: &Map<String, Value>,
    message: &Map<String, Value>,
) -> Result<Sent, Error> {
    check_content(message)?;
    let object = ["comment_id", "post_id"].map(|key| recipient.text(key)).concat();
    let person = if object.is_empty() {
        let person = recipient.text("id");
        state.meet_person(&person);
        check_window(state, request, &person)?;
        person
    } else {
        state.meet_object(&object);
        check_private_reply(state, &object)?
    };
    let sent = Message {
        mid: ids::mid(),
        with: person.clone(),
        from: Side::City,
        text: message.text("text"),
        media: None,
        at: state.now(),
    };
    state.record(Change::ThreadMessage(sent.clone()));
    if !object.is_empty() {
        state.record(Change::PrivatelyReplied { to: object });
    }
    let metadata = message.text("metadata");
    let metadata = (!metadata.is_empty()).then_some(metadata.as_str());
    let step = state.config.status_delay;
    let mut webhooks =
        vec![state.message_echoed(&sent, true, metadata).now(), state.message_delivered(&sent).after(step)];
    if state.presence.is_thread_open(&person) && state.presence.read_until(&person, sent.at) {
        webhooks.push(state.thread_read(&person, sent.at).after(step * 2));
    }
    Ok(Sent {
        provider_id: sent.mid.clone(),
        answer: json!({"recipient_id": person, "message_id": sent.mid}),
        webhooks,
    })
}

fn check_content(message: &Map<String, Value>) -> Result<(), Error> {
    let text = message.text("text");
    if text.is_empty() && !message.contains_key("attachment") && !message.contains_key("attachments") {
        return Err(Error::new(100, "(#100) Message cannot be empty, must provide valid attachment or text"));
    }
    if text.chars().count() >= TEXT_AT_MOST {
        let message = "(#100) Length of param message[text] must be less than or equal to 2000";
        return Err(Error::new(100, message));
    }
    if message.text("metadata").chars().count() > METADATA_AT_MOST {
        let message = "(#100) Length of param message[metadata] must be less than or equal to 1000";
        return Err(Error::new(100, message));
    }
    Ok(())
}

fn check_window(state: &State, request: &Request, person: &str) -> Result<(), Error> {
    if person.is_empty() {
        return Err(Error::new(100, "(#100) The parameter recipient is required"));
    }
    let known = state.world.people.get(person).ok_or_else(no_such_person)?;
    let tag = request.params.text("tag");
    let hours = match request.params.text("messaging_type").as_str() {
        "MESSAGE_TAG" if tag == "HUMAN_AGENT" => HUMAN_AGENT_HOURS,
        "MESSAGE_TAG" if RETIRED_TAGS.contains(&tag.as_str()) => {
            return Err(Error::new(100, format!("(#100) The message tag {tag} is no longer supported")));
        }
        "MESSAGE_TAG" => return Err(Error::new(100, "(#100) Param tag must be one of {HUMAN_AGENT}")),
        "" | "RESPONSE" | "UPDATE" => WINDOW_HOURS,
        _ => {
            let message = "(#100) Param messaging_type must be one of {RESPONSE, UPDATE, MESSAGE_TAG}";
            return Err(Error::new(100, message));
        }
    };
    let stranger = known.name.is_empty();
    match state.world.messenger.last_from_citizen(person) {
        Some(last) if time::within_hours(last, state.now(), hours) => Ok(()),
        None if stranger => Ok(()),
        _ => Err(outside_window()),
    }
}

fn outside_window() -> Error {
    let message = "(#10) This message is sent outside of allowed window. Learn more about the new policy here: \
                   https://developers.facebook.com/docs/messenger-platform/policy-overview";
    Error::new(10, message).subcode(2_018_278)
}

/// Its author.
fn check_private_reply(state: &State, object: &str) -> Result<String, Error> {
    let wall = &state.world.wall;
    let found = wall.find_comment(object).map(|comment| (&comment.author, comment.at));
    let found = found.or_else(|| wall.find_post(object).map(|post| (&post.author, post.at)));
    let Some((author, at)) = found else {
        return Err(Error::new(100, "(#100) Invalid comment or post for a private reply").subcode(2_534_025));
    };
    if author.id == state.config.page.id {
        return Err(Error::new(10_903, "(#10903) This user cant reply to this activity"));
    }
    if state.world.messenger.was_replied_privately(object) {
        return Err(Error::new(10_900, "(#10900) Activity already replied to"));
    }
    if !time::within_hours(at, state.now(), HUMAN_AGENT_HOURS) {
        return Err(Error::new(10, "(#10) This message is sent outside of allowed window.").subcode(2_534_022));
    }
    Ok(author.id.clone())
}
