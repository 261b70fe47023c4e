//! The webhooks, asked as Meta asks when their address is set up: whether they run, and know the verify token that is given.

use super::{
    finding::{Finding, or_ok},
    place::Place,
};
use crate::processes;
use std::net::SocketAddr;

/// Process, what it listens on natively, its default, where it is in containers, its verify token, its public path.
const WEBHOOKS: [(&str, &str, u16, &str, &str, &str); 2] = [
    ("ingest-facebook", "INGEST_FACEBOOK_LISTEN", 8081, "ingest-facebook:8081", "FACEBOOK_VERIFY_TOKEN", "facebook"),
    ("ingest-whatsapp", "INGEST_WHATSAPP_LISTEN", 8082, "ingest-whatsapp:8082", "WHATSAPP_VERIFY_TOKEN", "whatsapp"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    Right,
    /// It doesn't say back what it was shown.
    Wrong(u16),
    Silent,
}

pub async fn look(place: &Place, http: &reqwest::Client) -> Vec<Finding> {
    let mut bad = Vec::new();
    let mut asked = Vec::new();
    for (process, listen, port, contained, name, path) in WEBHOOKS {
        let vars = place.vars_of(process);
        // What is missing was said by the check of the variables.
        let Ok(token) = vars.secret(name) else { continue };
        let native = vars.parsed(listen, SocketAddr::from(([127, 0, 0, 1], port))).map(processes::local);
        let address = match (place.contained, native) {
            (true, _) => contained.to_owned(),
            (false, Ok(address)) => address.to_string(),
            (false, Err(_)) => continue,
        };
        let host = vars.optional("SEGNALALO_HOST").map(|host| format!("https://{host}/{path}"));
        for (url, public) in [(Some(format!("http://{address}/webhook")), false), (host, true)] {
            let Some(url) = url else { continue };
            bad.extend(judge(&url, public, name, shake(http, &url, token.expose().trim()).await));
            asked.push(url);
        }
    }
    if asked.is_empty() {
        return vec![Finding::warning("webhooks", "no_variables")];
    }
    or_ok(bad, Finding::ok("webhooks", "ok").with("urls", asked.join(", ")))
}

/// `None`: it is right.
fn judge(url: &str, public: bool, name: &'static str, seen: Seen) -> Option<Finding> {
    let finding = match (seen, public) {
        (Seen::Right, _) => return None,
        (Seen::Silent, false) => Finding::warning("webhooks", "silent"),
        (Seen::Silent, true) => Finding::error("webhooks", "unreachable"),
        (Seen::Wrong(status), false) => Finding::error("webhooks", "other_token").with("status", status),
        (Seen::Wrong(status), true) => Finding::error("webhooks", "elsewhere").with("status", status),
    };
    Some(finding.with("url", url).with("name", name))
}

async fn shake(http: &reqwest::Client, url: &str, token: &str) -> Seen {
    let challenge = rand::random::<u32>().to_string();
    let query = [("hub.mode", "subscribe"), ("hub.challenge", &challenge), ("hub.verify_token", token)];
    let Ok(answer) = http.get(url).query(&query).send().await else { return Seen::Silent };
    let status = answer.status();
    match answer.text().await {
        Ok(said) if status.is_success() && said == challenge => Seen::Right,
        _ => Seen::Wrong(status.as_u16()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_says_back_what_it_is_shown() {
        let code =
            |public, seen| judge("http://here/webhook", public, "FACEBOOK_VERIFY_TOKEN", seen).map(|bad| bad.code);
        assert_eq!([code(false, Seen::Right), code(true, Seen::Right)], [None, None]);
        assert_eq!([code(false, Seen::Silent), code(true, Seen::Silent)], [Some("silent"), Some("unreachable")]);
        assert_eq!(
            [code(false, Seen::Wrong(403)), code(true, Seen::Wrong(404))],
            [Some("other_token"), Some("elsewhere")]
        );
    }
}
