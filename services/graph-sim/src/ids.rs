//! Ids in the shape of Meta's. They are drawn at random: a stand-in that starts again with an empty wall must not give an
//! id that the services have seen already.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use rand::Rng as _;

/// Posts, comments, photos: 18 digits.
pub fn object() -> String {
    rand::rng().random_range(122_000_000_000_000_000_u64..123_000_000_000_000_000).to_string()
}

/// Page-scoped ids of people, and media: 16 digits.
pub fn person() -> String {
    rand::rng().random_range(6_000_000_000_000_000_u64..9_000_000_000_000_000).to_string()
}

pub fn media() -> String {
    rand::rng().random_range(1_000_000_000_000_000_u64..2_000_000_000_000_000).to_string()
}

/// Business-scoped: country and digits.
pub fn business_scoped(phone: &str) -> String {
    let country = if phone.starts_with("39") { "IT" } else { "US" };
    format!("{country}.{}", rand::rng().random_range(10_000_000_000_000_000_000_u128..99_999_999_999_999_999_999))
}

/// As a real one, it decodes to the phone number.
pub fn wamid(phone: &str) -> String {
    let mut bytes = vec![0x1c, 0x18, u8::try_from(phone.len()).unwrap_or(u8::MAX)];
    bytes.extend_from_slice(phone.as_bytes());
    bytes.extend_from_slice(&[0x15, 0x02, 0x00, 0x12, 0x18, 0x14]);
    bytes.extend_from_slice(hex::encode_upper(random::<10>()).as_bytes());
    bytes.push(0);
    format!("wamid.{}", STANDARD.encode(bytes))
}

/// Of a Messenger message.
pub fn mid() -> String {
    format!("m_{}", URL_SAFE_NO_PAD.encode(random::<48>()))
}

/// What support would ask for.
pub fn fbtrace() -> String {
    format!("A{}", URL_SAFE_NO_PAD.encode(random::<16>()))
}

/// Of a media download.
pub fn ticket() -> String {
    URL_SAFE_NO_PAD.encode(random::<16>())
}

/// What a webhook's address must echo.
pub fn challenge() -> String {
    rand::rng().random_range(1_000_000_000_u32..2_000_000_000).to_string()
}

fn random<const N: usize>() -> [u8; N] {
    rand::rng().random()
}
