use super::Make;
use crate::source::Source;
use segnalalo_domain::{
    event::conversation::{
        Attachment, DeliveryStatus, DropReason, Event, GivenUp, Proof, RemovalVerb, Route, StoredFile,
    },
    id::{KeyId, MessageId, PersonId, ReplyId, TicketId},
    template::Template,
    words::{Channel, Conclusion, ContentType, Kind, Stance, Urgency},
};

pub const ALL: &[Make<Event>] = &[
    |source| Event::MessageReceived {
        message: message(source),
        channel: source.pick(Channel::ALL),
        person: source.maybe(person),
        public: source.flag(),
        addressed: source.flag(),
        content_type: source.pick(ContentType::ALL),
        attachments: source.number(),
        has_text: source.flag(),
        quoted: source.maybe(message),
        sealed: source.sealed(),
    },
    |source| Event::MessageEdited { message: message(source), sealed: source.sealed() },
    |source| Event::MessageRemoved { message: message(source), verb: source.pick(RemovalVerb::ALL) },
    |source| Event::MessageReacted {
        message: message(source),
        person: source.maybe(person),
        reaction: source.text("👍"),
    },
    |source| Event::MessageConcluded {
        message: message(source),
        conclusion: conclusion(source),
        sealed: source.sealed(),
    },
    |source| Event::TriageGivenUp { message: message(source), reason: source.pick(GivenUp::ALL) },
    |source| Event::MessageRouted { message: message(source), route: route(source) },
    |source| Event::ReplyRequested {
        reply: reply(source),
        ticket: source.maybe(ticket),
        template: source.pick(Template::ALL),
        variables: [("code", "S-7K3M9"), ("take_in_charge_by", "mar 24 novembre")]
            .map(|(name, value)| (name.to_owned(), source.text(value)))
            .into(),
        words: source.maybe(Source::sealed),
        by_person: source.flag(),
        in_reply_to: source.maybe(message),
    },
    |source| Event::SendAttempted {
        reply: reply(source),
        attempt: source.number(),
        text_sha256: source.bytes(),
        sealed: source.sealed(),
    },
    |source| Event::SendAccepted {
        reply: reply(source),
        attempt: source.number(),
        sent_message: source.maybe(message),
        proof: source.pick(Proof::ALL),
        sealed: source.sealed(),
    },
    |source| Event::SendRefused {
        reply: reply(source),
        attempt: source.number(),
        code: source.text("131047"),
        detail: source.text("Re-engagement message"),
        last: source.flag(),
        retry_at: source.maybe(Source::instant),
    },
    |source| Event::SendUnknown { reply: reply(source), attempt: source.number(), detail: source.text("timed out") },
    |source| Event::ReplyHeld { reply: reply(source), code: source.text("window_closed"), detail: source.text("24 h") },
    |source| Event::ReplyDropped { reply: reply(source), reason: source.pick(DropReason::ALL) },
    |source| Event::DeliveryReported {
        reply: reply(source),
        status: source.pick(DeliveryStatus::ALL),
        error_code: source.text("131026"),
        error_detail: source.text("Message undeliverable"),
    },
    |source| Event::ColleagueAnswered { message: message(source), sealed: source.sealed() },
    |source| Event::IdentityChanged {
        previous: source.maybe(person),
        current: source.maybe(person),
        sealed: source.sealed(),
    },
    |source| Event::MediaStored {
        attachment: attachment(source),
        file: StoredFile {
            blob: source.bytes(),
            key: KeyId(source.bytes()),
            media_type: source.text("image/jpeg"),
            size: source.number().into(),
        },
        sealed: source.sealed(),
    },
    |source| Event::MediaFailed { attachment: attachment(source), code: source.text("expired") },
];

fn message(source: &mut Source) -> MessageId {
    MessageId(source.bytes())
}

fn attachment(source: &mut Source) -> Attachment {
    Attachment { message: message(source), revision: source.number(), index: source.number() }
}

fn person(source: &mut Source) -> PersonId {
    PersonId(source.bytes())
}

fn reply(source: &mut Source) -> ReplyId {
    ReplyId(source.bytes())
}

fn ticket(source: &mut Source) -> TicketId {
    TicketId(source.bytes())
}

fn conclusion(source: &mut Source) -> Conclusion {
    Conclusion {
        kind: source.pick(Kind::ALL),
        office: source.maybe(Source::office),
        second_office: source.maybe(Source::office),
        confidence: source.share(),
        urgency: source.pick(Urgency::ALL),
        stance: source.pick(Stance::ALL),
        protocol: source.maybe(|_| "0000001/2026".to_owned()),
        place_key: source.maybe(Source::bytes),
        language: source.text("it"),
        rules_version: source.text("lexicon/1"),
    }
}

fn route(source: &mut Source) -> Route {
    let named = ticket(source);
    let maybe = source.maybe(ticket);
    source.pick(&[
        Route::OpenedTicket(named),
        Route::JoinedTicket(named),
        Route::StatusAnswered(maybe),
        Route::QuestionAsked(maybe),
        Route::Noted(maybe),
    ])
}
