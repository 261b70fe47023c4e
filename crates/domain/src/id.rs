//! Ids: 16 bytes each, shown as 32 hexadecimal digits. All are derived from what they name (rule 5), so that the same
//! input gives the same id again, also a week later.

use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

/// The text isn't 32 hexadecimal digits.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("an id has 32 hexadecimal digits")]
pub struct Malformed;

fn derive(parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    id
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// An id that the same parts always give; each part counts with its length.
            pub fn derived(parts: &[&[u8]]) -> Self {
                Self(derive(parts))
            }

            /// From the wire; `None` unless it is 16 bytes.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }

            pub fn to_vec(self) -> Vec<u8> {
                self.0.to_vec()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = Malformed;

            fn from_str(text: &str) -> Result<Self, Malformed> {
                let mut id = [0; 16];
                hex::decode_to_slice(text, &mut id).map_err(|_| Malformed)?;
                Ok(Self(id))
            }
        }
    )*};
}

ids! {
    /// Channel kind and keyed hash of the sender, or a Facebook thread.
    ConversationId,
    /// Keyed hash of the platform's message id: a citizen's message, or one of ours after it was sent.
    MessageId,
    /// Keyed hash of a person's id on a platform.
    PersonId,
    TicketId,
    ReplyId,
    EventId,
    /// An observation or a command that was handled: never handled again.
    CauseId,
    /// A system that may call the registry.
    ClientId,
    /// A key of the keyring, drawn at random.
    KeyId,
}
