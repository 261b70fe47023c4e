//! What became of attachments. The files themselves are the registry's matter.

use super::{Decision, Desk};
use crate::{
    conversation::Media,
    event::conversation::{Attachment, Event, StoredFile},
    id::ConversationId,
    rejection::Rejection,
    sealed::Sealed,
    words::Actor,
};

/// An attachment was fetched and its file is on disk, or it won't be fetched any more.
#[derive(Debug, Clone, PartialEq)]
pub struct SettleMedia {
    pub conversation: ConversationId,
    pub attachment: Attachment,
    pub end: MediaEnd,
}

#[derive(Debug, Clone, PartialEq)]
pub enum MediaEnd {
    Stored { file: StoredFile, sealed: Sealed },
    Failed { code: String },
}

pub(super) fn settle(desk: &Desk, settle: &SettleMedia) -> Result<Decision, Rejection> {
    let SettleMedia { conversation, attachment, end } = settle;
    let known = desk.conversations.get(conversation).filter(|state| state.messages.contains_key(&attachment.message));
    let Some(state) = known else {
        return Err(Rejection::UnknownMessage);
    };
    let mut decision = Decision::by(Actor::rule("notifier"));
    match (state.media.get(attachment), end) {
        // The first file stays; one that comes after all is better than none.
        (Some(Media::Stored(_)), _) | (Some(Media::Failed(_)), MediaEnd::Failed { .. }) => {
            return Ok(Decision::none("media_known"));
        }
        (None | Some(Media::Failed(_)), MediaEnd::Stored { file, sealed }) => decision.conversation(
            *conversation,
            Event::MediaStored { attachment: *attachment, file: file.clone(), sealed: sealed.clone() },
        ),
        (None, MediaEnd::Failed { code }) => {
            decision.conversation(*conversation, Event::MediaFailed { attachment: *attachment, code: code.clone() })
        }
    };
    Ok(decision)
}
