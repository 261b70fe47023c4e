//! `segnalalo normalize`: a webhook's body on standard input, the observations that it tells on standard output, a
//! JSON object a line. A probe: it asks nobody and stores nothing.

use crate::failure::Failure;
use jiff::Timestamp;
use segnalalo_ingest_facebook as facebook;
use segnalalo_ingest_whatsapp as whatsapp;
use segnalalo_kit::{
    clock::{Clock as _, SystemClock},
    config::Vars,
};
use segnalalo_proto::json::view;
use serde_json::Value;
use std::{
    io::{Read as _, Write as _},
    path::PathBuf,
};

#[derive(Debug, clap::Args)]
pub struct Args {
    channel: Channel,
    #[arg(long)]
    received_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Channel {
    Facebook,
    Whatsapp,
}

pub fn run(args: &Args, vars: &Vars) -> Result<(), Failure> {
    let mut body = Vec::new();
    std::io::stdin().read_to_end(&mut body)?;
    let received_at = args.received_at.unwrap_or_else(|| SystemClock.now());
    let accepted = match args.channel {
        Channel::Facebook => {
            let city = vars.parsed("SEGNALALO_CITY", PathBuf::from("deploy/biella")).map_err(Failure::config)?;
            let settings = facebook::normalize::Settings {
                page_id: vars.optional("FACEBOOK_PAGE_ID").unwrap_or_else(|| addressee(&body, "/entry/0/id")),
                hashtag: facebook::channels::hashtag(&city).map_err(Failure::config)?,
            };
            facebook::normalize::normalize(&body, &settings, received_at)
        }
        Channel::Whatsapp => {
            let own = || addressee(&body, "/entry/0/changes/0/value/metadata/phone_number_id");
            let settings = whatsapp::normalize::Settings {
                phone_number_id: vars.optional("WHATSAPP_PHONE_NUMBER_ID").unwrap_or_else(own),
            };
            whatsapp::normalize::normalize(&body, &settings, received_at)
        }
    };
    let accepted = accepted.map_err(|malformed| Failure::failed(malformed.to_string()))?;
    let mut output = std::io::stdout().lock();
    for inbound in &accepted.inbound {
        writeln!(output, "{}", view::inbound(inbound))?;
    }
    Ok(())
}

/// Whose body it is, as it says itself: without configuration a body is taken for ours.
fn addressee(body: &[u8], pointer: &str) -> String {
    let parsed = serde_json::from_slice::<Value>(body).ok();
    match parsed.as_ref().and_then(|body| body.pointer(pointer)) {
        Some(Value::String(id)) => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        _ => String::new(),
    }
}
