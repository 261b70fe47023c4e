//! What Meta would know: people, the page's wall, Messenger threads, WhatsApp chats, media. A plain value in memory that
//! changes only by `Change`, so that a list of changes on disk is all it takes to have it back. It checks nothing, sends
//! nothing and knows no HTTP.

pub mod change;
pub mod chat;
pub mod media;
pub mod people;
pub mod thread;
pub mod wall;

pub use change::Change;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Citizen,
    City,
}

#[derive(Debug, Default)]
pub struct World {
    pub people: people::People,
    pub wall: wall::Wall,
    pub messenger: thread::Threads,
    pub whatsapp: chat::Chats,
    pub media: media::Store,
}
