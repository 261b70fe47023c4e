//! What was said between a citizen and the city, in both directions.

use crate::{
    id::{KeyId, MessageId, PersonId, ReplyId, TicketId},
    sealed::Sealed,
    template::Template,
    words::{Channel, Conclusion, ContentType, vocabulary},
};
use jiff::Timestamp;
use std::{collections::BTreeMap, fmt};

#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    MessageReceived {
        message: MessageId,
        channel: Channel,
        person: Option<PersonId>,
        public: bool,
        /// Written to the city, in private or with the hashtag: only then may it open a ticket.
        addressed: bool,
        content_type: ContentType,
        attachments: u32,
        has_text: bool,
        quoted: Option<MessageId>,
        sealed: Sealed,
    },
    MessageEdited {
        message: MessageId,
        sealed: Sealed,
    },
    MessageRemoved {
        message: MessageId,
        verb: RemovalVerb,
    },
    /// An empty reaction was taken back.
    MessageReacted {
        message: MessageId,
        person: Option<PersonId>,
        reaction: String,
    },
    MessageConcluded {
        message: MessageId,
        conclusion: Conclusion,
        sealed: Sealed,
    },
    TriageGivenUp {
        message: MessageId,
        reason: GivenUp,
    },
    MessageRouted {
        message: MessageId,
        route: Route,
    },
    ReplyRequested {
        reply: ReplyId,
        ticket: Option<TicketId>,
        template: Template,
        /// Values for the text's variables: nothing personal.
        variables: BTreeMap<String, String>,
        /// An operator's words.
        words: Option<Sealed>,
        by_person: bool,
        in_reply_to: Option<MessageId>,
    },
    SendAttempted {
        reply: ReplyId,
        attempt: u32,
        text_sha256: [u8; 32],
        sealed: Sealed,
    },
    SendAccepted {
        reply: ReplyId,
        attempt: u32,
        sent_message: Option<MessageId>,
        proof: Proof,
        sealed: Sealed,
    },
    SendRefused {
        reply: ReplyId,
        attempt: u32,
        code: String,
        detail: String,
        last: bool,
        retry_at: Option<Timestamp>,
    },
    SendUnknown {
        reply: ReplyId,
        attempt: u32,
        detail: String,
    },
    ReplyHeld {
        reply: ReplyId,
        code: String,
        detail: String,
    },
    ReplyDropped {
        reply: ReplyId,
        reason: DropReason,
    },
    DeliveryReported {
        reply: ReplyId,
        status: DeliveryStatus,
        error_code: String,
        error_detail: String,
    },
    ColleagueAnswered {
        message: MessageId,
        sealed: Sealed,
    },
    IdentityChanged {
        previous: Option<PersonId>,
        current: Option<PersonId>,
        sealed: Sealed,
    },
    /// What a message had attached is on our disk.
    MediaStored {
        attachment: Attachment,
        file: StoredFile,
        sealed: Sealed,
    },
    /// It will not be fetched any more.
    MediaFailed {
        attachment: Attachment,
        /// Why: a code of docs/media.md.
        code: String,
    },
}

/// One attachment of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Attachment {
    pub message: MessageId,
    /// 0: as received; each edit of the message counts one up.
    pub revision: u32,
    /// Place among the attachments, from 0.
    pub index: u32,
}

/// An attachment's file, encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// SHA-256 of the encrypted bytes: the file's name.
    pub blob: [u8; 32],
    pub key: KeyId,
    /// `image/jpeg`
    pub media_type: String,
    /// Of the plain bytes.
    pub size: u64,
}

/// What the registry decided to do with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    OpenedTicket(TicketId),
    JoinedTicket(TicketId),
    /// The state was told: of this ticket, or that none has the number.
    StatusAnswered(Option<TicketId>),
    /// The citizen was asked for what is missing.
    QuestionAsked(Option<TicketId>),
    /// Nothing had to be done.
    Noted(Option<TicketId>),
}

vocabulary! { RemovalVerb { Removed = "removed", Hidden = "hidden", Unhidden = "unhidden" } }
vocabulary! {
    /// Why no conclusion came.
    GivenUp { TimedOut = "timed_out", Parked = "parked" }
}
vocabulary! {
    /// How we know that the platform took a message.
    Proof { Response = "response", ReadBack = "read_back", Status = "status", Echo = "echo", Operator = "operator" }
}
vocabulary! {
    DropReason {
        ColleagueAnswered = "colleague_answered",
        Superseded = "superseded",
        Operator = "operator",
        /// Whom it was for was erased, and his address with him.
        Erased = "erased",
    }
}
vocabulary! {
    /// In rising order: a later report never steps back.
    DeliveryStatus { Sent = "sent", Delivered = "delivered", Read = "read", Failed = "failed" }
}
