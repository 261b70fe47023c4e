//! An erasure: which keys and replies it takes, and where it takes effect once its event is on disk.

use super::directory::Person;
use crate::{
    journal,
    keyring::{self, Keyring},
    world::World,
    writer::Failure,
};
use segnalalo_domain::{
    desk::EraseKeys,
    event::KeysErased,
    id::{KeyId, MessageId, ReplyId},
    sealed::Scope,
    words::Actor,
};

/// The rule that an erasure on request goes by.
pub const REQUEST: &str = "request";

/// All that is a person's, and what the city still owed him.
///
/// # Errors
/// The keyring's.
pub fn of_person(
    person: &Person,
    world: &World,
    keyring: &Keyring,
    reason: &str,
    actor: Actor,
) -> Result<EraseKeys, keyring::Error> {
    let mut erased = Vec::new();
    for id in &person.ids {
        let keys = keyring.of_owner(*id)?.into_iter().map(|(key, _)| key).collect::<Vec<_>>();
        if !keys.is_empty() {
            let (rule, reason) = (REQUEST.to_owned(), reason.to_owned());
            erased.push(KeysErased { keys, person: Some(*id), ticket: None, rule, reason });
        }
    }
    Ok(EraseKeys { erased, replies: unsent(person, world), actor })
}

/// Replies to him that nothing has become of.
fn unsent(person: &Person, world: &World) -> Vec<ReplyId> {
    let conversations = person.conversations.iter().filter_map(|id| Some((*id, world.desk.conversations.get(id)?)));
    conversations
        .flat_map(|(id, state)| state.replies.iter().map(move |(reply, known)| (id, *reply, known)))
        .filter(|(id, _, known)| {
            !known.status.is_settled() && person.ids.contains(&world.desk.addressee(*id, known.ticket))
        })
        .map(|(_, reply, _)| reply)
        .collect()
}

/// Takes effect: the ledger first, then the ring, then what stood in lists and in the index. The broker's copy of the keys
/// hears of it through the ring. Blobs that the same keys lock would be removed here as well.
///
/// # Errors
/// What could not be written: the next start finishes it.
pub fn perform(
    keys: &[KeyId],
    keyring: &Keyring,
    world: &mut World,
    reader: &dyn journal::Reader,
) -> Result<(), Failure> {
    let mut messages: Vec<MessageId> = Vec::new();
    for key in keys {
        if let Some(Scope::Message(message)) = keyring.scope_of(*key)? {
            messages.push(message);
        }
    }
    keyring.erase(keys)?;
    Ok(world.recall(&messages, reader, keyring)?)
}
