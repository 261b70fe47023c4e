//! The layer in front of every service: who calls, whether he may, how often, and how long it may take.

use super::{
    Audit, Caller, WATCHES, Who,
    methods::{self, Needs},
    pace::Pace,
};
use crate::{
    config::{Config, Tokens},
    grpc::{LARGEST_REQUEST, status},
    writer::Writer,
};
use segnalalo_domain::{client::Right, id::ClientId};
use segnalalo_kit::{clock::monotonic, config::Secret};
use sha2::{Digest as _, Sha256};
use std::{
    collections::HashMap,
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};
use tokio::sync::Semaphore;
use tonic::{
    Status,
    body::Body,
    codegen::http::{HeaderMap, Request, Response},
    metadata::MetadataMap,
    transport::server::{TcpConnectInfo, TlsConnectInfo},
};
use tower::{Layer, Service};

/// Reading the whole log and bringing a large file have their own time.
const LONG_DEADLINE: Duration = Duration::from_secs(1800);
const LONG: [&str; 5] =
    [".LogService/", ".MediaService/", ".PersonService/", ".RegisterService/", ".RetentionService/"];
/// A person's name in the audit: UTF-8, in the header `operator-bin`.
const PERSON: &str = "operator-bin";
const PERSON_LENGTH: usize = 64;
/// OUT_OF_RANGE, as tonic says that a request is too large.
const TOO_LARGE: &str = "11";

/// Cheap to clone.
#[derive(Clone)]
pub struct Gate(Arc<Door>);

struct Door {
    writer: Writer,
    tokens: Tokens,
    pace: Pace,
    audit: Audit,
    watches: Mutex<HashMap<ClientId, Arc<Semaphore>>>,
    /// An answer that takes longer is none.
    deadline: Duration,
}

impl Gate {
    pub fn new(writer: Writer, config: &Config, audit: Audit) -> Self {
        Self(Arc::new(Door {
            writer,
            tokens: config.tokens.clone(),
            pace: Pace::new(config.client_rate),
            audit,
            watches: Mutex::default(),
            deadline: config.deadline,
        }))
    }
}

impl Door {
    /// Who it is: by his token, or, without one, by his certificate. Who was given both shows both.
    fn caller<B>(&self, request: &Request<B>) -> Result<Caller, Status> {
        let token = token(request.headers())?.map(|token| Sha256::digest(token.expose().as_bytes()).into());
        let certificate = certificate(request);
        let credential = token
            .or(certificate)
            .ok_or_else(|| status::unauthenticated("a token is wanted: the header authorization: Bearer TOKEN"))?;
        let person = person(request.headers());
        if self.tokens.operator.contains(&credential) {
            return Ok(Caller::inside(Who::Operator, person));
        }
        if self.tokens.notifier.contains(&credential) {
            return Ok(Caller::inside(Who::Notifier, person));
        }
        self.writer
            .read(|world| {
                let (id, client) = world.desk.clients.known_by(&credential)?;
                if !client.is_shown_by(token, certificate) {
                    return None;
                }
                Some(Caller {
                    who: Who::Client(id),
                    name: client.name.clone(),
                    offices: client.offices.clone(),
                    rights: client.rights.clone(),
                    person,
                    watches: self.watches(id),
                })
            })
            .ok_or_else(|| {
                status::unauthenticated(
                    "nobody has this token or certificate, or not without the other, or it was revoked",
                )
            })
    }

    fn watches(&self, id: ClientId) -> Arc<Semaphore> {
        let mut watches = self.watches.lock().unwrap_or_else(PoisonError::into_inner);
        watches.entry(id).or_insert_with(|| Arc::new(Semaphore::new(WATCHES))).clone()
    }

    /// `None`: who calls doesn't matter.
    fn admit<B>(&self, request: &Request<B>) -> Result<Option<Caller>, Status> {
        let method = methods::of(request.uri().path());
        if method.needs == Needs::Nothing {
            return Ok(None);
        }
        let caller = self.caller(request)?;
        let missing = match method.needs {
            Needs::Nothing | Needs::Credentials => None,
            Needs::Sending if caller.who == Who::Notifier => None,
            Needs::Sending => Some("send".to_owned()),
            Needs::Rights(rights) => rights.iter().find(|right| !caller.may(**right)).map(Right::to_string),
        };
        if let Some(right) = missing {
            return Err(status::forbidden(&right));
        }
        if let Who::Client(id) = caller.who {
            self.pace.take(id, monotonic()).map_err(status::too_fast)?;
        }
        Ok(Some(caller))
    }
}

fn token(headers: &HeaderMap) -> Result<Option<Secret>, Status> {
    let Some(header) = headers.get("authorization") else {
        return Ok(None);
    };
    let text = header.to_str().ok().and_then(|text| text.split_once(' '));
    match text.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")) {
        Some((_, token)) => Ok(Some(Secret::new(token.trim()))),
        None => Err(status::unauthenticated("the header authorization must be: Bearer TOKEN")),
    }
}

/// SHA-256 of the certificate that the connection was made with.
fn certificate<B>(request: &Request<B>) -> Option<[u8; 32]> {
    let connection = request.extensions().get::<TlsConnectInfo<TcpConnectInfo>>()?;
    let certificates = connection.peer_certs()?;
    Some(Sha256::digest(certificates.first()?).into())
}

fn person(headers: &HeaderMap) -> String {
    let metadata = MetadataMap::from_headers(headers.clone());
    let bytes = metadata.get_bin(PERSON).and_then(|value| value.to_bytes().ok());
    let text = bytes.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()).unwrap_or_default();
    text.chars().filter(|letter| !letter.is_control()).take(PERSON_LENGTH).collect()
}

/// tonic refuses a request that is too large in words of its own, without a reason.
fn with_reason(answer: Response<Body>) -> Response<Body> {
    let headers = answer.headers();
    let is_too_large = headers.get("grpc-status").is_some_and(|code| code == TOO_LARGE);
    if is_too_large && !headers.contains_key("reason") {
        return status::too_large(LARGEST_REQUEST).into_http();
    }
    answer
}

impl<S> Layer<S> for Gate {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { door: self.0.clone(), inner }
    }
}

#[derive(Clone)]
pub struct Guarded<S> {
    door: Arc<Door>,
    inner: S,
}

impl<S> Service<Request<Body>> for Guarded<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        // The clone isn't known to be ready; the one that is goes with the call.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let door = self.door.clone();
        Box::pin(async move {
            let path = request.uri().path().to_owned();
            let method = methods::of(&path);
            match door.admit(&request) {
                Err(status) => return Ok(status.into_http()),
                Ok(None) => {}
                Ok(Some(caller)) => {
                    if method.noted
                        && let Err(status) = door.audit.note(&caller, &methods::call_name(&path), &[]).await
                    {
                        return Ok(status.into_http());
                    }
                    request.extensions_mut().insert(caller);
                }
            }
            let is_long = LONG.iter().any(|service| path.contains(service));
            let limit = if is_long { LONG_DEADLINE } else { door.deadline };
            match tokio::time::timeout(limit, inner.call(request)).await {
                Ok(answer) => answer.map(with_reason),
                Err(_) => Ok(status::late(limit).into_http()),
            }
        })
    }
}
