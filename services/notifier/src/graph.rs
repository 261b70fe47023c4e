//! Meta's Graph API as the notifier uses it: comments, Messenger, WhatsApp. It knows what the platform's answers mean;
//! when and whether to send is not its matter.

mod asked;
mod call;
mod classes;
mod read_back;

use segnalalo_domain::Timestamp;

pub use call::{Form, Graph, GraphConfig, Token, WhatsappTo};
pub use classes::{Class, classify};
pub use read_back::ReadBack;

pub(crate) use call::kind;

/// Where replies are sent, and looked for.
#[async_trait::async_trait]
pub trait Platform: Send + Sync {
    /// Sends once. `callback` comes back with the platform's statuses and echoes.
    async fn send(&self, form: &Form, text: &str, callback: &str) -> Sent;
    /// Looks below a post or comment for a comment of the page with this text, no older than the attempt.
    async fn find_comment(&self, object: &str, text: &str, attempted_at: Timestamp) -> ReadBack;
}

#[async_trait::async_trait]
impl Platform for Graph {
    async fn send(&self, form: &Form, text: &str, callback: &str) -> Sent {
        self.send(form, text, callback).await
    }

    async fn find_comment(&self, object: &str, text: &str, attempted_at: Timestamp) -> ReadBack {
        self.find_comment(object, text, attempted_at).await
    }
}

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
        /// How long the platform asks to be left alone, when it says so.
        wait: Option<std::time::Duration>,
    },
    /// Perhaps sent.
    Unknown {
        detail: String,
    },
}
