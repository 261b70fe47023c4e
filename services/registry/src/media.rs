//! Attachments between the keyring, the files and the desk: locked with the message's own key, bound to their place, and
//! gone with it.

use crate::{
    blobs::{self, BlobId, Blobs},
    keyring::{self, Keyring},
    world::World,
};
use segnalalo_domain::{
    conversation::Media,
    event::{
        Event, Recorded,
        conversation::Event as Said,
        conversation::{Attachment, StoredFile},
    },
    id::{ConversationId, KeyId},
    sealed::Lock,
};
use std::{collections::HashSet, sync::Arc};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Blobs(#[from] blobs::Error),
    #[error(transparent)]
    Keyring(#[from] keyring::Error),
    /// The key is gone, and with it the content.
    #[error("the attachment was erased")]
    Erased,
}

/// Locks, keeps and opens attachments. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    pub keyring: Arc<Keyring>,
    pub blobs: Blobs,
}

impl Vault {
    /// Puts the bytes on disk, locked. Its key and the file are durable on return. Blocking.
    ///
    /// # Errors
    /// `Blobs`, `Keyring`: nothing may name it.
    pub fn keep(
        &self,
        lock: &Lock,
        attachment: Attachment,
        media_type: String,
        bytes: &[u8],
    ) -> Result<StoredFile, Error> {
        let (id, key) = self.keyring.key_for(lock)?;
        self.keyring.sync()?;
        let blob = self.blobs.store(&key.encrypt(bytes, &bound_to(id, attachment)))?;
        Ok(StoredFile { blob, key: id, media_type, size: bytes.len() as u64 })
    }

    /// The plain bytes. Blocking.
    ///
    /// # Errors
    /// `Erased`; `Blobs` when the file is missing, changed or another one's.
    pub fn open(&self, attachment: Attachment, file: &StoredFile) -> Result<Vec<u8>, Error> {
        let Some(key) = self.keyring.get(file.key)? else {
            return Err(Error::Erased);
        };
        let bytes = self.blobs.read(&file.blob)?;
        let opened = key.decrypt(&bytes, &bound_to(file.key, attachment));
        opened.map_err(|_| blobs::Error::Damaged(file.blob).into())
    }

    /// What is wrong with the file that an event names; erased ones are gone, rightly.
    pub fn check(&self, recorded: &Recorded) -> Result<(), String> {
        let Event::Conversation(Said::MediaStored { file, .. }) = &recorded.event else {
            return Ok(());
        };
        match self.keyring.has(file.key) {
            Ok(true) => self.blobs.read(&file.blob).map(drop).map_err(|error| format!("attachment: {error}")),
            Ok(false) => Ok(()),
            Err(error) => Err(format!("attachment: {error}")),
        }
    }

    /// At start: removes files whose key is erased, and those that no event names.
    ///
    /// # Errors
    /// `Blobs`, `Keyring`.
    pub fn settle(&self, world: &World) -> Result<usize, Error> {
        let mut keep = HashSet::new();
        for file in stored(world) {
            if self.keyring.has(file.key)? {
                keep.insert(file.blob);
            }
        }
        Ok(self.blobs.sweep(&keep)?)
    }
}

/// The files that these keys lock.
pub fn locked_by(world: &World, keys: &[KeyId]) -> Vec<BlobId> {
    let keys = keys.iter().collect::<HashSet<_>>();
    stored(world).filter(|file| keys.contains(&file.key)).map(|file| file.blob).collect()
}

/// What the desk knows of one attachment.
pub fn known(world: &World, conversation: ConversationId, attachment: &Attachment) -> Option<Media> {
    world.desk.conversations.get(&conversation)?.media.get(attachment).cloned()
}

fn stored(world: &World) -> impl Iterator<Item = &StoredFile> {
    world.desk.conversations.values().flat_map(|state| state.media.values()).filter_map(|media| match media {
        Media::Stored(file) => Some(file),
        Media::Failed(_) => None,
    })
}

/// A file opens only as the attachment it was.
fn bound_to(key: KeyId, attachment: Attachment) -> Vec<u8> {
    let mut bound = b"segnalalo/media/1\0".to_vec();
    bound.extend_from_slice(&key.0);
    bound.extend_from_slice(&attachment.message.0);
    bound.extend_from_slice(&attachment.revision.to_be_bytes());
    bound.extend_from_slice(&attachment.index.to_be_bytes());
    bound
}

#[cfg(test)]
mod tests {
    use super::*;
    use segnalalo_domain::{
        id::{MessageId, PersonId},
        sealed::Scope,
    };
    use segnalalo_kit::{config::Vars, master_key::MasterKey};

    const ATTACHMENT: Attachment = Attachment { message: MessageId([2; 16]), revision: 0, index: 1 };

    fn vault() -> (tempfile::TempDir, Vault) {
        let folder = tempfile::tempdir().unwrap();
        let vars = Vars::from_pairs([("SEGNALALO_MASTER_KEY", "a-key-for-tests-that-guards-nothing-at-all")]);
        let keyring = Keyring::temporary(&MasterKey::from_vars(&vars).unwrap()).unwrap();
        let blobs = Blobs::open(&folder.path().join("blobs")).unwrap();
        (folder, Vault { keyring: Arc::new(keyring), blobs })
    }

    fn kept(vault: &Vault) -> StoredFile {
        let lock = Lock { owner: PersonId([1; 16]), scope: Scope::Media(ATTACHMENT.message) };
        vault.keep(&lock, ATTACHMENT, "image/jpeg".to_owned(), b"a photo of a plate").unwrap()
    }

    #[test]
    fn a_file_opens_as_the_attachment_it_was_and_shows_nothing_on_disk() {
        let (_folder, vault) = vault();
        let file = kept(&vault);
        assert_eq!(vault.open(ATTACHMENT, &file).unwrap(), b"a photo of a plate");
        assert!(!vault.blobs.read(&file.blob).unwrap().windows(5).any(|bytes| bytes == b"plate"));
        let other = Attachment { index: 0, ..ATTACHMENT };
        assert!(matches!(vault.open(other, &file), Err(Error::Blobs(blobs::Error::Damaged(_)))));
    }

    #[test]
    fn once_its_key_is_erased_it_is_gone() {
        let (_folder, vault) = vault();
        let file = kept(&vault);
        vault.keyring.erase(&[file.key]).unwrap();
        assert!(matches!(vault.open(ATTACHMENT, &file), Err(Error::Erased)));
    }
}
