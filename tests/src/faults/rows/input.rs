//! What arrives.

use super::{Injected, Row, row};
use crate::{
    faults::{
        citizens::{Fate, Kind},
        city::City,
    },
    harness::{Service, root},
};
use anyhow::Result;
use futures::future::join_all;
use serde_json::json;

pub(super) fn rows() -> Vec<Row> {
    vec![
        row!(
            "input-duplicates",
            "input",
            "each body fifty times in parallel, and again after everything was restarted",
            "I1, I2: in the log once, answered once",
            duplicates
        ),
        row!(
            "input-duplicates-a-week-later",
            "input",
            "each body again after a week, everything restarted",
            "I1, I2: in the log once, answered once",
            a_week_later
        ),
        row!(
            "input-album",
            "input",
            "ten photos of one citizen, each in a body of its own, the last first",
            "I1, rule 11: one ticket, one receipt",
            album
        ),
        row!(
            "input-status-first",
            "input",
            "statuses and echoes of messages that nobody knows, before any message",
            "I1-I5",
            statuses
        ),
        row!(
            "input-unknown-kinds",
            "input",
            "kinds and fields that nobody knows, and strangers' comments",
            "I1: kept and seen",
            unknown
        ),
        row!(
            "input-forged",
            "input",
            "signatures that are missing, of another secret, of another body",
            "I9: 401, and nothing of it is in the log",
            forged
        ),
        row!(
            "input-malformed",
            "input",
            "huge, deeply nested, truncated, no JSON",
            "I9: 4xx, and others are served",
            malformed
        ),
        row!(
            "input-poison",
            "input",
            "bytes on INBOUND and OBSERVED that nobody can read",
            "rule 12: parked in DEAD, nobody else waits",
            poison
        ),
    ]
}

async fn duplicates(city: &mut City) -> Result<Injected> {
    const TIMES: usize = 50;
    city.start().await?;
    city.write(8).await;
    let bodies = city.citizens.written.iter().map(|one| (one.service, one.body.clone())).collect::<Vec<_>>();
    for (service, body) in &bodies {
        join_all((0..TIMES).map(|_| city.http.webhook(&city.processes, *service, body))).await;
    }
    city.heal().await?;
    for service in [Service::Registry, Service::Triage, Service::Notifier] {
        city.processes.restart(service).await?;
    }
    for (service, body) in &bodies {
        city.http.webhook(&city.processes, *service, body).await?;
    }
    Ok(Injected::Times(bodies.len() * (TIMES + 1)))
}

/// Long after the broker has forgotten what it saw.
async fn a_week_later(city: &mut City) -> Result<Injected> {
    city.move_clocks();
    city.start().await?;
    city.write(14).await;
    city.take_in_charge(2).await?;
    city.heal().await?;
    city.clock(&["advance", "7d"]).await?;
    for service in Service::ALL {
        city.processes.restart(service).await?;
    }
    let bodies = city.citizens.written.iter().map(|one| (one.service, one.body.clone())).collect::<Vec<_>>();
    let mut again = 0;
    for (service, body) in &bodies {
        let answer = city.http.webhook(&city.processes, *service, body).await?;
        again += usize::from(answer.status == 200);
    }
    Ok(Injected::Times(again))
}

async fn album(city: &mut City) -> Result<Injected> {
    city.start().await?;
    let first = city.citizens.write_as(Kind::WhatsappImage);
    let citizen = city.citizens.written[first].citizen.clone();
    let mut indices = vec![first];
    for _ in 1..10 {
        let index = city.citizens.write_as(Kind::WhatsappImage);
        let written = &mut city.citizens.written[index];
        let body = String::from_utf8(written.body.clone())?.replace(&written.citizen, &citizen);
        (written.body, written.citizen) = (body.into_bytes(), citizen.clone());
        indices.push(index);
    }
    indices.reverse();
    city.post(&indices).await;
    city.heal().await?;
    let tickets = crate::faults::evidence::tickets(city).await?;
    if tickets.len() != 1 {
        city.findings.push(format!("rule 11: an album became {} tickets", tickets.len()));
    }
    Ok(Injected::Times(indices.len()))
}

async fn statuses(city: &mut City) -> Result<Injected> {
    city.start().await?;
    let mut posted = 0;
    for n in 0..10 {
        let status = json!({"id": format!("wamid.nobody{n}"), "status": "delivered", "timestamp": "1795000000",
            "recipient_id": "393470000000", "biz_opaque_callback_data": format!("{n:032}.1")});
        let value = json!({"messaging_product": "whatsapp", "metadata": {"display_phone_number": "393601075737",
            "phone_number_id": "106540352242922"}, "statuses": [status]});
        let body = json!({"object": "whatsapp_business_account", "entry":
            [{"id": "102290129340398", "changes": [{"field": "messages", "value": value}]}]});
        let answer = city.http.webhook(&city.processes, Service::IngestWhatsapp, body.to_string().as_bytes()).await?;
        posted += usize::from(answer.status == 200);
    }
    city.write(16).await;
    Ok(Injected::Times(posted))
}

async fn unknown(city: &mut City) -> Result<Injected> {
    city.start().await?;
    let indices = (0..18)
        .map(|n| city.citizens.write_as([Kind::UnknownField, Kind::WhatsappTomorrow, Kind::Stranger][n % 3]))
        .collect::<Vec<_>>();
    city.post(&indices).await;
    Ok(Injected::Times(indices.len()))
}

async fn forged(city: &mut City) -> Result<Injected> {
    city.start().await?;
    let mut refused = 0;
    for n in 0..12 {
        let index = city.citizens.write();
        let written = city.citizens.written[index].clone();
        let url = format!("{}/webhook", city.processes.url(written.service));
        let answer = match n % 3 {
            0 => city.http.post(&url, "", &written.body).await?,
            1 => city.http.post_signed(&url, "another secret", &written.body).await?,
            _ => city.http.post(&url, "sha256=00", &written.body).await?,
        };
        if answer.status != 401 {
            city.findings.push(format!("I9: a forged webhook was answered {}", answer.status));
        }
        city.citizens.written[index].fate = Fate::Refused(401);
        refused += 1;
    }
    city.citizens.refusals += refused;
    city.write(8).await;
    Ok(Injected::Times(refused))
}

async fn malformed(city: &mut City) -> Result<Injected> {
    city.start().await?;
    let mut bodies = vec![vec![b' '; 10_000_000], [vec![b'['; 100_000], vec![b']'; 100_000]].concat()];
    for entry in std::fs::read_dir(root().join("tests/fixtures/bad"))? {
        bodies.push(std::fs::read(entry?.path())?);
    }
    for service in [Service::IngestFacebook, Service::IngestWhatsapp] {
        for body in &bodies {
            let answer = city.http.webhook(&city.processes, service, body).await?;
            if !(400..500).contains(&answer.status) {
                let bytes = body.len();
                city.findings
                    .push(format!("I9: a body of {bytes} bytes that can't be read was answered {}", answer.status));
            }
        }
        city.write(4).await;
    }
    city.citizens.refusals += bodies.len() * 2;
    Ok(Injected::Times(bodies.len() * 2))
}

async fn poison(city: &mut City) -> Result<Injected> {
    use segnalalo_kit::bus::Stream;
    city.start().await?;
    city.write(4).await;
    for (stream, subject) in [(Stream::Inbound, "inbound.whatsapp"), (Stream::Observed, "observed.triage")] {
        city.bus.publisher(stream).publish(subject, vec![0xff; 100].into(), "").await?;
    }
    city.write(8).await;
    city.heal().await?;
    let parked = city.bus.dead().list(100).await?;
    if parked.len() != 2 {
        city.findings.push(format!("rule 12: {} letters in DEAD instead of 2", parked.len()));
    }
    Ok(Injected::Times(parked.len()))
}
