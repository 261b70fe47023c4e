//! What people do: two of a service, an old log put back.

use super::{Injected, Row, broker::copy, row};
use crate::{
    faults::{
        citizens::{Fate, Kind},
        city::{City, SOON},
    },
    harness::{RawBroker, Second, Service, wait_for, wait_until},
};
use anyhow::{Context as _, Result, ensure};
use futures::future::join_all;
use serde_json::Value;
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
        row!("two-ingests", "people", "two of each ingest, each body to both at once", "I1: derived ids", two_ingests),
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
        row!(
            "erased-then-replayed",
            "people",
            "a citizen erased; then the broker wiped and everything read anew from the log",
            "I5, I7: unreadable everywhere, all else as it was",
            erased
        ),
        row!(
            "stolen-ingest-key",
            "people",
            "an ingest's key to the broker in other hands, while citizens write",
            "I1, I7: it reads nothing and deletes nothing",
            stolen_key
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

async fn two_ingests(city: &mut City) -> Result<Injected> {
    city.start().await?;
    let mut seconds = Vec::new();
    for service in [Service::IngestFacebook, Service::IngestWhatsapp] {
        let second = city.processes.second(service, &[])?;
        let url = format!("{}/readyz", second.admin_url());
        wait_until("the second ingest is ready", SOON, async || {
            city.http.get(&url).await.is_ok_and(|answer| answer.status == 200)
        })
        .await?;
        seconds.push((service, second));
    }
    let first = city.citizens.written.len();
    let indices = (first..first + 28).map(|_| city.citizens.write()).collect::<Vec<_>>();
    let bodies = indices.iter().map(|index| {
        let written = &city.citizens.written[*index];
        (written.service, written.body.clone())
    });
    let (bodies, http) = (bodies.collect::<Vec<_>>(), city.http.clone());
    let posts = bodies.iter().map(|(service, body)| {
        let second = seconds.iter().find(|(own, _)| own == service).map(|(_, second)| second.url());
        let (url, secret) = (format!("{}/webhook", second.unwrap_or_default()), city.processes.app_secret(*service));
        let http = http.clone();
        async move { http.post_signed(&url, secret, body).await.is_ok_and(|answer| answer.status == 200) }
    });
    let posts = join_all(posts.collect::<Vec<_>>());
    let (taken, ()) = tokio::join!(posts, city.post(&indices));
    for (_, second) in &mut seconds {
        lives(city, second);
    }
    city.heal().await?;
    Ok(Injected::Times(taken.into_iter().filter(|taken| *taken).count()))
}

/// `segnalalo person ...`
fn person(city: &City, arguments: &[&str]) -> Result<Value> {
    let done = city.processes.command(&[&["person", "--json"], arguments].concat())?.output()?;
    ensure!(done.status.success(), "person {}: {}", arguments[0], String::from_utf8_lossy(&done.stderr));
    Ok(serde_json::from_slice(&done.stdout)?)
}

async fn erased(city: &mut City) -> Result<Injected> {
    city.start().await?;
    city.write(14).await;
    city.take_in_charge(2).await?;
    city.heal().await?;
    let citizen = city.citizens.written.iter().find(|one| one.kind == Kind::WhatsappText).context("nobody wrote")?;
    let number = citizen.citizen.clone();
    let found = person(city, &["find", &number])?;
    let id = found["persons"][0]["person_id"].as_str().context("he isn't found")?.to_owned();
    let done = person(city, &["erase", &id, "--reason", "istanza", "--as", "anna", "--yes"])?;
    let keys = done["keys"].as_u64().unwrap_or_default();
    for written in city.citizens.written.iter_mut().filter(|written| written.citizen == number) {
        written.fate = Fate::Erased;
    }
    city.forget();
    city.broker.wipe()?;
    city.broker.restart().await?;
    for service in Service::ALL {
        city.processes.restart(service).await?;
    }
    city.write(7).await;
    city.heal().await?;
    for found in person(city, &["find", &number])?["persons"].as_array().into_iter().flatten() {
        if found["readable_messages"] != 0 {
            city.findings.push("I7: erased, and found with what he wrote".to_owned());
        }
    }
    Ok(Injected::Times(usize::try_from(keys)?))
}

/// What an ingest needs none of: to listen to, and to say.
const TO_HEAR: [&str; 8] =
    [">", "events.>", "inbound.>", "observed.>", "dead.>", "$KV.KEYS.>", "$JS.>", "_INBOX_registry.>"];
const TO_SAY: [&str; 16] = [
    "events.ticket.opened",
    "observed.triage",
    "dead.inbound",
    "$KV.KEYS.somebody",
    "$JS.ACK.INBOUND.registry-v1.1.1.1.1.0",
    "$JS.API.STREAM.PURGE.INBOUND",
    "$JS.API.STREAM.PURGE.EVENTS",
    "$JS.API.STREAM.DELETE.EVENTS",
    "$JS.API.STREAM.UPDATE.EVENTS",
    "$JS.API.STREAM.MSG.GET.EVENTS",
    "$JS.API.STREAM.MSG.DELETE.EVENTS",
    "$JS.API.STREAM.SNAPSHOT.EVENTS",
    "$JS.API.DIRECT.GET.EVENTS",
    "$JS.API.DIRECT.GET.KV_KEYS.$KV.KEYS.somebody",
    "$JS.API.CONSUMER.CREATE.EVENTS.thief",
    "$JS.API.CONSUMER.MSG.NEXT.INBOUND.registry-v1",
];

async fn stolen_key(city: &mut City) -> Result<Injected> {
    city.start().await?;
    let mut refused = 0;
    for name in ["ingest-facebook", "ingest-whatsapp"] {
        let identity = city.broker.identities().find(|(role, _)| role.name == name).context("no such role")?.1;
        let mut thief = RawBroker::connect(&city.broker, Some(identity)).await?.context("the key isn't let in")?;
        for subjects in [TO_HEAR.as_slice(), &TO_SAY] {
            for subject in subjects {
                let hears = subjects.len() == TO_HEAR.len();
                let may = if hears { thief.may_subscribe(subject).await? } else { thief.may_publish(subject).await? };
                if may {
                    city.findings.push(format!("I7: with the key of {name} one may use {subject}"));
                }
                refused += usize::from(!may);
                if refused % 6 == 0 {
                    city.write(3).await;
                }
            }
        }
    }
    Ok(Injected::Times(refused))
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
