//! What citizens attached: the notifier brings it, operators look at it.

use super::{
    access::{Audit, Caller},
    scope, status, ticket_ref,
};
use crate::{
    blobs,
    journal::Reader,
    media::{self, Vault},
    writer::{Request as Write, Writer},
};
use futures::{Stream, stream};
use segnalalo_domain::{
    conversation::Media,
    desk::{Command, MediaEnd, SettleMedia},
    event::{
        Event,
        conversation::{Attachment, Event as Said, StoredFile},
    },
    id::{CauseId, ConversationId, MessageId},
    rejection::Rejection,
};
use segnalalo_proto::{
    common::v1::{Attachment as Described, PersonalContent},
    convert,
    registry::v1::{self as wire, media::State, media_service_server::MediaService, store_request::Part},
    sealed::{self, Opener as _},
};
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeMap, pin::Pin, sync::Arc};
use tonic::{Request, Response, Status, Streaming};

const CHUNK: usize = 256 * 1024;
/// Reasons are codes, not words.
const LONGEST_CODE: usize = 64;

pub struct MediaDesk {
    pub writer: Writer,
    pub reader: Arc<dyn Reader>,
    pub vault: Vault,
    pub audit: Audit,
    /// Bytes of one attachment at most.
    pub largest: usize,
}

pub type Reading = Pin<Box<dyn Stream<Item = Result<wire::ReadResponse, Status>> + Send>>;

#[tonic::async_trait]
impl MediaService for MediaDesk {
    async fn store(
        &self,
        request: Request<Streaming<wire::StoreRequest>>,
    ) -> Result<Response<wire::StoreResponse>, Status> {
        let mut parts = request.into_inner();
        let Some(wire::StoreRequest { part: Some(Part::Head(head)) }) = parts.message().await? else {
            return Err(missing("head"));
        };
        let (conversation, attachment) = read_ref(head.attachment.as_ref())?;
        let lock = self.writer.read(|world| {
            let state = world.desk.conversations.get(&conversation);
            let known = state.is_some_and(|state| state.messages.contains_key(&attachment.message));
            known.then(|| world.desk.lock_for_media(conversation, attachment.message))
        });
        let lock = lock.ok_or_else(|| status::rejected(&Rejection::UnknownMessage))?;
        let bytes = self.collect(&mut parts).await?;
        let described = Described {
            filename: head.filename,
            mime_type: head.media_type.clone(),
            sha256: base64(&Sha256::digest(&bytes)),
            ..Described::default()
        };
        let content = PersonalContent { attachments: vec![described], ..PersonalContent::default() };
        let vault = self.vault.clone();
        let kept = blocking(move || vault.keep(&lock, attachment, head.media_type, &bytes))
            .await?
            .map_err(|error| unkept(&error))?;
        let end = MediaEnd::Stored { file: kept.clone(), sealed: sealed::seal(None, &content) };
        let settled = self.settle(conversation, attachment, end, head.trace_parent).await;
        self.remove_unnamed(conversation, attachment, &kept, settled.is_ok()).await;
        Ok(Response::new(wire::StoreResponse { position: settled? }))
    }

    async fn give_up(&self, request: Request<wire::GiveUpRequest>) -> Result<Response<wire::GiveUpResponse>, Status> {
        let request = request.into_inner();
        let (conversation, attachment) = read_ref(request.attachment.as_ref())?;
        let is_code =
            |code: &str| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if request.code.is_empty() || request.code.len() > LONGEST_CODE || !is_code(&request.code) {
            let problem = "it is a word of small letters, such as expired".to_owned();
            return Err(status::rejected(&Rejection::Invalid { field: "code", problem }));
        }
        let end = MediaEnd::Failed { code: request.code };
        let position = self.settle(conversation, attachment, end, request.trace_parent).await?;
        Ok(Response::new(wire::GiveUpResponse { position }))
    }

    async fn list(&self, request: Request<wire::ListRequest>) -> Result<Response<wire::ListResponse>, Status> {
        let caller = Caller::of(&request)?;
        let name = request.into_inner().ticket;
        let (ticket, positions) = self
            .writer
            .read(|world| {
                let (id, _) = scope::find(world, &caller, &ticket_ref(name.as_ref())?)?;
                Ok((id, world.read.entry_of(id).map(|entry| entry.positions.clone()).unwrap_or_default()))
            })
            .map_err(|rejection: Rejection| status::rejected(&rejection))?;
        self.audit.note(&caller, "list_attachments", &[ticket]).await?;
        let mut listed = Listed::default();
        for position in positions {
            let record = self.reader.read(position).map_err(|error| status::unreadable(&error))?;
            if let Some(recorded) = record.and_then(|record| convert::read(&record).ok())
                && let (segnalalo_domain::event::Stream::Conversation(conversation), Event::Conversation(event)) =
                    (recorded.stream, &recorded.event)
            {
                listed.take(&self.vault, conversation, event);
            }
        }
        Ok(Response::new(wire::ListResponse { media: listed.media.into_values().collect() }))
    }

    type ReadStream = Reading;

    async fn read(&self, request: Request<wire::ReadRequest>) -> Result<Response<Reading>, Status> {
        let caller = Caller::of(&request)?;
        let (conversation, attachment) = read_ref(request.into_inner().attachment.as_ref())?;
        let seen = self.writer.read(|world| {
            let ticket = scope::ticket_of_message(world, &caller, conversation, attachment.message)?;
            Ok((ticket, media::known(world, conversation, &attachment)))
        });
        let (ticket, known) = seen.map_err(|rejection: Rejection| status::rejected(&rejection))?;
        let file = match known {
            Some(Media::Stored(file)) => file,
            Some(Media::Failed(code)) => return Err(status::media_not_here(&code)),
            None => return Err(status::media_not_here(status::AWAITED)),
        };
        let vault = self.vault.clone();
        let bytes = blocking(move || vault.open(attachment, &file)).await?.map_err(|error| unopened(&error))?;
        self.audit.note_each(&caller, "read_attachment", ticket).await?;
        let chunks =
            bytes.chunks(CHUNK).map(|chunk| Ok(wire::ReadResponse { chunk: chunk.to_vec() })).collect::<Vec<_>>();
        Ok(Response::new(Box::pin(stream::iter(chunks))))
    }
}

impl MediaDesk {
    async fn collect(&self, parts: &mut Streaming<wire::StoreRequest>) -> Result<Vec<u8>, Status> {
        let mut bytes = Vec::new();
        while let Some(part) = parts.message().await? {
            let Some(Part::Chunk(chunk)) = part.part else {
                return Err(missing("chunk"));
            };
            if bytes.len() + chunk.len() > self.largest {
                let problem = format!("an attachment has {} bytes at most (SEGNALALO_MEDIA_MAX_MB)", self.largest);
                return Err(status::rejected(&Rejection::Invalid { field: "chunk", problem }));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    async fn settle(
        &self,
        conversation: ConversationId,
        attachment: Attachment,
        end: MediaEnd,
        trace_parent: String,
    ) -> Result<u64, Status> {
        let word: &[u8] = if matches!(end, MediaEnd::Stored { .. }) { b"stored" } else { b"failed" };
        let cause = CauseId::derived(&[
            b"media",
            &attachment.message.0,
            &attachment.revision.to_be_bytes(),
            &attachment.index.to_be_bytes(),
            word,
        ]);
        let command = Command::SettleMedia(SettleMedia { conversation, attachment, end });
        let write = Write { cause, command, occurred_at: None, trace_parent };
        Ok(self.writer.execute(write).await.map_err(|error| status::failed(&error))?.position)
    }

    /// Another call was first: its file stays, ours goes. After an error nobody can tell, and the next start sweeps.
    async fn remove_unnamed(
        &self,
        conversation: ConversationId,
        attachment: Attachment,
        kept: &StoredFile,
        told: bool,
    ) {
        let named = self.writer.read(|world| media::known(world, conversation, &attachment));
        if !told || matches!(named, Some(Media::Stored(file)) if file.blob == kept.blob) {
            return;
        }
        let (vault, blob) = (self.vault.clone(), kept.blob);
        if let Ok(Err(error)) = blocking(move || vault.blobs.remove(&blob)).await {
            tracing::warn!(%error, "a file that no event names stays until the next start");
        }
    }
}

/// A ticket's attachments as its events tell of them.
#[derive(Default)]
struct Listed {
    media: BTreeMap<(ConversationId, Attachment), wire::Media>,
    /// Edits of each message so far.
    revisions: BTreeMap<MessageId, u32>,
}

impl Listed {
    fn take(&mut self, vault: &Vault, conversation: ConversationId, event: &Said) {
        match event {
            Said::MessageReceived { message, sealed, .. } => self.described(vault, conversation, *message, 0, sealed),
            Said::MessageEdited { message, sealed } => {
                let revision = self.revisions.entry(*message).or_default();
                *revision += 1;
                let revision = *revision;
                self.described(vault, conversation, *message, revision, sealed);
            }
            Said::MediaStored { attachment, file, sealed } => {
                let known = self.entry(conversation, *attachment);
                known.media_type.clone_from(&file.media_type);
                known.size = file.size;
                known.code = String::new();
                match vault.keyring.open(sealed) {
                    Ok(content) => {
                        known.set_state(State::Stored);
                        if let Some(described) = content.attachments.first() {
                            known.sha256.clone_from(&described.sha256);
                            known.filename.clone_from(&described.filename);
                        }
                    }
                    Err(_) => known.set_state(State::Erased),
                }
            }
            Said::MediaFailed { attachment, code } => {
                let known = self.entry(conversation, *attachment);
                known.set_state(State::Failed);
                known.code.clone_from(code);
            }
            _ => {}
        }
    }

    fn described(
        &mut self,
        vault: &Vault,
        conversation: ConversationId,
        message: MessageId,
        revision: u32,
        sealed: &segnalalo_domain::sealed::Sealed,
    ) {
        // What an erased message had attached is told by the files' own events.
        let content = vault.keyring.open(sealed).unwrap_or_default();
        for (index, described) in (0_u32..).zip(content.attachments).filter(|(_, described)| described.is_file()) {
            let known = self.entry(conversation, Attachment { message, revision, index });
            known.set_state(State::Awaited);
            known.media_type = described.mime_type;
            known.filename = described.filename;
        }
    }

    fn entry(&mut self, conversation: ConversationId, attachment: Attachment) -> &mut wire::Media {
        self.media.entry((conversation, attachment)).or_insert_with(|| wire::Media {
            attachment: Some(wire::AttachmentRef {
                conversation_id: conversation.to_vec(),
                message_id: attachment.message.to_vec(),
                revision: attachment.revision,
                index: attachment.index,
            }),
            ..wire::Media::default()
        })
    }
}

fn read_ref(name: Option<&wire::AttachmentRef>) -> Result<(ConversationId, Attachment), Status> {
    let name = name.ok_or_else(|| missing("attachment"))?;
    let conversation =
        ConversationId::from_slice(&name.conversation_id).ok_or_else(|| missing("attachment.conversation_id"))?;
    let message = MessageId::from_slice(&name.message_id).ok_or_else(|| missing("attachment.message_id"))?;
    Ok((conversation, Attachment { message, revision: name.revision, index: name.index }))
}

fn missing(field: &'static str) -> Status {
    status::rejected(&Rejection::Missing(field))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Status> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Status::internal("the work was cut off"))
}

fn unkept(error: &media::Error) -> Status {
    tracing::error!(?error, "an attachment can't be kept");
    status::media_unkept()
}

fn unopened(error: &media::Error) -> Status {
    match error {
        media::Error::Erased => status::erased(),
        media::Error::Blobs(blobs::Error::Missing(_) | blobs::Error::Damaged(_)) => {
            tracing::error!(?error, "an attachment is damaged");
            status::media_damaged()
        }
        error => unkept(error),
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}
