//! The canonical form of what is registered (docs/register.md, "The document"). Its digest stands in the register for ever,
//! and short words could be guessed from it: so it begins with a random nonce, which is sealed under the citizen's key and
//! goes with it when he is erased.

use segnalalo_domain::Timestamp;
use segnalalo_proto::common::v1::{Attachment, PersonalContent};
use sha2::{Digest as _, Sha256};

const FORM: &[u8] = b"segnalalo/document/1\n";

/// One message.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// In the log.
    pub position: u64,
    /// By the platform's clock.
    pub written_at: Timestamp,
    pub edited: bool,
    /// `None`: it was erased.
    pub content: Option<PersonalContent>,
}

/// SHA-256 of the canonical form.
pub fn digest(nonce: &[u8], parts: &[Part]) -> [u8; 32] {
    Sha256::digest(canonical(nonce, parts)).into()
}

/// The nonce, the form's name, and each message as fields: a name, the value's length in bytes, a newline, the value, a
/// newline. So no two documents have the same bytes.
pub fn canonical(nonce: &[u8], parts: &[Part]) -> Vec<u8> {
    let mut bytes = [nonce, FORM].concat();
    for part in parts {
        field(&mut bytes, if part.edited { "edit" } else { "message" }, &part.written_at.to_string());
        let Some(content) = &part.content else {
            field(&mut bytes, "erased", "");
            continue;
        };
        field(&mut bytes, "text", &content.text);
        for attached in &content.attachments {
            attachment(&mut bytes, attached);
        }
    }
    bytes
}

/// Links and media ids expire and are no content; the platform's digest of a file is its content's.
fn attachment(bytes: &mut Vec<u8>, attachment: &Attachment) {
    field(bytes, "attachment", attachment.r#type().as_str_name());
    let position = match (attachment.latitude, attachment.longitude) {
        (Some(latitude), Some(longitude)) => format!("{latitude},{longitude}"),
        _ => String::new(),
    };
    for (name, value) in [
        ("mime", &attachment.mime_type),
        ("sha256", &attachment.sha256),
        ("filename", &attachment.filename),
        ("position", &position),
        ("title", &attachment.title),
        ("detail", &attachment.detail),
    ] {
        if !value.is_empty() {
            field(bytes, name, value);
        }
    }
}

fn field(bytes: &mut Vec<u8>, name: &str, value: &str) {
    bytes.extend_from_slice(format!("{name} {}\n{value}\n", value.len()).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(text: &str) -> Part {
        let content = PersonalContent { text: text.to_owned(), ..PersonalContent::default() };
        Part { position: 7, written_at: "2026-11-23T08:10:00Z".parse().unwrap(), edited: false, content: Some(content) }
    }

    #[test]
    fn the_form_is_the_documented_one() {
        let nonce = [0x41; 32];
        let expected =
            "A".repeat(32) + "segnalalo/document/1\nmessage 20\n2026-11-23T08:10:00Z\ntext 9\nBuca, s\u{ec}\n";
        assert_eq!(String::from_utf8(canonical(&nonce, &[part("Buca, s\u{ec}")])).unwrap(), expected);
    }

    #[test]
    fn no_text_passes_for_two_messages_and_the_same_words_have_another_digest_each_time() {
        let two = digest(&[1; 32], &[part("a"), part("b")]);
        let one = digest(&[1; 32], &[part("a\nmessage 20\n2026-11-23T08:10:00Z\ntext 1\nb")]);
        assert_ne!(one, two);
        assert_ne!(digest(&[1; 32], &[part("a")]), digest(&[2; 32], &[part("a")]));
    }

    #[test]
    fn what_was_erased_leaves_its_place() {
        let erased = Part { content: None, ..part("") };
        assert_ne!(digest(&[1; 32], &[erased]), digest(&[1; 32], &[part("")]));
    }
}
