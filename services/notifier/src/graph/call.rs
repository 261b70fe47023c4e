//! One POST, and what its answer means.

use super::{Class, Sent, asked::asked, classify};
use crate::messages::WhatsappTemplate;
use reqwest::{Client, RequestBuilder, Response};
use segnalalo_kit::config::{Error as ConfigError, Secret, Vars};
use serde_json::{Value, json};
use std::time::Duration;

/// A token that may be renewed while we run: a file is read again for each call.
#[derive(Debug, Clone)]
pub struct Token {
    vars: Vars,
    name: &'static str,
}

impl Token {
    /// # Errors
    /// It isn't there at start.
    pub fn new(vars: &Vars, name: &'static str) -> Result<Self, ConfigError> {
        vars.secret(name)?;
        Ok(Self { vars: vars.clone(), name })
    }

    pub(crate) fn get_secret(&self) -> Result<Secret, String> {
        self.get().map_err(|error| error.to_string())
    }

    fn get(&self) -> Result<Secret, ConfigError> {
        self.vars.secret(self.name)
    }
}

#[derive(Debug, Clone)]
pub struct GraphConfig {
    /// `GRAPH_API_URL`, without a slash at the end.
    pub url: String,
    /// `GRAPH_API_VERSION`: "v25.0".
    pub version: String,
    pub page_id: String,
    pub phone_number_id: String,
    pub page_token: Token,
    pub whatsapp_token: Token,
}

/// How a reply goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// A public comment under a post, or a reply to a comment.
    Comment {
        object: String,
    },
    /// Within 24 hours of the citizen's last word, or with the tag for people's answers up to 7 days.
    Messenger {
        psid: String,
        human_agent: bool,
    },
    WhatsappText {
        to: WhatsappTo,
    },
    /// After 24 hours.
    WhatsappTemplate {
        to: WhatsappTo,
        template: WhatsappTemplate,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhatsappTo {
    /// Digits with the country code.
    Phone(String),
    /// Business-scoped id.
    User(String),
}

#[derive(Clone)]
pub struct Graph {
    pub(super) client: Client,
    pub(super) config: GraphConfig,
}

impl Graph {
    pub fn new(client: Client, config: GraphConfig) -> Self {
        Self { client, config }
    }

    /// Sends once. `callback` comes back with the platform's statuses and echoes.
    pub async fn send(&self, form: &Form, text: &str, callback: &str) -> Sent {
        let request = match self.request(form, text, callback) {
            Ok(request) => request,
            Err(error) => {
                return Sent::Refused {
                    code: "token".to_owned(),
                    detail: error.to_string(),
                    class: Class::Pause,
                    wait: None,
                };
            }
        };
        match request.send().await {
            Ok(response) => self.read(form, response).await,
            // Nothing left this machine.
            Err(error) if error.is_connect() || error.is_builder() => {
                Sent::Refused { code: "connect".to_owned(), detail: kind(&error), class: Class::Offline, wait: None }
            }
            Err(error) => Sent::Unknown { detail: kind(&error) },
        }
    }

    fn request(&self, form: &Form, text: &str, callback: &str) -> Result<RequestBuilder, ConfigError> {
        let config = &self.config;
        let (object, edge, token, body) = match form {
            Form::Comment { object } => (object, "comments", &config.page_token, json!({ "message": text })),
            Form::Messenger { psid, human_agent } => {
                (&config.page_id, "messages", &config.page_token, messenger(psid, *human_agent, text, callback))
            }
            Form::WhatsappText { to } => {
                let content = json!({ "type": "text", "text": { "body": text, "preview_url": false } });
                (&config.phone_number_id, "messages", &config.whatsapp_token, whatsapp(to, content, callback))
            }
            Form::WhatsappTemplate { to, template } => {
                let content = json!({ "type": "template", "template": template_body(template) });
                (&config.phone_number_id, "messages", &config.whatsapp_token, whatsapp(to, content, callback))
            }
        };
        let url = format!("{}/{}/{object}/{edge}", config.url, config.version);
        Ok(self.client.post(url).bearer_auth(token.get()?.expose()).json(&body))
    }

    async fn read(&self, form: &Form, response: Response) -> Sent {
        let status = response.status();
        let wait = asked(response.headers());
        // The connection may break in the middle of the answer: then it was perhaps taken.
        let body = match response.bytes().await {
            Ok(body) => body,
            Err(error) => {
                return Sent::Unknown { detail: kind(&error) };
            }
        };
        let json = serde_json::from_slice::<Value>(&body).ok();
        if let Some(refused) = json.as_ref().and_then(|json| refused(form, status.as_u16(), json, wait)) {
            return refused;
        }
        match json.as_ref().and_then(provider_id) {
            Some(provider_id) if status.is_success() => Sent::Accepted { provider_id },
            _ if status.is_client_error() => Sent::Refused {
                code: format!("http_{}", status.as_u16()),
                detail: "no error body".to_owned(),
                class: Class::Later,
                wait,
            },
            _ => Sent::Unknown { detail: format!("HTTP {} without a usable body", status.as_u16()) },
        }
    }
}

/// Meta's error, if it is one: what a proxy in between calls an error says nothing about what Meta did.
fn refused(form: &Form, status: u16, body: &Value, wait: Option<Duration>) -> Option<Sent> {
    let error = body.get("error")?;
    let code = number(error.get("code")?)?;
    let subcode = error.get("error_subcode").and_then(number).unwrap_or_default();
    // Meta's words may be localised and name nobody; its `message` may repeat what was sent.
    let detail = error.pointer("/error_data/details").and_then(Value::as_str).unwrap_or_default().to_owned();
    // Facebook has answered 500 and had posted the comment each time: it is looked at, not repeated.
    let doubtful = matches!(form, Form::Comment { .. }) && status >= 500;
    let class = if doubtful { Class::Unknown } else { classify(code, subcode) };
    let name = if subcode == 0 { code.to_string() } else { format!("{code}/{subcode}") };
    Some(match class {
        Class::Unknown => Sent::Unknown { detail: format!("error {name} {detail}").trim_end().to_owned() },
        class => Sent::Refused { code: name, detail, class, wait },
    })
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn provider_id(body: &Value) -> Option<String> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).filter(|id| !id.is_empty()).map(str::to_owned);
    text(body.pointer("/messages/0/id")).or_else(|| text(body.get("message_id"))).or_else(|| text(body.get("id")))
}

fn messenger(psid: &str, human_agent: bool, text: &str, callback: &str) -> Value {
    let message = json!({ "text": text, "metadata": callback });
    if human_agent {
        json!({ "recipient": { "id": psid }, "messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT", "message": message })
    } else {
        json!({ "recipient": { "id": psid }, "messaging_type": "RESPONSE", "message": message })
    }
}

fn whatsapp(to: &WhatsappTo, mut content: Value, callback: &str) -> Value {
    content["messaging_product"] = json!("whatsapp");
    content["recipient_type"] = json!("individual");
    content["biz_opaque_callback_data"] = json!(callback);
    match to {
        // Without the plus Meta may put the business's own country code before it.
        WhatsappTo::Phone(digits) => content["to"] = json!(format!("+{}", digits.trim_start_matches('+'))),
        WhatsappTo::User(id) => content["recipient"] = json!(id),
    }
    content
}

fn template_body(template: &WhatsappTemplate) -> Value {
    let parameters = template.parameters.iter().map(|text| json!({ "type": "text", "text": text })).collect::<Vec<_>>();
    json!({
        "name": template.name,
        "language": { "code": template.language },
        "components": [{ "type": "body", "parameters": parameters }],
    })
}

/// What went wrong, without the URL: it names a person's comment.
pub(crate) fn kind(error: &reqwest::Error) -> String {
    let kind = if error.is_timeout() {
        "time-out"
    } else if error.is_connect() {
        "no connection"
    } else if error.is_body() || error.is_decode() {
        "the answer broke off"
    } else {
        "the connection broke off"
    };
    kind.to_owned()
}
