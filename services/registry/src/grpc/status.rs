//! Refusals as gRPC statuses: one place, one stable reason code each, carried as google.rpc.ErrorInfo.

use crate::{journal, writer};
use prost::Message as _;
use segnalalo_domain::rejection::Rejection;
use tonic::{Code, Status};

/// google.rpc.Status and ErrorInfo, as far as they are needed here (googleapis: google/rpc/error_details.proto).
#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ErrorInfo {
    #[prost(string, tag = "1")]
    reason: String,
    #[prost(string, tag = "2")]
    domain: String,
}

pub fn rejected(rejection: &Rejection) -> Status {
    let code = match rejection {
        Rejection::UnknownTicket(_) | Rejection::UnknownReply(_) | Rejection::UnknownMessage => Code::NotFound,
        Rejection::VersionConflict { .. } | Rejection::AttemptOutOfOrder { .. } => Code::Aborted,
        Rejection::IllegalTransition { .. }
        | Rejection::AlreadyAnnulled(_)
        | Rejection::ReplySettled(_)
        | Rejection::BadMerge => Code::FailedPrecondition,
        Rejection::AmbiguousProtocol(_)
        | Rejection::Missing(_)
        | Rejection::Invalid { .. }
        | Rejection::UnknownOffice(_)
        | Rejection::PersonalDataInPublic(_) => Code::InvalidArgument,
    };
    with_reason(code, rejection.code(), rejection.to_string())
}

pub fn failed(error: &writer::Error) -> Status {
    match error {
        writer::Error::Rejected(rejection) => rejected(rejection),
        writer::Error::Unrecordable(_) => with_reason(Code::InvalidArgument, "UNRECORDABLE", error.to_string()),
        writer::Error::Unavailable => with_reason(
            Code::Unavailable,
            "LOG_UNAVAILABLE",
            "the log takes nothing now: try again with the same idempotency key".to_owned(),
        ),
    }
}

/// The log can't be read. What exactly is wrong stands in the process's log, not in the answer.
pub fn unreadable(error: &journal::Error) -> Status {
    tracing::error!(?error, "the log can't be read");
    with_reason(Code::Internal, "LOG_UNREADABLE", "the log can't be read: run `segnalalo log verify`".to_owned())
}

/// `why`: awaited, or the code of the failure.
pub fn media_not_here(why: &str) -> Status {
    with_reason(Code::FailedPrecondition, "MEDIA_NOT_HERE", format!("the attachment isn't here: {why}"))
}

pub fn media_damaged() -> Status {
    let message = "the attachment's file is missing or was changed: run `segnalalo log verify`";
    with_reason(Code::DataLoss, "MEDIA_DAMAGED", message.to_owned())
}

pub fn media_unkept() -> Status {
    with_reason(Code::Unavailable, "MEDIA_UNAVAILABLE", "attachments can't be read or written now".to_owned())
}

pub fn erased() -> Status {
    with_reason(Code::FailedPrecondition, "ERASED", "the content was erased".to_owned())
}

fn with_reason(code: Code, reason: &str, message: String) -> Status {
    let info = ErrorInfo { reason: reason.to_owned(), domain: "segnalalo".to_owned() };
    let details = RpcStatus {
        code: code as i32,
        message: message.clone(),
        details: vec![prost_types::Any {
            type_url: "type.googleapis.com/google.rpc.ErrorInfo".to_owned(),
            value: info.encode_to_vec(),
        }],
    };
    let mut status = Status::with_details(code, message, details.encode_to_vec().into());
    if let Ok(value) = reason.parse() {
        // For clients without google.rpc's types.
        status.metadata_mut().insert("reason", value);
    }
    status
}
