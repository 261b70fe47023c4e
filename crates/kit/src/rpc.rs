//! Calls to the registry: its address, who calls, and TLS. Who is given no token of a client has the one that the master
//! key gives to his purpose, so that processes beside the registry need no secret more.

use crate::{
    config::{Error, Secret, Vars},
    master_key::{self, MasterKey, Purpose},
};
use std::time::Duration;
use tonic::{
    Request, Status,
    metadata::{Ascii, Binary, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{self, Certificate, ClientTlsConfig, Endpoint, Identity},
};

pub const URL: &str = "SEGNALALO_REGISTRY_URL";
/// A client's token, as `segnalalo clients add` shows it once.
pub const TOKEN: &str = "SEGNALALO_REGISTRY_TOKEN";
/// PEM: who vouches for the registry's certificate.
pub const CA: &str = "SEGNALALO_REGISTRY_CA";
/// PEM: the client's own certificate and its key. Where there is neither token nor master key it says who calls.
pub const CERT: &str = "SEGNALALO_REGISTRY_CERT";
pub const KEY: &str = "SEGNALALO_REGISTRY_KEY";
pub const DEFAULT_URL: &str = "http://127.0.0.1:50051";

const ALIVE: Duration = Duration::from_secs(20);

/// A connection that says who calls. Cheap to clone.
pub type Channel = InterceptedService<transport::Channel, Bearer>;

/// Where the registry is, and as whom it is called.
#[derive(Debug, Clone)]
pub struct Rpc {
    pub url: String,
    /// `None`: the certificate says who calls.
    token: Option<Secret>,
    tls: Option<Tls>,
    /// Who sits there, for the registry's record of what was read of people.
    person: String,
}

#[derive(Debug, Clone)]
struct Tls {
    ca: Option<Secret>,
    identity: Option<(Secret, Secret)>,
}

impl Rpc {
    /// `purpose`: whose token the master key gives when there is no other.
    ///
    /// # Errors
    /// Neither a token, nor a certificate, nor a master key; a certificate without its key; a file that can't be read.
    pub fn from_vars(vars: &Vars, purpose: Purpose) -> Result<Self, Error> {
        let url = vars.optional(URL).unwrap_or_else(|| DEFAULT_URL.to_owned());
        let identity = match (vars.secret_optional(CERT)?, vars.secret_optional(KEY)?) {
            (Some(cert), Some(key)) => Some((cert, key)),
            (None, None) => None,
            (Some(_), None) => return Err(Error::Missing { name: KEY.to_owned() }),
            (None, Some(_)) => return Err(Error::Missing { name: CERT.to_owned() }),
        };
        let token = match vars.secret_optional(TOKEN)? {
            None => match derived(vars, purpose) {
                Err(Error::Missing { .. }) if identity.is_some() => None,
                token => Some(token?),
            },
            given => given,
        };
        let ca = vars.secret_optional(CA)?;
        let tls = url.starts_with("https://").then_some(Tls { ca, identity });
        Ok(Self { url, token, tls, person: String::new() })
    }

    #[must_use]
    pub fn with_person(self, person: &str) -> Self {
        Self { person: person.to_owned(), ..self }
    }

    /// # Errors
    /// The address is none, or a certificate is none.
    pub fn endpoint(&self) -> Result<Endpoint, transport::Error> {
        let endpoint =
            Endpoint::from_shared(self.url.clone())?.http2_keep_alive_interval(ALIVE).keep_alive_while_idle(true);
        let Some(tls) = &self.tls else {
            return Ok(endpoint);
        };
        let mut config = ClientTlsConfig::new();
        if let Some(ca) = &tls.ca {
            config = config.ca_certificate(Certificate::from_pem(ca.expose()));
        }
        if let Some((cert, key)) = &tls.identity {
            config = config.identity(Identity::from_pem(cert.expose(), key.expose()));
        }
        endpoint.tls_config(config)
    }

    /// A connection of this endpoint, with who calls on every request.
    pub fn signed(&self, channel: transport::Channel) -> Channel {
        InterceptedService::new(channel, Bearer::new(self.token.as_ref(), &self.person))
    }
}

/// The token of a process beside the registry. The operator's comes out of his own secret, where there is one.
///
/// # Errors
/// There is no master key.
pub fn derived(vars: &Vars, purpose: Purpose) -> Result<Secret, Error> {
    if purpose == Purpose::OperatorToken
        && let Some(own) = MasterKey::operator(vars)?
    {
        return Ok(token_of(&own, purpose));
    }
    match MasterKey::from_vars(vars) {
        Ok(master) => Ok(token_of(&master, purpose)),
        Err(Error::Missing { name }) if name == master_key::NAME => {
            Err(Error::Missing { name: format!("{TOKEN} (or {})", master_key::NAME) })
        }
        Err(error) => Err(error),
    }
}

pub fn token_of(master: &MasterKey, purpose: Purpose) -> Secret {
    Secret::new(hex::encode(master.derive(purpose).expose()))
}

/// Puts `authorization: Bearer ...` on every request, and who sits there.
#[derive(Clone)]
pub struct Bearer {
    token: Option<MetadataValue<Ascii>>,
    person: Option<MetadataValue<Binary>>,
}

impl Bearer {
    /// A token that no header can hold is sent as none: the registry then says what is missing.
    fn new(token: Option<&Secret>, person: &str) -> Self {
        let header = token.and_then(|token| format!("Bearer {}", token.expose().trim()).parse().ok());
        let token = header.map(|mut header: MetadataValue<Ascii>| {
            header.set_sensitive(true);
            header
        });
        Self { token, person: (!person.is_empty()).then(|| MetadataValue::from_bytes(person.as_bytes())) }
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.token {
            request.metadata_mut().insert("authorization", token.clone());
        }
        if let Some(person) = &self.person {
            request.metadata_mut().insert_bin("operator-bin", person.clone());
        }
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MASTER: (&str, &str) = (master_key::NAME, "a-key-for-tests-that-guards-nothing-at-all");

    #[test]
    fn a_token_is_given_or_comes_out_of_the_master_key_and_differs_by_purpose() {
        let vars = Vars::from_pairs([MASTER]);
        let token = |purpose| Rpc::from_vars(&vars, purpose).unwrap().token.unwrap().expose().to_owned();
        assert_eq!(token(Purpose::OperatorToken).len(), 64);
        assert_ne!(token(Purpose::OperatorToken), token(Purpose::NotifierToken));
        let apart = vars.with([(master_key::OPERATOR, "a-key-of-the-operators-that-guards-nothing")]);
        let of = |vars: &Vars, purpose| derived(vars, purpose).unwrap().expose().to_owned();
        assert_ne!(of(&apart, Purpose::OperatorToken), of(&vars, Purpose::OperatorToken));
        assert_eq!(of(&apart, Purpose::NotifierToken), of(&vars, Purpose::NotifierToken));
        let own = Rpc::from_vars(&vars.with([(TOKEN, "mine")]), Purpose::OperatorToken).unwrap();
        assert_eq!(own.token.unwrap().expose(), "mine");
    }

    #[test]
    fn who_has_no_secret_at_all_is_told_which() {
        let error = Rpc::from_vars(&Vars::from_pairs([("A", "b")]), Purpose::OperatorToken).unwrap_err().to_string();
        assert!(error.contains(TOKEN) && error.contains(master_key::NAME), "{error}");
        let half = Vars::from_pairs([MASTER, (CERT, "pem")]);
        assert!(Rpc::from_vars(&half, Purpose::OperatorToken).unwrap_err().to_string().contains(KEY));
        let certificate = Vars::from_pairs([(CERT, "pem"), (KEY, "pem")]);
        assert!(Rpc::from_vars(&certificate, Purpose::OperatorToken).unwrap().token.is_none());
        let both = certificate.with([MASTER]);
        assert!(
            Rpc::from_vars(&both, Purpose::NotifierToken).unwrap().token.is_some(),
            "where TLS wants a certificate"
        );
    }
}
