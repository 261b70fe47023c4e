//! What Meta tells of apps: whose a token is and until when, what webhooks an app gets, which templates are approved. When
//! page and number have the same app secret they have one app; otherwise two.

use super::{error::Error, fields, params::Params as _, request::Request};
use crate::{sim::Sim, state::State, tokens::Product};
use axum::{
    Json,
    http::Method,
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};

const NAME: &str = "segnalalo";
const PAGE_FIELDS: [&str; 5] = ["feed", "messages", "message_echoes", "message_deliveries", "message_reads"];
const PAGE_SCOPES: [&str; 5] = [
    "pages_manage_metadata",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_engagement",
    "pages_messaging",
];
const NUMBER_SCOPES: [&str; 2] = ["whatsapp_business_messaging", "whatsapp_business_management"];

/// Which webhooks the page and the account send to our app.
#[derive(Debug)]
pub struct Subscribed {
    page: Option<Vec<String>>,
    account: bool,
}

impl Default for Subscribed {
    fn default() -> Self {
        Self { page: Some(PAGE_FIELDS.map(str::to_owned).to_vec()), account: true }
    }
}

/// `GET /app`: the app of the token that is shown.
pub fn of_token(sim: &Sim, request: &Request) -> Result<Response, Error> {
    sim.read(|state| {
        let product = state.shown(request)?;
        let id = state.app_id(product);
        Ok(Json(json!({"id": id, "name": NAME, "link": format!("https://www.facebook.com/games/?app_id={id}")}))
            .into_response())
    })
}

/// `GET /debug_token?input_token=`, with an app's token.
pub fn debug_token(sim: &Sim, request: &Request) -> Result<Response, Error> {
    let asked = request.params.text("input_token");
    sim.read(|state| {
        let app = state.app_shown(request)?;
        let Some(product) = state.holder(Some(&asked)) else {
            return Ok(said(&json!({
                "error": {"code": 190, "message": "Malformed access token"}, "is_valid": false, "scopes": [],
            })));
        };
        if state.app_id(product) != app {
            let message = "(#100) The App_id in the input_token did not match the Viewing App";
            return Err(Error::new(100, message));
        }
        let (kind, of, scopes) = match product {
            Product::Facebook => ("PAGE", &state.config.page.id, PAGE_SCOPES.as_slice()),
            Product::Whatsapp => ("SYSTEM_USER", &state.config.number.account, NUMBER_SCOPES.as_slice()),
        };
        let granular = scopes.iter().map(|scope| json!({"scope": scope, "target_ids": [of]})).collect::<Vec<_>>();
        let mut data = json!({
            "app_id": app,
            "type": kind,
            "application": NAME,
            "data_access_expires_at": 0,
            "expires_at": state.tokens.expires_at(),
            "is_valid": true,
            "scopes": scopes,
            "granular_scopes": granular,
            "user_id": "122100000000000001",
        });
        if product == Product::Facebook {
            data["profile_id"] = json!(of);
        }
        if let Err(error) = state.tokens.check(product) {
            let why = error.refusal();
            data["is_valid"] = json!(false);
            data["error"] = json!({"code": why.code, "message": why.message, "subcode": why.subcode});
        }
        Ok(said(&data))
    })
}

/// `GET /{app}/subscriptions`, with the app's token: what the app's dashboard holds.
pub fn subscriptions(sim: &Sim, object: &str, request: &Request) -> Result<Response, Error> {
    sim.read(|state| {
        let app = state.app_shown(request)?;
        if object != app {
            return Err(Error::unsupported(object));
        }
        let products = [
            (Product::Facebook, "page", &state.config.page.app, PAGE_FIELDS.as_slice()),
            (Product::Whatsapp, "whatsapp_business_account", &state.config.number.app, &["messages"]),
        ];
        let of_app = products.into_iter().filter(|(product, ..)| state.app_id(*product) == app);
        let shown = of_app.map(|(_, object, webhook, names)| {
            let names = names.iter().map(|name| json!({"name": name, "version": "v25.0"})).collect::<Vec<_>>();
            json!({"object": object, "callback_url": webhook.callback_url, "active": true, "fields": names})
        });
        Ok(said(&json!(shown.collect::<Vec<_>>())))
    })
}

/// `/{page}/subscribed_apps` and `/{account}/subscribed_apps`.
pub fn subscribed(sim: &Sim, object: &str, method: &Method, request: &Request) -> Result<Response, Error> {
    sim.change(|state| {
        let product = if object == state.config.number.account { Product::Whatsapp } else { Product::Facebook };
        let app = state.app_id(product);
        match (method, product) {
            (&Method::GET, Product::Facebook) => {
                let one = |names: &Vec<String>| json!({"category": "Business", "name": NAME, "id": app, "subscribed_fields": names});
                Ok(said(&json!(state.subscribed.page.iter().map(one).collect::<Vec<_>>())))
            }
            (&Method::GET, Product::Whatsapp) => {
                let one = json!({"whatsapp_business_api_data": {"id": app, "name": NAME}});
                Ok(said(&if state.subscribed.account { json!([one]) } else { json!([]) }))
            }
            (&Method::POST | &Method::DELETE, product) => {
                let on = method == Method::POST;
                match product {
                    Product::Facebook => {
                        let names = request.params.text("subscribed_fields");
                        let names = names.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
                        state.subscribed.page = on.then(|| names.collect());
                    }
                    Product::Whatsapp => state.subscribed.account = on,
                }
                Ok(Json(json!({"success": true})).into_response())
            }
            _ => Err(Error::unsupported(object)),
        }
    })
}

/// `GET /{account}/message_templates`. Without a list of templates there are those that are asked for by `name`.
pub fn templates(sim: &Sim, object: &str, request: &Request) -> Result<Response, Error> {
    let name = request.params.text("name");
    sim.read(|state| {
        if object != state.config.number.account {
            return Err(Error::unsupported(object));
        }
        let named = state.config.templates.named(&name).into_iter().zip(1..);
        let shown = named.map(|((name, language), id)| {
            json!({"name": name, "language": language, "status": "APPROVED", "category": "UTILITY", "id": id.to_string()})
        });
        Ok(Json(fields::page(request, &shown.collect::<Vec<_>>())).into_response())
    })
}

fn said(data: &Value) -> Response {
    Json(json!({ "data": data })).into_response()
}

impl State {
    /// Whose token it is.
    fn holder(&self, token: Option<&str>) -> Option<Product> {
        let known = [(Product::Facebook, &self.config.page.token), (Product::Whatsapp, &self.config.number.token)];
        known.into_iter().find(|(_, known)| Some(known.expose()) == token).map(|(product, _)| product)
    }

    fn shown(&self, request: &Request) -> Result<Product, Error> {
        let product = self.holder(request.token.as_deref()).ok_or_else(|| Error::token(request.token.is_some()))?;
        self.tokens.check(product)?;
        Ok(product)
    }

    /// The app of the token `id|secret` that is shown.
    fn app_shown(&self, request: &Request) -> Result<String, Error> {
        let given = request.token.as_deref().ok_or_else(|| Error::token(false))?;
        let apps = [(Product::Facebook, &self.config.page.app), (Product::Whatsapp, &self.config.number.app)];
        let known = apps.into_iter().map(|(product, app)| (self.app_id(product), app.secret.expose()));
        let fits = |(id, secret): &(String, &str)| given == format!("{id}|{secret}");
        let (id, _) =
            known.into_iter().find(fits).ok_or_else(|| Error::new(190, "Invalid OAuth access token signature."))?;
        Ok(id)
    }

    fn app_id(&self, product: Product) -> String {
        let one = self.config.page.app.secret == self.config.number.app.secret;
        let other = u64::from(product == Product::Whatsapp && !one);
        (self.config.app_id + other).to_string()
    }
}
