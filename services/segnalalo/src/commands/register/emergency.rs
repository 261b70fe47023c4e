//! `segnalalo register emergency`: days without the system (DPR 445/2000 art. 63), told when it works again.

use crate::{
    client::{self, Registry},
    failure::Failure,
    operator, output,
    phrases::{Phrases, stamp},
    render::ticket::instant,
};
use anyhow::Context as _;
use clap::Subcommand;
use jiff::{
    Timestamp,
    civil::{Date, Time},
};
use segnalalo_domain::calendar::rome;
use segnalalo_kit::config::Vars;
use segnalalo_proto::{
    common::v1::Actor,
    registry::v1::{CloseEmergencyRequest, ExtendEmergencyRequest, ImportEmergencyRequest, OpenEmergencyRequest},
    time,
};
use serde_json::json;
use std::{fs, path::PathBuf};
use tonic::{Response, Status};

#[derive(Debug, Subcommand)]
pub enum Command {
    Open {
        #[arg(long)]
        reason: String,
        #[arg(long, value_name = "QUANDO")]
        from: Option<String>,
        #[arg(long, value_name = "CHI", default_value = "", hide_default_value = true)]
        authorised_by: String,
        #[arg(long, value_name = "ATTO", default_value = "", hide_default_value = true)]
        act: String,
        #[arg(long)]
        key: Option<String>,
    },
    Extend {
        #[arg(long, value_name = "QUANDO")]
        until: String,
        #[arg(long, value_name = "ATTO")]
        act: String,
        #[arg(long, value_name = "CHI", default_value = "", hide_default_value = true)]
        authorised_by: String,
        #[arg(long)]
        key: Option<String>,
    },
    Close {
        #[arg(long, value_name = "QUANDO")]
        at: Option<String>,
        #[arg(long)]
        key: Option<String>,
    },
    Import {
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Who acts, and how it is told.
pub struct Desk<'a> {
    pub registry: &'a mut Registry,
    pub operator: Option<&'a str>,
    pub json: bool,
    pub vars: &'a Vars,
    pub phrases: &'a Phrases,
}

type Noted = (u64, bool, Option<prost_types::Timestamp>);

impl Desk<'_> {
    pub async fn run(mut self, command: Command) -> Result<(), Failure> {
        let actor = Some(operator::actor(self.operator, self.vars, self.phrases)?);
        match command {
            Command::Open { reason, from, authorised_by, act, key } => {
                let from = from.map(|from| self.moment(&from)).transpose()?.map(time::to_wire);
                let key = key.unwrap_or_else(operator::draw_key);
                let idempotency_key = key.clone();
                let request = OpenEmergencyRequest { idempotency_key, actor, from, cause: reason, authorised_by, act };
                let answer = self.registry.register.open_emergency(request).await.map(Response::into_inner);
                let noted = answer.map(|noted| (noted.position, noted.repeated, noted.until));
                self.noted(noted, "emergency_opened", &key)
            }
            Command::Extend { until, act, authorised_by, key } => {
                let until = Some(time::to_wire(self.moment(&until)?));
                let key = key.unwrap_or_else(operator::draw_key);
                let idempotency_key = key.clone();
                let request = ExtendEmergencyRequest { idempotency_key, actor, until, authorised_by, act };
                let answer = self.registry.register.extend_emergency(request).await.map(Response::into_inner);
                let noted = answer.map(|noted| (noted.position, noted.repeated, noted.until));
                self.noted(noted, "emergency_extended", &key)
            }
            Command::Close { at, key } => {
                let at = at.map(|at| self.moment(&at)).transpose()?.map(time::to_wire);
                let key = key.unwrap_or_else(operator::draw_key);
                let request = CloseEmergencyRequest { idempotency_key: key.clone(), actor, at };
                let answer = self.registry.register.close_emergency(request).await.map(Response::into_inner);
                let noted = answer.map(|noted| (noted.position, noted.repeated, noted.until));
                self.noted(noted, "emergency_closed", &key)
            }
            Command::Import { file } => self.import(actor, file).await,
        }
    }

    /// Position, whether it was repeated, and until when it is authorised.
    fn noted(&self, answer: Result<Noted, Status>, said: &str, key: &str) -> Result<(), Failure> {
        let (position, repeated, until) = answer.map_err(|status| {
            let failure = self.registry.refused(&status, self.phrases, &[]);
            let again = self.phrases.text("retry", &[("key", key)]);
            if client::is_uncertain(&status) { failure.with(&again) } else { failure }
        })?;
        let until = instant(until.as_ref());
        if self.json {
            let until = until.map(|until| until.to_string());
            output::line(json!({ "position": position, "repeated": repeated, "until": until }).to_string());
            return Ok(());
        }
        let said = if repeated { "emergency_noted_before" } else { said };
        output::line(self.phrases.text(said, &[("until", &until.map(stamp).unwrap_or_default())]));
        Ok(())
    }

    async fn import(&mut self, actor: Option<Actor>, file: PathBuf) -> Result<(), Failure> {
        let bytes = fs::read(&file).with_context(|| file.display().to_string())?;
        let answer = self.registry.register.import_emergency(ImportEmergencyRequest { actor, file: bytes }).await;
        let imported = answer.map_err(|status| self.registry.refused(&status, self.phrases, &[]))?.into_inner();
        if self.json {
            let numbers = imported.numbers.iter().map(|number| {
                json!({ "emergency": number.emergency, "protocol": number.protocol, "ticket": number.ticket_code })
            });
            let numbers = numbers.collect::<Vec<_>>();
            let (position, repeated) = (imported.position, imported.repeated);
            output::line(json!({ "position": position, "repeated": repeated, "numbers": numbers }).to_string());
            return Ok(());
        }
        for number in &imported.numbers {
            let values = [
                ("emergency", number.emergency.as_str()),
                ("protocol", &number.protocol),
                ("code", &number.ticket_code),
            ];
            output::line(self.phrases.text("emergency_number", &values));
        }
        let said = if imported.repeated { "emergency_imported_before" } else { "emergency_imported" };
        output::line(self.phrases.text(said, &[("numbers", &imported.numbers.len().to_string())]));
        Ok(())
    }

    fn moment(&self, text: &str) -> Result<Timestamp, Failure> {
        moment(text).ok_or_else(|| Failure::usage(self.phrases.text("bad_moment", &[("text", text)])))
    }
}

/// "2026-11-27T09:05", "2026-11-27 09:05" or "27/11/2026 9:05": on the wall in Biella.
fn moment(text: &str) -> Option<Timestamp> {
    let (date, time) = text.trim().split_once(['T', ' '])?;
    let date = date.parse::<Date>().ok().or_else(|| {
        let mut parts = date.split('/');
        let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
        Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
    })?;
    let (hour, minute) = time.trim().split_once(':')?;
    let time = Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()?;
    rome().to_ambiguous_timestamp(date.to_datetime(time)).compatible().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_in_the_city_s_words() {
        let vars = Vars::from_pairs([("SEGNALALO_CITY", "nowhere")]);
        let phrases = Phrases::load(&vars).unwrap_or_else(|failure| panic!("{failure}"));
        for (key, said) in [
            ("emergency_opened", "autorizzato fino al 28/11/2026"),
            ("emergency_extended", "autorizzato fino al 28/11/2026"),
            ("emergency_closed", "chiuso"),
            ("emergency_noted_before", "non è cambiato nulla"),
            ("emergency_number", "E-2026/0001  ->  2026/0000012  (S-7K3M9)"),
            ("emergency_imported", "2 registrazioni"),
            ("emergency_imported_before", "non è cambiato nulla"),
        ] {
            let values = [
                ("until", "28/11/2026"),
                ("numbers", "2"),
                ("emergency", "E-2026/0001"),
                ("protocol", "2026/0000012"),
                ("code", "S-7K3M9"),
            ];
            assert!(phrases.text(key, &values).contains(said), "{key}");
        }
    }

    #[test]
    fn a_moment_is_read_as_people_write_it() {
        for text in ["2026-11-27T09:05", "2026-11-27 09:05", "27/11/2026 9:05"] {
            assert_eq!(moment(text).unwrap().to_string(), "2026-11-27T08:05:00Z", "{text}");
        }
        for text in ["", "2026-11-27", "09:05", "27/13/2026 9:05", "27/11/2026 25:05"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
