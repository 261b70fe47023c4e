//! The register as a whole: daily registers and proofs.

use super::{access::Caller, command, status};
use crate::{
    identity::Identity,
    journal::Reader,
    register::{
        by_hand,
        day::Date,
        export::{self, Exporter},
        manifest,
        verify::{Report, Verifier},
    },
    writer::{Error, Receipt, Request as Asked},
};
use prost::Message as _;
use segnalalo_domain::{
    desk::{Command, EmergencyRegister, EmergencyStep},
    id::CauseId,
    protocol::EmergencyNumber,
    rejection::Rejection,
    words::Actor,
};
use segnalalo_kit::trace;
use segnalalo_proto::{
    registry::v1::{self as wire, register_service_server::RegisterService},
    sealed::Opener,
    time,
};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// Of a register that was kept by hand.
const LARGEST_FILE: usize = 1024 * 1024;

pub struct Registers {
    pub exporter: Arc<Exporter>,
    pub reader: Arc<dyn Reader>,
    pub opener: Arc<dyn Opener>,
    pub identity: Identity,
}

#[tonic::async_trait]
impl RegisterService for Registers {
    async fn get_day(&self, request: Request<wire::GetDayRequest>) -> Result<Response<wire::GetDayResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let day = day(&request.day).map_err(|rejection| status::rejected(&rejection))?;
        if request.with_senders {
            self.check_may_read_senders(&caller)?;
        }
        let exported = self.exporter.day(day).await.map_err(|error| failed(&error))?;
        let csv_with_senders = match request.with_senders {
            true => self.exporter.with_senders(day, &*self.opener).map_err(|error| failed(&error))?,
            false => Vec::new(),
        };
        Ok(Response::new(wire::GetDayResponse {
            csv: exported.forms.csv,
            xml: exported.forms.xml,
            text: exported.forms.text,
            manifest: exported.manifest.unwrap_or_default(),
            csv_with_senders,
        }))
    }

    async fn get_signing_key(
        &self,
        _request: Request<wire::GetSigningKeyRequest>,
    ) -> Result<Response<wire::GetSigningKeyResponse>, Status> {
        let public_key = self.exporter.signer.public_key();
        let pem = manifest::pem(&public_key);
        Ok(Response::new(wire::GetSigningKeyResponse { public_key: public_key.to_vec(), pem }))
    }

    async fn open_emergency(
        &self,
        request: Request<wire::OpenEmergencyRequest>,
    ) -> Result<Response<wire::OpenEmergencyResponse>, Status> {
        let request = request.into_inner();
        let read = || {
            let cause = command::cause(b"emergency", None, &request.idempotency_key, &request.encode_to_vec())?;
            let actor = command::actor(request.actor.as_ref())?;
            let from = moment(request.from.as_ref(), "from")?.unwrap_or_else(|| self.exporter.clock.now());
            let authorised_by = either(&request.authorised_by, &actor.name);
            let (said, act) = (request.cause.clone(), request.act.clone());
            Ok((cause, actor, EmergencyStep::Open { from, cause: said, authorised_by, act }))
        };
        let Noted { position, repeated, until } = self.note(read()).await?;
        Ok(Response::new(wire::OpenEmergencyResponse { position, repeated, until }))
    }

    async fn extend_emergency(
        &self,
        request: Request<wire::ExtendEmergencyRequest>,
    ) -> Result<Response<wire::ExtendEmergencyResponse>, Status> {
        let request = request.into_inner();
        let read = || {
            let cause = command::cause(b"emergency", None, &request.idempotency_key, &request.encode_to_vec())?;
            let actor = command::actor(request.actor.as_ref())?;
            let until = moment(request.until.as_ref(), "until")?.ok_or(Rejection::Missing("until"))?;
            let authorised_by = either(&request.authorised_by, &actor.name);
            Ok((cause, actor, EmergencyStep::Extend { until, authorised_by, act: request.act.clone() }))
        };
        let Noted { position, repeated, until } = self.note(read()).await?;
        Ok(Response::new(wire::ExtendEmergencyResponse { position, repeated, until }))
    }

    async fn close_emergency(
        &self,
        request: Request<wire::CloseEmergencyRequest>,
    ) -> Result<Response<wire::CloseEmergencyResponse>, Status> {
        let request = request.into_inner();
        let read = || {
            let cause = command::cause(b"emergency", None, &request.idempotency_key, &request.encode_to_vec())?;
            let actor = command::actor(request.actor.as_ref())?;
            let at = moment(request.at.as_ref(), "at")?.unwrap_or_else(|| self.exporter.clock.now());
            Ok((cause, actor, EmergencyStep::Close { at }))
        };
        let Noted { position, repeated, until } = self.note(read()).await?;
        Ok(Response::new(wire::CloseEmergencyResponse { position, repeated, until }))
    }

    async fn import_emergency(
        &self,
        request: Request<wire::ImportEmergencyRequest>,
    ) -> Result<Response<wire::ImportEmergencyResponse>, Status> {
        let request = request.into_inner();
        let columns = &self.exporter.registrar.book.emergency;
        let read = || {
            if request.file.len() > LARGEST_FILE {
                let problem = "larger than 1 MB".to_owned();
                return Err(Rejection::Invalid { field: "file", problem });
            }
            let actor = command::actor(request.actor.as_ref())?;
            Ok((actor, by_hand::read(&request.file, columns, &self.identity)?))
        };
        let (actor, rows) = read().map_err(|rejection| status::rejected(&rejection))?;
        let numbers = rows.iter().map(|row| row.number).collect::<Vec<_>>();
        let sha256: [u8; 32] = Sha256::digest(&request.file).into();
        let cause = CauseId::derived(&[b"emergency-import", &sha256]);
        let receipt = self.take(cause, actor, EmergencyStep::Import { sha256, rows }).await.map_err(|error| {
            let Error::Rejected(Rejection::BadRow { line, column, problem }) = error else {
                return status::failed(&error);
            };
            let column = by_hand::heading(columns, &column).to_owned();
            status::rejected(&Rejection::BadRow { line, column, problem })
        })?;
        let numbers = self.exporter.writer.read(|world| {
            let register = &world.desk.register;
            let one = |number: EmergencyNumber| {
                let protocol = register.by_emergency.get(&number)?;
                let ticket = world.desk.tickets.get(register.numbers.get(protocol)?)?;
                let (emergency, protocol) = (number.to_string(), protocol.to_string());
                Some(wire::ImportedNumber { emergency, protocol, ticket_code: ticket.code.clone() })
            };
            numbers.into_iter().filter_map(one).collect()
        });
        let (position, repeated) = (receipt.position, receipt.repeated);
        Ok(Response::new(wire::ImportEmergencyResponse { position, repeated, numbers }))
    }

    async fn verify_register(
        &self,
        request: Request<wire::VerifyRegisterRequest>,
    ) -> Result<Response<wire::VerifyRegisterResponse>, Status> {
        let kept = request.into_inner().kept;
        let (exporter, reader, opener) = (self.exporter.clone(), self.reader.clone(), self.opener.clone());
        let verified = tokio::task::spawn_blocking(move || {
            let noted = |day: Date| exporter.exported(day).ok().flatten();
            let public_key = exporter.signer.public_key();
            let verifier =
                Verifier { reader: &*reader, opener: &*opener, public_key, shelf: &exporter.shelf, noted: &noted };
            if kept.is_empty() {
                return verifier.register();
            }
            let mut report = Report::default();
            for kept in &kept {
                verifier.manifest(&kept.manifest, &digests(kept), &mut report)?;
            }
            Ok(report)
        });
        let verified = verified.await.map_err(|_| Status::internal("the verification was cut off"))?;
        Ok(Response::new(response(verified.map_err(|error| status::unreadable(&error))?)))
    }
}

/// A step of the emergency register, in the log.
struct Noted {
    position: u64,
    repeated: bool,
    until: Option<prost_types::Timestamp>,
}

impl Registers {
    async fn note(&self, read: Result<(CauseId, Actor, EmergencyStep), Rejection>) -> Result<Noted, Status> {
        let (cause, actor, step) = read.map_err(|rejection| status::rejected(&rejection))?;
        let receipt = self.take(cause, actor, step).await.map_err(|error| status::failed(&error))?;
        let until = self.exporter.writer.read(|world| world.desk.register.emergencies.last().map(|last| last.until));
        Ok(Noted { position: receipt.position, repeated: receipt.repeated, until: until.map(time::to_wire) })
    }

    async fn take(&self, cause: CauseId, actor: Actor, step: EmergencyStep) -> Result<Receipt, Error> {
        let command = Command::Emergency(EmergencyRegister { step, actor });
        let asked = Asked { cause, command, occurred_at: None, trace_parent: trace::traceparent() };
        self.exporter.writer.execute(asked).await
    }

    /// By who it is that calls: a name in the request is anybody's.
    fn check_may_read_senders(&self, caller: &Caller) -> Result<(), Status> {
        if !self.exporter.registrar.book.may_read_senders.contains(&caller.name) {
            return Err(status::senders_refused(&caller.name));
        }
        tracing::info!(caller = caller.name, "the register is exported with its senders");
        Ok(())
    }
}

fn moment(
    at: Option<&prost_types::Timestamp>,
    field: &'static str,
) -> Result<Option<segnalalo_domain::Timestamp>, Rejection> {
    let Some(at) = at else {
        return Ok(None);
    };
    let read = time::from_wire(at);
    read.map(Some).ok_or_else(|| Rejection::Invalid { field, problem: "it is no moment in time".to_owned() })
}

fn either(given: &str, otherwise: &str) -> String {
    if given.trim().is_empty() { otherwise.to_owned() } else { given.to_owned() }
}

fn day(text: &str) -> Result<Date, Rejection> {
    if text.trim().is_empty() {
        return Err(Rejection::Missing("day"));
    }
    let problem = || format!("{text:?} isn't a date like 2026-11-27");
    text.trim().parse().map_err(|_| Rejection::Invalid { field: "day", problem: problem() })
}

fn digests(kept: &wire::KeptDay) -> Vec<(String, [u8; 32])> {
    [("csv", &kept.csv), ("xml", &kept.xml), ("txt", &kept.text)]
        .into_iter()
        .filter_map(|(form, digest)| Some((form.to_owned(), digest.as_slice().try_into().ok()?)))
        .collect()
}

fn response(report: Report) -> wire::VerifyRegisterResponse {
    let fault = |fault: crate::register::verify::Fault| wire::RegisterFault {
        code: fault.what.code().to_owned(),
        of: fault.of,
    };
    wire::VerifyRegisterResponse {
        numbers: report.numbers,
        annulled: report.annulled,
        days: report.days,
        recomputed: report.recomputed,
        erased: report.erased,
        without_record: report.without_record,
        emergencies: report.emergencies,
        by_hand: report.by_hand,
        faults: report.faults.into_iter().map(fault).collect(),
    }
}

fn failed(error: &export::Error) -> Status {
    match error {
        export::Error::Future(_) => status::rejected(&Rejection::Invalid { field: "day", problem: error.to_string() }),
        export::Error::Journal(error) => status::unreadable(error),
        export::Error::Writer(error) => status::failed(error),
        export::Error::Changed(_) | export::Error::Form(_) | export::Error::Folder(_) => {
            tracing::error!(?error, "a daily register can't be given out");
            Status::internal(error.to_string())
        }
    }
}
