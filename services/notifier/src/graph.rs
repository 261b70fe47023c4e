//! Meta's Graph API as the notifier uses it: comments, Messenger, WhatsApp. It knows what the platform's answers mean;
//! when and whether to send is not its matter.

mod call;
mod classes;
mod read_back;

pub use call::{Form, Graph, GraphConfig, Token, WhatsappTo};
pub use classes::{Class, classify};
pub use read_back::ReadBack;

/// What became of one POST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    Accepted {
        provider_id: String,
    },
    /// Certainly not sent.
    Refused {
        code: String,
        detail: String,
        class: Class,
    },
    /// Perhaps sent.
    Unknown {
        detail: String,
    },
}
