//! The processes there are: each with its configuration read, so that a bad variable is named before anything starts.

use crate::{
    failure::Failure,
    host::{Process, Start},
};
use anyhow::Context as _;
use segnalalo_kit::config::Vars;
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// Loopback, unless `<NAME>_ADMIN` says otherwise.
pub const ADMIN_PORTS: [(&str, u16); 7] = [
    ("ingest-facebook", 9081),
    ("ingest-whatsapp", 9082),
    ("triage", 9083),
    ("registry", 9084),
    ("sla-clock", 9085),
    ("notifier", 9086),
    ("graph-sim", 9090),
];

/// # Errors
/// Names the variable.
pub fn admin_address(name: &str, vars: &Vars) -> Result<SocketAddr, Failure> {
    let variable = format!("{}_ADMIN", name.replace('-', "_").to_uppercase());
    let port = ADMIN_PORTS.iter().find(|(known, _)| *known == name).map_or(0, |(_, port)| *port);
    vars.parsed(&variable, SocketAddr::from(([127, 0, 0, 1], port))).map_err(Failure::config)
}

/// Who listens everywhere listens here too.
pub fn local(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        return SocketAddr::from(([127, 0, 0, 1], address.port()));
    }
    address
}

macro_rules! processes {
    ($($(#[$doc:meta])* $function:ident = $name:literal, $service:ident;)*) => {$(
        $(#[$doc])*
        /// # Errors
        /// Names the variable, or the city's file.
        pub fn $function(vars: &Vars) -> Result<Process, Failure> {
            let config = $service::config::Config::from_vars(vars).map_err(Failure::config)?;
            Ok(Process {
                name: $name,
                admin: admin_address($name, vars)?,
                start: Start::Service(Box::new(|deps, built, shutdown| {
                    Box::pin(async move {
                        let app = $service::app::App::build(config, deps)?;
                        built.ready();
                        app.run(shutdown).await
                    })
                })),
            })
        }
    )*};
}

processes! {
    ingest_facebook = "ingest-facebook", segnalalo_ingest_facebook;
    ingest_whatsapp = "ingest-whatsapp", segnalalo_ingest_whatsapp;
    triage = "triage", segnalalo_triage;
    registry = "registry", segnalalo_registry;
    sla_clock = "sla-clock", segnalalo_sla_clock;
    notifier = "notifier", segnalalo_notifier;
}

/// The stand-in for Meta: it knows neither the broker nor the registry.
///
/// # Errors
/// Names the variable.
pub fn graph_sim(vars: &Vars) -> Result<Process, Failure> {
    let config = segnalalo_graph_sim::config::Config::from_vars(vars).map_err(Failure::config)?;
    Ok(Process {
        name: "graph-sim",
        admin: admin_address("graph-sim", vars)?,
        start: Start::Apart(Box::new(|clock, lever, built, shutdown| {
            Box::pin(async move {
                let address = config.listen;
                let listener = TcpListener::bind(address)
                    .await
                    .with_context(|| format!("GRAPH_SIM_LISTEN: {address} can't be listened on"))?;
                let app = segnalalo_graph_sim::app::App::build(config, clock)?.with_lever(lever);
                built.ready();
                app.run(listener, shutdown).await
            })
        })),
    })
}

/// All that the city runs: graph-sim is for rehearsals.
pub fn city(vars: &Vars) -> Result<Vec<Process>, Failure> {
    Ok(vec![
        registry(vars)?,
        triage(vars)?,
        sla_clock(vars)?,
        notifier(vars)?,
        ingest_facebook(vars)?,
        ingest_whatsapp(vars)?,
    ])
}
