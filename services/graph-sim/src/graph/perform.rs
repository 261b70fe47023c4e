//! The way of every request to send: a fault may be waiting for it; else it is checked, accepted and written down, and
//! its webhooks go out.

use crate::{
    faults::{Fault, gate},
    graph::error::Error,
    ledger::Call,
    outbox::Planned,
    sim::Sim,
    state::State,
};
use axum::{
    Json,
    response::{IntoResponse as _, Response},
};
use serde_json::Value;

/// Of an accepted request.
pub struct Sent {
    pub provider_id: String,
    pub answer: Value,
    pub webhooks: Vec<Planned>,
}

pub async fn perform(
    sim: &Sim,
    call: Call,
    accept: impl FnOnce(&mut State, &Call, &Fault) -> Result<Sent, Error>,
) -> Response {
    let fault = sim.change(|state| state.faults.take_for_call(&call));
    if let Err(stop) = gate::before(&fault).await {
        sim.change(|state| state.refused(call, stop.refusal()));
        return stop.answer(sim).await;
    }
    let done = sim.change(|state| match accept(state, &call, &fault) {
        Ok(sent) => {
            state.accepted(call, sent.provider_id);
            state.send(sent.webhooks, &fault.rigging());
            Ok(sent.answer)
        }
        Err(error) => {
            state.refused(call, error.refusal());
            Err(error)
        }
    });
    match done {
        Ok(answer) => {
            let text = answer.to_string();
            gate::after(&fault, Json(answer).into_response(), &text, sim).await
        }
        Err(error) => error.into_response(),
    }
}
