//! The citizens' keys as processes other than the registry have them: read one by one from the bucket KEYS, where the
//! registry puts each before the events that it locks. Nothing is kept in memory: what is erased there is erased
//! everywhere at that moment.

use crate::{
    bus::{KeyBucket, KeyEntry},
    config::{Error as ConfigError, Vars},
    master_key::{MasterKey, Purpose},
};
use segnalalo_domain::{id::KeyId, sealed::Sealed};
use segnalalo_proto::{
    common::v1::PersonalContent,
    sealed::{self, Error, Key, Opener},
};

/// A key in the bucket: which key wraps it, then itself.
const FINGERPRINT: usize = 8;
const KEY: usize = 32;

/// What the bucket holds can't be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    #[error("the key {0} in the bucket KEYS is wrapped under another SEGNALALO_MASTER_KEY than this process has")]
    OtherMaster(KeyId),
    #[error("the key {0} in the bucket KEYS is damaged: the registry writes it anew at its next start")]
    Damaged(KeyId),
}

/// The key that wraps keys on the broker.
///
/// # Errors
/// `SEGNALALO_MASTER_KEY` isn't given, or too short.
pub fn mirror_key(vars: &Vars) -> Result<Key, ConfigError> {
    Ok(MasterKey::from_vars(vars)?.derive(Purpose::Mirror))
}

/// A key as it goes to the bucket; `rest` is what the registry wants back with it.
pub fn wrap(wrapping: &Key, id: KeyId, key: &Key, rest: &[u8]) -> Vec<u8> {
    let text = [key.expose().as_slice(), rest].concat();
    [wrapping.fingerprint().as_slice(), &wrapping.encrypt(&text, &bound_to(id))].concat()
}

/// Key and rest.
///
/// # Errors
/// It was wrapped under another key, or isn't what was put there.
pub fn unwrap(wrapping: &Key, id: KeyId, bytes: &[u8]) -> Result<(Key, Vec<u8>), Unusable> {
    if !is_wrapped_under(wrapping, bytes) {
        return Err(Unusable::OtherMaster(id));
    }
    let text = wrapping.decrypt(&bytes[FINGERPRINT..], &bound_to(id)).map_err(|_| Unusable::Damaged(id))?;
    let (key, rest) = text.split_first_chunk::<KEY>().ok_or(Unusable::Damaged(id))?;
    Ok((Key::from_bytes(*key), rest.to_vec()))
}

pub fn is_wrapped_under(wrapping: &Key, bytes: &[u8]) -> bool {
    bytes.starts_with(&wrapping.fingerprint())
}

fn bound_to(id: KeyId) -> Vec<u8> {
    [b"segnalalo/mirror/1\0".as_slice(), &id.0].concat()
}

/// Whoever opens boxes and may have to ask for their keys.
#[async_trait::async_trait]
pub trait OpenBoxes: Send + Sync {
    /// # Errors
    /// `Erased` is for good. `NoKey` and `Keyring` may pass: try again, and don't count it as a failure.
    async fn open(&self, sealed: &Sealed) -> Result<PersonalContent, Error>;
}

#[async_trait::async_trait]
impl OpenBoxes for sealed::NoKeys {
    async fn open(&self, sealed: &Sealed) -> Result<PersonalContent, Error> {
        Opener::open(self, sealed)
    }
}

/// Opens boxes with the keys of the bucket.
#[derive(Clone)]
pub struct Keys {
    bucket: KeyBucket,
    wrapping: Key,
}

impl Keys {
    pub fn new(bucket: KeyBucket, wrapping: Key) -> Self {
        Self { bucket, wrapping }
    }

    async fn key(&self, id: KeyId) -> Result<Key, Error> {
        let found = self.bucket.get(&id.to_string()).await.map_err(|error| Error::Keyring(error.into()))?;
        match found {
            None => Err(Error::NoKey(id)),
            Some(KeyEntry::Gone) => Err(Error::Erased),
            Some(KeyEntry::Value(bytes)) => {
                unwrap(&self.wrapping, id, &bytes).map(|(key, _)| key).map_err(|error| Error::Keyring(error.into()))
            }
        }
    }
}

#[async_trait::async_trait]
impl OpenBoxes for Keys {
    async fn open(&self, sealed: &Sealed) -> Result<PersonalContent, Error> {
        let key = match sealed.key() {
            Some(id) => Some(self.key(id).await?),
            None => None,
        };
        sealed::open(sealed, |id| key.ok_or(Error::NoKey(id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: KeyId = KeyId([3; 16]);

    #[test]
    fn a_key_comes_out_of_the_bucket_as_it_went_in_and_only_under_the_same_master() {
        let (wrapping, key) = (Key::random(), Key::random());
        let bytes = wrap(&wrapping, ID, &key, b"whose");
        assert_eq!(unwrap(&wrapping, ID, &bytes).unwrap(), (key, b"whose".to_vec()));
        assert!(matches!(unwrap(&Key::random(), ID, &bytes), Err(Unusable::OtherMaster(ID))));
        assert!(matches!(unwrap(&wrapping, KeyId([4; 16]), &bytes), Err(Unusable::Damaged(_))));
    }
}
