//! `segnalalo register`: the protocol register as a whole. Single numbers are also `ticket`'s.

mod emergency;

use crate::{
    client::{self, Registry},
    failure::Failure,
    operator, output,
    phrases::Phrases,
};
use anyhow::Context as _;
use clap::{Subcommand, ValueEnum};
use segnalalo_kit::config::Vars;
use segnalalo_proto::registry::v1::{
    self as wire, ExecuteRequest, GetDayRequest, GetDayResponse, GetSigningKeyRequest, KeptDay, VerifyRegisterRequest,
    VerifyRegisterResponse, execute_request::Command as Act,
};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, global = true)]
    json: bool,
    #[arg(long = "as", global = true, value_name = "NOME")]
    operator: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Day(Day),
    Verify {
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    Key,
    Annul(Annul),
    #[command(subcommand)]
    Emergency(emergency::Command),
}

#[derive(Debug, clap::Args)]
struct Day {
    #[arg(value_name = "DATA")]
    day: String,
    #[arg(long, default_value = "txt")]
    form: Form,
    #[arg(long, value_name = "CARTELLA", conflicts_with = "form")]
    out: Option<PathBuf>,
    #[arg(long)]
    with_senders: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Form {
    Txt,
    Csv,
    Xml,
    Sig,
}

#[derive(Debug, clap::Args)]
struct Annul {
    #[arg(value_name = "NUMERO")]
    number: String,
    #[arg(long)]
    reason: String,
    #[arg(long, value_name = "ATTO")]
    act: String,
    #[arg(long)]
    key: Option<String>,
}

pub async fn run(args: Args, vars: &Vars, phrases: &Phrases) -> Result<ExitCode, Failure> {
    let mut registry = Registry::connect(vars, phrases).await?;
    let operator = args.operator.as_deref();
    match args.command {
        Command::Day(day) => self::day(&mut registry, day, phrases).await?,
        Command::Verify { files } => return verify(&mut registry, &files, args.json, phrases).await,
        Command::Key => {
            let answer = registry.register.get_signing_key(GetSigningKeyRequest {}).await;
            let key = answer.map_err(|status| registry.refused(&status, phrases, &[]))?.into_inner();
            output::line(key.pem.trim_end());
        }
        Command::Annul(annul) => self::annul(&mut registry, annul, operator, vars, phrases).await?,
        Command::Emergency(command) => {
            let (registry, json) = (&mut registry, args.json);
            emergency::Desk { registry, operator, json, vars, phrases }.run(command).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn day(registry: &mut Registry, day: Day, phrases: &Phrases) -> Result<(), Failure> {
    let date = operator::date(&day.day, phrases)?;
    let request = GetDayRequest { day: date.clone(), with_senders: day.with_senders, actor: None };
    let answer = registry.register.get_day(request).await;
    let got = answer.map_err(|status| registry.refused(&status, phrases, &[]))?.into_inner();
    if let Some(folder) = &day.out {
        return save(&got, &date, folder, phrases);
    }
    let bytes = match day.form {
        _ if day.with_senders => &got.csv_with_senders,
        Form::Txt => &got.text,
        Form::Csv => &got.csv,
        Form::Xml => &got.xml,
        Form::Sig => got.manifest.as_bytes(),
    };
    std::io::stdout().write_all(bytes)?;
    if got.manifest.is_empty() {
        eprintln!("{}", phrases.text("register_provisional", &[("day", &date)]));
    }
    Ok(())
}

/// The files as the registry's own folder names them: `11-27.csv`.
fn save(day: &GetDayResponse, date: &str, folder: &Path, phrases: &Phrases) -> Result<(), Failure> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let name = date.get(5..).unwrap_or(date);
    let forms = [
        ("csv", day.csv.as_slice()),
        ("xml", &day.xml),
        ("txt", &day.text),
        ("sig", day.manifest.as_bytes()),
        ("mittenti.csv", &day.csv_with_senders),
    ];
    for (form, bytes) in forms.into_iter().filter(|(_, bytes)| !bytes.is_empty()) {
        let file = folder.join(format!("{name}.{form}"));
        fs::write(&file, bytes).with_context(|| file.display().to_string())?;
        output::line(file.display().to_string());
    }
    if day.manifest.is_empty() {
        output::line(phrases.text("register_provisional", &[("day", date)]));
    }
    Ok(())
}

async fn verify(
    registry: &mut Registry,
    files: &[PathBuf],
    as_json: bool,
    phrases: &Phrases,
) -> Result<ExitCode, Failure> {
    let kept = kept(files, phrases)?;
    let answer = registry.register.verify_register(VerifyRegisterRequest { kept }).await;
    let report = answer.map_err(|status| registry.refused(&status, phrases, &[]))?.into_inner();
    if as_json {
        output::line(as_object(&report).to_string());
    } else {
        tell(&report, !files.is_empty(), phrases);
    }
    Ok(if report.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Each day once, whichever of its files were named.
fn kept(files: &[PathBuf], phrases: &Phrases) -> Result<Vec<KeptDay>, Failure> {
    let mut manifests = files.iter().map(|file| file.with_extension("sig")).collect::<Vec<_>>();
    manifests.sort();
    manifests.dedup();
    manifests
        .into_iter()
        .map(|file| {
            let shown = file.display().to_string();
            let manifest = fs::read_to_string(&file)
                .map_err(|_| Failure::usage(phrases.text("register_no_manifest", &[("file", &shown)])))?;
            let digest = |form: &str| {
                let bytes = fs::read(file.with_extension(form)).ok();
                bytes.map(|bytes| Sha256::digest(bytes).to_vec()).unwrap_or_default()
            };
            Ok(KeptDay { manifest, csv: digest("csv"), xml: digest("xml"), text: digest("txt") })
        })
        .collect()
}

fn as_object(report: &VerifyRegisterResponse) -> serde_json::Value {
    let faults = report.faults.iter().map(|fault| json!({ "code": fault.code, "of": fault.of })).collect::<Vec<_>>();
    json!({
        "numbers": report.numbers,
        "annulled": report.annulled,
        "days": report.days,
        "recomputed": report.recomputed,
        "erased": report.erased,
        "without_record": report.without_record,
        "emergencies": report.emergencies,
        "by_hand": report.by_hand,
        "faults": faults,
    })
}

fn tell(report: &VerifyRegisterResponse, kept: bool, phrases: &Phrases) {
    for fault in &report.faults {
        let what = phrases.word("register_fault", &fault.code);
        output::line(phrases.text("register_fault", &[("of", &fault.of), ("what", what)]));
    }
    let counts =
        [report.numbers, report.annulled, report.days, report.recomputed, report.erased, report.without_record]
            .map(|count| count.to_string());
    let [numbers, annulled, days, recomputed, erased, without] = &counts;
    let (faults, by_hand) = (report.faults.len().to_string(), report.by_hand.to_string());
    let values = [
        ("numbers", numbers.as_str()),
        ("annulled", annulled),
        ("days", days),
        ("recomputed", recomputed),
        ("erased", erased),
        ("without", if report.without_record == 0 { "" } else { without }),
        ("by_hand", if report.by_hand == 0 { "" } else { &by_hand }),
        ("faults", &faults),
    ];
    let key = match (report.faults.is_empty(), kept) {
        (true, true) => "register_days_whole",
        (true, false) => "register_whole",
        (false, _) => "register_faulty",
    };
    output::line(phrases.text(key, &values));
}

async fn annul(
    registry: &mut Registry,
    annul: Annul,
    operator: Option<&str>,
    vars: &Vars,
    phrases: &Phrases,
) -> Result<(), Failure> {
    let key = annul.key.unwrap_or_else(operator::draw_key);
    let request = ExecuteRequest {
        idempotency_key: key.clone(),
        ticket: Some(operator::ticket_ref(&annul.number)),
        expected_version: 0,
        actor: Some(operator::actor(operator, vars, phrases)?),
        command: Some(Act::AnnulProtocol(wire::AnnulProtocol { reason: annul.reason, act: annul.act })),
    };
    let answer = registry.tickets.execute(request).await.map_err(|status| {
        let failure = registry.refused(&status, phrases, &[("reference", &annul.number)]);
        if client::is_uncertain(&status) { failure.with(&phrases.text("retry", &[("key", &key)])) } else { failure }
    })?;
    let ticket = answer.into_inner().ticket.unwrap_or_default();
    let values = [("protocol", ticket.protocol.as_str()), ("code", &ticket.code)];
    output::line(phrases.text("annulled_done", &values));
    Ok(())
}
