//! Keyed hashes of what the platforms call people, messages and threads. A provider's id reveals its owner (a `wamid`
//! decodes to the phone number), so outside sealed boxes only these hashes are used. The registry alone holds the
//! pepper, in its keyring; whoever reads the log without it can't try numbers until one fits.

use hmac::{Hmac, KeyInit, Mac};
use segnalalo_domain::{
    id::{CauseId, ConversationId, MessageId, PersonId},
    words::Channel,
};
use segnalalo_proto::common::v1::{Author, author::IdType};
use sha2::Sha256;

/// Turns provider ids into our ids.
#[derive(Clone)]
pub struct Identity {
    pepper: [u8; 32],
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(***)")
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

impl Identity {
    /// With the keyring's pepper.
    pub fn new(pepper: [u8; 32]) -> Self {
        Self { pepper }
    }

    fn id(&self, parts: &[&[u8]]) -> [u8; 16] {
        let digest = mac(&self.pepper, parts);
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        id
    }

    /// `None` for an empty id: the platform didn't say.
    pub fn message(&self, channel: Channel, provider_id: &str) -> Option<MessageId> {
        let parts: [&[u8]; 3] = [b"message", network(channel), provider_id.as_bytes()];
        (!provider_id.is_empty()).then(|| MessageId(self.id(&parts)))
    }

    /// The same person in Messenger and in comments has the same page-scoped id, and so the same hash.
    pub fn person(&self, author: &Author) -> Option<PersonId> {
        self.people(author).pop()
    }

    /// By every id that the platform gives, the most lasting last: WhatsApp's business-scoped id outlives the phone
    /// number's absence.
    pub fn people(&self, author: &Author) -> Vec<PersonId> {
        let mut ids = Vec::new();
        if !author.id.is_empty() {
            ids.push((author.id_type, author.id.as_str()));
        }
        if !author.business_scoped_id.is_empty() && author.business_scoped_id != author.id {
            ids.push((IdType::BusinessScoped as i32, author.business_scoped_id.as_str()));
        }
        ids.iter().map(|(id_type, id)| PersonId(self.id(&[b"person", &id_type.to_be_bytes(), id.as_bytes()]))).collect()
    }

    /// The private conversations that a person may have on a channel, as `ReceiveMessage::conversations` wants them.
    pub fn private(&self, channel: Channel, author: &Author) -> Vec<ConversationId> {
        self.people(author)
            .iter()
            .map(|person| ConversationId(self.id(&[b"conversation", channel.code().as_bytes(), &person.0])))
            .collect()
    }

    /// The conversation that stands under a Facebook post or root comment.
    pub fn thread(&self, object_id: &str) -> ConversationId {
        ConversationId(self.id(&[b"thread", object_id.as_bytes()]))
    }

    /// Where something goes that names no sender.
    pub fn nobody(&self, channel: Channel, provider_id: &str) -> ConversationId {
        ConversationId(self.id(&[b"nobody", channel.code().as_bytes(), provider_id.as_bytes()]))
    }

    /// The observation that a webhook's element is: the same for a second delivery.
    pub fn cause(&self, kind: &str, dedupe_key: &str) -> CauseId {
        CauseId(self.id(&[b"cause", kind.as_bytes(), dedupe_key.as_bytes()]))
    }

    /// Tells two places apart; spelling's small differences don't.
    pub fn place(&self, place: &str) -> Option<[u8; 16]> {
        let folded = place
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect::<Vec<_>>()
            .join(" ");
        (!folded.is_empty()).then(|| self.id(&[b"place", folded.as_bytes()]))
    }
}

fn network(channel: Channel) -> &'static [u8] {
    match channel {
        Channel::FacebookPost | Channel::FacebookComment | Channel::Messenger => b"facebook",
        Channel::Whatsapp => b"whatsapp",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity::new([7; 32])
    }

    #[test]
    fn the_same_id_always_gives_the_same_hash_and_another_pepper_another() {
        let id = |identity: &Identity| identity.message(Channel::Whatsapp, "wamid.X");
        assert_eq!(id(&identity()), id(&identity()));
        assert_ne!(id(&identity()), id(&Identity::new([8; 32])));
        assert_eq!(identity().message(Channel::Whatsapp, ""), None);
    }

    #[test]
    fn a_person_is_the_same_in_comments_and_in_messenger() {
        let author = Author { id: "42".into(), id_type: IdType::PageScoped as i32, ..Author::default() };
        assert!(identity().person(&author).is_some());
        assert_ne!(
            identity().private(Channel::Messenger, &author),
            vec![identity().thread("42")],
            "but a thread is a conversation of its own"
        );
    }

    #[test]
    fn a_whatsapp_user_is_found_by_either_id() {
        let both = Author {
            id: "39333".into(),
            id_type: IdType::Phone as i32,
            business_scoped_id: "IT.1".into(),
            ..Author::default()
        };
        let scoped = Author { id: "IT.1".into(), id_type: IdType::BusinessScoped as i32, ..Author::default() };
        let begun = identity().private(Channel::Whatsapp, &both);
        assert_eq!(begun.last(), identity().private(Channel::Whatsapp, &scoped).last());
    }

    #[test]
    fn a_place_is_the_same_however_it_is_spaced() {
        assert_eq!(identity().place("Via Roma, 3"), identity().place("via  roma 3"));
        assert_ne!(identity().place("via Roma"), identity().place("via Torino"));
        assert_eq!(identity().place(" "), None);
    }
}
