//! `segnalalo clients`: the systems that may call the registry. A token is drawn here and shown once: the registry gets
//! its hash only.

use crate::{
    client::{self, Registry},
    failure::Failure,
    operator, output,
    phrases::{Phrases, stamp},
    render::ticket::instant,
};
use clap::Subcommand;
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use segnalalo_kit::config::Vars;
use segnalalo_proto::registry::v1::{
    AddClientRequest, Client, ListClientsRequest, ListReadsRequest, PersonalDataReading, RevokeClientRequest,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use tonic::Status;

/// What a token begins with, so that one that got lost somewhere is recognised.
const PREFIX: &str = "sgn_";

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, global = true)]
    json: bool,
    #[arg(long = "as", value_name = "NOME", global = true)]
    operator: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Add(Add),
    List,
    Revoke(Revoke),
    Audit(Audit),
}

#[derive(Debug, clap::Args)]
struct Add {
    #[arg(value_name = "NOME")]
    name: String,
    #[arg(long, value_delimiter = ',', conflicts_with = "all_offices")]
    office: Vec<String>,
    #[arg(long)]
    all_offices: bool,
    #[arg(long, value_delimiter = ',', required = true)]
    right: Vec<String>,
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    #[arg(long)]
    no_token: bool,
    #[arg(long)]
    key: Option<String>,
}

#[derive(Debug, clap::Args)]
struct Revoke {
    #[arg(value_name = "NOME")]
    name: String,
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
    #[arg(long)]
    key: Option<String>,
}

#[derive(Debug, clap::Args)]
struct Audit {
    #[arg(long, default_value = "", hide_default_value = true)]
    client: String,
    #[arg(long, default_value = "", hide_default_value = true)]
    ticket: String,
    #[arg(long, default_value_t = 100)]
    limit: u32,
}

pub async fn run(args: Args, vars: &Vars, phrases: &Phrases) -> Result<(), Failure> {
    let registry = Registry::connect(vars, phrases).await?;
    let desk = Desk { registry, vars, phrases, json: args.json, operator: args.operator };
    match args.command {
        Command::Add(add) => desk.add(add).await,
        Command::List => desk.list().await,
        Command::Revoke(revoke) => desk.revoke(revoke).await,
        Command::Audit(audit) => desk.audit(audit).await,
    }
}

struct Desk<'a> {
    registry: Registry,
    vars: &'a Vars,
    phrases: &'a Phrases,
    json: bool,
    operator: Option<String>,
}

impl Desk<'_> {
    async fn add(mut self, add: Add) -> Result<(), Failure> {
        if add.office.is_empty() && !add.all_offices {
            return Err(Failure::usage(self.phrases.text("client_offices", &[])));
        }
        let certificate = add.certificate.as_deref().map(|file| fingerprint(file, self.phrases)).transpose()?;
        if add.no_token && certificate.is_none() {
            return Err(Failure::usage(self.phrases.text("client_credential", &[])));
        }
        let token = (!add.no_token).then(|| format!("{PREFIX}{}", hex::encode(rand::random::<[u8; 32]>())));
        let key = add.key.unwrap_or_else(operator::draw_key);
        let request = AddClientRequest {
            idempotency_key: key.clone(),
            actor: Some(operator::actor(self.operator.as_deref(), self.vars, self.phrases)?),
            name: add.name,
            token_sha256: token.as_ref().map(|token| Sha256::digest(token.as_bytes()).to_vec()).unwrap_or_default(),
            certificate_sha256: certificate.unwrap_or_default(),
            offices: add.office,
            rights: add.right,
        };
        let answer = self.registry.clients.add_client(request).await;
        let client = answer.map_err(|status| self.refused(&status))?.into_inner().client.unwrap_or_default();
        if self.json {
            output::line(json!({ "client": shown(&client), "token": token }).to_string());
            return Ok(());
        }
        let all = self.phrases.text("all_offices", &[]);
        let values = [
            ("name", client.name.as_str()),
            ("offices", &client.offices.join(", ")),
            ("all", if client.offices.is_empty() { &all } else { "" }),
            ("token", token.as_deref().unwrap_or_default()),
        ];
        let phrase = if token.is_some() { "client_added" } else { "client_added_certificate" };
        output::line(self.phrases.text(phrase, &values));
        Ok(())
    }

    async fn list(mut self) -> Result<(), Failure> {
        let answer = self.registry.clients.list_clients(ListClientsRequest {}).await;
        let clients = answer.map_err(|status| self.refused(&status))?.into_inner().clients;
        if self.json {
            output::line(json!({ "clients": clients.iter().map(shown).collect::<Vec<_>>() }).to_string());
            return Ok(());
        }
        if clients.is_empty() {
            output::line(self.phrases.text("no_clients", &[]));
        }
        let all = self.phrases.text("all_offices", &[]);
        for client in &clients {
            let offices = if client.offices.is_empty() { all.clone() } else { client.offices.join(",") };
            let at = |at: &Option<_>| instant(at.as_ref()).map(stamp).unwrap_or_default();
            let values = [
                ("name", client.name.as_str()),
                ("offices", &offices),
                ("rights", &client.rights.join(",")),
                ("added", &at(&client.added_at)),
                ("revoked", &at(&client.revoked_at)),
            ];
            output::line(self.phrases.text("client_item", &values));
        }
        Ok(())
    }

    async fn revoke(mut self, revoke: Revoke) -> Result<(), Failure> {
        let request = RevokeClientRequest {
            idempotency_key: revoke.key.unwrap_or_else(operator::draw_key),
            actor: Some(operator::actor(self.operator.as_deref(), self.vars, self.phrases)?),
            name: revoke.name.clone(),
            reason: revoke.reason,
        };
        let answer = self.registry.clients.revoke_client(request).await;
        let client = answer.map_err(|status| self.refused(&status))?.into_inner().client;
        if self.json {
            output::line(json!({ "client": client.as_ref().map(shown) }).to_string());
        } else {
            output::line(self.phrases.text("client_revoked", &[("name", &revoke.name)]));
        }
        Ok(())
    }

    async fn audit(mut self, audit: Audit) -> Result<(), Failure> {
        let request = ListReadsRequest {
            client: audit.client,
            ticket: audit.ticket.trim().to_ascii_uppercase(),
            limit: audit.limit.min(500),
        };
        let answer = self.registry.clients.list_reads(request).await;
        let reads = answer.map_err(|status| self.refused(&status))?.into_inner().reads;
        if self.json {
            output::line(json!({ "reads": reads.iter().map(reading).collect::<Vec<_>>() }).to_string());
            return Ok(());
        }
        if reads.is_empty() {
            output::line(self.phrases.text("no_reads", &[]));
        }
        for read in &reads {
            let at = instant(read.at.as_ref()).map(stamp).unwrap_or_default();
            let tickets = read.tickets.join(" ");
            let values = [("at", at.as_str()), ("who", &read.who), ("call", &read.call), ("tickets", tickets.as_str())];
            output::line(self.phrases.text("read_item", &values));
        }
        Ok(())
    }

    fn refused(&self, status: &Status) -> Failure {
        let offices = self.phrases.office_codes();
        let failure = self.registry.refused(status, self.phrases, &[("offices", &offices)]);
        if client::is_uncertain(status) {
            return failure.with("segnalalo clients list");
        }
        failure
    }
}

/// SHA-256 of the first certificate of a PEM file.
fn fingerprint(file: &Path, phrases: &Phrases) -> Result<Vec<u8>, Failure> {
    let shown = file.display().to_string();
    let certificate = CertificateDer::from_pem_file(file)
        .map_err(|_| Failure::usage(phrases.text("bad_certificate", &[("file", &shown)])))?;
    Ok(Sha256::digest(&certificate).to_vec())
}

fn shown(client: &Client) -> Value {
    let at = |at: &Option<_>| instant(at.as_ref()).map(|at| at.to_string());
    json!({
        "client_id": client.client_id,
        "name": client.name,
        "offices": client.offices,
        "rights": client.rights,
        "token": client.has_token,
        "certificate": client.has_certificate,
        "added_at": at(&client.added_at),
        "revoked_at": at(&client.revoked_at),
    })
}

fn reading(read: &PersonalDataReading) -> Value {
    json!({
        "position": read.position,
        "at": instant(read.at.as_ref()).map(|at| at.to_string()),
        "who": read.who,
        "call": read.call,
        "tickets": read.tickets,
    })
}
