//! Recorded bodies: what they tell, and the way they are sent.

use super::fate::When;
use crate::failure::Failure;
use anyhow::Context as _;
use jiff::Timestamp;
use segnalalo_ingest_facebook as facebook;
use segnalalo_ingest_whatsapp as whatsapp;
use segnalalo_kit::{
    config::{Secret, Vars},
    http,
    webhook::signature,
};
use segnalalo_proto::time;
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

const PATIENCE: Duration = Duration::from_secs(10);
const SIGNATURE: &str = "x-hub-signature-256";

/// Which webhook takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    Facebook,
    Whatsapp,
}

/// Folders, and where their bodies go.
const FOLDERS: [(&str, Channel); 3] =
    [("facebook", Channel::Facebook), ("messenger", Channel::Facebook), ("whatsapp", Channel::Whatsapp)];

pub struct Body {
    /// Its path below the folder.
    pub name: String,
    pub channel: Channel,
    bytes: Vec<u8>,
}

/// All bodies, in the order of folders and names.
///
/// # Errors
/// A folder or a file can't be read.
pub fn find(folder: &Path) -> Result<Vec<Body>, Failure> {
    let own = folder.canonicalize().with_context(|| folder.display().to_string())?;
    let own_name = own.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut bodies = Vec::new();
    for (name, channel) in FOLDERS {
        let below = folder.join(name);
        let place = if name == own_name { folder.to_owned() } else { below };
        for file in files(&place)? {
            let bytes = fs::read(&file).with_context(|| file.display().to_string())?;
            let shown = file.strip_prefix(folder).unwrap_or(&file).display().to_string();
            bodies.push(Body { name: shown, channel, bytes });
        }
    }
    Ok(bodies)
}

/// The `.json` files of a folder, by name; none when it isn't there.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(self::files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads bodies as the ingests do.
pub struct Reader {
    facebook: facebook::normalize::Settings,
    whatsapp: whatsapp::normalize::Settings,
}

impl Reader {
    /// # Errors
    /// A variable isn't set, or the city's hashtag can't be read.
    pub fn new(vars: &Vars) -> Result<Self, Failure> {
        let city = vars.parsed("SEGNALALO_CITY", PathBuf::from("deploy/biella")).map_err(Failure::config)?;
        Ok(Self {
            facebook: facebook::normalize::Settings {
                page_id: vars.required("FACEBOOK_PAGE_ID").map_err(Failure::config)?,
                hashtag: facebook::channels::hashtag(&city).map_err(Failure::config)?,
            },
            whatsapp: whatsapp::normalize::Settings {
                phone_number_id: vars.required("WHATSAPP_PHONE_NUMBER_ID").map_err(Failure::config)?,
            },
        })
    }

    /// When the things happened that the body tells of, if it is received now; nothing for one that can't be read.
    pub fn told(&self, body: &Body, receipt: Timestamp) -> Vec<When> {
        let accepted = match body.channel {
            Channel::Facebook => facebook::normalize::normalize(&body.bytes, &self.facebook, receipt),
            Channel::Whatsapp => whatsapp::normalize::normalize(&body.bytes, &self.whatsapp, receipt),
        };
        let inbound = accepted.map(|accepted| accepted.inbound).unwrap_or_default();
        let times = inbound.iter().filter_map(|one| one.occurred_at.as_ref().and_then(time::from_wire));
        times.map(|at| if at == receipt { When::OnReceipt } else { When::At(at) }).collect()
    }
}

/// Posts bodies as Meta does.
pub struct Sender {
    client: reqwest::Client,
    facebook: (String, Secret),
    whatsapp: (String, Secret),
}

/// What a webhook answered; or why it didn't.
pub type Sent = Result<u16, String>;

impl Sender {
    /// # Errors
    /// A secret isn't set.
    pub fn new(facebook: &str, whatsapp: &str, vars: &Vars) -> Result<Self, Failure> {
        let secret = |name: &str| vars.secret(name).map_err(Failure::config);
        Ok(Self {
            client: http::client(PATIENCE),
            facebook: (facebook.to_owned(), secret("FACEBOOK_APP_SECRET")?),
            whatsapp: (whatsapp.to_owned(), secret("WHATSAPP_APP_SECRET")?),
        })
    }

    pub async fn post(&self, body: &Body) -> Sent {
        let (url, secret) = match body.channel {
            Channel::Facebook => &self.facebook,
            Channel::Whatsapp => &self.whatsapp,
        };
        let request = self
            .client
            .post(url)
            .header("content-type", "application/json")
            .header(SIGNATURE, signature::sign(secret, &body.bytes))
            .body(body.bytes.clone());
        match request.send().await {
            Ok(answer) => Ok(answer.status().as_u16()),
            Err(error) if error.is_connect() => Err(format!("{url}: connection refused")),
            Err(error) => Err(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_says_when_its_things_happened() {
        let vars = Vars::from_pairs([
            ("SEGNALALO_CITY", concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/biella")),
            ("FACEBOOK_PAGE_ID", "104587321965874"),
            ("WHATSAPP_PHONE_NUMBER_ID", "106540352242922"),
        ]);
        let reader = Reader::new(&vars).unwrap_or_else(|failure| panic!("{failure}"));
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures");
        let bodies = find(&fixtures).unwrap_or_else(|failure| panic!("{failure}"));
        let told = |name: &str| {
            let body = bodies.iter().find(|body| body.name == name).unwrap();
            reader.told(body, "2027-01-01T00:00:00Z".parse().unwrap())
        };
        assert!(matches!(told("whatsapp/01-text.json")[..], [When::At(_)]));
        assert_eq!(told("whatsapp/54-history.json"), []);
    }

    #[test]
    fn bodies_are_found_below_the_three_folders_only_and_in_order() {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures");
        let bodies = find(&fixtures).unwrap_or_else(|failure| panic!("{failure}"));
        let names = bodies.iter().map(|body| body.name.as_str()).collect::<Vec<_>>();
        assert!(names.len() >= 40, "{}", names.len());
        assert!(names.iter().all(|name| !name.starts_with("bad/") && !name.starts_with("expected/")));
        assert!(names.is_sorted());
        let messenger = find(&fixtures.join("messenger")).unwrap_or_else(|failure| panic!("{failure}"));
        assert!(messenger.iter().all(|body| body.channel == Channel::Facebook));
    }
}
