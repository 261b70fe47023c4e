//! Clients: added and revoked by an operator; what they read of people is noted; what they do stays within their offices.

use super::{Act, Action, Context, Decision, Desk, action};
use crate::{
    client::{Offices, Right},
    event::{Access, ClientAdded, Event, Log, PersonalDataRead, Stream},
    rejection::Rejection,
    words::Actor,
};

/// Names of those who have no entry: they call with what the master key gives.
const RESERVED: [&str; 2] = ["operator", "notifier"];
/// Characters of a client's name.
const NAME: std::ops::RangeInclusive<usize> = 2..=64;

#[derive(Debug, Clone, PartialEq)]
pub enum Clients {
    Add { client: ClientAdded, actor: Actor },
    Revoke { name: String, reason: String, actor: Actor },
    NoteRead { read: PersonalDataRead, actor: Actor },
}

pub(super) fn decide(desk: &Desk, command: &Clients, context: &Context<'_>) -> Result<Decision, Rejection> {
    match command {
        Clients::Add { client, actor } => {
            check(desk, client, context)?;
            Ok(fact(actor, Access::ClientAdded(client.clone())))
        }
        Clients::Revoke { name, reason, actor } => {
            let (client, _) = desk.clients.named(name).ok_or_else(|| Rejection::UnknownClient(name.clone()))?;
            Ok(fact(actor, Access::ClientRevoked { client, reason: reason.clone() }))
        }
        Clients::NoteRead { read, actor } => Ok(fact(actor, Access::PersonalDataRead(read.clone()))),
    }
}

fn fact(actor: &Actor, event: Access) -> Decision {
    let mut decision = Decision::by(actor.clone());
    decision.events.push((Stream::Log, Event::Log(Log::Access(event))));
    decision
}

fn check(desk: &Desk, client: &ClientAdded, context: &Context<'_>) -> Result<(), Rejection> {
    let invalid = |field, problem: String| Err(Rejection::Invalid { field, problem });
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    if !NAME.contains(&client.name.len()) || !client.name.chars().all(plain) {
        return invalid("name", format!("{:?}: 2 to 64 small letters, digits and hyphens are wanted", client.name));
    }
    if RESERVED.contains(&client.name.as_str()) {
        return invalid("name", format!("{:?} is the name of somebody who needs no entry: take another", client.name));
    }
    if desk.clients.named(&client.name).is_some() {
        return invalid("name", format!("there is a client {:?} already: revoke it first", client.name));
    }
    if let Some(unknown) = client.offices.iter().find(|office| (context.office_name)(&office.0).is_none()) {
        return Err(Rejection::UnknownOffice(unknown.to_string()));
    }
    if client.rights.is_empty() {
        return Err(Rejection::Missing("rights"));
    }
    if client.rights.contains(&Right::Operator) && !client.offices.is_empty() {
        return invalid("offices", "the right operator holds for all offices: leave them out".to_owned());
    }
    let credentials = [client.token, client.certificate];
    if credentials.iter().all(Option::is_none) {
        return Err(Rejection::Missing("token_sha256"));
    }
    if credentials.iter().flatten().any(|credential| desk.clients.known_by(credential).is_some()) {
        return invalid("token_sha256", "another client has this token or certificate".to_owned());
    }
    Ok(())
}

/// What a client that has these offices does: on its own tickets only. A foreign one isn't there for it.
pub(super) fn act_within(
    desk: &Desk,
    offices: &Offices,
    act: &Act,
    context: &Context<'_>,
) -> Result<Decision, Rejection> {
    desk.find_within(&act.ticket, offices)?;
    match &act.action {
        Action::Merge { into } => {
            desk.find_within(into, offices)?;
        }
        Action::TakeInCharge { office: Some(office) } if !offices.have(Some(office)) => {
            return Err(Rejection::UnknownOffice(office.to_string()));
        }
        _ => {}
    }
    action::act(desk, act, context)
}
