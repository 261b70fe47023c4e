//! The register as a whole: daily registers and proofs.

use super::{access::Caller, status};
use crate::{
    journal::Reader,
    register::{
        day::Date,
        export::{self, Exporter},
        manifest,
        verify::{Report, Verifier},
    },
};
use segnalalo_domain::rejection::Rejection;
use segnalalo_proto::{
    registry::v1::{self as wire, register_service_server::RegisterService},
    sealed::Opener,
};
use std::sync::Arc;
use tonic::{Request, Response, Status};

pub struct Registers {
    pub exporter: Arc<Exporter>,
    pub reader: Arc<dyn Reader>,
    pub opener: Arc<dyn Opener>,
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

impl Registers {
    /// By who it is that calls: a name in the request is anybody's.
    fn check_may_read_senders(&self, caller: &Caller) -> Result<(), Status> {
        if !self.exporter.registrar.book.may_read_senders.contains(&caller.name) {
            return Err(status::senders_refused(&caller.name));
        }
        tracing::info!(caller = caller.name, "the register is exported with its senders");
        Ok(())
    }
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
