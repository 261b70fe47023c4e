//! The operator's tools over the log while the registry holds its folder.

use super::status;
use crate::{
    journal::{Reader, verify::verify_with},
    media::Vault,
};
use futures::{Stream, stream};
use segnalalo_proto::registry::v1::{self as wire, log_service_server::LogService};
use std::{pin::Pin, sync::Arc};
use tonic::{Request, Response, Status};

const CHUNK: usize = 256;

pub struct Log {
    pub reader: Arc<dyn Reader>,
    /// Attachments that events name are looked at as well.
    pub vault: Vault,
}

pub type Exporting = Pin<Box<dyn Stream<Item = Result<wire::ExportLogResponse, Status>> + Send>>;

#[tonic::async_trait]
impl LogService for Log {
    async fn verify_log(
        &self,
        _request: Request<wire::VerifyLogRequest>,
    ) -> Result<Response<wire::VerifyLogResponse>, Status> {
        let (reader, vault) = (self.reader.clone(), self.vault.clone());
        let report = tokio::task::spawn_blocking(move || verify_with(&*reader, |recorded| vault.check(recorded)))
            .await
            .map_err(|_| Status::internal("the verification was cut off"))?
            .map_err(|error| status::unreadable(&error))?;
        let (fault_position, fault) = report.fault.map(|fault| (fault.position, fault.what)).unwrap_or_default();
        Ok(Response::new(wire::VerifyLogResponse {
            records: report.records,
            head: hex::encode(report.head.hash),
            fault,
            fault_position,
        }))
    }

    type ExportLogStream = Exporting;

    /// Up to the head at the time of the call.
    async fn export_log(&self, request: Request<wire::ExportLogRequest>) -> Result<Response<Exporting>, Status> {
        let after = request.into_inner().after_position;
        let head = self.reader.head().position;
        let state = (self.reader.clone(), after);
        let chunks = stream::try_unfold(state, move |(reader, after)| async move {
            let records = reader.read_all(after, CHUNK).map_err(|error| status::unreadable(&error))?;
            let records = records.into_iter().filter(|(position, _)| *position <= head).collect::<Vec<_>>();
            let Some((last, _)) = records.last() else {
                return Ok::<_, Status>(None);
            };
            let last = *last;
            let responses = records
                .into_iter()
                .map(|(position, record)| Ok(wire::ExportLogResponse { position, record: record.to_vec() }))
                .collect::<Vec<_>>();
            Ok(Some((stream::iter(responses), (reader, last))))
        });
        Ok(Response::new(Box::pin(futures::TryStreamExt::try_flatten(chunks))))
    }
}
