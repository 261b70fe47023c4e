//! Vocabularies: the domain's words and the wire's numbers. `*_from_wire` gives `None` for a number that isn't in the
//! vocabulary; where "unspecified" has a meaning of its own, its function says so.

use crate::{common::v1 as common, event::v1 as event, observation::v1 as observation};
use segnalalo_domain::{
    event::conversation::{DeliveryStatus, RemovalVerb},
    sla::Rung,
    words::{Actor, ActorType, Channel, ContentType, Kind, Stance, Urgency},
};

/// Both directions for one vocabulary, from one table.
macro_rules! table {
    ($to:ident, $from:ident, $domain:ty => $wire:ty { $($variant:ident = $other:ident),* $(,)? }) => {
        pub fn $to(word: $domain) -> i32 {
            match word { $(<$domain>::$variant => <$wire>::$other as i32),* }
        }

        pub fn $from(number: i32) -> Option<$domain> {
            match <$wire>::try_from(number).ok()? {
                $(<$wire>::$other => Some(<$domain>::$variant),)*
                <$wire>::Unspecified => None,
            }
        }
    };
}

table! { channel_to_wire, channel_from_wire, Channel => common::Channel {
    FacebookPost = FacebookPost, FacebookComment = FacebookComment, Messenger = Messenger, Whatsapp = Whatsapp,
} }
table! { kind_to_wire, kind_from_wire, Kind => common::Kind {
    Report = Report, InformationRequest = InformationRequest, StatusQuery = StatusQuery, FollowUp = FollowUp,
    Thanks = Thanks, NotPertinent = NotPertinent, Emergency = Emergency, AbusiveOrSpam = AbusiveOrSpam,
} }
table! { urgency_to_wire, urgency_from_wire, Urgency => common::Urgency {
    Low = Low, Normal = Normal, High = High, Emergency = Emergency,
} }
table! { content_type_to_wire, content_type_from_wire, ContentType => event::ContentType {
    Text = Text, Media = Media, Location = Location, Contacts = Contacts, Interactive = Interactive,
    Unsupported = Unsupported,
} }
table! { inbound_content_type_to_wire, inbound_content_type_from_wire,
    ContentType => observation::citizen_message::ContentType {
    Text = Text, Media = Media, Location = Location, Contacts = Contacts, Interactive = Interactive,
    Unsupported = Unsupported,
} }
table! { removal_verb_to_wire, removal_verb_from_wire, RemovalVerb => observation::message_removal::Verb {
    Removed = Removed, Hidden = Hidden, Unhidden = Unhidden,
} }
table! { delivery_status_to_wire, delivery_status_from_wire,
    DeliveryStatus => observation::delivery_status::Status {
    Sent = Sent, Delivered = Delivered, Read = Read, Failed = Failed,
} }
table! { rung_to_wire, rung_from_wire, Rung => observation::deadline_due::Rung {
    Half = Half, Near = Near, Past = Past, Head = Head,
} }
table! { actor_type_to_wire, actor_type_from_wire, ActorType => common::actor::Type {
    Person = Person, OfficeSystem = OfficeSystem, Rule = Rule, Citizen = Citizen,
} }

/// Neutral is what the wire leaves unspecified.
pub fn stance_to_wire(stance: Stance) -> i32 {
    match stance {
        Stance::Neutral => common::Stance::Unspecified as i32,
        Stance::Satisfied => common::Stance::Satisfied as i32,
        Stance::Objects => common::Stance::Objects as i32,
    }
}

pub fn stance_from_wire(number: i32) -> Option<Stance> {
    match common::Stance::try_from(number).ok()? {
        common::Stance::Unspecified => Some(Stance::Neutral),
        common::Stance::Satisfied => Some(Stance::Satisfied),
        common::Stance::Objects => Some(Stance::Objects),
    }
}

pub fn actor_to_wire(actor: &Actor) -> common::Actor {
    common::Actor { r#type: actor_type_to_wire(actor.kind), name: actor.name.clone() }
}

/// `None` for a sort of actor that isn't in the vocabulary.
pub fn actor_from_wire(actor: &common::Actor) -> Option<Actor> {
    Some(Actor { kind: actor_type_from_wire(actor.r#type)?, name: actor.name.clone() })
}
