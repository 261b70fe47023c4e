//! The registry's configuration.

use segnalalo_kit::{
    config::{Error, Secret, Vars},
    master_key::{MasterKey, Purpose},
    media, rpc,
};
use sha2::{Digest as _, Sha256};
use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf, time::Duration};

#[derive(Debug, Clone)]
pub struct Config {
    /// `SEGNALALO_DATA_DIR`, default `data`: the event log stands in `log/` below it.
    pub data_dir: PathBuf,
    /// `REGISTRY_LISTEN`, default `127.0.0.1:50051`. Beyond loopback only with TLS, or with `REGISTRY_PLAINTEXT=allow`.
    pub listen: SocketAddr,
    /// `SEGNALALO_GRPC_TLS_CERT`, `_KEY`, `_CLIENT_CA`, `_CLIENT_AUTH`. Read once: a renewed file counts from the next start.
    pub tls: Option<Tls>,
    /// `REGISTRY_REFLECTION`, default `on`: for whoever is known.
    pub reflection: bool,
    /// `REGISTRY_CLIENT_RATE`, default 100: calls that a client may make in a second.
    pub client_rate: u32,
    /// `REGISTRY_DEADLINE`, default 30 (seconds): an answer that takes longer is none.
    pub deadline: Duration,
    /// `REGISTRY_KEEPALIVE`, default 30 (seconds): who says nothing for so long is asked whether he is there.
    pub keepalive: Duration,
    /// The operator's and the notifier's token, and those of the master key before. With `SEGNALALO_OPERATOR_KEY` the
    /// operator's comes out of that alone.
    pub tokens: Tokens,
    /// `SEGNALALO_MASTER_KEY`: what wraps the keyring. At least 32 characters; losing it means that nobody's words can be
    /// read any more.
    pub master_key: MasterKey,
    /// `SEGNALALO_MASTER_KEY_PREVIOUS`: given once, at the start that replaces it.
    pub previous_master_key: Option<MasterKey>,
    /// `REGISTRY_KEYRING=recover`: take what the keyring lacks from the broker's copy, at this start.
    pub recover_keyring: bool,
    /// `SEGNALALO_CITY`, default `deploy/biella`.
    pub city: PathBuf,
    /// `WHATSAPP_DISPLAY_NUMBER` and the like: the city's own numbers, digits only, by comma.
    pub public_numbers: Vec<String>,
    /// `SEGNALALO_MEDIA_MAX_MB`, default 25: an attachment that is larger isn't kept. In bytes.
    pub largest_attachment: usize,
}

impl Config {
    /// # Errors
    /// Names the variable and what is wrong with it.
    pub fn from_vars(vars: &Vars) -> Result<Self, Error> {
        let (master_key, previous_master_key) = (MasterKey::from_vars(vars)?, MasterKey::previous(vars)?);
        let tls = Tls::from_vars(vars)?;
        Ok(Self {
            data_dir: vars.parsed("SEGNALALO_DATA_DIR", PathBuf::from("data"))?,
            listen: listen(vars, tls.is_some())?,
            tls,
            reflection: switch(vars, "REGISTRY_REFLECTION", ["on", "off"])?.is_none_or(|word| word == "on"),
            client_rate: vars.parsed("REGISTRY_CLIENT_RATE", 100)?,
            deadline: seconds(vars, "REGISTRY_DEADLINE", 30)?,
            keepalive: seconds(vars, "REGISTRY_KEEPALIVE", 30)?,
            tokens: Tokens::of(&master_key, previous_master_key.as_ref(), MasterKey::operator(vars)?.as_ref()),
            master_key,
            previous_master_key,
            recover_keyring: recover_keyring(vars)?,
            city: vars.parsed("SEGNALALO_CITY", PathBuf::from("deploy/biella"))?,
            largest_attachment: media::largest(vars)?,
            public_numbers: vars
                .optional("SEGNALALO_PUBLIC_NUMBERS")
                .unwrap_or_else(|| "393601075737".to_owned())
                .split(',')
                .map(|number| number.chars().filter(char::is_ascii_digit).collect::<String>())
                .filter(|number| !number.is_empty())
                .collect(),
        })
    }
}

/// PEM each: the registry's certificate with its chain, its key, and who vouches for clients' certificates.
#[derive(Debug, Clone)]
pub struct Tls {
    pub cert: Secret,
    pub key: Secret,
    /// `None`: clients have tokens only.
    pub client_ca: Option<Secret>,
    /// `SEGNALALO_GRPC_TLS_CLIENT_AUTH=required`: nobody is heard without a certificate, whatever token he has.
    pub client_certificate_required: bool,
}

const CERT: &str = "SEGNALALO_GRPC_TLS_CERT";
const KEY: &str = "SEGNALALO_GRPC_TLS_KEY";
const CLIENT_CA: &str = "SEGNALALO_GRPC_TLS_CLIENT_CA";
const CLIENT_AUTH: &str = "SEGNALALO_GRPC_TLS_CLIENT_AUTH";

impl Tls {
    fn from_vars(vars: &Vars) -> Result<Option<Self>, Error> {
        let (cert, key) = (vars.secret_optional(CERT)?, vars.secret_optional(KEY)?);
        let client_ca = vars.secret_optional(CLIENT_CA)?;
        let missing = |name: &str| Err(Error::Missing { name: name.to_owned() });
        let client_certificate_required =
            switch(vars, CLIENT_AUTH, ["optional", "required"])?.is_some_and(|word| word == "required");
        if client_certificate_required && client_ca.is_none() {
            return missing(CLIENT_CA);
        }
        match (cert, key) {
            (Some(cert), Some(key)) => Ok(Some(Self { cert, key, client_ca, client_certificate_required })),
            (None, Some(_)) => missing(CERT),
            (Some(_), None) => missing(KEY),
            (None, None) if client_ca.is_some() => missing(CERT),
            (None, None) => Ok(None),
        }
    }
}

/// SHA-256 of the tokens of those who have no entry.
#[derive(Debug, Clone)]
pub struct Tokens {
    pub operator: Vec<[u8; 32]>,
    pub notifier: Vec<[u8; 32]>,
}

impl Tokens {
    /// While the master key is being replaced, processes that have the one before still are who they are.
    fn of(master: &MasterKey, previous: Option<&MasterKey>, operator: Option<&MasterKey>) -> Self {
        let hash = |key, purpose| Sha256::digest(rpc::token_of(key, purpose).expose().as_bytes()).into();
        let masters = || [Some(master), previous].into_iter().flatten();
        let operators = match operator {
            Some(own) => vec![own],
            None => masters().collect(),
        };
        Self {
            operator: operators.into_iter().map(|key| hash(key, Purpose::OperatorToken)).collect(),
            notifier: masters().map(|key| hash(key, Purpose::NotifierToken)).collect(),
        }
    }
}

fn recover_keyring(vars: &Vars) -> Result<bool, Error> {
    Ok(switch(vars, "REGISTRY_KEYRING", ["recover"])?.is_some())
}

/// At least one second.
fn seconds(vars: &Vars, name: &str, default: u32) -> Result<Duration, Error> {
    let invalid =
        |value: String| Error::Invalid { name: name.to_owned(), value, expected: "number of seconds, at least 1" };
    match vars.optional(name) {
        None => Ok(Duration::from_secs(default.into())),
        Some(value) => match value.trim().parse::<NonZeroU32>() {
            Ok(seconds) => Ok(Duration::from_secs(seconds.get().into())),
            Err(_) => Err(invalid(value)),
        },
    }
}

/// One of these words, or nothing.
fn switch<const N: usize>(vars: &Vars, name: &str, words: [&'static str; N]) -> Result<Option<&'static str>, Error> {
    let Some(value) = vars.optional(name) else {
        return Ok(None);
    };
    match words.into_iter().find(|word| *word == value.trim()) {
        Some(word) => Ok(Some(word)),
        None => Err(Error::Invalid { name: name.to_owned(), value, expected: "word here: see docs/configuration.md" }),
    }
}

/// Tokens and people's words must not cross a network in the clear unless somebody says that this one is trusted.
fn listen(vars: &Vars, tls: bool) -> Result<SocketAddr, Error> {
    const NAME: &str = "REGISTRY_LISTEN";
    let address = vars.parsed(NAME, SocketAddr::from(([127, 0, 0, 1], 50051)))?;
    let allowed = switch(vars, "REGISTRY_PLAINTEXT", ["allow"])?.is_some();
    if address.ip().is_loopback() || tls || allowed {
        return Ok(address);
    }
    Err(Error::Invalid {
        name: NAME.to_owned(),
        value: address.to_string(),
        expected: "loopback address, such as 127.0.0.1:50051. To be reached from elsewhere give SEGNALALO_GRPC_TLS_CERT \
                   and _KEY; or, on a network that nobody else can listen on, REGISTRY_PLAINTEXT=allow",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(name: &str, value: &str) -> String {
        let key = ("SEGNALALO_MASTER_KEY", "a-key-for-tests-that-guards-nothing-at-all");
        let vars = Vars::from_pairs([key]).with([(name, value)]);
        Config::from_vars(&vars).unwrap_err().to_string()
    }

    #[test]
    fn beyond_this_machine_there_is_tls_or_somebody_said_that_it_may_be_without() {
        let key = ("SEGNALALO_MASTER_KEY", "a-key-for-tests-that-guards-nothing-at-all");
        let open = Vars::from_pairs([key, ("REGISTRY_LISTEN", "0.0.0.0:50051")]);
        assert!(Config::from_vars(&open).is_err());
        assert!(Config::from_vars(&open.with([("REGISTRY_PLAINTEXT", "allow")])).is_ok());
        assert!(Config::from_vars(&open.with([("REGISTRY_PLAINTEXT", "yes")])).is_err());
        let half = open.with([(CERT, "pem")]);
        assert_eq!(Config::from_vars(&half).unwrap_err().to_string(), format!("{KEY} isn't set"));
        let whole = half.with([(KEY, "pem")]);
        assert!(Config::from_vars(&whole).unwrap().tls.is_some());
        let strict = whole.with([(CLIENT_AUTH, "required")]);
        assert_eq!(Config::from_vars(&strict).unwrap_err().to_string(), format!("{CLIENT_CA} isn't set"));
        let tls = Config::from_vars(&strict.with([(CLIENT_CA, "pem")])).unwrap().tls.unwrap();
        assert!(tls.client_certificate_required);
    }

    #[test]
    fn a_port_that_others_reach_and_a_key_that_can_be_guessed_are_refused() {
        assert!(error("REGISTRY_LISTEN", "0.0.0.0:50051").contains("REGISTRY_LISTEN"));
        assert!(error("REGISTRY_DEADLINE", "0").contains("at least 1"));
        let short = error("SEGNALALO_MASTER_KEY", "hunter2");
        assert!(short.contains("SEGNALALO_MASTER_KEY") && !short.contains("hunter2"), "{short}");
    }
}
