//! What Meta's API does to us.

use super::{Injected, Row, row};
use crate::{
    faults::{
        citizens::Kind,
        city::{City, SOON},
        proxy::Weather,
    },
    harness::wait_until,
};
use anyhow::Result;
use serde_json::{Value, json};
use std::time::Duration;

pub(super) fn rows() -> Vec<Row> {
    vec![
        row!("graph-500", "Graph API", "500 without a body, not accepted", "I2, I3: proof or a person", http_500),
        row!("graph-500-accepted", "Graph API", "500 without a body, accepted all the same", "I2", http_500_accepted),
        row!(
            "graph-429",
            "Graph API",
            "429 with code 4 and Retry-After",
            "I2, I3: again after the time that was asked for",
            http_429
        ),
        row!(
            "graph-throttled",
            "Graph API",
            "throttle codes 80007, 130429, 131056",
            "I2, I3: again with back-off",
            throttled
        ),
        row!(
            "graph-timeout-before",
            "Graph API",
            "never accepted, the connection held until we give up",
            "I2, I3: never blindly repeated",
            timeout_before
        ),
        row!(
            "graph-timeout-after",
            "Graph API",
            "accepted, then silent until we give up",
            "I2: a status or a look proves it",
            timeout_after
        ),
        row!("graph-reset-before", "Graph API", "not accepted, the connection ends", "I2, I3", reset_before),
        row!("graph-reset-after", "Graph API", "accepted, the connection ends without an answer", "I2", reset_after),
        row!(
            "graph-accepted-without-proof",
            "Graph API",
            "accepted on WhatsApp, no answer, and never a status",
            "I2, I3: held for a person, never sent again",
            without_proof
        ),
        row!(
            "graph-reset-mid-answer",
            "Graph API",
            "accepted, the connection ends in the middle of the answer",
            "I2",
            reset_mid
        ),
        row!("graph-garbage-200", "Graph API", "200 with something that is no JSON, accepted", "I2", garbage),
        row!(
            "graph-later-failure",
            "Graph API",
            "accepted, and a status says later that it failed",
            "I2, I3",
            later_failure
        ),
        row!(
            "graph-refused-for-good",
            "Graph API",
            "131026: the citizen can't be reached",
            "I3: shown to a person",
            for_good
        ),
        row!(
            "graph-token",
            "Graph API",
            "the token expires, and is renewed while we run",
            "I2, I3: nobody is given up for it",
            token
        ),
        row!(
            "graph-proxy-cut",
            "Graph API",
            "the connection cut by the network in the middle of answers",
            "I2",
            proxy_cut
        ),
    ]
}

/// Citizens write to all channels while the platform does this.
async fn suffers(city: &mut City, fault: Value, times: usize) -> Result<Injected> {
    city.start().await?;
    city.platform_does(fault, times).await?;
    for kind in [Kind::WhatsappText, Kind::Post, Kind::Messenger] {
        let indices = (0..3).map(|_| city.citizens.write_as(kind)).collect::<Vec<_>>();
        city.post(&indices).await;
    }
    wait_until("the platform does it", SOON, async || city.platform_served(times).await.is_ok_and(|served| served > 0))
        .await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(Injected::Times(city.platform_served(times).await?))
}

async fn http_500(city: &mut City) -> Result<Injected> {
    suffers(city, json!("http_500"), 3).await
}

async fn http_500_accepted(city: &mut City) -> Result<Injected> {
    suffers(city, json!({"http_500": true, "accepted": true}), 3).await
}

async fn http_429(city: &mut City) -> Result<Injected> {
    let error =
        json!({"code": 4, "http": 429, "message": "(#4) limit", "is_transient": true, "headers": {"retry-after": "2"}});
    suffers(city, json!({ "error": error }), 3).await
}

async fn throttled(city: &mut City) -> Result<Injected> {
    city.start().await?;
    for code in [80_007, 130_429, 131_056] {
        city.platform_does(json!({"error": {"code": code, "http": 400, "message": "limit"}}), 1).await?;
    }
    let indices = (0..6).map(|_| city.citizens.write_as(Kind::WhatsappText)).collect::<Vec<_>>();
    city.post(&indices).await;
    wait_until("the platform does it", SOON, async || city.platform_served(3).await.is_ok_and(|served| served == 3))
        .await?;
    Ok(Injected::Times(3))
}

async fn timeout_before(city: &mut City) -> Result<Injected> {
    suffers(city, json!("timeout_before"), 2).await
}

async fn timeout_after(city: &mut City) -> Result<Injected> {
    suffers(city, json!("timeout_after"), 2).await
}

async fn reset_before(city: &mut City) -> Result<Injected> {
    suffers(city, json!("reset_before"), 3).await
}

async fn reset_after(city: &mut City) -> Result<Injected> {
    suffers(city, json!("reset_after"), 3).await
}

/// WhatsApp can't be read back, and here no status says what became of it.
async fn without_proof(city: &mut City) -> Result<Injected> {
    city.start().await?;
    city.platform_does(json!({"reset_after": true, "lose_webhooks": true}), 3).await?;
    city.platform_does(json!({"timeout_after": true, "lose_webhooks": true}), 1).await?;
    let indices = (0..6).map(|_| city.citizens.write_as(Kind::WhatsappText)).collect::<Vec<_>>();
    city.post(&indices).await;
    wait_until("the platform does it", SOON, async || city.platform_served(4).await.is_ok_and(|served| served == 4))
        .await?;
    Ok(Injected::Times(4))
}

async fn reset_mid(city: &mut City) -> Result<Injected> {
    suffers(city, json!("reset_mid_answer"), 3).await
}

async fn garbage(city: &mut City) -> Result<Injected> {
    suffers(city, json!("garbage_200"), 3).await
}

async fn later_failure(city: &mut City) -> Result<Injected> {
    suffers(city, json!({"later_failure": {"code": 131_026, "message": "undeliverable"}}), 2).await
}

async fn for_good(city: &mut City) -> Result<Injected> {
    suffers(city, json!({"error": {"code": 131_026, "http": 400, "message": "undeliverable"}}), 2).await
}

async fn token(city: &mut City) -> Result<Injected> {
    city.start().await?;
    city.write(8).await;
    city.sim("token", &json!({"state": "expired"})).await?;
    let url = format!("{}/readyz", city.processes.admin_url(crate::harness::Service::Notifier));
    let indices = (0..4).map(|_| city.citizens.write_as(Kind::WhatsappText)).collect::<Vec<_>>();
    city.post(&indices).await;
    wait_until("the notifier says that nothing gets through", SOON, async || {
        city.http.get(&url).await.is_ok_and(|answer| answer.status == 503 && answer.body.contains("whatsapp"))
    })
    .await?;
    city.sim("token", &json!({"state": "ok"})).await?;
    // A channel that refuses all is tried again after three minutes; a notifier that starts looks at once.
    city.processes.restart(crate::harness::Service::Notifier).await?;
    Ok(Injected::Times(1))
}

async fn proxy_cut(city: &mut City) -> Result<Injected> {
    city.proxy_platform().await?;
    city.start().await?;
    city.proxies["platform"].set(Weather::CutAfter(40));
    let indices = (0..3).map(|_| city.citizens.write_as(Kind::WhatsappText)).collect::<Vec<_>>();
    city.post(&indices).await;
    wait_until("answers are cut", SOON, async || city.proxies["platform"].hits() > 0).await?;
    city.proxies["platform"].set(Weather::Pass);
    city.write(8).await;
    Ok(Injected::Times(city.proxies["platform"].hits()))
}
