//! What each role's key may do at the broker: it must be known, and what must be refused must be refused. What is tried does
//! no harm if it is let through: streams that don't exist, and listening for a moment without reading.

use super::{
    finding::{Finding, causes, or_ok},
    place::Place,
};
use crate::failure::Failure;
use futures::future::join_all;
use segnalalo_kit::bus::{BusConfig, NotIn, Role, Visit};

/// Nobody may publish there.
const FORBIDDEN: [&str; 4] = [
    "$JS.API.STREAM.LIST",
    "$JS.API.STREAM.PURGE.NOBODYS",
    "$JS.API.STREAM.DELETE.NOBODYS",
    "$JS.API.STREAM.UPDATE.NOBODYS",
];
/// Nobody may listen there.
const SECRET: [&str; 3] = ["inbound.>", "events.>", "$KV.KEYS.>"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// Subjects that should have been refused.
    In {
        let_through: Vec<String>,
    },
    Unknown,
    NoKey,
    /// The broker's own check says so too.
    Away,
    Unclear(String),
}

/// # Errors
/// A variable is wrong.
pub async fn look(place: &Place) -> Result<Vec<Finding>, Failure> {
    let configs = Role::ALL
        .iter()
        .filter(|role| role.name != "graph-sim" || place.rehearsal)
        .map(|role| {
            Ok((role.name, BusConfig::from_vars(role.name, &place.vars_of(role.name)).map_err(Failure::config)?))
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    let stranger = configs.first().map(|(_, config)| BusConfig::new(config.url.clone(), "doctor"));
    let tried = join_all(configs.iter().map(async |(name, config)| (*name, enter(name, config).await))).await;
    let open = match stranger {
        Some(config) => Visit::enter(&config).await.is_ok(),
        None => false,
    };
    Ok(judge(&tried, open))
}

async fn enter(name: &str, config: &BusConfig) -> Seen {
    if config.credentials.is_none() {
        return Seen::NoKey;
    }
    let visit = match Visit::enter(config).await {
        Ok(visit) => visit,
        Err(NotIn::Unknown) => return Seen::Unknown,
        Err(NotIn::Unreachable(_)) => return Seen::Away,
    };
    match let_through(name, &visit).await {
        Ok(let_through) => Seen::In { let_through },
        Err(error) => Seen::Unclear(causes(&error)),
    }
}

async fn let_through(name: &str, visit: &Visit) -> Result<Vec<String>, segnalalo_kit::bus::Error> {
    let mut through = Vec::new();
    for subject in FORBIDDEN {
        if visit.may_publish(subject).await? {
            through.push(subject.to_owned());
        }
    }
    let other = Role::ALL.iter().find(|role| role.name != name).map(|role| format!("_INBOX_{}.>", role.name));
    for subject in SECRET.map(str::to_owned).into_iter().chain(other) {
        if visit.may_subscribe(&subject).await? {
            through.push(subject);
        }
    }
    Ok(through)
}

/// `open`: who shows no key is let in.
fn judge(seen: &[(&str, Seen)], open: bool) -> Vec<Finding> {
    let mut bad = Vec::new();
    if open {
        bad.push(Finding::error("rights", "open"));
    }
    for (role, seen) in seen {
        let about = |finding: Finding| finding.with("role", role);
        bad.extend(match seen {
            Seen::In { let_through } if let_through.is_empty() => None,
            Seen::In { let_through } => {
                Some(about(Finding::error("rights", "let_through")).with("subjects", let_through.join(", ")))
            }
            Seen::Unknown => Some(about(Finding::error("rights", "unknown"))),
            Seen::NoKey => Some(about(Finding::error("rights", "no_key"))),
            Seen::Unclear(why) => Some(about(Finding::warning("rights", "unclear")).with("why", why)),
            Seen::Away => None,
        });
    }
    if seen.iter().all(|(_, seen)| *seen == Seen::Away) {
        return vec![Finding::warning("rights", "away")];
    }
    or_ok(bad, Finding::ok("rights", "ok").with("count", seen.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_and_may_not_do_everything() {
        let tight = Seen::In { let_through: Vec::new() };
        let codes = |seen: Seen, open| {
            let findings = judge(&[("registry", tight.clone()), ("triage", seen)], open);
            findings.iter().map(|finding| finding.code).collect::<Vec<_>>()
        };
        assert_eq!(codes(tight.clone(), false), ["ok"]);
        assert_eq!(codes(tight.clone(), true), ["open"]);
        assert_eq!(codes(Seen::In { let_through: vec!["events.>".to_owned()] }, false), ["let_through"]);
        assert_eq!(codes(Seen::Unknown, false), ["unknown"]);
        assert_eq!(codes(Seen::NoKey, false), ["no_key"]);
        assert_eq!(codes(Seen::Unclear("?".to_owned()), false), ["unclear"]);
        assert_eq!(judge(&[("registry", Seen::Away)], false)[0].code, "away");
    }
}
