//! One attachment from Meta. WhatsApp gives an id, which gives a link that is good for five minutes and asks for the token
//! again; Facebook and Messenger give signed links of their network (docs/media.md has the codes of failures).

use crate::graph::{Class, GraphConfig, classify, kind};
use reqwest::{Client, Response, StatusCode, Url, header};
use segnalalo_proto::common::v1::Attachment;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Hosts that attachments come from: what a webhook says is no reason to ask anybody else for anything.
const META: [&str; 6] = ["fbcdn.net", "fbsbx.com", "facebook.com", "whatsapp.net", "cdninstagram.com", "instagram.com"];
const REDIRECTS: usize = 3;
/// Meta asks for one at downloads.
const USER_AGENT: &str = concat!("segnalalo/", env!("CARGO_PKG_VERSION"));
const LONGEST_TYPE: usize = 127;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub media_type: String,
    pub bytes: Vec<u8>,
}

/// Why there is no file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It will never be had.
    Final(&'static str),
    /// It is tried a few times more.
    Few(&'static str),
    Later(String),
}

#[derive(Clone)]
pub struct Fetcher {
    pub client: Client,
    pub graph: GraphConfig,
    /// Bytes at most.
    pub largest: usize,
}

impl Fetcher {
    /// By the media id: the link that a webhook may carry expires sooner.
    pub async fn whatsapp_media(&self, attachment: &Attachment) -> Result<File, Failure> {
        if attachment.media_id.is_empty() {
            return Err(Failure::Final("no_file"));
        }
        let url = self.ask_for_link(&attachment.media_id).await?;
        let file = self.download(url, true, &attachment.mime_type).await?;
        check_hash(&attachment.sha256, &file.bytes)?;
        Ok(file)
    }

    /// A signed link needs no token, and gets none.
    pub async fn linked_file(&self, attachment: &Attachment) -> Result<File, Failure> {
        let url = self.allowed(&attachment.url)?;
        let file = self.download(url, false, &attachment.mime_type).await?;
        if file.media_type.starts_with("text/html") {
            // A film's page, or a login.
            return Err(Failure::Final("no_file"));
        }
        Ok(file)
    }

    async fn ask_for_link(&self, media_id: &str) -> Result<Url, Failure> {
        let url = format!("{}/{}/{media_id}", self.graph.url, self.graph.version);
        let url = Url::parse(&url).map_err(|_| Failure::Final("no_file"))?;
        let response = self.get(url, true).await?;
        let body = response.bytes().await.map_err(|error| Failure::Later(kind(&error)))?;
        let json = serde_json::from_slice::<Value>(&body).unwrap_or_default();
        if let Some(error) = json.get("error") {
            return Err(refused(error));
        }
        match json.get("url").and_then(Value::as_str) {
            Some(url) => self.allowed(url),
            None => Err(Failure::Later("no link in the answer".to_owned())),
        }
    }

    async fn download(&self, mut url: Url, with_token: bool, described: &str) -> Result<File, Failure> {
        for _ in 0..=REDIRECTS {
            let response = self.get(url.clone(), with_token).await?;
            match response.status() {
                status if status.is_success() => return self.read(response, described).await,
                status if status.is_redirection() => {
                    let location = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
                    let target = location.and_then(|location| url.join(location).ok());
                    url = self.allowed(target.as_ref().map_or("", Url::as_str))?;
                }
                // Expired; a new link may help, and a few times it is asked for one.
                StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::FORBIDDEN => return Err(Failure::Few("gone")),
                status => return Err(Failure::Later(format!("HTTP {}", status.as_u16()))),
            }
        }
        Err(Failure::Few("gone"))
    }

    async fn get(&self, url: Url, with_token: bool) -> Result<Response, Failure> {
        let mut request = self.client.get(url).header(header::USER_AGENT, USER_AGENT);
        if with_token {
            let token = self.graph.whatsapp_token.get_secret().map_err(Failure::Later)?;
            request = request.bearer_auth(token.expose());
        }
        request.send().await.map_err(|error| Failure::Later(kind(&error)))
    }

    async fn read(&self, mut response: Response, described: &str) -> Result<File, Failure> {
        let too_large = Failure::Final("too_large");
        if response.content_length().is_some_and(|length| length > self.largest as u64) {
            return Err(too_large);
        }
        let said = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = media_type(said.unwrap_or(described));
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| Failure::Later(kind(&error)))? {
            if bytes.len() + chunk.len() > self.largest {
                return Err(too_large);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(File { media_type, bytes })
    }

    /// Meta's own network, or whoever stands in for the Graph API.
    fn allowed(&self, url: &str) -> Result<Url, Failure> {
        let foreign = Failure::Final("foreign_address");
        let url = Url::parse(url).map_err(|_| foreign.clone())?;
        let ours = Url::parse(&self.graph.url).is_ok_and(|graph| graph.origin() == url.origin());
        let host = url.host_str().unwrap_or_default();
        let metas = META
            .iter()
            .any(|known| host.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')));
        if ours || (url.scheme() == "https" && metas && url.port().is_none()) { Ok(url) } else { Err(foreign) }
    }
}

fn refused(error: &Value) -> Failure {
    let number = |key| error.get(key).and_then(Value::as_i64).unwrap_or_default();
    match classify(number("code"), number("error_subcode")) {
        Class::Never | Class::Few => Failure::Few("gone"),
        _ => Failure::Later(format!("error {}", number("code"))),
    }
}

/// Base64 in webhooks; hex where Meta says so elsewhere. Nothing to compare with is no reason to refuse.
fn check_hash(said: &str, bytes: &[u8]) -> Result<(), Failure> {
    if said.is_empty() {
        return Ok(());
    }
    let digest = Sha256::digest(bytes);
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    if said == STANDARD.encode(digest) || said.eq_ignore_ascii_case(&hex::encode(digest)) {
        return Ok(());
    }
    Err(Failure::Few("altered"))
}

/// What a header may hold, and nothing else.
fn media_type(said: &str) -> String {
    let clean = said.chars().filter(|letter| letter.is_ascii_graphic() || *letter == ' ').take(LONGEST_TYPE);
    let clean = clean.collect::<String>();
    if clean.is_empty() { "application/octet-stream".to_owned() } else { clean }
}

#[cfg(test)]
mod tests;
