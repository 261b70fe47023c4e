//! Everything the registry can be asked to decide on. Ids are derived and personal data sealed before a command is made.

use super::{
    action::Act, clients::Clients, daily::ExportDay, deadline::ReachDeadline, emergency::EmergencyRegister,
    keys::EraseKeys, media::SettleMedia, retention::ApplyRetention,
};
use crate::{
    client::Offices,
    event::conversation::{DeliveryStatus, GivenUp, Proof, RemovalVerb},
    id::{ConversationId, MessageId, PersonId, ReplyId, TicketId},
    sealed::Sealed,
    words::{Actor, Channel, Conclusion, ContentType},
};
use jiff::Timestamp;

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    ReceiveMessage(ReceiveMessage),
    EditMessage(EditMessage),
    RemoveMessage(RemoveMessage),
    ReactToMessage(ReactToMessage),
    ChangeIdentity(ChangeIdentity),
    RecordNotice {
        channel: Channel,
        subject: String,
        known: bool,
        sealed: Sealed,
    },
    RecordOwnMessage(OwnMessage),
    ReportDelivery(DeliveryReport),
    Conclude(Conclude),
    GiveUpOnTriage {
        conversation: ConversationId,
        message: MessageId,
        reason: GivenUp,
    },
    /// Decide on the conversation's first message, if its verdict is there.
    RouteNext {
        conversation: ConversationId,
    },
    Act(Act),
    /// The same, for a client that sees these offices' tickets only.
    ActWithin(Offices, Act),
    Clients(Clients),
    BeginAttempt(BeginAttempt),
    RecordOutcome(RecordOutcome),
    SettleReply(SettleReply),
    ReachDeadline(ReachDeadline),
    SettleMedia(SettleMedia),
    EraseKeys(EraseKeys),
    ApplyRetention(ApplyRetention),
    Emergency(EmergencyRegister),
    ExportDay(ExportDay),
    /// Take up the calendar that decisions are made with, if the log doesn't have it.
    AdoptCalendar,
    /// Count a ticket's running terms in the calendar in force.
    RecountTerms {
        ticket: TicketId,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub struct ReceiveMessage {
    /// Where it may belong, best first: a known Facebook post, then its root comment. The first one that is known is
    /// taken; when none is, an addressed message begins the last one.
    pub conversations: Vec<ConversationId>,
    pub message: MessageId,
    pub channel: Channel,
    pub person: Option<PersonId>,
    /// In private, or with the hashtag.
    pub addressed: bool,
    pub content_type: ContentType,
    pub attachments: u32,
    pub has_text: bool,
    pub quoted: Option<MessageId>,
    pub sealed: Sealed,
}

#[derive(Debug, Clone, PartialEq)]
pub struct EditMessage {
    pub message: MessageId,
    pub sealed: Sealed,
    /// The edited message as if it had just come: taken when we hadn't kept it and it carries the hashtag now.
    pub as_new: ReceiveMessage,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoveMessage {
    pub message: MessageId,
    pub verb: RemovalVerb,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReactToMessage {
    /// The citizen's message or ours.
    pub message: MessageId,
    pub person: Option<PersonId>,
    pub reaction: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeIdentity {
    /// Where he may have written under what he was called before, best first.
    pub conversations: Vec<ConversationId>,
    pub previous: Option<PersonId>,
    pub current: Option<PersonId>,
    pub sealed: Sealed,
}

/// A message in the page's name: ours come back, or a colleague's.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnMessage {
    /// As in `ReceiveMessage`.
    pub conversations: Vec<ConversationId>,
    pub message: MessageId,
    pub text_sha256: [u8; 32],
    /// Our reply and attempt, when the platform gave our metadata back.
    pub callback: Option<(ReplyId, u32)>,
    pub sealed: Sealed,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DeliveryReport {
    pub message: Option<MessageId>,
    pub callback: Option<(ReplyId, u32)>,
    /// Everything sent there up to this instant is meant.
    pub watermark: Option<(ConversationId, Timestamp)>,
    pub status: DeliveryStatus,
    pub error_code: String,
    pub error_detail: String,
    /// Holds the platform's id.
    pub sealed: Sealed,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Conclude {
    pub conversation: ConversationId,
    pub message: MessageId,
    pub conclusion: Conclusion,
    pub sealed: Sealed,
}

#[derive(Debug, Clone, PartialEq)]
pub struct BeginAttempt {
    pub conversation: ConversationId,
    pub reply: ReplyId,
    pub attempt: u32,
    pub text_sha256: [u8; 32],
    pub sealed: Sealed,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RecordOutcome {
    pub conversation: ConversationId,
    pub reply: ReplyId,
    pub attempt: u32,
    pub outcome: Outcome,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Accepted {
        sent_message: Option<MessageId>,
        proof: Proof,
        sealed: Sealed,
    },
    Refused {
        code: String,
        detail: String,
        last: bool,
        retry_at: Option<Timestamp>,
    },
    Unknown {
        detail: String,
    },
    Held {
        code: String,
        detail: String,
    },
    /// Whom it was for was erased: there is no address any more.
    Erased,
}

/// A person's decision on a reply that is held.
#[derive(Debug, Clone, PartialEq)]
pub struct SettleReply {
    pub reply: ReplyId,
    pub actor: Actor,
    pub verdict: Verdict,
    /// An empty box: nothing is known of the platform's id.
    pub sealed: Sealed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Arrived,
    Resend,
    Drop,
}
