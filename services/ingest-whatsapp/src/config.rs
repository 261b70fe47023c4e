//! The configuration of ingest-whatsapp.

use crate::normalize::Settings;
use segnalalo_kit::config::{Error, Secret, Vars};
use std::net::SocketAddr;

#[derive(Debug, Clone)]
pub struct Config {
    /// `INGEST_WHATSAPP_LISTEN`, default `0.0.0.0:8082`.
    pub listen: SocketAddr,
    /// `WHATSAPP_VERIFY_TOKEN`: what Meta shows when the webhook's address is set up.
    pub verify_token: Secret,
    /// `WHATSAPP_APP_SECRET`, and `WHATSAPP_APP_SECRET_PREVIOUS` while it is being changed.
    pub app_secrets: Vec<Secret>,
    /// `WHATSAPP_PHONE_NUMBER_ID`.
    pub settings: Settings,
}

impl Config {
    /// # Errors
    /// Names the variable and what is wrong with it.
    pub fn from_vars(vars: &Vars) -> Result<Self, Error> {
        let mut app_secrets = vec![vars.secret("WHATSAPP_APP_SECRET")?];
        app_secrets.extend(vars.secret_optional("WHATSAPP_APP_SECRET_PREVIOUS")?);
        Ok(Self {
            listen: vars.parsed("INGEST_WHATSAPP_LISTEN", SocketAddr::from(([0, 0, 0, 0], 8082)))?,
            verify_token: vars.secret("WHATSAPP_VERIFY_TOKEN")?,
            app_secrets,
            settings: Settings { phone_number_id: vars.required("WHATSAPP_PHONE_NUMBER_ID")? },
        })
    }
}
