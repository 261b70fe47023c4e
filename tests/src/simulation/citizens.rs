//! Citizens of all channels: they write several messages in quick succession, edit and remove them, answer to ours,
//! thank, object, insult, and ask what has become of it.

use super::{
    dice::Dice,
    meta::{Meta, element},
    readers::POISON,
};
use jiff::{SignedDuration, Timestamp};
use segnalalo_proto::{
    common::v1::{Address, Author, Channel, address::To, author::IdType},
    observation::v1::{
        CitizenMessage, FacebookThread, Inbound, MessageEdit, MessageReaction, MessageRemoval, citizen_message,
        inbound::Observation, message_removal,
    },
};

/// What they write; the real classifier says what it is.
const TEXTS: [&str; 14] = [
    "Lampione spento in via Italia",
    "C'è una buca enorme davanti al 12 di via Torino",
    "Rifiuti abbandonati in via Lamarmora, angolo piazza Vittorio Veneto",
    "Albero caduto nel parco della Burcina",
    "Che orari ha l'anagrafe per la carta d'identità?",
    "A che punto è la mia segnalazione?",
    "Vorrei sapere a che punto è la pratica 2026/0000001",
    "grazie mille, perfetto, tutto risolto",
    "non è risolto, il lampione è ancora spento",
    "Siete dei ladri incompetenti, vergognatevi idioti",
    "C'è una fuga di gas in via Roma, si sente un odore fortissimo!",
    "aggiungo che è pericoloso anche per i bambini della scuola",
    "Il treno per Santhià è sempre in ritardo",
    "",
];

#[derive(Debug, Clone)]
pub struct Person {
    pub name: String,
    pub channel: Channel,
    /// What he wrote: his own name for it, and the element.
    pub wrote: Vec<CitizenMessage>,
    /// How many more.
    pub left: usize,
}

impl Person {
    pub fn new(number: usize, dice: &mut Dice) -> Self {
        let channels =
            [Channel::Whatsapp, Channel::Messenger, Channel::FacebookPost, Channel::FacebookComment, Channel::Whatsapp];
        let left = usize::try_from(dice.between(1, 5)).unwrap_or(1);
        Self { name: format!("39333000{number}"), channel: *dice.pick(&channels), wrote: Vec::new(), left }
    }

    fn author(&self) -> Author {
        let id_type = if self.channel == Channel::Whatsapp { IdType::Phone } else { IdType::PageScoped };
        Author { id: self.name.clone(), id_type: id_type.into(), ..Author::default() }
    }

    /// The thread in which an answer to `object` stands.
    pub fn thread_of(&self, object: &str) -> Option<FacebookThread> {
        self.wrote.iter().find(|message| message.provider_id == object).and_then(|message| message.thread.clone())
    }

    /// Where a colleague may answer by hand: a thread, or a person on Messenger.
    pub fn where_to_answer(&self) -> Option<(Option<FacebookThread>, Option<Address>)> {
        let first = self.wrote.first()?;
        match self.channel {
            Channel::Messenger => Some((None, Some(Address { to: Some(To::MessengerPsid(self.name.clone())) }))),
            Channel::Whatsapp | Channel::Unspecified => None,
            Channel::FacebookPost | Channel::FacebookComment => Some((first.thread.clone(), None)),
        }
    }

    /// The next thing he does. `others` are people under whose posts he may comment.
    pub fn act(&mut self, others: &[Self], meta: &mut Meta, dice: &mut Dice, now: Timestamp) -> String {
        self.left -= 1;
        let wrote_before = !self.wrote.is_empty();
        let inbound = match dice.below(10) {
            0 if wrote_before => self.edit(dice, now),
            1 if wrote_before => self.remove(dice, now),
            2 if wrote_before => self.react(meta, dice, now),
            _ => self.write(others, meta, dice, now),
        };
        let line = format!("{} ({:?}): {}", self.name, self.channel, inbound.dedupe_key);
        // Webhooks take their time, and overtake each other.
        let delay = SignedDuration::from_millis(if dice.chance(70) { 0 } else { dice.between(0, 20_000) });
        meta.tell(inbound, now + delay);
        line
    }

    fn write(&mut self, others: &[Self], meta: &Meta, dice: &mut Dice, now: Timestamp) -> Inbound {
        let number = self.wrote.len();
        let provider_id = format!("{}.{number}", self.name);
        let mut text = (*dice.pick(&TEXTS)).to_owned();
        if dice.chance(3) {
            text.push_str(POISON);
        }
        let public = matches!(self.channel, Channel::FacebookPost | Channel::FacebookComment);
        let (channel, thread, object) = self.place(&provider_id, others, dice);
        let has_hashtag = public && (channel == Channel::FacebookPost || number == 0 || dice.chance(40));
        if has_hashtag {
            text.push_str(" #segnalaloaBiella");
        }
        let content_type =
            if text.is_empty() { citizen_message::ContentType::Media } else { citizen_message::ContentType::Text };
        let quoted = meta.accepted.iter().rfind(|one| one.to == self.name).map(|one| one.provider_id.clone());
        let message = CitizenMessage {
            provider_id: provider_id.clone(),
            author: Some(self.author()),
            content_type: content_type.into(),
            text,
            thread,
            has_hashtag,
            quoted_provider_id: quoted.filter(|_| dice.chance(20)).unwrap_or_default(),
            answer_to: Some(self.answer_to(object)),
            ..CitizenMessage::default()
        };
        self.wrote.push(message.clone());
        element(channel, format!("message:{provider_id}"), now, Observation::Message(message))
    }

    /// A thread is the post that it stands under; under the page's own posts, the first comment.
    fn place(&self, provider_id: &str, others: &[Self], dice: &mut Dice) -> (Channel, Option<FacebookThread>, String) {
        let thread = |post: &str, comment: &str| {
            Some(FacebookThread { post_id: post.to_owned(), root_comment_id: comment.to_owned() })
        };
        let posts = others.iter().filter(|other| other.channel == Channel::FacebookPost).collect::<Vec<_>>();
        let first = self.wrote.first().and_then(|first| first.thread.clone());
        match self.channel {
            Channel::FacebookPost if self.wrote.is_empty() || dice.chance(25) => {
                (Channel::FacebookPost, thread(provider_id, ""), provider_id.to_owned())
            }
            Channel::FacebookPost => (Channel::FacebookComment, first, provider_id.to_owned()),
            Channel::FacebookComment => {
                let below = posts.iter().find_map(|other| other.wrote.first()).and_then(|post| post.thread.clone());
                let thread = first.or(below).or_else(|| thread("page.1", provider_id));
                (Channel::FacebookComment, thread, provider_id.to_owned())
            }
            channel => (channel, None, self.name.clone()),
        }
    }

    fn answer_to(&self, object: String) -> Address {
        let to = match self.channel {
            Channel::Whatsapp => To::WhatsappPhone(object),
            Channel::Messenger => To::MessengerPsid(object),
            _ => To::FacebookObjectId(object),
        };
        Address { to: Some(to) }
    }

    fn edit(&self, dice: &mut Dice, now: Timestamp) -> Inbound {
        let message = dice.pick(&self.wrote);
        let text = format!("{} (corretto)", message.text);
        let key = format!("edit:{}:{}", message.provider_id, now.as_nanosecond());
        let edit = MessageEdit {
            provider_id: message.provider_id.clone(),
            author: message.author.clone(),
            text,
            thread: message.thread.clone(),
            has_hashtag: message.has_hashtag,
            answer_to: message.answer_to.clone(),
            attachments: Vec::new(),
        };
        element(self.channel, key, now, Observation::Edit(edit))
    }

    fn remove(&self, dice: &mut Dice, now: Timestamp) -> Inbound {
        let message = dice.pick(&self.wrote);
        let removal =
            MessageRemoval { provider_id: message.provider_id.clone(), verb: message_removal::Verb::Removed.into() };
        let key = format!("remove:{}", message.provider_id);
        element(self.channel, key, now, Observation::Removal(removal))
    }

    fn react(&self, meta: &Meta, dice: &mut Dice, now: Timestamp) -> Inbound {
        let ours = meta.accepted.iter().rfind(|one| one.to == self.name).map(|one| one.provider_id.clone());
        let provider_id = ours.unwrap_or_else(|| dice.pick(&self.wrote).provider_id.clone());
        let key = format!("react:{provider_id}:{}", self.name);
        let reaction = MessageReaction { provider_id, author: Some(self.author()), reaction: "\u{1f44d}".to_owned() };
        element(self.channel, key, now, Observation::Reaction(reaction))
    }
}
