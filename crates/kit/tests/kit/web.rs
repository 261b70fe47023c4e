use segnalalo_kit::{admin, health::Health, http, shutdown::Shutdown, telemetry::Metrics};
use std::time::Duration;
use tokio::net::TcpListener;

#[tokio::test]
async fn the_admin_port_tells_life_readiness_and_metrics() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (health, metrics, shutdown) = (Health::new("test"), Metrics::new("test"), Shutdown::new());
    metrics.counter("things", "Things").add(3, &[]);
    let component = health.component("broker");
    let serving = tokio::spawn(admin::serve(listener, health, metrics, shutdown.clone()));
    let client = http::client(Duration::from_secs(5));
    let get = async |path: &str| {
        let answer = client.get(format!("{base}{path}")).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(get("/healthz").await, (200, "ok\n".to_owned()));
    assert_eq!(get("/readyz").await, (503, "broker: starting\n".to_owned()));
    component.ready();
    assert_eq!(get("/readyz").await.0, 200);
    assert!(get("/metrics").await.1.contains("things_total 3"));
    shutdown.cancel();
    serving.await.unwrap().unwrap();
}
