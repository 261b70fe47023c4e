//! What a fault does to the request and to its answer.

use super::Fault;
use crate::{graph::error::Error, sim::Sim, state::Refusal};
use axum::{
    body::{Body, Bytes},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use futures::stream;
use std::{io, time::Duration};

/// Longer than any caller waits.
const HOLD: Duration = Duration::from_secs(600);

/// Why a request goes no further.
pub enum Stop {
    Error(Error),
    Held,
    Reset,
    Garbage,
    Broken,
}

/// Before the request is looked at.
pub async fn before(fault: &Fault) -> Result<(), Stop> {
    if let Some(delay) = fault.delay_ms {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    if let Some(error) = fault.error.clone() {
        return Err(Stop::Error(error.into()));
    }
    match fault {
        fault if fault.timeout_before => Err(Stop::Held),
        fault if fault.reset_before => Err(Stop::Reset),
        fault if fault.garbage_200 && fault.accepted == Some(false) => Err(Stop::Garbage),
        fault if fault.http_500 && fault.accepted != Some(true) => Err(Stop::Broken),
        _ => Ok(()),
    }
}

/// After the request was accepted: what the caller gets to see of `answer`.
pub async fn after(fault: &Fault, answer: Response, answer_text: &str, sim: &Sim) -> Response {
    if fault.timeout_after {
        return hold(sim).await;
    }
    if fault.reset_after {
        return cut_off("");
    }
    if fault.reset_mid_answer {
        return cut_off(answer_text);
    }
    if fault.garbage_200 {
        return garbage();
    }
    if fault.http_500 {
        return broken();
    }
    answer
}

impl Stop {
    /// For the ledger.
    pub fn refusal(&self) -> Refusal {
        let (http, message) = match self {
            Self::Error(error) => return error.refusal(),
            Self::Held => (0, "held: never accepted, never answered"),
            Self::Reset => (0, "the connection was closed: never accepted"),
            Self::Garbage => (200, "answered with something that is no JSON: never accepted"),
            Self::Broken => (500, "answered 500 without JSON: never accepted"),
        };
        Refusal { http, code: 0, subcode: None, message: message.to_owned() }
    }

    pub async fn answer(self, sim: &Sim) -> Response {
        match self {
            Self::Error(error) => error.into_response(),
            Self::Held => hold(sim).await,
            Self::Reset => cut_off(""),
            Self::Garbage => garbage(),
            Self::Broken => broken(),
        }
    }
}

async fn hold(sim: &Sim) -> Response {
    sim.closing().run_until_cancelled(tokio::time::sleep(HOLD)).await;
    cut_off("")
}

/// Half of the text, and then the connection ends.
fn cut_off(text: &str) -> Response {
    let half = Bytes::copy_from_slice(&text.as_bytes()[..text.len() / 2]);
    let begun = (!half.is_empty()).then_some(Ok(half));
    let broken = Err(io::Error::from(io::ErrorKind::ConnectionReset));
    let body = Body::from_stream(stream::iter(begun.into_iter().chain([broken])));
    ([(header::CONTENT_TYPE, "application/json"), (header::CONNECTION, "close")], body).into_response()
}

fn garbage() -> Response {
    ([(header::CONTENT_TYPE, "text/html")], "<html><body>\u{0}Sorry, something went wr").into_response()
}

fn broken() -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, [(header::CONTENT_TYPE, "text/html")], "<html>Error 500</html>").into_response()
}
