//! The roles' keys, and what the broker and the people read of the table of roles: `auth.conf` and the matrix in
//! docs/security.md.

use super::role::{Grant, Role};
use crate::config::Secret;
use std::fmt::Write as _;

/// A role's key pair: the process keeps the seed, the broker knows the public half.
#[derive(Debug)]
pub struct Identity {
    pub seed: Secret,
    /// `U` and 55 more letters.
    pub public: String,
}

#[derive(Debug, thiserror::Error)]
#[error("it is no seed of a user's nkey (SU and 56 more letters)")]
pub struct BadSeed;

impl Identity {
    /// Drawn at random.
    ///
    /// # Panics
    /// When the system has no randomness.
    pub fn draw() -> Self {
        let pair = nkeys::KeyPair::new_user();
        let seed = pair.seed().expect("a pair that was just drawn has its seed");
        Self { seed: Secret::new(seed), public: pair.public_key() }
    }

    /// # Errors
    /// It isn't one.
    pub fn from_seed(seed: &Secret) -> Result<Self, BadSeed> {
        let pair = nkeys::KeyPair::from_seed(seed.expose().trim()).map_err(|_| BadSeed)?;
        match pair.key_pair_type() {
            nkeys::KeyPairType::User => Ok(Self { seed: seed.clone(), public: pair.public_key() }),
            _ => Err(BadSeed),
        }
    }
}

/// The broker's `auth.conf`, included by `deploy/broker.conf`: each role by its public key, with its rights. Who shows
/// no key isn't let in.
pub fn auth_conf<'a>(identities: impl IntoIterator<Item = (&'static Role, &'a Identity)>) -> String {
    let mut text = String::from("# Written by `segnalalo prepare`: don't edit it, it is written anew.\n");
    text.push_str("authorization {\n  timeout: 5\n  users: [\n");
    for (role, identity) in identities {
        let list =
            |subjects: Vec<String>| subjects.iter().map(|subject| format!("        {subject:?}\n")).collect::<String>();
        let _ = write!(
            text,
            "    # {}\n    {{ nkey: {}, permissions: {{\n      publish: {{ allow: [\n{}      ] }}\n      subscribe: {{ allow: [\n{}      ] }}\n    }} }}\n",
            role.name,
            identity.public,
            list(role.publishes()),
            list(role.subscribes()),
        );
    }
    text.push_str("  ]\n}\n");
    text
}

/// What each role may do, as tables in Markdown.
pub fn matrix() -> String {
    let columns = [
        ("creates streams", Grant::Topology),
        ("takes INBOUND, OBSERVED", Grant::WorkQueues),
        ("follows EVENTS", Grant::FollowEvents),
        ("compares EVENTS", Grant::CompareEvents),
        ("reads a key", Grant::ReadKeys),
        ("writes keys", Grant::WriteKeys),
        ("handles DEAD", Grant::HandleDead),
        ("reads the demo's clock", Grant::ReadDemoClock),
        ("moves the demo's clock", Grant::WriteDemoClock),
    ];
    let mut text = String::from("| | publishes |");
    for (name, _) in columns {
        let _ = write!(text, " {name} |");
    }
    let _ = write!(text, "\n|---|---|{}\n", "---|".repeat(columns.len()));
    for role in Role::ALL {
        let published = role.grants.iter().filter_map(|grant| match grant {
            Grant::Publish(subject) => Some(format!("`{subject}`")),
            Grant::HandleDead => Some("`inbound.*`, `observed.*`".to_owned()),
            _ => None,
        });
        let _ = write!(text, "| {} | {} |", role.name, published.collect::<Vec<_>>().join(", "));
        for (_, has) in columns {
            let _ = write!(text, " {} |", if role.grants.contains(&has) { "yes" } else { "" });
        }
        text.push('\n');
    }
    text.push_str("\nIn the broker's words:\n\n```text\n");
    for role in Role::ALL {
        let _ = writeln!(text, "{}", role.name);
        for subject in role.publishes() {
            let _ = writeln!(text, "  publish    {subject}");
        }
        for subject in role.subscribes() {
            let _ = writeln!(text, "  subscribe  {subject}");
        }
    }
    text.push_str("```\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_that_is_read_again_has_the_same_public_key() {
        let drawn = Identity::draw();
        let read = Identity::from_seed(&Secret::new(format!("{}\n", drawn.seed.expose()))).unwrap();
        assert_eq!(read.public, drawn.public);
        assert!(Identity::from_seed(&Secret::new("SUNONSENSE")).is_err());
        assert!(Identity::from_seed(&Secret::new(nkeys::KeyPair::new_account().seed().unwrap())).is_err());
    }

    #[test]
    fn nobody_may_purge_or_delete_a_stream_or_change_it() {
        for role in Role::ALL {
            for subject in role.publishes() {
                assert!(!subject.contains("PURGE") && !subject.contains("STREAM.DELETE"), "{}: {subject}", role.name);
                assert!(!subject.contains("STREAM.UPDATE") && !subject.starts_with('>'), "{}: {subject}", role.name);
            }
        }
    }
}
