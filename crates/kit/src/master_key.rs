//! `SEGNALALO_MASTER_KEY`: the one secret from which the registry's keyring and its mirror on the broker are wrapped. It
//! never encrypts anything itself: each purpose has a key derived from it.

use crate::config::{Error, Secret, Vars};
use segnalalo_proto::sealed::Key;

pub const NAME: &str = "SEGNALALO_MASTER_KEY";
/// Given while it is replaced: the one before.
pub const PREVIOUS: &str = "SEGNALALO_MASTER_KEY_PREVIOUS";
/// What the operator's token comes out of, where it isn't the master key: triage and notifier need that one too.
pub const OPERATOR: &str = "SEGNALALO_OPERATOR_KEY";
/// Shorter keys can be guessed.
const LENGTH: usize = 32;

/// What a derived key is for. The text is part of the derivation: never change one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Wraps the keyring's root key.
    Keyring,
    /// Wraps keys on the broker, for triage and notifier.
    Mirror,
    /// Wraps the rest of the keyring on the broker, for the registry alone.
    Recovery,
    /// The operator's token at the registry.
    OperatorToken,
    /// The notifier's token at the registry.
    NotifierToken,
}

impl Purpose {
    fn text(self) -> &'static str {
        match self {
            Self::Keyring => "segnalalo/keyring/1",
            Self::Mirror => "segnalalo/mirror/1",
            Self::Recovery => "segnalalo/recovery/1",
            Self::OperatorToken => "segnalalo/operator-token/1",
            Self::NotifierToken => "segnalalo/notifier-token/1",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MasterKey(Secret);

impl MasterKey {
    /// # Errors
    /// It isn't given, or has fewer than 32 characters. The value is never shown, not even a bad one.
    pub fn from_vars(vars: &Vars) -> Result<Self, Error> {
        checked(NAME, vars.secret(NAME)?)
    }

    /// # Errors
    /// As `from_vars`, but for being there.
    pub fn previous(vars: &Vars) -> Result<Option<Self>, Error> {
        vars.secret_optional(PREVIOUS)?.map(|secret| checked(PREVIOUS, secret)).transpose()
    }

    /// The operator's own secret; `None`: his token comes out of the master key.
    ///
    /// # Errors
    /// As `from_vars`, but for being there.
    pub fn operator(vars: &Vars) -> Result<Option<Self>, Error> {
        vars.secret_optional(OPERATOR)?.map(|secret| checked(OPERATOR, secret)).transpose()
    }

    pub fn derive(&self, purpose: Purpose) -> Key {
        Key::derived(self.0.expose().as_bytes(), purpose.text())
    }
}

fn checked(name: &str, secret: Secret) -> Result<MasterKey, Error> {
    if secret.expose().len() < LENGTH {
        return Err(Error::Invalid {
            name: name.to_owned(),
            value: "***".to_owned(),
            expected: "secret of at least 32 characters, as `openssl rand -hex 32` gives",
        });
    }
    Ok(MasterKey(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_purpose_has_a_key_of_its_own_and_a_short_secret_is_refused_unseen() {
        let vars = Vars::from_pairs([(NAME, "a-key-for-tests-that-guards-nothing-at-all"), (PREVIOUS, "hunter2")]);
        let master = MasterKey::from_vars(&vars).unwrap();
        assert_eq!(master.derive(Purpose::Keyring), master.derive(Purpose::Keyring));
        assert_ne!(master.derive(Purpose::Keyring), master.derive(Purpose::Mirror));
        let error = MasterKey::previous(&vars).unwrap_err().to_string();
        assert!(error.starts_with(PREVIOUS) && !error.contains("hunter2"), "{error}");
    }
}
