//! What people do: two of a service, an old log put back.

use super::{Injected, Row, broker::copy, row};
use crate::{
    faults::city::City,
    harness::{Second, Service, wait_for},
};
use anyhow::Result;
use std::{fs, time::Duration};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row!("two-notifiers", "people", "two notifiers at once", "I2: an attempt belongs to its caller", two_notifiers),
        row!(
            "two-of-all-readers",
            "people",
            "two triages and two sla-clocks at once",
            "I1, I6: derived ids",
            two_readers
        ),
        row!(
            "two-registries",
            "people",
            "a second registry with an empty folder on the same broker",
            "rule 8: it refuses to start",
            two_registries
        ),
        row!(
            "old-log-restored",
            "people",
            "the log's folder of an hour ago put back",
            "I1-I8: the rest is taken from EVENTS",
            old_log
        ),
        row!(
            "stopped-and-started",
            "people",
            "each service stopped in order and started again, twice",
            "I1-I8",
            rolling
        ),
    ]
}

async fn two_notifiers(city: &mut City) -> Result<Injected> {
    city.start().await?;
    let mut second = city.processes.second(Service::Notifier, &[])?;
    city.write(40).await;
    city.take_in_charge(3).await?;
    city.heal().await?;
    Ok(Injected::Times(lives(city, &mut second)))
}

async fn two_readers(city: &mut City) -> Result<Injected> {
    city.start().await?;
    let mut triage = city.processes.second(Service::Triage, &[])?;
    let mut clock = city.processes.second(Service::SlaClock, &[])?;
    city.write(40).await;
    city.heal().await?;
    Ok(Injected::Times(lives(city, &mut triage) + lives(city, &mut clock)))
}

/// One that died by itself showed nothing.
fn lives(city: &mut City, second: &mut Second) -> usize {
    if let Some(status) = second.ended() {
        city.findings.push(format!("the second {} ended with {status}", second.name()));
    }
    usize::from(second.ended().is_none())
}

async fn two_registries(city: &mut City) -> Result<Injected> {
    city.start().await?;
    city.write(8).await;
    let other = city.processes.data().with_extension("other");
    let folder = [("SEGNALALO_DATA_DIR", other.to_string_lossy().into_owned())];
    let mut second = city.processes.second(Service::Registry, &folder)?;
    city.write(8).await;
    let status = wait_for("the second registry refuses", Duration::from_secs(60), async || second.ended()).await;
    match status {
        Ok(status) if status.success() => {
            city.findings.push("the second registry ended as if all were well".to_owned())
        }
        Ok(_) => {}
        Err(_) => city.findings.push("two registries write".to_owned()),
    }
    drop(second);
    city.write(8).await;
    city.take_in_charge(2).await?;
    Ok(Injected::Times(1))
}

async fn old_log(city: &mut City) -> Result<Injected> {
    city.start().await?;
    city.write(8).await;
    city.heal().await?;
    let (log, older) = (city.processes.data().join("log"), city.processes.data().join("log-older"));
    city.processes.stop(Service::Registry).await?;
    copy(&log, &older)?;
    city.processes.start(Service::Registry).await?;
    city.write(16).await;
    city.take_in_charge(3).await?;
    city.processes.stop(Service::Registry).await?;
    fs::remove_dir_all(&log)?;
    fs::rename(&older, &log)?;
    city.write(8).await;
    Ok(Injected::Times(1))
}

async fn rolling(city: &mut City) -> Result<Injected> {
    city.start().await?;
    let mut stopped = 0;
    for _ in 0..2 {
        for service in Service::ALL.into_iter().filter(|service| *service != Service::GraphSim) {
            city.write(4).await;
            let status = city.processes.stop(service).await?;
            if !status.success() {
                city.findings.push(format!("{} was asked to stop and ended with {status}", service.name()));
            }
            city.write(2).await;
            city.processes.start(service).await?;
            stopped += 1;
        }
    }
    Ok(Injected::Times(stopped))
}
