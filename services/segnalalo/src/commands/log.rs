//! `segnalalo log`: the operator's tools over the event log. Through the registry while it runs, for it holds the
//! folder; on the files when it is stopped.

use crate::{client::Registry, failure::Failure, output, phrases::Phrases};
use anyhow::Context as _;
use bytes::Bytes;
use clap::Subcommand;
use segnalalo_kit::config::Vars;
use segnalalo_proto::registry::v1::{ExportLogRequest, VerifyLogRequest, VerifyLogResponse};
use segnalalo_registry::journal::{self, Journal as _, Memory, archive, verify};
use std::{
    fs::File,
    io::{BufReader, BufWriter},
    path::{Path, PathBuf},
    process::ExitCode,
};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Verify,
    Export { file: PathBuf },
    Import { file: PathBuf },
}

pub async fn run(args: Args, vars: &Vars, phrases: &Phrases) -> Result<ExitCode, Failure> {
    let folder = vars.parsed("SEGNALALO_DATA_DIR", PathBuf::from("data")).map_err(Failure::config)?.join("log");
    match args.command {
        Command::Verify => {
            let report = match Registry::connect(vars, phrases).await {
                Ok(registry) => verify_running(registry, phrases).await?,
                Err(_) => verify_stopped(&folder)?,
            };
            Ok(tell(&report, phrases))
        }
        Command::Export { file } => {
            let records = match Registry::connect(vars, phrases).await {
                Ok(registry) => export_running(registry, &file, phrases).await?,
                Err(_) => write(&*journal::open(existing(&folder)?).context("the event log")?.reader(), &file)?,
            };
            let values = [("records", records.to_string()), ("file", file.display().to_string())];
            output::line(phrases.text("exported", &[("records", &values[0].1), ("file", &values[1].1)]));
            Ok(ExitCode::SUCCESS)
        }
        Command::Import { file } => {
            let input = BufReader::new(File::open(&file).with_context(|| file.display().to_string())?);
            let mut journal = journal::open(&folder).context("the event log")?;
            let imported = archive::import(&mut *journal, input).context("the import")?;
            let (added, known) = (imported.added.to_string(), imported.known.to_string());
            output::line(phrases.text("imported", &[("added", &added), ("known", &known)]));
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn verify_running(mut registry: Registry, phrases: &Phrases) -> Result<VerifyLogResponse, Failure> {
    let answer = registry.log.verify_log(VerifyLogRequest {}).await;
    Ok(answer.map_err(|status| registry.refused(&status, phrases, &[]))?.into_inner())
}

/// Opening a log makes its folder: looking at one must not.
fn existing(folder: &Path) -> Result<&Path, Failure> {
    if folder.is_dir() {
        return Ok(folder);
    }
    Err(Failure::usage(format!("SEGNALALO_DATA_DIR: {} isn't there", folder.display())))
}

fn verify_stopped(folder: &Path) -> Result<VerifyLogResponse, Failure> {
    let journal = journal::open(existing(folder)?).context("the event log")?;
    let report = verify::verify(&*journal.reader()).context("the event log")?;
    let (fault_position, fault) = report.fault.map(|fault| (fault.position, fault.what)).unwrap_or_default();
    Ok(VerifyLogResponse { records: report.records, head: hex::encode(report.head.hash), fault, fault_position })
}

fn tell(report: &VerifyLogResponse, phrases: &Phrases) -> ExitCode {
    if report.fault.is_empty() {
        let records = report.records.to_string();
        output::line(phrases.text("log_whole", &[("records", &records), ("head", &report.head)]));
        return ExitCode::SUCCESS;
    }
    let position = report.fault_position.to_string();
    output::line(phrases.text("log_fault", &[("position", &position), ("fault", &report.fault)]));
    ExitCode::FAILURE
}

/// The records pass through a log in memory, which checks their chain.
async fn export_running(mut registry: Registry, file: &Path, phrases: &Phrases) -> Result<u64, Failure> {
    let answer = registry.log.export_log(ExportLogRequest { after_position: 0 }).await;
    let mut records = answer.map_err(|status| registry.refused(&status, phrases, &[]))?.into_inner();
    let mut memory = Memory::default();
    loop {
        match records.message().await {
            Ok(Some(response)) => memory.import(&[Bytes::from(response.record)]).context("the registry's records")?,
            Ok(None) => return write(&*memory.reader(), file),
            Err(status) => return Err(registry.refused(&status, phrases, &[])),
        }
    }
}

fn write(reader: &dyn journal::Reader, path: &Path) -> Result<u64, Failure> {
    let file = File::create(path).with_context(|| path.display().to_string())?;
    let head = archive::export(reader, BufWriter::new(&file)).context("the export")?;
    file.sync_all().with_context(|| path.display().to_string())?;
    Ok(head.position)
}
