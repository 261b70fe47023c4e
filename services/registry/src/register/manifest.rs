//! What is signed of a daily register: lines of text that name the day, the log's head and the digests of the three forms.
//! Any tool that knows Ed25519 can check it (docs/register.md says how).

use super::day::Date;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use segnalalo_domain::event::DayExport;
use segnalalo_proto::sealed::Key;
use std::fmt::Write as _;

const FORM: &str = "segnalalo/register-day/1";
const LAST: &str = "signature ";
/// The derivation's label: never change it.
const PURPOSE: &str = "segnalalo/register-signing/1";
/// SubjectPublicKeyInfo of Ed25519 up to the key (RFC 8410).
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Signs daily registers. Its key is derived from the keyring's pepper: as lasting as the keyring, whatever master secret
/// wraps that.
pub struct Signer(SigningKey);

impl Signer {
    pub fn new(pepper: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(Key::derived(pepper, PURPOSE).expose()))
    }

    pub fn public_key(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// Fills in key and signature.
    pub fn sign(&self, day: Date, export: &mut DayExport) {
        export.public_key = self.public_key();
        export.signature = self.0.sign(signed(day, export).as_bytes()).to_bytes();
    }
}

/// As `openssl pkey -pubin` reads it.
pub fn pem(public_key: &[u8; 32]) -> String {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let encoded = BASE64_STANDARD.encode([SPKI.as_slice(), public_key].concat());
    format!("-----BEGIN PUBLIC KEY-----\n{encoded}\n-----END PUBLIC KEY-----\n")
}

/// The signed lines.
fn signed(day: Date, export: &DayExport) -> String {
    let mut text = format!("{FORM}\nday {day}\nhead {} {}\n", export.head_position, hex::encode(export.head_hash));
    let DayExport { registrations, annulments, .. } = export;
    let digests = [("csv", export.csv), ("xml", export.xml), ("txt", export.text), ("key", export.public_key)];
    write!(text, "registrations {registrations}\nannulments {annulments}\n").expect("a String takes all");
    for (name, bytes) in digests {
        writeln!(text, "{name} {}", hex::encode(bytes)).expect("a String takes all");
    }
    text
}

/// The whole manifest: the signed lines, and the signature.
pub fn write(day: Date, export: &DayExport) -> String {
    format!("{}{LAST}{}\n", signed(day, export), hex::encode(export.signature))
}

/// Back from text. `None`: it is no manifest, or not written as `write` writes it.
pub fn read(text: &str) -> Option<(Date, DayExport)> {
    let mut lines = text.lines();
    (lines.next()? == FORM).then_some(())?;
    let mut value = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned);
    let day = value("day")?.parse().ok()?;
    let head = value("head")?;
    let (position, hash) = head.split_once(' ')?;
    let (registrations, annulments) = (value("registrations")?.parse().ok()?, value("annulments")?.parse().ok()?);
    let mut bytes = |name: &str| hex_of::<32>(&value(name)?);
    let (csv, xml, txt, public_key) = (bytes("csv")?, bytes("xml")?, bytes("txt")?, bytes("key")?);
    let export = DayExport {
        head_position: position.parse().ok()?,
        head_hash: hex_of(hash)?,
        registrations,
        annulments,
        csv,
        xml,
        text: txt,
        public_key,
        signature: hex_of(&value("signature")?)?,
    };
    // What isn't written in the one form could say two things.
    (write(day, &export) == text).then_some((day, export))
}

fn hex_of<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

/// Whether the signature is that of the key it names.
pub fn is_signed(day: Date, export: &DayExport) -> bool {
    let signature = Signature::from_bytes(&export.signature);
    VerifyingKey::from_bytes(&export.public_key)
        .is_ok_and(|key| key.verify_strict(signed(day, export).as_bytes(), &signature).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn export() -> (Date, DayExport) {
        let day = "2026-11-27".parse().unwrap();
        let mut export = DayExport {
            head_position: 42,
            head_hash: [1; 32],
            registrations: 3,
            annulments: 1,
            csv: [2; 32],
            xml: [3; 32],
            text: [4; 32],
            public_key: [0; 32],
            signature: [0; 64],
        };
        Signer::new(&[7; 32]).sign(day, &mut export);
        (day, export)
    }

    #[test]
    fn a_manifest_is_read_back_and_its_signature_holds() {
        let (day, export) = export();
        let text = write(day, &export);
        assert_eq!(read(&text), Some((day, export.clone())));
        assert!(is_signed(day, &export));
        assert_eq!(export.public_key, Signer::new(&[7; 32]).public_key());
    }

    #[test]
    fn whatever_is_changed_breaks_the_signature_or_the_form() {
        let (day, export) = export();
        let text = write(day, &export);
        for (from, to) in
            [("day 2026-11-27", "day 2026-11-28"), ("head 42", "head 43"), ("registrations 3", "registrations 4")]
        {
            let (day, export) = read(&text.replace(from, to)).unwrap();
            assert!(!is_signed(day, &export), "{to}");
        }
        for bad in ["", "segnalalo/register-day/1\n", &text.replace("csv ", "csv  "), &(text.clone() + "more\n")] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_public_key_is_one_that_openssl_reads() {
        // RFC 8410, section 10.1.
        let mut key = [0; 32];
        hex::decode_to_slice("19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1", &mut key).unwrap();
        assert!(pem(&key).contains("MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="));
    }
}
