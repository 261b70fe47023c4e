//! Why a command was refused: a stable code for machines, words that say what to do for people.

/// A refusal. The variant's `code` is part of the contract; the words may change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("no ticket is called {0}")]
    UnknownTicket(String),
    #[error("more than one ticket has the number {0}: say the year as well")]
    AmbiguousProtocol(String),
    #[error("a ticket that is {state} can't be {action}")]
    IllegalTransition { state: String, action: String },
    #[error("the ticket is at version {actual}, not {expected}: look at it again")]
    VersionConflict { expected: u64, actual: u64 },
    #[error("{0} must be given")]
    Missing(&'static str),
    #[error("{field}: {problem}")]
    Invalid { field: &'static str, problem: String },
    #[error("no office has the code {0}")]
    UnknownOffice(String),
    #[error("the text would be public and holds personal data ({0}): leave it out, or ask for a private contact")]
    PersonalDataInPublic(String),
    #[error("a ticket can't be merged into itself, or into one that was merged")]
    BadMerge,
    #[error("other reports were merged into it: their citizens are owed an answer. Declare it not pertinent instead")]
    Followed,
    #[error("the protocol number {0} is annulled already")]
    AlreadyAnnulled(String),
    #[error("no message of this conversation has that id")]
    UnknownMessage,
    #[error("no client is called {0}")]
    UnknownClient(String),
    #[error("no reply has the id {0}")]
    UnknownReply(String),
    #[error("nobody who wrote has the id {0}")]
    UnknownPerson(String),
    #[error("attempt {attempt} of the reply isn't the next one ({expected})")]
    AttemptOutOfOrder { attempt: u32, expected: u32 },
    #[error("the reply is settled: {0}")]
    ReplySettled(String),
    #[error("line {line}, column {column}: {problem}")]
    BadRow { line: u64, column: String, problem: String },
}

impl Rejection {
    /// Stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownTicket(_) => "UNKNOWN_TICKET",
            Self::AmbiguousProtocol(_) => "AMBIGUOUS_PROTOCOL",
            Self::IllegalTransition { .. } => "ILLEGAL_TRANSITION",
            Self::VersionConflict { .. } => "VERSION_CONFLICT",
            Self::Missing(_) => "MISSING_FIELD",
            Self::Invalid { .. } => "INVALID_FIELD",
            Self::UnknownOffice(_) => "UNKNOWN_OFFICE",
            Self::PersonalDataInPublic(_) => "PERSONAL_DATA_IN_PUBLIC",
            Self::BadMerge => "BAD_MERGE",
            Self::Followed => "FOLLOWED",
            Self::AlreadyAnnulled(_) => "ALREADY_ANNULLED",
            Self::UnknownMessage => "UNKNOWN_MESSAGE",
            Self::UnknownClient(_) => "UNKNOWN_CLIENT",
            Self::UnknownReply(_) => "UNKNOWN_REPLY",
            Self::UnknownPerson(_) => "UNKNOWN_PERSON",
            Self::AttemptOutOfOrder { .. } => "ATTEMPT_OUT_OF_ORDER",
            Self::ReplySettled(_) => "REPLY_SETTLED",
            Self::BadRow { .. } => "BAD_ROW",
        }
    }
}
