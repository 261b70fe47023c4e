//! What happens to the broker, and between it and us.

use super::{Injected, Row, row};
use crate::{
    faults::{
        city::{City, SOON},
        proxy::Weather,
    },
    harness::{Service, wait_until},
};
use anyhow::Result;
use std::time::Duration;
use tokio::time::Instant;

pub(super) fn rows() -> Vec<Row> {
    vec![
        row!(
            "broker-stopped",
            "broker",
            "stopped for a while, then started",
            "I1-I9: what comes meanwhile is refused (503)",
            stopped
        ),
        row!("broker-killed", "broker", "kill -9 while messages are on their way, three times", "I1-I9", killed),
        row!(
            "broker-paused",
            "broker",
            "paused: it is there and says nothing",
            "I1-I9: 503 meanwhile, no time-out of ours without an answer",
            paused
        ),
        row!(
            "broker-paused-two-minutes",
            "broker",
            "paused for two minutes, while citizens write",
            "I1-I9: 503 meanwhile, and all of it after",
            paused_long
        ),
        row!(
            "broker-absent-at-start",
            "broker",
            "not there when the services start",
            "I8: /readyz says no, then yes",
            absent
        ),
        row!(
            "broker-wiped",
            "broker",
            "EVENTS, INBOUND, all of it gone, with nothing in INBOUND",
            "I1-I8: filled again from the log",
            wiped
        ),
        row!(
            "broker-lost-suffix",
            "broker",
            "came back with an older store: EVENTS lacks its end",
            "I1-I8: the missing suffix is sent again",
            lost_suffix
        ),
        row!("network-cut", "broker", "the registry's connection cut after 3,000 bytes, again and again", "I1-I8", cut),
        row!(
            "network-half-open",
            "broker",
            "a connection that swallows everything, for ten seconds",
            "I1-I9",
            half_open
        ),
        row!("network-slow", "broker", "each piece between all services and the broker 50 ms late", "I1-I8", slow),
        row!(
            "ack-lost",
            "broker",
            "acknowledgements of the registry that never arrive",
            "I1, I5: delivered again, handled once",
            ack_lost
        ),
    ]
}

/// Citizens write; nobody may be answered 200.
async fn refused_meanwhile(city: &mut City, count: usize) -> usize {
    let before = city.citizens.answered();
    let failures = city.citizens.refused();
    // What concerns nobody needs no broker: it is counted and answered.
    let strangers = city.citizens.written.len();
    city.write(count).await;
    let excused = city.citizens.written[strangers..].iter().filter(|written| !written.kind.is_message()).count();
    let answered = city.citizens.answered() - before;
    if answered > excused {
        city.findings.push(format!("I9: {answered} webhooks were answered 200 without a broker"));
    }
    city.says_not_ready(&[Service::Registry, Service::IngestFacebook, Service::IngestWhatsapp]).await;
    city.citizens.refused() - failures
}

async fn stopped(city: &mut City) -> Result<Injected> {
    city.start().await?;
    city.write(16).await;
    city.broker.stop().await?;
    let refused = refused_meanwhile(city, 8).await;
    city.broker.restart().await?;
    city.write(8).await;
    Ok(Injected::Times(refused))
}

async fn killed(city: &mut City) -> Result<Injected> {
    city.start().await?;
    for _ in 0..3 {
        city.write(16).await;
        city.broker.restart().await?;
    }
    city.take_in_charge(2).await?;
    Ok(Injected::Times(3))
}

async fn paused(city: &mut City) -> Result<Injected> {
    city.start().await?;
    city.write(16).await;
    city.broker.pause().await?;
    let refused = refused_meanwhile(city, 8).await;
    city.broker.resume()?;
    city.write(8).await;
    Ok(Injected::Times(refused))
}

async fn paused_long(city: &mut City) -> Result<Injected> {
    const PAUSE: Duration = Duration::from_secs(120);
    city.start().await?;
    city.write(16).await;
    city.broker.pause().await?;
    let paused = Instant::now();
    let mut refused = refused_meanwhile(city, 4).await;
    while paused.elapsed() < PAUSE {
        refused += refused_meanwhile(city, 2).await;
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    city.broker.resume()?;
    city.write(8).await;
    city.take_in_charge(2).await?;
    Ok(Injected::Times(refused))
}

async fn absent(city: &mut City) -> Result<Injected> {
    city.broker.stop().await?;
    for service in Service::ALL {
        city.processes.launch(service)?;
    }
    let url = format!("{}/readyz", city.processes.admin_url(Service::Registry));
    wait_until("the registry says that it isn't ready", SOON, async || {
        city.http.get(&url).await.is_ok_and(|answer| answer.status == 503)
    })
    .await?;
    wait_until("an ingest answers", SOON, async || {
        let url = format!("{}/healthz", city.processes.admin_url(Service::IngestWhatsapp));
        city.http.get(&url).await.is_ok_and(|answer| answer.status == 200)
    })
    .await?;
    let refused = refused_meanwhile(city, 8).await;
    city.broker.restart().await?;
    city.processes.start_all().await?;
    city.write(8).await;
    Ok(Injected::Times(refused))
}

async fn wiped(city: &mut City) -> Result<Injected> {
    city.start().await?;
    city.write(16).await;
    city.take_in_charge(2).await?;
    city.heal().await?;
    city.broker.wipe()?;
    city.broker.restart().await?;
    city.write(8).await;
    Ok(Injected::Times(1))
}

async fn lost_suffix(city: &mut City) -> Result<Injected> {
    city.start().await?;
    city.write(8).await;
    city.heal().await?;
    city.broker.stop().await?;
    let older = city.broker.store().with_extension("older");
    copy(&city.broker.store(), &older)?;
    city.broker.restart().await?;
    city.write(16).await;
    city.heal().await?;
    city.broker.stop().await?;
    std::fs::remove_dir_all(city.broker.store())?;
    std::fs::rename(&older, city.broker.store())?;
    city.broker.restart().await?;
    city.write(8).await;
    Ok(Injected::Times(1))
}

/// A folder with all that is in it.
pub(super) fn copy(from: &std::path::Path, to: &std::path::Path) -> Result<()> {
    let status = std::process::Command::new("cp").arg("-a").arg(from).arg(to).status()?;
    anyhow::ensure!(status.success(), "copying {}: {status}", from.display());
    Ok(())
}

async fn cut(city: &mut City) -> Result<Injected> {
    city.proxy_broker(&[Service::Registry, Service::IngestWhatsapp, Service::Notifier]).await?;
    city.start().await?;
    for _ in 0..4 {
        city.proxies["broker"].set(Weather::CutAfter(3_000));
        city.write(8).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        city.proxies["broker"].set(Weather::Pass);
        city.write(4).await;
    }
    Ok(Injected::Times(city.proxies["broker"].hits()))
}

async fn half_open(city: &mut City) -> Result<Injected> {
    city.proxy_broker(&[Service::Registry, Service::IngestFacebook]).await?;
    city.start().await?;
    city.write(8).await;
    city.proxies["broker"].set(Weather::Swallow);
    city.write(8).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    city.proxies["broker"].set(Weather::Pass);
    city.write(8).await;
    Ok(Injected::Times(city.proxies["broker"].hits()))
}

async fn slow(city: &mut City) -> Result<Injected> {
    city.proxy_broker(&Service::ALL).await?;
    city.start().await?;
    city.proxies["broker"].set(Weather::Delay(Duration::from_millis(50)));
    city.write(24).await;
    city.take_in_charge(2).await?;
    Ok(Injected::Times(city.proxies["broker"].hits()))
}

async fn ack_lost(city: &mut City) -> Result<Injected> {
    city.start().await?;
    city.restart_armed(Service::Registry, "queue.ack-lost=20*return(error)").await?;
    city.write(24).await;
    wait_until("acknowledgements are lost", SOON, async || city.hits("queue.ack-lost") >= 20).await?;
    // Made anew, the consumer gives at once what was never acknowledged.
    city.arm(Service::Registry, "");
    city.processes.restart(Service::Registry).await?;
    Ok(Injected::Times(city.hits("queue.ack-lost")))
}
