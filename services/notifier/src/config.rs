//! The notifier's configuration.

use crate::graph::{GraphConfig, Token};
use jiff::SignedDuration;
use segnalalo_kit::{
    config::{Error, Vars},
    keys,
    master_key::Purpose,
    media,
    rpc::Rpc,
};
use segnalalo_proto::sealed::Key;
use std::{path::PathBuf, time::Duration};

/// The Graph API, and the version of it that this release was made for.
pub const GRAPH_API: &str = "https://graph.facebook.com";
pub const GRAPH_VERSION: &str = "v25.0";

#[derive(Debug, Clone)]
pub struct Config {
    /// `SEGNALALO_CITY`, default `deploy/biella`: the texts are in `messages/` below it.
    pub city: PathBuf,
    /// From `SEGNALALO_MASTER_KEY`: unwraps the citizens' keys.
    pub mirror_key: Key,
    /// `SEGNALALO_REGISTRY_URL`, default `http://127.0.0.1:50051`, and TLS (`rpc`); its token comes from the master key.
    pub registry: Rpc,
    /// `GRAPH_API_URL`, `GRAPH_API_VERSION`, `FACEBOOK_PAGE_ID`, `FACEBOOK_PAGE_TOKEN`, `WHATSAPP_PHONE_NUMBER_ID`,
    /// `WHATSAPP_TOKEN`.
    pub graph: GraphConfig,
    /// `NOTIFIER_READ_BACK_MS`, default a minute: between two looks at a thread.
    pub read_back_pause: Duration,
    /// `NOTIFIER_PROOF_WAIT_S`, default ten minutes: how long a status or an echo is waited for.
    pub proof_wait: SignedDuration,
    /// `SEGNALALO_MEDIA_MAX_MB`, default 25: larger attachments aren't fetched. In bytes.
    pub largest_attachment: usize,
}

impl Config {
    /// # Errors
    /// Names the variable and what is wrong with it.
    pub fn from_vars(vars: &Vars) -> Result<Self, Error> {
        let url = vars.parsed("GRAPH_API_URL", GRAPH_API.to_owned())?;
        Ok(Self {
            city: vars.parsed("SEGNALALO_CITY", PathBuf::from("deploy/biella"))?,
            mirror_key: keys::mirror_key(vars)?,
            registry: Rpc::from_vars(vars, Purpose::NotifierToken)?,
            graph: GraphConfig {
                url: url.trim_end_matches('/').to_owned(),
                version: vars.parsed("GRAPH_API_VERSION", GRAPH_VERSION.to_owned())?,
                page_id: vars.required("FACEBOOK_PAGE_ID")?,
                phone_number_id: vars.required("WHATSAPP_PHONE_NUMBER_ID")?,
                page_token: Token::new(vars, "FACEBOOK_PAGE_TOKEN")?,
                whatsapp_token: Token::new(vars, "WHATSAPP_TOKEN")?,
            },
            read_back_pause: Duration::from_millis(vars.parsed("NOTIFIER_READ_BACK_MS", 60_000)?),
            proof_wait: SignedDuration::from_secs(vars.parsed("NOTIFIER_PROOF_WAIT_S", 600)?),
            largest_attachment: media::largest(vars)?,
        })
    }
}
