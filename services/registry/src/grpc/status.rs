//! Refusals as gRPC statuses: one place, one stable reason code each, carried as google.rpc.ErrorInfo.

use crate::{journal, writer};
use segnalalo_domain::rejection::Rejection;
use std::{collections::HashMap, time::Duration};
use tonic::{Code, Status, metadata::MetadataMap};
use tonic_types::{ErrorDetails, StatusExt as _};

const DOMAIN: &str = "segnalalo";
/// When a log that takes nothing is tried again.
const AGAIN: Duration = Duration::from_secs(1);
/// When the notifier will have brought an attachment, most often.
const FETCHED: Duration = Duration::from_secs(5);
/// Why an attachment isn't here that will be.
pub const AWAITED: &str = "awaited";

pub fn rejected(rejection: &Rejection) -> Status {
    let code = match rejection {
        Rejection::UnknownTicket(_)
        | Rejection::UnknownClient(_)
        | Rejection::UnknownReply(_)
        | Rejection::UnknownMessage
        | Rejection::UnknownPerson(_) => Code::NotFound,
        Rejection::VersionConflict { .. } | Rejection::AttemptOutOfOrder { .. } => Code::Aborted,
        Rejection::IllegalTransition { .. }
        | Rejection::AlreadyAnnulled(_)
        | Rejection::ReplySettled(_)
        | Rejection::BadMerge
        | Rejection::Followed => Code::FailedPrecondition,
        Rejection::AmbiguousProtocol(_)
        | Rejection::Missing(_)
        | Rejection::Invalid { .. }
        | Rejection::BadRow { .. }
        | Rejection::UnknownOffice(_)
        | Rejection::PersonalDataInPublic(_) => Code::InvalidArgument,
    };
    let mut details = info(rejection.code());
    if let Some(field) = faulty_field(rejection) {
        details.add_bad_request_violation(field, rejection.to_string());
    }
    with_details(code, rejection.code(), rejection.to_string(), details)
}

/// The field of the request that must be another, for google.rpc.BadRequest.
fn faulty_field(rejection: &Rejection) -> Option<&'static str> {
    match rejection {
        Rejection::Missing(field) | Rejection::Invalid { field, .. } => Some(field),
        Rejection::UnknownOffice(_) => Some("office"),
        Rejection::PersonalDataInPublic(_) => Some("text"),
        Rejection::AmbiguousProtocol(_) => Some("ticket.protocol"),
        _ => None,
    }
}

pub fn failed(error: &writer::Error) -> Status {
    match error {
        writer::Error::Rejected(rejection) => rejected(rejection),
        writer::Error::Unrecordable(_) => with_reason(Code::InvalidArgument, "UNRECORDABLE", error.to_string()),
        writer::Error::Unavailable => {
            let mut details = info("LOG_UNAVAILABLE");
            details.set_retry_info(Some(AGAIN));
            let message = "the log takes nothing now: try again with the same idempotency key".to_owned();
            with_details(Code::Unavailable, "LOG_UNAVAILABLE", message, details)
        }
    }
}

/// The log can't be read. What exactly is wrong stands in the process's log, not in the answer.
pub fn unreadable(error: &journal::Error) -> Status {
    tracing::error!(?error, "the log can't be read");
    log_unreadable()
}

/// What was wrong has been logged.
pub fn log_unreadable() -> Status {
    with_reason(Code::Internal, "LOG_UNREADABLE", "the log can't be read: run `segnalalo log verify`".to_owned())
}

/// `why`: `AWAITED`, or the code of the failure.
pub fn media_not_here(why: &str) -> Status {
    let mut details = info("MEDIA_NOT_HERE");
    if why == AWAITED {
        details.set_retry_info(Some(FETCHED));
    }
    let message = format!("the attachment isn't here: {why}");
    with_details(Code::FailedPrecondition, "MEDIA_NOT_HERE", message, details)
}

pub fn media_damaged() -> Status {
    let message = "the attachment's file is missing or was changed: run `segnalalo log verify`";
    with_reason(Code::DataLoss, "MEDIA_DAMAGED", message.to_owned())
}

pub fn media_unkept() -> Status {
    let mut details = info("MEDIA_UNAVAILABLE");
    details.set_retry_info(Some(AGAIN));
    let message = "attachments can't be read or written now".to_owned();
    with_details(Code::Unavailable, "MEDIA_UNAVAILABLE", message, details)
}

pub fn erased() -> Status {
    with_reason(Code::FailedPrecondition, "ERASED", "the content was erased".to_owned())
}

/// What can't be undone isn't begun by a clock that may be wrong.
pub fn clock_unsure(message: &str) -> Status {
    with_reason(Code::FailedPrecondition, "CLOCK_UNSURE", message.to_owned())
}

/// The same words for whoever isn't known, whatever he lacks.
pub fn unauthenticated(message: &str) -> Status {
    with_reason(Code::Unauthenticated, "UNAUTHENTICATED", message.to_owned())
}

pub fn forbidden(right: &str) -> Status {
    let mut details = info("MISSING_RIGHT");
    details.set_error_info("MISSING_RIGHT", DOMAIN, HashMap::from([("right".to_owned(), right.to_owned())]));
    with_details(
        Code::PermissionDenied,
        "MISSING_RIGHT",
        format!("the right {right} is wanted, and this caller hasn't it"),
        details,
    )
}

/// The table of the register with its senders is for those whom the city names.
pub fn senders_refused(caller: &str) -> Status {
    let mut details = info("MISSING_RIGHT");
    details.set_error_info("MISSING_RIGHT", DOMAIN, HashMap::from([("right".to_owned(), "senders".to_owned())]));
    let message = format!("{caller} isn't in may_read_senders of the city's register.toml");
    with_details(Code::PermissionDenied, "MISSING_RIGHT", message, details)
}

/// `limit`: bytes.
pub fn too_large(limit: usize) -> Status {
    let message = format!("a request of this call has {limit} bytes at most");
    let mut details = info("REQUEST_TOO_LARGE");
    let metadata = HashMap::from([("limit_bytes".to_owned(), limit.to_string())]);
    details.set_error_info("REQUEST_TOO_LARGE", DOMAIN, metadata);
    with_details(Code::InvalidArgument, "REQUEST_TOO_LARGE", message, details)
}

pub fn too_fast(wait: Duration) -> Status {
    let mut details = info("TOO_FAST");
    details.set_retry_info(Some(wait));
    let message = format!("too many calls: try again in {} ms", wait.as_millis().max(1));
    with_details(Code::ResourceExhausted, "TOO_FAST", message, details)
}

pub fn too_many_watches(limit: usize) -> Status {
    let mut details = info("TOO_MANY_WATCHES");
    let metadata = HashMap::from([("limit".to_owned(), limit.to_string())]);
    details.set_error_info("TOO_MANY_WATCHES", DOMAIN, metadata);
    let message = format!("this client has {limit} watches open: close one first");
    with_details(Code::ResourceExhausted, "TOO_MANY_WATCHES", message, details)
}

pub fn late(limit: Duration) -> Status {
    let message = format!("no answer within {} s: try again with the same idempotency key", limit.as_secs());
    with_reason(Code::DeadlineExceeded, "TOO_LATE", message)
}

/// A position that the log doesn't have.
pub fn beyond(after: u64, head: u64) -> Status {
    with_reason(Code::OutOfRange, "BEYOND_THE_LOG", format!("the log ends at position {head}, before {after}"))
}

fn info(reason: &str) -> ErrorDetails {
    ErrorDetails::with_error_info(reason, DOMAIN, HashMap::new())
}

fn with_reason(code: Code, reason: &str, message: String) -> Status {
    with_details(code, reason, message, info(reason))
}

fn with_details(code: Code, reason: &str, message: String, details: ErrorDetails) -> Status {
    let mut metadata = MetadataMap::new();
    if let Ok(value) = reason.parse() {
        // For clients without google.rpc's types.
        metadata.insert("reason", value);
    }
    Status::with_error_details_and_metadata(code, message, details, metadata)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_its_reason_the_field_and_when_to_try_again() {
        let missing = rejected(&Rejection::Missing("text"));
        let details = missing.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "MISSING_FIELD");
        assert_eq!(details.error_info().unwrap().domain, "segnalalo");
        assert_eq!(details.bad_request().unwrap().field_violations[0].field, "text");
        let busy = failed(&writer::Error::Unavailable);
        assert_eq!(busy.get_error_details().retry_info().unwrap().retry_delay, Some(AGAIN));
        let fast = too_fast(Duration::from_millis(250));
        assert_eq!(fast.get_error_details().retry_info().unwrap().retry_delay, Some(Duration::from_millis(250)));
        let right = forbidden("act");
        assert_eq!(right.get_error_details().error_info().unwrap().metadata["right"], "act");
        assert_eq!(right.metadata().get("reason").unwrap(), "MISSING_RIGHT");
    }
}
