//! The registry's `MediaService`: it keeps what was fetched.

use super::fetch::File;
use segnalalo_kit::rpc::{Channel, Rpc};
use segnalalo_proto::registry::v1::{
    AttachmentRef, GiveUpRequest, StoreRequest,
    media_service_client::MediaServiceClient,
    store_request::{Head, Part},
};
use std::time::Duration;
use tonic::{Code, Status};

const CONNECT: Duration = Duration::from_secs(10);
/// Of the largest attachment, on a slow disk.
const TIMEOUT: Duration = Duration::from_secs(60);
const CHUNK: usize = 256 * 1024;

/// Why the registry didn't take something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unkept {
    Later(String),
    Never(String),
}

#[derive(Clone)]
pub struct Keeper {
    client: MediaServiceClient<Channel>,
}

impl Keeper {
    /// Connects when it is first used, and again whenever it must.
    ///
    /// # Errors
    /// The address isn't one.
    pub fn new(rpc: &Rpc) -> Result<Self, tonic::transport::Error> {
        let endpoint = rpc.endpoint()?.timeout(TIMEOUT).connect_timeout(CONNECT);
        Ok(Self { client: MediaServiceClient::new(rpc.signed(endpoint.connect_lazy())) })
    }

    /// `Ok`: it is on disk there, now or from before.
    pub async fn keep(
        &self,
        name: &AttachmentRef,
        filename: String,
        file: File,
        trace_parent: &str,
    ) -> Result<(), Unkept> {
        let head = Head {
            attachment: Some(name.clone()),
            media_type: file.media_type,
            filename,
            trace_parent: trace_parent.to_owned(),
        };
        let part = |part| StoreRequest { part: Some(part) };
        let mut parts = vec![part(Part::Head(head))];
        parts.extend(file.bytes.chunks(CHUNK).map(|chunk| part(Part::Chunk(chunk.to_vec()))));
        let answer = self.client.clone().store(tokio_stream::iter(parts)).await;
        answer.map(drop).map_err(unkept)
    }

    pub async fn give_up(&self, name: &AttachmentRef, code: &str, trace_parent: &str) -> Result<(), Unkept> {
        let request = GiveUpRequest {
            attachment: Some(name.clone()),
            code: code.to_owned(),
            trace_parent: trace_parent.to_owned(),
        };
        self.client.clone().give_up(request).await.map(drop).map_err(unkept)
    }
}

fn unkept(status: Status) -> Unkept {
    let why = format!("the registry answers {:?}", status.code());
    match status.code() {
        Code::NotFound | Code::InvalidArgument => Unkept::Never(why),
        _ => Unkept::Later(why),
    }
}
