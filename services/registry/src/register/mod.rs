//! The protocol register's record, as far as only he can write it who opens boxes and knows the city: street, sender, digest.
//! The rules decide that a number is given, to what and when; here is no rule.
//!
//! | file | holds |
//! |---|---|
//! | `document` | what is registered, as bytes, and its digest |
//! | `day`, `forms` | one day read back, and its three forms |
//! | `by_hand` | the register that was kept by hand, read from its file |
//! | `manifest`, `shelf`, `export` | a day signed, kept in the folder, and when |
//! | `verify` | the register proved against the log |

pub mod by_hand;
pub mod day;
pub mod document;
pub mod export;
pub mod forms;
pub mod manifest;
pub mod shelf;
pub mod verify;

use document::Part;
use segnalalo_domain::event::{Event, Recorded, Registration, conversation::Event as Said};
use segnalalo_kit::city::{self, Offices, Register, Streets};
use segnalalo_proto::{
    common::v1::{Author, PersonalContent},
    sealed::{self, Opener},
};
use std::{collections::HashSet, path::Path};

/// Completes what is registered.
#[derive(Debug, Clone)]
pub struct Registrar {
    pub book: Register,
    streets: Streets,
}

/// What is known of the ticket that gets a number.
pub struct Known<'a> {
    /// The message's kind; `None`: not classified.
    pub kind: Option<&'a str>,
    /// In the citizen's words.
    pub place: &'a str,
    /// What he wrote, oldest first.
    pub messages: &'a [Recorded],
}

impl Registrar {
    /// # Errors
    /// What is wrong with `register.toml` or the list of streets.
    pub fn load(city: &Path) -> Result<Self, city::Error> {
        Ok(Self { book: Register::load(city)?, streets: Streets::load(city)? })
    }

    /// Fills in what the rules left open.
    pub fn complete(
        &self,
        subject: &mut String,
        registration: &mut Registration,
        known: &Known<'_>,
        (offices, opener): (&Offices, &dyn Opener),
    ) {
        let office = &registration.office.0;
        *subject = format!("{}: {}", self.book.opening(known.kind.unwrap_or("report")), offices.name(office));
        let parts = known.messages.iter().filter_map(|recorded| part(recorded, opener)).collect::<Vec<_>>();
        // What was written down by hand brings its place along: the lists don't know the ticket yet.
        let said =
            || parts.iter().filter_map(|part| Some(part.content.as_ref()?.place.as_str())).find(|it| !it.is_empty());
        let place = if known.place.is_empty() { said().unwrap_or("") } else { known.place };
        if let Some(street) = self.streets.name_in(place) {
            subject.push_str(", ");
            subject.push_str(&street);
        }
        self.book.classification(office).clone_into(&mut registration.classification);
        let nonce = rand::random::<[u8; 32]>();
        registration.digest = document::digest(&nonce, &parts);
        registration.document = parts.iter().map(|part| part.position).collect();
        let sender = sender(known.messages, &parts);
        let content = PersonalContent { author: sender, document_nonce: nonce.to_vec(), ..PersonalContent::default() };
        registration.sealed = sealed::seal(registration.sealed.person, &content);
    }
}

/// The declared name of who opened it. In a public thread others joined: none of them becomes the sender when his own
/// message can't be read any more.
fn sender(messages: &[Recorded], parts: &[Part]) -> Option<Author> {
    let author = |recorded: &Recorded| match &recorded.event {
        Event::Conversation(Said::MessageReceived { message, person, .. }) => Some((*message, *person)),
        _ => None,
    };
    let (_, opener) = messages.iter().find_map(author)?;
    let own = messages.iter().filter_map(author).filter(|(_, person)| *person == opener);
    let own = own.map(|(message, _)| message).collect::<HashSet<_>>();
    let of_opener = messages.iter().filter(|recorded| match &recorded.event {
        Event::Conversation(Said::MessageReceived { message, .. } | Said::MessageEdited { message, .. }) => {
            own.contains(message)
        }
        _ => false,
    });
    let positions = of_opener.map(|recorded| recorded.position).collect::<HashSet<_>>();
    let readable = parts.iter().filter(|part| positions.contains(&part.position));
    readable.filter_map(|part| part.content.as_ref()?.author.clone()).next()
}

/// A message as part of a document; `None` for an event that isn't one.
pub fn part(recorded: &Recorded, opener: &dyn Opener) -> Option<Part> {
    let (edited, sealed) = match &recorded.event {
        Event::Conversation(Said::MessageReceived { sealed, .. }) => (false, sealed),
        Event::Conversation(Said::MessageEdited { sealed, .. }) => (true, sealed),
        _ => return None,
    };
    let content = match opener.open(sealed) {
        Ok(content) => Some(content),
        Err(sealed::Error::Erased) => None,
        Err(error) => {
            tracing::error!(position = recorded.position, %error, "a message of a registered document can't be opened");
            None
        }
    };
    Some(Part { position: recorded.position, written_at: recorded.occurred_at, edited, content })
}
