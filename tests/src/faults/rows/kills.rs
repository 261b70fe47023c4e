//! kill -9, at each step of the work, and of all at once.

use super::{Injected, Row, row};
use crate::{
    faults::city::{City, SOON},
    harness::{Service, wait_until},
};
use anyhow::Result;

pub(super) fn rows() -> Vec<Row> {
    let mut rows = points();
    rows.push(row!(
        "kill-all-at-once",
        "kill -9",
        "every service and the broker, at the same moment, twice",
        "I1-I8",
        all_at_once
    ));
    rows.push(row!(
        "kill-random-fifty",
        "kill -9",
        "fifty kills in random order, while citizens write",
        "I1-I8",
        fifty
    ));
    rows.push(row!(
        "crash-loop",
        "kill -9",
        "a registry that dies at each of its first five starts' work",
        "I1-I8",
        crash_loop
    ));
    rows
}

/// A row for each step of a service's work.
macro_rules! at_points {
    ($($name:literal, $service:ident, $point:literal, $after:literal;)*) => {
        fn points() -> Vec<Row> {
            vec![$(Row {
                name: $name,
                group: "kill -9",
                injected: concat!("kill at `", $point, "`"),
                holds: "I1-I8",
                inject: |city| Box::pin(at_point(city, Service::$service, $point, $after)),
            }),*]
        }
    };
}

at_points! {
    "kill-ingest-before-publish", IngestWhatsapp, "publish.before", 3;
    "kill-ingest-after-publish", IngestWhatsapp, "publish.after", 3;
    "kill-ingest-before-answer", IngestFacebook, "webhook.before-answer", 2;
    "kill-registry-before-handling", Registry, "queue.before-handling", 3;
    "kill-registry-before-append", Registry, "log.before-append", 5;
    "kill-registry-before-sync", Registry, "log.before-sync", 5;
    "kill-registry-after-sync", Registry, "log.after-sync", 5;
    "kill-registry-after-append", Registry, "log.after-append", 5;
    "kill-registry-before-relay", Registry, "relay.before-publish", 5;
    "kill-registry-after-relay", Registry, "relay.after-publish", 5;
    "kill-registry-before-ack", Registry, "queue.before-ack", 3;
    "kill-registry-after-ack", Registry, "queue.after-ack", 3;
    "kill-registry-attempt", Registry, "attempt.before-answer", 2;
    "kill-triage-before-publish", Triage, "publish.before", 3;
    "kill-triage-after-publish", Triage, "publish.after", 3;
    "kill-notifier-before-begin", Notifier, "send.before-begin", 2;
    "kill-notifier-before-post", Notifier, "send.before-post", 2;
    "kill-notifier-after-post", Notifier, "send.after-post", 2;
    "kill-notifier-before-outcome", Notifier, "outcome.before", 2;
    "kill-notifier-after-outcome", Notifier, "outcome.after", 2;
}

async fn at_point(city: &mut City, service: Service, point: &str, after: usize) -> Result<Injected> {
    city.start().await?;
    city.write(6).await;
    city.restart_armed(service, &format!("{point}={after}*off->1*return(kill)")).await?;
    // Written one after another: a crowd would share one passage of the point.
    for _ in 0..4 {
        city.write(6).await;
    }
    city.until_dead(service).await?;
    city.write(6).await;
    city.arm(service, "");
    city.processes.restart(service).await?;
    city.take_in_charge(3).await?;
    Ok(Injected::Times(city.hits(point)))
}

async fn all_at_once(city: &mut City) -> Result<Injected> {
    city.start().await?;
    for _ in 0..2 {
        city.write(16).await;
        Service::ALL
            .into_iter()
            .filter(|service| *service != Service::GraphSim)
            .try_for_each(|service| city.processes.kill(service))?;
        city.broker.kill()?;
        city.write(3).await;
        city.broker.restart().await?;
        city.processes.start_all().await?;
    }
    city.take_in_charge(3).await?;
    Ok(Injected::Times(2))
}

async fn fifty(city: &mut City) -> Result<Injected> {
    const VICTIMS: [Service; 6] = [
        Service::Registry,
        Service::Triage,
        Service::Notifier,
        Service::SlaClock,
        Service::IngestFacebook,
        Service::IngestWhatsapp,
    ];
    city.start().await?;
    for round in 0..50 {
        city.write(2).await;
        match city.citizens.draw(VICTIMS.len() + 1) {
            index if index < VICTIMS.len() => city.processes.launch(VICTIMS[index])?,
            _ => city.broker.restart().await?,
        }
        if round % 10 == 9 {
            city.processes.start_all().await?;
            city.take_in_charge(1).await?;
        }
    }
    Ok(Injected::Times(50))
}

async fn crash_loop(city: &mut City) -> Result<Injected> {
    const POINTS: [&str; 5] =
        ["queue.before-handling", "log.before-append", "log.after-sync", "relay.before-publish", "queue.before-ack"];
    city.start().await?;
    let mut died = 0;
    for point in POINTS {
        city.arm(Service::Registry, &format!("{point}=1*return(kill)"));
        city.processes.launch(Service::Registry)?;
        city.write(4).await;
        city.until_dead(Service::Registry).await?;
        died += city.hits(point);
    }
    city.arm(Service::Registry, "");
    city.processes.restart(Service::Registry).await?;
    wait_until("the registry lives", SOON, async || city.processes.runs(Service::Registry)).await?;
    Ok(Injected::Times(died))
}
