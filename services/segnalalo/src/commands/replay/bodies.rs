//! Recorded bodies and the way they are sent.

use crate::failure::Failure;
use anyhow::Context as _;
use segnalalo_kit::{
    config::{Secret, Vars},
    http, trace,
    webhook::signature,
};
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

    pub async fn post(&self, body: &Body, traceparent: &str) -> Sent {
        let (url, secret) = match body.channel {
            Channel::Facebook => &self.facebook,
            Channel::Whatsapp => &self.whatsapp,
        };
        let request = self
            .client
            .post(url)
            .header("content-type", "application/json")
            .header(SIGNATURE, signature::sign(secret, &body.bytes))
            .header(trace::HEADER, traceparent)
            .body(body.bytes.clone());
        match request.send().await {
            Ok(answer) => Ok(answer.status().as_u16()),
            Err(error) => Err(error.without_url().to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
