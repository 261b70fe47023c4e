//! Where things are: each process's variables, the folders, the broker's configuration. In containers `prepare` gave each
//! role a folder with its settings; natively all share one environment, and a demo has its own folder.

use crate::{
    commands::{demo::folder, prepare},
    failure::Failure,
};
use segnalalo_kit::{clock::DemoClock, config::Vars};
use std::path::{Path, PathBuf};

/// Beside the demo's keys (`commands/prepare/settings.rs`).
const MARK: &str = "broker/DEMO";

#[derive(Debug, clap::Args)]
pub struct Where {
    /// As `prepare` makes it: a folder for each role.
    #[arg(long, value_name = "CARTELLA")]
    keys: Option<PathBuf>,
    #[arg(long, value_name = "CARTELLA")]
    secrets: Option<PathBuf>,
    #[arg(long, value_name = "CARTELLA")]
    broker_data: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    nats_conf: Option<PathBuf>,
    /// This process has a container of its own.
    #[arg(long)]
    contained: bool,
}

pub struct Place {
    vars: Vars,
    pub keys: Option<PathBuf>,
    pub secrets: Option<PathBuf>,
    pub broker_data: Option<PathBuf>,
    /// `None`: none was found.
    pub nats_conf: Option<PathBuf>,
    pub contained: bool,
    /// What it finds stands for no city.
    pub rehearsal: bool,
}

impl Place {
    /// # Errors
    /// A variable is wrong.
    pub fn find(args: Where, vars: &Vars) -> Result<Self, Failure> {
        let demo = vars.parsed("SEGNALALO_DATA_DIR", PathBuf::from(".demo")).map_err(Failure::config)?;
        let lacks = |name: &str| vars.optional(name).or_else(|| vars.optional(&format!("{name}_FILE"))).is_none();
        let of_demo = args.keys.is_none() && lacks("SEGNALALO_MASTER_KEY") && demo.join("env").is_file();
        let vars = if of_demo {
            folder::with_demo(vars)?.with([("SEGNALALO_DATA_DIR", demo.display().to_string())])
        } else {
            vars.clone()
        };
        let file = |file: PathBuf| file.is_file().then_some(file);
        let nats_conf = args
            .nats_conf
            .or_else(|| file(args.keys.as_ref()?.join("broker/nats.conf")))
            .or_else(|| if of_demo { file(demo.join("broker/nats.conf")) } else { None })
            .or_else(|| file(PathBuf::from("deploy/nats.conf")));
        let marked = args.keys.as_ref().is_some_and(|keys| keys.join(MARK).exists());
        let clock = DemoClock::is_wanted(&vars).map_err(Failure::config)?;
        Ok(Self {
            broker_data: args.broker_data.or_else(|| of_demo.then(|| demo.join("nats"))),
            rehearsal: marked || clock,
            keys: args.keys,
            secrets: args.secrets,
            nats_conf,
            contained: args.contained,
            vars,
        })
    }

    /// What the process with this name reads.
    pub fn vars_of(&self, process: &str) -> Vars {
        match &self.keys {
            None => self.vars.clone(),
            Some(keys) => {
                let folder = keys.join(process).display().to_string();
                self.vars.with([("SEGNALALO_SETTINGS", folder)]).with_settings()
            }
        }
    }

    /// # Errors
    /// The variable is wrong.
    pub fn city(&self) -> Result<PathBuf, Failure> {
        self.vars.parsed("SEGNALALO_CITY", PathBuf::from("deploy/biella")).map_err(Failure::config)
    }

    /// The registry's.
    ///
    /// # Errors
    /// The variable is wrong.
    pub fn data(&self) -> Result<PathBuf, Failure> {
        self.vars_of("registry").parsed("SEGNALALO_DATA_DIR", PathBuf::from("data")).map_err(Failure::config)
    }

    /// Every file that must be nobody else's to read: of `keys`, of `secrets`, and those that variables name.
    pub fn secret_files(&self) -> Vec<PathBuf> {
        let in_folder = |folder: &Path| {
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            entries.map(|entry| entry.path()).filter(|file| file.is_file()).collect::<Vec<_>>()
        };
        let mut files = Vec::new();
        if let Some(keys) = &self.keys {
            for (_, nkey) in prepare::nkeys(keys) {
                files.extend(in_folder(nkey.parent().unwrap_or(keys)));
            }
            files.extend(in_folder(&keys.join("broker")).into_iter().filter(|file| secret_of_broker(file)));
        }
        if let Some(secrets) = &self.secrets {
            let readme = |file: &PathBuf| file.extension().is_some_and(|extension| extension == "md");
            files.extend(in_folder(secrets).into_iter().filter(|file| !readme(file)));
        }
        let of_roles = prepare::nkeys(Path::new("")).map(|(variable, _)| variable);
        let variables = super::secrets::NAMES.iter().map(|name| format!("{name}_FILE")).chain(of_roles);
        files.extend(variables.filter_map(|variable| self.vars.optional(&variable)).map(PathBuf::from));
        files
    }
}

/// The key of its files, and its configuration, in which that key stands too.
fn secret_of_broker(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name == "SEGNALALO_BROKER_KEY" || name == "nats.conf")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn args(keys: Option<PathBuf>) -> Where {
        Where { keys, secrets: None, broker_data: None, nats_conf: None, contained: false }
    }

    #[test]
    fn each_process_has_its_own_folder_or_all_share_the_environment() {
        let place = tempfile::tempdir().unwrap();
        let keys = place.path().join("keys");
        fs::create_dir_all(keys.join("triage")).unwrap();
        fs::write(keys.join("triage/SEGNALALO_NATS_NKEY"), "seed").unwrap();
        let vars = Vars::from_pairs([("SEGNALALO_MASTER_KEY", "x"), ("SEGNALALO_DATA_DIR", "nowhere")]);
        let find = |keys| Place::find(args(keys), &vars).unwrap_or_else(|failure| panic!("{failure}"));
        let apart = find(Some(keys.clone()));
        assert_eq!(apart.vars_of("triage").optional("SEGNALALO_NATS_NKEY").as_deref(), Some("seed"));
        assert_eq!(apart.vars_of("notifier").optional("SEGNALALO_NATS_NKEY"), None);
        assert_eq!(apart.secret_files(), [keys.join("triage/SEGNALALO_NATS_NKEY")]);
        assert!(!apart.rehearsal);
        fs::create_dir_all(keys.join("broker")).unwrap();
        fs::write(keys.join("broker/DEMO"), "").unwrap();
        assert!(find(Some(keys)).rehearsal);
        let named = vars.with([("TRIAGE_NATS_NKEY_FILE", "a"), ("WHATSAPP_TOKEN_FILE", "b")]);
        let named = Place::find(args(None), &named).unwrap_or_else(|failure| panic!("{failure}"));
        assert_eq!(named.secret_files(), ["b", "a"].map(PathBuf::from));
        assert_eq!(find(None).vars_of("triage").optional("SEGNALALO_MASTER_KEY").as_deref(), Some("x"));
    }
}
