//! The vocabulary of the triage taxonomy and of channels: codes as in `classify`, the wire and the log.

use std::fmt;

macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$vdoc])* $variant),* }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable code.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.code())
            }
        }
    };
}
pub(crate) use vocabulary;

vocabulary! {
    /// Where a citizen wrote, and so where he is answered.
    Channel {
        FacebookPost = "facebook_post",
        FacebookComment = "facebook_comment",
        Messenger = "messenger",
        Whatsapp = "whatsapp",
    }
}

impl Channel {
    /// Whether everybody can read what is written there.
    pub fn is_public(self) -> bool {
        matches!(self, Self::FacebookPost | Self::FacebookComment)
    }
}

vocabulary! {
    /// What a message is.
    Kind {
        Report = "report",
        InformationRequest = "information_request",
        StatusQuery = "status_query",
        FollowUp = "follow_up",
        Thanks = "thanks",
        NotPertinent = "not_pertinent",
        Emergency = "emergency",
        AbusiveOrSpam = "abusive_or_spam",
    }
}

vocabulary! {
    Urgency {
        Low = "low",
        Normal = "normal",
        High = "high",
        Emergency = "emergency",
    }
}

vocabulary! {
    /// How a message stands to what the city did.
    Stance {
        Neutral = "neutral",
        Satisfied = "satisfied",
        Objects = "objects",
    }
}

vocabulary! {
    /// What a message consists of.
    ContentType {
        Text = "text",
        Media = "media",
        Location = "location",
        Contacts = "contacts",
        Interactive = "interactive",
        Unsupported = "unsupported",
    }
}

vocabulary! {
    /// What sort of author an action has.
    ActorType {
        Person = "person",
        OfficeSystem = "office_system",
        Rule = "rule",
        Citizen = "citizen",
    }
}

/// Who did something: an account's or a rule's name; no name for a citizen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub kind: ActorType,
    pub name: String,
}

impl Actor {
    pub fn rule(name: &str) -> Self {
        Self { kind: ActorType::Rule, name: name.to_owned() }
    }

    pub fn citizen() -> Self {
        Self { kind: ActorType::Citizen, name: String::new() }
    }
}

/// An office's code ("STRADE"). Which codes there are is the city's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Office(pub String);

impl Office {
    /// The public-relations office: what has no other office is its.
    pub fn urp() -> Self {
        Self("URP".to_owned())
    }
}

impl fmt::Display for Office {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Triage's proposal for one message. Place, reasons and personal data it saw stand sealed beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Conclusion {
    pub kind: Kind,
    /// `None`: triage abstains, or no office is competent.
    pub office: Option<Office>,
    pub second_office: Option<Office>,
    /// From 0 to 1.
    pub confidence: f64,
    pub urgency: Urgency,
    pub stance: Stance,
    /// `NNNNNNN/YYYY` or `NNNNNNN`, as triage normalised it.
    pub protocol: Option<String>,
    /// Keyed hash of the place: tells two places apart, says neither.
    pub place_key: Option<[u8; 16]>,
    pub language: String,
    pub rules_version: String,
}
