//! The demo's folder: what the processes keep, and the secrets, drawn at random once and kept in `env`, which other
//! commands read too. Nothing in it is worth protecting but from being committed.

use crate::{commands::prepare, failure::Failure};
use anyhow::Context as _;
use segnalalo_kit::config::Vars;
use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process,
};

const FILE: &str = "env";
const PID_FILE: &str = "demo.pid";
/// Bytes of a secret that is drawn.
const SECRET: usize = 32;
/// Drawn at random.
const SECRETS: [&str; 8] = [
    "SEGNALALO_BROKER_KEY",
    "SEGNALALO_MASTER_KEY",
    "FACEBOOK_APP_SECRET",
    "FACEBOOK_VERIFY_TOKEN",
    "FACEBOOK_PAGE_TOKEN",
    "WHATSAPP_APP_SECRET",
    "WHATSAPP_VERIFY_TOKEN",
    "WHATSAPP_TOKEN",
];
/// The page and the number of tests/fixtures; everything on loopback.
const PLAIN: [(&str, &str); 13] = [
    ("FACEBOOK_PAGE_ID", "104587321965874"),
    ("WHATSAPP_PHONE_NUMBER_ID", "106540352242922"),
    ("GRAPH_API_URL", "http://127.0.0.1:8090"),
    ("GRAPH_API_VERSION", "v25.0"),
    ("GRAPH_SIM_LISTEN", "127.0.0.1:8090"),
    ("INGEST_FACEBOOK_LISTEN", "127.0.0.1:8081"),
    ("INGEST_WHATSAPP_LISTEN", "127.0.0.1:8082"),
    ("REGISTRY_LISTEN", "127.0.0.1:50051"),
    ("SEGNALALO_DEMO_CLOCK", "on"),
    ("SEGNALALO_REGISTRY_URL", "http://127.0.0.1:50051"),
    ("SEGNALALO_NATS_URL", "nats://127.0.0.1:4222"),
    ("SEGNALALO_LOG", "warn,segnalalo_kit::health=error,segnalalo_kit::bus=error"),
    ("SEGNALALO_LOG_FORMAT", "text"),
];

pub struct Folder(PathBuf);

impl Folder {
    /// # Errors
    /// It can't be made.
    pub fn open(path: PathBuf) -> Result<Self, Failure> {
        fs::create_dir_all(&path).with_context(|| path.display().to_string())?;
        Ok(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Whether another demo runs in it.
    pub fn other_demo(&self) -> bool {
        running(&self.0.join(PID_FILE), "segnalalo").is_some_and(|pid| pid != process::id())
    }

    /// Notes that this process runs in it.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn claim(&self) -> Result<(), Failure> {
        let file = self.0.join(PID_FILE);
        fs::write(&file, process::id().to_string()).with_context(|| file.display().to_string())?;
        Ok(())
    }

    /// The environment, with what it lacks from the folder; what the folder lacks is made and kept there.
    ///
    /// # Errors
    /// `env` can't be read or written.
    pub fn complete(&self, vars: &Vars) -> Result<Vars, Failure> {
        let file = self.0.join(FILE);
        let mut kept = read(&file)?;
        let known = kept.len();
        for name in SECRETS {
            kept.entry(name.to_owned()).or_insert_with(|| hex::encode(rand::random::<[u8; SECRET]>()));
        }
        if kept.len() != known {
            write(&file, &kept)?;
        }
        let plain = PLAIN.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let here = ("SEGNALALO_DATA_DIR".to_owned(), self.0.display().to_string());
        let vars = lacking(vars, plain.chain(kept)).with([here]);
        let webhook = |name: &str, variable: &str| {
            let address = vars.optional(variable).unwrap_or_default();
            (name.to_owned(), format!("http://{address}/webhook"))
        };
        let callbacks = [
            webhook("GRAPH_SIM_FACEBOOK_WEBHOOK", "INGEST_FACEBOOK_LISTEN"),
            webhook("GRAPH_SIM_WHATSAPP_WEBHOOK", "INGEST_WHATSAPP_LISTEN"),
        ];
        Ok(lacking(&vars, callbacks.into_iter().chain(keys(&self.0))))
    }
}

/// Whether a demo runs in the folder where one is looked for.
///
/// # Errors
/// The variable is wrong.
pub fn runs_here(vars: &Vars) -> Result<bool, Failure> {
    let folder = vars.parsed("SEGNALALO_DATA_DIR", PathBuf::from(".demo")).map_err(Failure::config)?;
    Ok(Folder(folder).other_demo())
}

/// Where each role's key to the broker is.
fn keys(folder: &Path) -> impl Iterator<Item = (String, String)> + use<> {
    prepare::nkeys(&folder.join("broker/keys")).map(|(variable, file)| (variable, file.display().to_string()))
}

/// The environment, with what it lacks from a demo's folder, if there is one: so that other commands find the demo.
///
/// # Errors
/// `env` is there and can't be read.
pub fn with_demo(vars: &Vars) -> Result<Vars, Failure> {
    let folder = vars.parsed("SEGNALALO_DATA_DIR", PathBuf::from(".demo")).map_err(Failure::config)?;
    let plain = PLAIN.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let keys = keys(&folder).filter(|(_, file)| Path::new(file).is_file());
    Ok(lacking(vars, plain.chain(read(&folder.join(FILE))?).chain(keys)))
}

/// The process of a pid file, when it is still there under its name. (Without /proc nobody can tell; the ports will.)
pub fn running(pid_file: &Path, name: &str) -> Option<u32> {
    let pid: u32 = fs::read_to_string(pid_file).ok()?.trim().parse().ok()?;
    // "<pid> (<name>) <state> ...": a zombie has ended, only nobody has asked for its exit code.
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (named, state) = stat.split_once('(')?.1.rsplit_once(") ")?;
    (named.starts_with(name) && !state.starts_with('Z')).then_some(pid)
}

fn lacking(vars: &Vars, pairs: impl IntoIterator<Item = (String, String)>) -> Vars {
    let is_set = |name: &str| vars.optional(name).is_some() || vars.optional(&format!("{name}_FILE")).is_some();
    vars.with(pairs.into_iter().filter(|(name, _)| !is_set(name)).collect::<Vec<_>>())
}

fn read(file: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(Failure::failed(format!("{}: {error}", file.display()))),
    };
    let pairs = text.lines().filter(|line| !line.trim_start().starts_with('#')).filter_map(|line| line.split_once('='));
    Ok(pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect())
}

fn write(file: &Path, pairs: &BTreeMap<String, String>) -> Result<(), Failure> {
    let lines: String = pairs.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    let opened = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file);
    opened.and_then(|mut file| file.write_all(lines.as_bytes())).with_context(|| file.display().to_string())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_drawn_once_and_kept_and_the_environment_wins() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(place.path().join("demo")).unwrap_or_else(|failure| panic!("{failure}"));
        let none = Vars::from_pairs([("A", "b")]);
        let first = folder.complete(&none).unwrap_or_else(|failure| panic!("{failure}"));
        let key = first.required("SEGNALALO_MASTER_KEY").unwrap();
        assert_eq!(key.len(), 64);
        assert_ne!(key, first.required("FACEBOOK_APP_SECRET").unwrap());
        let own = Vars::from_pairs([("FACEBOOK_APP_SECRET", "mine"), ("WHATSAPP_TOKEN_FILE", "token")]);
        let second = folder.complete(&own).unwrap_or_else(|failure| panic!("{failure}"));
        assert_eq!(second.required("SEGNALALO_MASTER_KEY").unwrap(), key);
        assert_eq!(second.required("FACEBOOK_APP_SECRET").unwrap(), "mine");
        assert_eq!(second.optional("WHATSAPP_TOKEN"), None);
        assert!(second.required("SEGNALALO_DATA_DIR").unwrap().ends_with("demo"));
    }
}
