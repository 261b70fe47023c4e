//! The configuration of ingest-facebook.

use crate::{channels, normalize::Settings};
use segnalalo_kit::{
    city,
    config::{self, Secret, Vars},
};
use std::{net::SocketAddr, path::PathBuf};

#[derive(Debug, Clone)]
pub struct Config {
    /// `INGEST_FACEBOOK_LISTEN`, default `0.0.0.0:8081`.
    pub listen: SocketAddr,
    /// `FACEBOOK_VERIFY_TOKEN`: what Meta shows when the webhook's address is set up.
    pub verify_token: Secret,
    /// `FACEBOOK_APP_SECRET`, and `FACEBOOK_APP_SECRET_PREVIOUS` while it is being changed.
    pub app_secrets: Vec<Secret>,
    /// `FACEBOOK_PAGE_ID`, and the hashtag of `SEGNALALO_CITY` (default `deploy/biella`).
    pub settings: Settings,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Environment(#[from] config::Error),
    #[error(transparent)]
    City(#[from] city::Error),
}

impl Config {
    /// # Errors
    /// Names the variable or the city's file, and what is wrong with it.
    pub fn from_vars(vars: &Vars) -> Result<Self, Error> {
        let mut app_secrets = vec![vars.secret("FACEBOOK_APP_SECRET")?];
        app_secrets.extend(vars.secret_optional("FACEBOOK_APP_SECRET_PREVIOUS")?);
        let city = vars.parsed("SEGNALALO_CITY", PathBuf::from("deploy/biella"))?;
        Ok(Self {
            listen: vars.parsed("INGEST_FACEBOOK_LISTEN", SocketAddr::from(([0, 0, 0, 0], 8081)))?,
            verify_token: vars.secret("FACEBOOK_VERIFY_TOKEN")?,
            app_secrets,
            settings: Settings { page_id: vars.required("FACEBOOK_PAGE_ID")?, hashtag: channels::hashtag(&city)? },
        })
    }
}
