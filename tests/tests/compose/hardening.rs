//! Every line that confines a container, looked for in the configuration as Compose renders it.

use serde_json::Value;

/// What may be reached from outside, and where.
const PUBLISHED: [(&str, &[&str]); 5] = [
    ("registry", &["50051"]),
    ("ingest-facebook", &["8081"]),
    ("ingest-whatsapp", &["8082"]),
    ("graph-sim", &["8090"]),
    ("proxy", &["80", "443"]),
];

pub fn check(config: &Value) {
    let services = config["services"].as_object().unwrap();
    assert!(services.len() >= 11, "{:?}", services.keys());
    for (name, service) in services {
        let has = |field: &str, wanted: &str| {
            assert!(service[field].to_string().contains(wanted), "{name}: {field} is {}", service[field]);
        };
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(service["user"], "10001:10001", "{name}");
        has("cap_drop", "ALL");
        has("security_opt", "no-new-privileges:true");
        has("stop_grace_period", "30s");
        assert!(service["pids_limit"].as_i64().is_some_and(|most| most > 0), "{name}");
        assert!(!service["mem_limit"].is_null(), "{name}");
        let core = &service["ulimits"]["core"];
        assert!(*core == 0 || (core["soft"] == 0 && core["hard"] == 0), "{name}: ulimits.core is {core}");
        assert_ne!(service["privileged"], true, "{name}");
        has("logging", "max-size");
        if name != "proxy" {
            assert!(service["cap_add"].is_null(), "{name}: {}", service["cap_add"]);
        }
        let once = ["prepare", "prepare-demo", "operator", "doctor"].contains(&name.as_str());
        if !once && !["nats", "proxy"].contains(&name.as_str()) {
            has("healthcheck", "health");
        }
        has("restart", if once { "no" } else { "unless-stopped" });
        published(name, &service["ports"]);
        mounted(name, &service["volumes"]);
    }
    for internal in ["broker", "desk"] {
        assert_eq!(config["networks"][internal]["internal"], true, "{internal}");
    }
    let of_nats = services["nats"]["networks"].to_string();
    assert!(of_nats.contains("broker") && !of_nats.contains("web") && !of_nats.contains("api"), "{of_nats}");
}

fn published(name: &str, ports: &Value) {
    let known = PUBLISHED.iter().find(|(service, _)| *service == name).map_or(&[][..], |(_, ports)| ports);
    let ports = ports.as_array().map(Vec::as_slice).unwrap_or_default();
    assert_eq!(ports.len(), known.len(), "{name}: {ports:?}");
    for port in ports {
        assert!(known.iter().any(|known| port.to_string().contains(known)), "{name}: {port}");
        if name != "proxy" {
            assert!(port.to_string().contains("127.0.0.1"), "{name} is reached from beyond this machine: {port}");
        }
    }
}

/// Keys and the city's files are only read; the engine's own socket is nowhere.
fn mounted(name: &str, volumes: &Value) {
    for volume in volumes.as_array().into_iter().flatten() {
        let text = volume.to_string();
        assert!(!text.contains("docker.sock"), "{name}: {text}");
        let keys = text.contains("keys-") || text.contains("/etc/segnalalo") || text.contains("/secrets");
        let prepares = name.starts_with("prepare") && text.contains("keys-");
        if keys && !prepares {
            assert!(text.contains(":ro") || volume["read_only"] == true, "{name}: {text}");
        }
    }
}
