//! The platforms' endpoints: what goes wrong at one is no matter of the others.

use segnalalo_domain::words::Channel;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Queue {
    Facebook,
    Messenger,
    Whatsapp,
}

impl Queue {
    pub const ALL: [Self; 3] = [Self::Facebook, Self::Messenger, Self::Whatsapp];

    pub fn of(channel: Channel) -> Self {
        match channel {
            Channel::FacebookPost | Channel::FacebookComment => Self::Facebook,
            Channel::Messenger => Self::Messenger,
            Channel::Whatsapp => Self::Whatsapp,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Facebook => "facebook",
            Self::Messenger => "messenger",
            Self::Whatsapp => "whatsapp",
        }
    }
}
