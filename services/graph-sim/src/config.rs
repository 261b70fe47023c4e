//! The configuration of graph-sim: the same ids, tokens and secrets that the services have, for it plays their other
//! side.

use crate::graph::template::{self, Templates};
use segnalalo_kit::config::{self, Secret, Vars};
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// Quick, so that a service that comes back hears soon what it missed; about ten minutes in all.
const RETRIES_MS: [u64; 14] =
    [250, 500, 1_000, 2_000, 3_000, 5_000, 8_000, 13_000, 20_000, 30_000, 60_000, 120_000, 180_000, 180_000];

#[derive(Debug, Clone)]
pub struct Config {
    /// `GRAPH_SIM_LISTEN`, default `127.0.0.1:8090`.
    pub listen: SocketAddr,
    pub page: Page,
    pub number: Number,
    /// Of the app that sends, as echoes tell it. `FACEBOOK_APP_ID`.
    pub app_id: u64,
    /// `GRAPH_SIM_TEMPLATES`: a TOML file of approved templates. Without it every name that begins with `segnalalo_` is
    /// approved, in Italian.
    pub templates: Templates,
    /// `SEGNALALO_DATA_DIR`: wall, chats and ledger are kept in its folder `graph-sim`. Without it, in memory only.
    pub data_dir: Option<PathBuf>,
    /// `GRAPH_SIM_WEBHOOK_ENCODING`: `escaped` (default, as Meta does) or `utf8`.
    pub encoding: Encoding,
    /// `GRAPH_SIM_RETRIES_MS`: the pauses before each further try of a webhook, with commas between. When they are used
    /// up it is given up.
    pub retries: Vec<Duration>,
    /// `GRAPH_SIM_STATUS_DELAY_MS`, default 150: from one status of a WhatsApp message to the next.
    pub status_delay: Duration,
    /// `GRAPH_SIM_STRANGERS`: `welcome` (default) or `refused`. Posts, comments and people that never came through here:
    /// webhooks may have been replayed to the services by somebody else.
    pub strangers: Strangers,
    /// `GRAPH_SIM_PAIR_RATE`, default false: one message in 6 s to one person, 45 at once at most.
    pub pair_rate: bool,
}

/// The Facebook page, and the app that is subscribed to it.
#[derive(Debug, Clone)]
pub struct Page {
    /// `FACEBOOK_PAGE_ID`
    pub id: String,
    /// `GRAPH_SIM_PAGE_NAME`, default `Città di Biella`.
    pub name: String,
    /// `FACEBOOK_PAGE_TOKEN`
    pub token: Secret,
    pub app: Subscription,
}

/// The WhatsApp number, and the app that is subscribed to its account.
#[derive(Debug, Clone)]
pub struct Number {
    /// `WHATSAPP_PHONE_NUMBER_ID`
    pub id: String,
    /// Of the business account. `WHATSAPP_BUSINESS_ACCOUNT_ID`
    pub account: String,
    /// Digits. `GRAPH_SIM_WHATSAPP_NUMBER`, default `393601075737`.
    pub display: String,
    /// `WHATSAPP_TOKEN`
    pub token: Secret,
    pub app: Subscription,
}

/// Where webhooks go, and what they are signed with.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// `GRAPH_SIM_FACEBOOK_WEBHOOK`, default `http://127.0.0.1:8081/webhook`; `GRAPH_SIM_WHATSAPP_WEBHOOK`, `…:8082/webhook`.
    pub callback_url: String,
    /// `FACEBOOK_APP_SECRET`, `WHATSAPP_APP_SECRET`
    pub secret: Secret,
    /// `FACEBOOK_VERIFY_TOKEN`, `WHATSAPP_VERIFY_TOKEN`
    pub verify_token: Secret,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Escaped,
    Utf8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strangers {
    Welcome,
    Refused,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Environment(#[from] config::Error),
    #[error("GRAPH_SIM_WEBHOOK_ENCODING: {0:?} is neither escaped nor utf8")]
    Encoding(String),
    #[error("GRAPH_SIM_STRANGERS: {0:?} is neither welcome nor refused")]
    Strangers(String),
    #[error("GRAPH_SIM_RETRIES_MS: {0:?} isn't a list of milliseconds with commas between")]
    Retries(String),
    #[error("GRAPH_SIM_TEMPLATES")]
    Templates(#[from] template::Unreadable),
}

impl Config {
    /// # Errors
    /// Names the variable, and what is wrong with it.
    pub fn from_vars(vars: &Vars) -> Result<Self, Error> {
        let templates = vars.optional("GRAPH_SIM_TEMPLATES").map(PathBuf::from);
        Ok(Self {
            listen: vars.parsed("GRAPH_SIM_LISTEN", SocketAddr::from(([127, 0, 0, 1], 8090)))?,
            page: page(vars)?,
            number: number(vars)?,
            app_id: vars.parsed("FACEBOOK_APP_ID", 1_929_931_607_227_568)?,
            templates: templates.map_or(Ok(Templates::default()), |file| Templates::read(&file))?,
            data_dir: vars.optional("SEGNALALO_DATA_DIR").map(PathBuf::from),
            encoding: encoding(vars)?,
            retries: retries(vars)?,
            status_delay: Duration::from_millis(vars.parsed("GRAPH_SIM_STATUS_DELAY_MS", 150)?),
            strangers: strangers(vars)?,
            pair_rate: vars.parsed("GRAPH_SIM_PAIR_RATE", false)?,
        })
    }
}

fn page(vars: &Vars) -> Result<Page, config::Error> {
    Ok(Page {
        id: or(vars, "FACEBOOK_PAGE_ID", "104587321965874"),
        name: or(vars, "GRAPH_SIM_PAGE_NAME", "Città di Biella"),
        token: vars.secret("FACEBOOK_PAGE_TOKEN")?,
        app: Subscription {
            callback_url: or(vars, "GRAPH_SIM_FACEBOOK_WEBHOOK", "http://127.0.0.1:8081/webhook"),
            secret: vars.secret("FACEBOOK_APP_SECRET")?,
            verify_token: vars.secret("FACEBOOK_VERIFY_TOKEN")?,
        },
    })
}

fn number(vars: &Vars) -> Result<Number, config::Error> {
    Ok(Number {
        id: or(vars, "WHATSAPP_PHONE_NUMBER_ID", "106540352242922"),
        account: or(vars, "WHATSAPP_BUSINESS_ACCOUNT_ID", "102290129340398"),
        display: or(vars, "GRAPH_SIM_WHATSAPP_NUMBER", "393601075737"),
        token: vars.secret("WHATSAPP_TOKEN")?,
        app: Subscription {
            callback_url: or(vars, "GRAPH_SIM_WHATSAPP_WEBHOOK", "http://127.0.0.1:8082/webhook"),
            secret: vars.secret("WHATSAPP_APP_SECRET")?,
            verify_token: vars.secret("WHATSAPP_VERIFY_TOKEN")?,
        },
    })
}

fn encoding(vars: &Vars) -> Result<Encoding, Error> {
    match or(vars, "GRAPH_SIM_WEBHOOK_ENCODING", "escaped").as_str() {
        "escaped" => Ok(Encoding::Escaped),
        "utf8" => Ok(Encoding::Utf8),
        other => Err(Error::Encoding(other.to_owned())),
    }
}

fn strangers(vars: &Vars) -> Result<Strangers, Error> {
    match or(vars, "GRAPH_SIM_STRANGERS", "welcome").as_str() {
        "welcome" => Ok(Strangers::Welcome),
        "refused" => Ok(Strangers::Refused),
        other => Err(Error::Strangers(other.to_owned())),
    }
}

fn retries(vars: &Vars) -> Result<Vec<Duration>, Error> {
    let Some(list) = vars.optional("GRAPH_SIM_RETRIES_MS") else {
        return Ok(RETRIES_MS.map(Duration::from_millis).to_vec());
    };
    let pauses = list.split(',').map(|pause| pause.trim().parse().map(Duration::from_millis));
    pauses.collect::<Result<_, _>>().map_err(|_| Error::Retries(list.clone()))
}

fn or(vars: &Vars, name: &str, default: &str) -> String {
    vars.optional(name).unwrap_or_else(|| default.to_owned())
}
