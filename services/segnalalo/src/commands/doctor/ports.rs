//! The addresses that the processes want to listen on: free, or ours already. Natively only: in containers each process
//! has its own, and the engine says when one that is published is taken.

use super::finding::{Finding, or_ok};
use crate::{failure::Failure, processes};
use segnalalo_kit::config::Vars;
use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};
use tokio::net::TcpListener;

/// Process, variable and default of the addresses that others call.
const LISTENERS: [(&str, &str, SocketAddr); 3] = [
    ("ingest-facebook", "INGEST_FACEBOOK_LISTEN", SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 8081)),
    ("ingest-whatsapp", "INGEST_WHATSAPP_LISTEN", SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 8082)),
    ("registry", "REGISTRY_LISTEN", SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 50051)),
];
/// graph-sim is no process of a city.
const REHEARSAL: &str = "graph-sim";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub process: &'static str,
    pub address: SocketAddr,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    Free,
    /// The process that wants it runs.
    Ours,
    Taken,
    /// The kernel refuses: no such address here, or a port for root only.
    Refused(io::ErrorKind),
}

/// # Errors
/// Names the variable.
pub fn wanted(vars_of: impl Fn(&str) -> Vars) -> Result<Vec<Wanted>, Failure> {
    let admins = processes::ADMIN_PORTS.iter().map(|(name, _)| *name).filter(|name| *name != REHEARSAL);
    let admins = admins
        .map(|process| processes::admin_address(process, &vars_of(process)).map(|address| Wanted { process, address }));
    let listeners = LISTENERS.into_iter().map(|(process, variable, default)| {
        let address = vars_of(process).parsed(variable, default).map_err(Failure::config)?;
        Ok(Wanted { process, address })
    });
    admins.chain(listeners).collect()
}

pub fn judge(seen: &[(Wanted, Seen)]) -> Vec<Finding> {
    let mut bad = Vec::new();
    let mut by_address: BTreeMap<SocketAddr, Vec<&str>> = BTreeMap::new();
    for (Wanted { process, address }, seen) in seen {
        by_address.entry(*address).or_default().push(process);
        let about = |finding: Finding| finding.with("process", process).with("address", address);
        match seen {
            Seen::Free | Seen::Ours => {}
            Seen::Taken => bad.push(about(Finding::error("ports", "taken"))),
            Seen::Refused(why) => bad.push(about(Finding::error("ports", "refused")).with("why", why)),
        }
    }
    for (address, processes) in by_address.into_iter().filter(|(_, processes)| processes.len() > 1) {
        let both = Finding::error("ports", "twice").with("address", address);
        bad.push(both.with("processes", processes.join(", ")));
    }
    let count = |wanted: Seen| seen.iter().filter(|(_, seen)| *seen == wanted).count();
    or_ok(bad, Finding::ok("ports", "ok").with("free", count(Seen::Free)).with("ours", count(Seen::Ours)))
}

pub async fn look(wanted: Vec<Wanted>, http: &reqwest::Client) -> Vec<(Wanted, Seen)> {
    let admin_of = |process: &str| {
        let first = wanted.iter().find(|wanted| wanted.process == process);
        first.map(|wanted| processes::local(wanted.address))
    };
    let mut seen = Vec::new();
    for one in &wanted {
        // Freed again at once.
        let state = match TcpListener::bind(one.address).await {
            Ok(_) => Seen::Free,
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => match admin_of(one.process) {
                Some(admin) if runs(http, admin).await => Seen::Ours,
                _ => Seen::Taken,
            },
            Err(error) => Seen::Refused(error.kind()),
        };
        seen.push((one.clone(), state));
    }
    seen
}

/// As `kit::admin` answers.
async fn runs(http: &reqwest::Client, admin: SocketAddr) -> bool {
    let asked = async { http.get(format!("http://{admin}/healthz")).send().await?.text().await };
    asked.await.is_ok_and(|said| said == "ok\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use segnalalo_kit::http;
    use std::time::Duration;

    #[test]
    fn a_port_is_free_or_ours_or_in_the_way() {
        let at = |process, port| Wanted { process, address: SocketAddr::from(([127, 0, 0, 1], port)) };
        let codes = |seen: &[(Wanted, Seen)]| judge(seen).iter().map(|finding| finding.code).collect::<Vec<_>>();
        let (registry, triage) = (at("registry", 1), at("triage", 2));
        assert_eq!(codes(&[(registry.clone(), Seen::Ours), (triage.clone(), Seen::Free)]), ["ok"]);
        let refused = Seen::Refused(io::ErrorKind::PermissionDenied);
        assert_eq!(codes(&[(registry.clone(), Seen::Taken), (triage, refused)]), ["taken", "refused"]);
        assert_eq!(codes(&[(registry, Seen::Free), (at("triage", 1), Seen::Free)]), ["twice"]);
    }

    #[tokio::test]
    async fn somebody_else_s_port_is_seen() {
        let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wanted = vec![Wanted { process: "triage", address: other.local_addr().unwrap() }];
        let seen = look(wanted, &http::client(Duration::from_millis(300))).await;
        assert_eq!(seen[0].1, Seen::Taken);
        assert_eq!(super::wanted(|_| Vars::default()).map(|all| all.len()).map_err(|_| ()), Ok(9));
    }
}
