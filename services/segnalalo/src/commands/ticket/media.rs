//! `ticket media`: what the citizen attached, as a list or as files.

use super::Desk;
use crate::{
    failure::Failure,
    operator, output,
    phrases::{Part, Phrases},
    render::{table, wrap},
};
use anyhow::Context as _;
use segnalalo_proto::registry::v1::{AttachmentRef, ListRequest, Media, ReadRequest, media::State};
use serde_json::json;
use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "CODICE")]
    reference: String,
    #[arg(long, value_name = "CARTELLA")]
    save: Option<PathBuf>,
}

pub async fn media(mut desk: Desk<'_>, args: &Args) -> Result<(), Failure> {
    let request = ListRequest { ticket: Some(operator::ticket_ref(&args.reference)) };
    let answer = desk.registry.media.list(request).await;
    let values = [("reference", args.reference.as_str())];
    let media = answer.map_err(|status| desk.registry.refused(&status, desk.phrases, &values))?.into_inner().media;
    let mut saved = Vec::with_capacity(media.len());
    for (number, one) in (1..).zip(&media) {
        saved.push(match &args.save {
            Some(folder) if one.state() == State::Stored => Some(save(&mut desk, one, number, folder, args).await?),
            _ => None,
        });
    }
    if desk.common.json {
        for (one, file) in media.iter().zip(&saved) {
            output::line(as_json(one, file.as_deref()).to_string());
        }
    } else if media.is_empty() {
        output::line(desk.phrases.text("no_media", &values));
    } else {
        output::line(as_table(&media, &saved, desk.phrases, wrap::width(desk.vars)));
    }
    Ok(())
}

/// Under a name of ours: what the citizen's phone called it may lead anywhere.
async fn save(desk: &mut Desk<'_>, one: &Media, number: usize, folder: &Path, args: &Args) -> Result<PathBuf, Failure> {
    let reference = args.reference.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
    let path = folder.join(format!("{reference}-{number}.{}", extension(&one.media_type)));
    let bytes = read(desk, one.attachment.clone()).await?;
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let mut file = File::create(&path).with_context(|| path.display().to_string())?;
    file.write_all(&bytes).with_context(|| path.display().to_string())?;
    Ok(path)
}

async fn read(desk: &mut Desk<'_>, attachment: Option<AttachmentRef>) -> Result<Vec<u8>, Failure> {
    let answer = desk.registry.media.read(ReadRequest { attachment }).await;
    let mut chunks = answer.map_err(|status| desk.registry.refused(&status, desk.phrases, &[]))?.into_inner();
    let mut bytes = Vec::new();
    while let Some(part) = chunks.message().await.map_err(|status| desk.registry.refused(&status, desk.phrases, &[]))? {
        bytes.extend_from_slice(&part.chunk);
    }
    Ok(bytes)
}

fn as_table(media: &[Media], saved: &[Option<PathBuf>], phrases: &Phrases, width: usize) -> String {
    let heads = ["attachment", "media_type", "size", "media_state"];
    let heads = heads.map(|head| phrases.say(Part::Columns, head, &[])).to_vec();
    let rows = (1..).zip(media.iter().zip(saved)).map(|(number, (one, file)): (usize, _)| {
        let state = match file {
            Some(path) => path.display().to_string(),
            None => told(one, phrases),
        };
        let size = if one.state() == State::Stored { kilobytes(one.size) } else { String::new() };
        vec![number.to_string(), one.media_type.clone(), size, state]
    });
    table::table(&heads, &rows.collect::<Vec<_>>(), width)
}

fn told(one: &Media, phrases: &Phrases) -> String {
    let state = phrases.word("media_state", code(one.state())).to_owned();
    if one.code.is_empty() { state } else { format!("{state}: {}", phrases.word("media_failure", &one.code)) }
}

fn as_json(one: &Media, file: Option<&Path>) -> serde_json::Value {
    json!({
        "state": code(one.state()),
        "media_type": one.media_type,
        "size": one.size,
        "filename": one.filename,
        "sha256": one.sha256,
        "code": one.code,
        "file": file.map(|path| path.display().to_string()),
    })
}

fn code(state: State) -> &'static str {
    match state {
        State::Stored => "stored",
        State::Failed => "failed",
        State::Erased => "erased",
        State::Awaited | State::Unspecified => "awaited",
    }
}

fn kilobytes(size: u64) -> String {
    format!("{} kB", size.div_ceil(1000))
}

/// Of the types that Meta's channels carry; a program that opens it looks at the bytes anyway.
fn extension(media_type: &str) -> &'static str {
    match media_type.split(';').next().unwrap_or_default().trim() {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/webp" => "webp",
        "image/gif" => "gif",
        "video/mp4" => "mp4",
        "video/3gpp" => "3gp",
        "audio/ogg" => "ogg",
        "audio/mpeg" => "mp3",
        "audio/mp4" => "m4a",
        "audio/aac" => "aac",
        "audio/amr" => "amr",
        "application/pdf" => "pdf",
        "text/plain" => "txt",
        _ => "bin",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_by_its_type_alone() {
        assert_eq!(extension("image/jpeg"), "jpg");
        assert_eq!(extension("audio/ogg; codecs=opus"), "ogg");
        assert_eq!(extension("../../etc/passwd"), "bin");
    }
}
