//! Checks of single fields. Each names the field that was wrong and never shows what it held.

use super::Malformed;

pub(super) type Checked<T> = Result<T, Malformed>;

/// An id of 16 bytes: `id(&wire.reply_id, ReplyId::from_slice, "reply_id")`.
pub(super) fn id<T>(bytes: &[u8], read: impl Fn(&[u8]) -> Option<T>, field: &'static str) -> Checked<T> {
    read(bytes).ok_or(Malformed(field))
}

/// An id that may be left out.
pub(super) fn optional_id<T>(
    bytes: &[u8],
    read: impl Fn(&[u8]) -> Option<T>,
    field: &'static str,
) -> Checked<Option<T>> {
    if bytes.is_empty() {
        return Ok(None);
    }
    id(bytes, read, field).map(Some)
}

/// Exactly N bytes.
pub(super) fn bytes<const N: usize>(bytes: &[u8], field: &'static str) -> Checked<[u8; N]> {
    bytes.try_into().map_err(|_| Malformed(field))
}

/// Exactly N bytes, or none.
pub(super) fn optional_bytes<const N: usize>(slice: &[u8], field: &'static str) -> Checked<Option<[u8; N]>> {
    if slice.is_empty() {
        return Ok(None);
    }
    bytes(slice, field).map(Some)
}

/// A word of a vocabulary.
pub(super) fn word<T>(text: &str, read: impl Fn(&str) -> Option<T>, field: &'static str) -> Checked<T> {
    read(text).ok_or(Malformed(field))
}

/// A number counted from 1.
pub(super) fn counted(number: u32, field: &'static str) -> Checked<u32> {
    if number == 0 {
        return Err(Malformed(field));
    }
    Ok(number)
}

/// A share of 1.
pub(super) fn share(number: f64, field: &'static str) -> Checked<f64> {
    if !(0.0..=1.0).contains(&number) {
        return Err(Malformed(field));
    }
    Ok(number)
}

pub(super) fn optional_text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

pub(super) fn or_empty<T>(id: Option<T>, write: impl Fn(T) -> Vec<u8>) -> Vec<u8> {
    id.map(write).unwrap_or_default()
}
