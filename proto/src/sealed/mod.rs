//! The only place that puts personal data into its box, locks the box and opens it. What comes in from outside is put into a
//! plain box, which is good inside one process alone; the registry locks it (`lock`) before the log sees it. A locked box
//! opens only with its key and only where it stands: its stream and version are part of what is authenticated, so that no
//! box can be moved to another event. Errors and `Debug` never show content.

mod key;

pub use key::{Key, Unreadable};

use crate::common::v1::PersonalContent;
use prost::Message as _;
use segnalalo_domain::{
    id::{KeyId, PersonId},
    sealed::{Place, Scheme, Sealed},
};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the personal data was erased")]
    Erased,
    /// It may come: the event overtook its key.
    #[error("the key {0} isn't here")]
    NoKey(KeyId),
    /// Another key, another place, or changed bytes.
    #[error("the sealed payload doesn't open with its key in its place")]
    Locked(#[source] Unreadable),
    #[error("the sealed payload isn't what its scheme says")]
    Malformed(#[source] prost::DecodeError),
    /// The keys can't be read now.
    #[error("the keyring can't be read")]
    Keyring(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Whoever has keys.
pub trait Opener: Send + Sync {
    /// What the box holds. Erased data stays erased: show that it was, and go on.
    fn open(&self, sealed: &Sealed) -> Result<PersonalContent, Error>;
}

/// Has no keys: opens what isn't locked.
#[derive(Debug, Clone, Copy)]
pub struct NoKeys;

impl Opener for NoKeys {
    fn open(&self, sealed: &Sealed) -> Result<PersonalContent, Error> {
        open(sealed, |key| Err(Error::NoKey(key)))
    }
}

/// Closes a box without locking it. `person` is whose data it is; `None` when nobody knows who wrote.
pub fn seal(person: Option<PersonId>, content: &PersonalContent) -> Sealed {
    Sealed { scheme: Scheme::Plain, person, payload: content.encode_to_vec() }
}

/// Locks what a plain box holds. `owner` is whose key it is.
pub fn lock(payload: &[u8], owner: PersonId, id: KeyId, key: &Key, place: Place) -> Sealed {
    let payload = key.encrypt(payload, &bound_to(id, place));
    Sealed { scheme: Scheme::Locked { key: id, place }, person: Some(owner), payload }
}

/// Opens a box; `key_of` finds its key when it is locked.
pub fn open(sealed: &Sealed, key_of: impl FnOnce(KeyId) -> Result<Key, Error>) -> Result<PersonalContent, Error> {
    let bytes = unlock(sealed, key_of)?;
    PersonalContent::decode(bytes.as_slice()).map_err(Error::Malformed)
}

/// The serialised content.
pub fn unlock(sealed: &Sealed, key_of: impl FnOnce(KeyId) -> Result<Key, Error>) -> Result<Vec<u8>, Error> {
    match sealed.scheme {
        Scheme::Plain => Ok(sealed.payload.clone()),
        Scheme::Erased => Err(Error::Erased),
        Scheme::Locked { key, place } => {
            key_of(key)?.decrypt(&sealed.payload, &bound_to(key, place)).map_err(Error::Locked)
        }
    }
}

fn bound_to(key: KeyId, place: Place) -> Vec<u8> {
    let mut bound = b"segnalalo/box/1\0".to_vec();
    bound.extend_from_slice(&key.0);
    bound.extend_from_slice(&place.version.to_be_bytes());
    bound.extend_from_slice(place.stream.to_string().as_bytes());
    bound
}

#[cfg(test)]
mod tests {
    use super::*;
    use segnalalo_domain::{event::Stream, id::TicketId};

    const OWNER: PersonId = PersonId([7; 16]);
    const ID: KeyId = KeyId([8; 16]);

    fn content() -> PersonalContent {
        PersonalContent { text: "Buca in via Italia".into(), place: "via Italia".into(), ..Default::default() }
    }

    fn place(version: u64) -> Place {
        Place { stream: Stream::Ticket(TicketId([1; 16])), version }
    }

    fn locked(key: &Key) -> Sealed {
        lock(&content().encode_to_vec(), OWNER, ID, key, place(3))
    }

    #[test]
    fn what_was_sealed_comes_out_again() {
        let sealed = seal(Some(OWNER), &content());
        assert_eq!(sealed.person, Some(OWNER));
        assert_eq!(NoKeys.open(&sealed).unwrap(), content());
    }

    #[test]
    fn a_locked_box_opens_with_its_key_alone_and_shows_nothing_without() {
        let key = Key::random();
        let sealed = locked(&key);
        assert!(!sealed.payload.windows(4).any(|bytes| bytes == b"Buca"));
        assert_eq!(open(&sealed, |_| Ok(key.clone())).unwrap(), content());
        assert!(matches!(open(&sealed, |_| Ok(Key::random())), Err(Error::Locked(_))));
        assert!(matches!(NoKeys.open(&sealed), Err(Error::NoKey(ID))));
    }

    #[test]
    fn a_box_that_was_moved_or_changed_does_not_open() {
        let key = Key::random();
        let mut moved = locked(&key);
        moved.scheme = Scheme::Locked { key: ID, place: place(4) };
        let mut changed = locked(&key);
        changed.payload[30] ^= 1;
        let mut short = locked(&key);
        short.payload.truncate(10);
        for sealed in [moved, changed, short] {
            assert!(matches!(open(&sealed, |_| Ok(key.clone())), Err(Error::Locked(_))));
        }
    }

    #[test]
    fn the_same_words_never_look_the_same() {
        let key = Key::random();
        assert_ne!(locked(&key).payload, locked(&key).payload);
    }

    #[test]
    fn what_was_erased_stays_erased() {
        assert!(matches!(NoKeys.open(&Sealed::erased(None)), Err(Error::Erased)));
    }
}
