//! `segnalalo all`: the city's processes in one, with the environment of each. The broker and Meta are elsewhere.

use super::service;
use crate::{failure::Failure, processes};
use segnalalo_kit::config::Vars;

pub async fn run(vars: &Vars) -> Result<(), Failure> {
    service::several("segnalalo", processes::city(vars)?, vars).await
}
