//! The Graph API as the city's services use it, under any version. What is refused is refused with Meta's codes and in
//! Meta's form.

pub mod apps;
pub mod comments;
pub mod error;
pub mod fields;
pub mod media;
pub mod messenger;
pub mod multipart;
pub mod objects;
pub mod pair_rate;
pub mod params;
pub mod perform;
pub mod request;
pub mod strangers;
pub mod template;
pub mod whatsapp;

use crate::{sim::Sim, tokens::Product};
use axum::{
    Router,
    extract::{DefaultBodyLimit, Path, State},
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use error::Error;
use request::Request;

/// A document's bytes at most, more or less.
const BODY_LIMIT: usize = 32 * 1024 * 1024;

pub fn router(sim: Sim) -> Router {
    Router::new()
        .route("/lookaside/whatsapp_business/attachments/", any(media::download))
        .route("/{version}/app", get(app))
        .route("/{version}/debug_token", get(debug_token))
        .route("/{version}/{object}/subscriptions", get(subscriptions))
        .route("/{version}/{object}", any(object))
        .route("/{version}/{object}/{edge}", any(edge))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(sim)
}

async fn app(State(sim): State<Sim>, Path(version): Path<String>, request: Request) -> Response {
    match known_version(&version) {
        Ok(()) => apps::of_token(&sim, &request).unwrap_or_else(Error::into_response),
        Err(refused) => refused.into_response(),
    }
}

async fn debug_token(State(sim): State<Sim>, Path(version): Path<String>, request: Request) -> Response {
    match known_version(&version) {
        Ok(()) => apps::debug_token(&sim, &request).unwrap_or_else(Error::into_response),
        Err(refused) => refused.into_response(),
    }
}

async fn subscriptions(
    State(sim): State<Sim>,
    Path((version, object)): Path<(String, String)>,
    request: Request,
) -> Response {
    match known_version(&version) {
        Ok(()) => apps::subscriptions(&sim, &object, &request).unwrap_or_else(Error::into_response),
        Err(refused) => refused.into_response(),
    }
}

async fn object(
    State(sim): State<Sim>,
    Path((version, object)): Path<(String, String)>,
    method: Method,
    request: Request,
) -> Response {
    if let Err(refused) = admit(&sim, &version, &object, &request) {
        return refused.into_response();
    }
    match method {
        Method::GET => objects::read(&sim, &object, &request),
        Method::POST => objects::update(&sim, &object, &request),
        Method::DELETE => objects::delete(&sim, &object),
        _ => Err(Error::unsupported(&object)),
    }
    .unwrap_or_else(Error::into_response)
}

async fn edge(
    State(sim): State<Sim>,
    Path((version, object, edge)): Path<(String, String, String)>,
    method: Method,
    request: Request,
) -> Response {
    if let Err(refused) = admit(&sim, &version, &object, &request) {
        return refused.into_response();
    }
    let number = product(&sim, &object) == Product::Whatsapp;
    match (&method, edge.as_str()) {
        (&Method::POST, "messages") if number => whatsapp::messages(&sim, &request).await,
        (&Method::POST, "messages") => messenger::messages(&sim, &object, &request).await,
        (&Method::POST, "media") if number => media::upload(&sim, request).unwrap_or_else(Error::into_response),
        (&Method::POST, "comments") => comments::create(&sim, &object, &request).await,
        (&Method::GET, "comments") => comments::list(&sim, &object, &request).unwrap_or_else(Error::into_response),
        (&Method::GET, "feed" | "visitor_posts" | "posts" | "published_posts") => {
            objects::feed(&sim, &object, &edge, &request).unwrap_or_else(Error::into_response)
        }
        (_, "subscribed_apps") => {
            apps::subscribed(&sim, &object, &method, &request).unwrap_or_else(Error::into_response)
        }
        (&Method::GET, "message_templates") => {
            apps::templates(&sim, &object, &request).unwrap_or_else(Error::into_response)
        }
        _ => Error::unsupported(&object).into_response(),
    }
}

/// Why a request isn't looked at.
enum Denied {
    NoSuchVersion,
    Token(Error),
}

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        match self {
            Self::NoSuchVersion => StatusCode::NOT_FOUND.into_response(),
            Self::Token(error) => error.into_response(),
        }
    }
}

/// One that there could be: v25.0.
fn known_version(version: &str) -> Result<(), Denied> {
    let digits = version.strip_prefix('v').and_then(|rest| rest.strip_suffix(".0"));
    if digits.is_none_or(|digits| digits.parse::<u32>().is_err()) { Err(Denied::NoSuchVersion) } else { Ok(()) }
}

/// A version there could be, and the token that belongs to the object; either, when we don't know it.
fn admit(sim: &Sim, version: &str, object: &str, request: &Request) -> Result<(), Denied> {
    known_version(version)?;
    let wanted = product(sim, object);
    let admitted = sim.read(|state| {
        let given = request.token.as_deref();
        let tokens = [(Product::Facebook, &state.config.page.token), (Product::Whatsapp, &state.config.number.token)];
        let known = tokens.into_iter().find(|(product, token)| {
            Some(token.expose()) == given && (*product == wanted || state.is_unknown_media(object))
        });
        let (product, _) = known.ok_or_else(|| Error::token(given.is_some()))?;
        state.tokens.check(product)
    });
    admitted.map_err(Denied::Token)
}

/// Whose object it is: the number's, its account's and media are WhatsApp's.
fn product(sim: &Sim, object: &str) -> Product {
    let whatsapp = sim.read(|state| {
        let number = &state.config.number;
        object == number.id || object == number.account || state.world.media.get(object).is_some()
    });
    if whatsapp { Product::Whatsapp } else { Product::Facebook }
}
