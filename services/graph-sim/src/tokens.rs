//! What has become of the access tokens, one for the page and one for WhatsApp.

use crate::graph::error::Error;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenState {
    #[default]
    Ok,
    Expired,
    PasswordChanged,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Product {
    Facebook,
    Whatsapp,
}

#[derive(Debug, Default, Serialize)]
pub struct Tokens {
    facebook: TokenState,
    whatsapp: TokenState,
    /// Seconds since 1970; 0: never. Only told: it is `facebook` and `whatsapp` that refuse.
    expires_at: i64,
}

impl Tokens {
    /// Of both when none is named.
    pub fn set(&mut self, product: Option<Product>, state: TokenState) {
        if product != Some(Product::Whatsapp) {
            self.facebook = state;
        }
        if product != Some(Product::Facebook) {
            self.whatsapp = state;
        }
    }

    /// Of both.
    pub fn set_expiry(&mut self, at: i64) {
        self.expires_at = at;
    }

    pub fn expires_at(&self) -> i64 {
        self.expires_at
    }

    pub fn check(&self, product: Product) -> Result<(), Error> {
        let state = match product {
            Product::Facebook => self.facebook,
            Product::Whatsapp => self.whatsapp,
        };
        let (subcode, message) = match state {
            TokenState::Ok => return Ok(()),
            TokenState::Expired => {
                (463, "Error validating access token: Session has expired. The current time is later than its end.")
            }
            TokenState::PasswordChanged => (
                460,
                "Error validating access token: The session has been invalidated because the user changed their \
                 password or Facebook has changed the session for security reasons.",
            ),
        };
        Err(Error::new(190, message).subcode(subcode))
    }
}
