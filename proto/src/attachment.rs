//! What can be fetched of a message's attachments.

use crate::common::v1::{Attachment, attachment::Type};

impl Attachment {
    /// True for a picture, a film, a sound or a document that the platform keeps for us. A place, a contact or a link is
    /// all there is of it.
    pub fn is_file(&self) -> bool {
        let kind = matches!(self.r#type(), Type::Image | Type::Video | Type::Audio | Type::Document | Type::Sticker);
        kind && !(self.media_id.is_empty() && self.url.is_empty())
    }
}
