//! Who wrote. Made anew from the log for each question: it is asked for rarely, and no list of names is kept anywhere.

use crate::{identity::Identity, journal, world};
use segnalalo_domain::{
    Timestamp,
    event::{Event, Recorded, Stream, conversation::Event as Said, ticket::Event as TicketEvent},
    id::{ConversationId, MessageId, PersonId, TicketId},
    words::Channel,
};
use segnalalo_proto::{
    common::v1::{Author, author::IdType},
    sealed::Opener,
};
use std::collections::{BTreeSet, HashMap};

/// Digits that a number must have to be looked for: fewer fit everybody.
const FEWEST_DIGITS: usize = 6;
/// Of Italy: people leave it out.
const COUNTRY: &str = "39";

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// Digits, or a platform's id.
    Number(String),
    Name(String),
    Ticket(TicketId),
}

/// One person, under all ids that are known to be his.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Person {
    pub ids: BTreeSet<PersonId>,
    /// Of these, the ones under which he wrote: they are known after an erasure too.
    pub wrote: BTreeSet<PersonId>,
    pub names: BTreeSet<String>,
    pub numbers: BTreeSet<String>,
    pub channels: BTreeSet<Channel>,
    pub messages: u32,
    pub readable: u32,
    /// In which he wrote.
    pub tickets: BTreeSet<TicketId>,
    /// Of these, the ones that he opened.
    pub opened: BTreeSet<TicketId>,
    pub conversations: BTreeSet<ConversationId>,
    /// By the platforms' clocks.
    pub seen: Option<(Timestamp, Timestamp)>,
}

impl Person {
    /// By which it is named.
    pub fn id(&self) -> Option<PersonId> {
        self.wrote.first().copied()
    }

    fn absorb(&mut self, other: Self) {
        self.ids.extend(other.ids);
        self.wrote.extend(other.wrote);
        self.names.extend(other.names);
        self.numbers.extend(other.numbers);
        self.channels.extend(other.channels);
        self.messages += other.messages;
        self.readable += other.readable;
        self.tickets.extend(other.tickets);
        self.opened.extend(other.opened);
        self.conversations.extend(other.conversations);
        if let Some((first, last)) = other.seen {
            self.see(first);
            self.see(last);
        }
    }

    fn see(&mut self, at: Timestamp) {
        let (first, last) = self.seen.unwrap_or((at, at));
        self.seen = Some((first.min(at), last.max(at)));
    }
}

#[derive(Default)]
pub struct Directory {
    persons: HashMap<PersonId, Person>,
    /// Which ids are one person: each points to another or to itself.
    same: HashMap<PersonId, PersonId>,
    /// Who began a private conversation: whoever writes in it is the same.
    private: HashMap<ConversationId, PersonId>,
    authors: HashMap<MessageId, PersonId>,
}

impl Directory {
    /// Reads the whole log.
    ///
    /// # Errors
    /// When the log can't be read.
    pub fn read(reader: &dyn journal::Reader, opener: &dyn Opener, identity: &Identity) -> Result<Self, world::Error> {
        let mut directory = Self::default();
        world::scan(reader, |_, recorded| {
            if let Some(recorded) = recorded {
                directory.note(recorded, opener, identity);
            }
        })?;
        Ok(directory)
    }

    fn note(&mut self, recorded: &Recorded, opener: &dyn Opener, identity: &Identity) {
        match (recorded.stream, &recorded.event) {
            (Stream::Conversation(id), Event::Conversation(Said::MessageReceived { message, person, .. })) => {
                let Some(person) = *person else {
                    return;
                };
                self.authors.insert(*message, person);
                self.received(id, person, recorded, opener, identity);
            }
            (_, Event::Conversation(Said::IdentityChanged { previous: Some(one), current: Some(other), .. })) => {
                self.join(*one, *other);
            }
            (Stream::Ticket(id), Event::Ticket(TicketEvent::Opened { message, .. })) => {
                if let Some(author) = self.authors.get(message).copied() {
                    let person = self.persons.entry(author).or_default();
                    person.opened.insert(id);
                    person.tickets.insert(id);
                }
            }
            (Stream::Ticket(id), Event::Ticket(TicketEvent::MessageJoined { message })) => {
                if let Some(author) = self.authors.get(message).copied() {
                    self.persons.entry(author).or_default().tickets.insert(id);
                }
            }
            _ => {}
        }
    }

    fn received(
        &mut self,
        conversation: ConversationId,
        id: PersonId,
        recorded: &Recorded,
        opener: &dyn Opener,
        identity: &Identity,
    ) {
        let Event::Conversation(Said::MessageReceived { channel, public, sealed, .. }) = &recorded.event else {
            return;
        };
        let person = self.persons.entry(id).or_default();
        person.ids.insert(id);
        person.wrote.insert(id);
        person.channels.insert(*channel);
        person.conversations.insert(conversation);
        person.messages += 1;
        person.see(recorded.occurred_at);
        let mut others = Vec::new();
        if let Ok(content) = opener.open(sealed) {
            person.readable += 1;
            if let Some(author) = content.author {
                others = identity.people(&author);
                person.names.extend([author.name, author.username].into_iter().filter(|name| !name.is_empty()));
                person.numbers.extend([author.id, author.business_scoped_id].into_iter().filter(|id| !id.is_empty()));
            }
        }
        others.into_iter().for_each(|other| self.join(id, other));
        if !public {
            let first = *self.private.entry(conversation).or_insert(id);
            self.join(first, id);
        }
    }

    fn root(&self, id: PersonId) -> PersonId {
        let mut id = id;
        while let Some(next) = self.same.get(&id).filter(|next| **next != id) {
            id = *next;
        }
        id
    }

    fn join(&mut self, one: PersonId, other: PersonId) {
        let (one, other) = (self.root(one), self.root(other));
        self.same.insert(one.max(other), one.min(other));
    }

    /// The person of an id; `None` when nobody has it.
    pub fn person(&self, id: PersonId) -> Option<Person> {
        let root = self.root(id);
        let mut all = Person::default();
        for (own, known) in &self.persons {
            if self.root(*own) == root {
                all.absorb(known.clone());
            }
        }
        // Ids that never wrote are his as well: keys may be owned under them.
        let known = self.same.keys().copied().filter(|own| self.root(*own) == root);
        all.ids.extend(known.chain([id, root]));
        (all.messages > 0).then_some(all)
    }

    /// Whoever fits, in the order in which they first wrote.
    pub fn find(&self, query: &Query, identity: &Identity) -> Vec<Person> {
        let fits = |person: &Person| match query {
            Query::Number(number) => person.numbers.iter().any(|known| is_number(known, number)),
            Query::Name(name) => person.names.iter().any(|known| is_name(known, name)),
            Query::Ticket(ticket) => person.tickets.contains(ticket),
        };
        let mut roots = self
            .persons
            .iter()
            .filter(|(_, person)| fits(person))
            .map(|(id, _)| self.root(*id))
            .collect::<BTreeSet<_>>();
        if let Query::Number(number) = query {
            // Somebody who was erased is known by the hash of his number alone.
            roots.extend(hashes(number, identity).into_iter().map(|id| self.root(id)));
        }
        let mut found = roots.into_iter().filter_map(|id| self.person(id)).collect::<Vec<_>>();
        found.sort_by_key(|person| person.seen);
        found
    }
}

fn digits(text: &str) -> String {
    let digits = text.chars().filter(char::is_ascii_digit).collect::<String>();
    digits.strip_prefix("00").map_or(digits.clone(), str::to_owned)
}

fn is_number(known: &str, wanted: &str) -> bool {
    if known == wanted.trim() {
        return true;
    }
    let (known, wanted) = (digits(known), digits(wanted));
    let local = |number: &str| number.strip_prefix(COUNTRY).unwrap_or(number).to_owned();
    wanted.len() >= FEWEST_DIGITS && (known == wanted || local(&known) == wanted || known == local(&wanted))
}

fn is_name(known: &str, wanted: &str) -> bool {
    let words = |text: &str| {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect::<Vec<_>>()
    };
    let (known, wanted) = (words(known), words(wanted));
    !wanted.is_empty() && wanted.iter().all(|wanted| known.iter().any(|known| known.starts_with(wanted.as_str())))
}

/// The ids that a number may have been hashed to.
fn hashes(number: &str, identity: &Identity) -> Vec<PersonId> {
    let bare = digits(number);
    let mut ids = vec![number.trim().to_owned(), bare.clone(), format!("{COUNTRY}{bare}")];
    ids.dedup();
    let types = [IdType::PageScoped, IdType::Phone, IdType::BusinessScoped];
    let author = |id: &String, id_type: IdType| Author { id: id.clone(), id_type: id_type as i32, ..Author::default() };
    ids.iter()
        .flat_map(|id| types.map(|id_type| author(id, id_type)))
        .flat_map(|author| identity.people(&author))
        .collect()
}
