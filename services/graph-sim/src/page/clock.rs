//! The lever of the demo's clock: all processes follow it, this one too. Forward only.

use super::refused::Refused;
use crate::sim::Sim;
use axum::{Json, extract::State as Of};
use jiff::{Span, Timestamp, civil::DateTime};
use segnalalo_kit::clock::{ClockLever, MoveError};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// Until this process itself has heard of the new time: the page then shows it.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(10);

/// One of the two.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// `1d4h`
    advance: Option<String>,
    /// `2026-12-24T09:00`, on the wall clock in Biella.
    to: Option<String>,
}

/// `{"now", "moves"}`
pub async fn show(Of(sim): Of<Sim>) -> Json<Value> {
    sim.read(|state| Json(json!({"now": state.now(), "moves": state.lever.is_some()})))
}

pub async fn advance(Of(sim): Of<Sim>, Json(wanted): Json<Move>) -> Result<Json<Value>, Refused> {
    let lever = sim.read(|state| state.lever.clone()).ok_or_else(|| refused(&MoveError::NoDemo))?;
    let now = pull(&lever, &wanted).await?;
    let heard = async {
        while sim.read(|state| state.now()) < now {
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(PATIENCE, heard)
        .await
        .map_err(|_| Refused::Unavailable("the clock was moved, and this process hasn't heard of it yet".to_owned()))?;
    // The page hears that something changed.
    sim.change(|_| {});
    Ok(Json(json!({ "now": now })))
}

async fn pull(lever: &ClockLever, wanted: &Move) -> Result<Timestamp, Refused> {
    let bad = |what: &str, text: &str| Refused::Bad(format!("{what}: {text:?} was not understood"));
    let moved = match (&wanted.advance, &wanted.to) {
        (Some(by), None) => lever.advance(by.parse::<Span>().map_err(|_| bad("advance", by))?).await,
        (None, Some(to)) => lever.to(to.parse::<DateTime>().map_err(|_| bad("to", to))?).await,
        _ => return Err(Refused::Bad("either advance or to is needed".to_owned())),
    };
    moved.map_err(|error| refused(&error))
}

fn refused(error: &MoveError) -> Refused {
    match error {
        MoveError::NoDemo | MoveError::Backwards { .. } | MoveError::TooFar => Refused::Conflict(error.to_string()),
        MoveError::Contended | MoveError::Unavailable(_) => Refused::Unavailable(error.to_string()),
    }
}
