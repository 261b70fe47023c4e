//! `X-Hub-Signature-256`: `sha256=` and the HMAC-SHA256 of exactly the bytes of the body, in hexadecimal. The older
//! SHA-1 header proves nothing and isn't read.

use crate::config::Secret;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

const SCHEME: &str = "sha256=";

/// As a platform signs.
pub fn sign(secret: &Secret, body: &[u8]) -> String {
    format!("{SCHEME}{}", hex::encode(digest(secret, body)))
}

/// Whether one of the secrets made this header for this body. Takes the same time whichever byte is wrong, and
/// whichever secret is right.
pub fn verify(secrets: &[Secret], header: &str, body: &[u8]) -> bool {
    let mut given = [0; 32];
    let decoded = header.strip_prefix(SCHEME).map(|text| hex::decode_to_slice(text, &mut given));
    if !matches!(decoded, Some(Ok(()))) {
        return false;
    }
    let any = secrets.iter().fold(0_u8, |any, secret| any | digest(secret, body).ct_eq(&given).unwrap_u8());
    any == 1
}

fn digest(secret: &Secret, body: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("HMAC takes keys of any length");
    mac.update(body);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Secret, body, hexadecimal digest.
    fn vectors() -> [(String, &'static str, &'static str); 3] {
        [
            (
                "x".repeat(32),
                r#"{"object":"page","entry":[{"id":"xxxxxxxxxxxxxxx","time":1458692752478,"messaging":[{"sender":{"id":"xxxxxxxxxxxxxxxx"},"recipient":{"id":"xxxxxxxxxxxxxxx"},"message":{"text":"hello, world!"}}]}]}"#,
                "46b9727656d4b9e3d4cd4e169fc4298b93212c7dd3db107fa752dbb2512e7709",
            ),
            (
                "It's a Secret to Everybody".to_owned(),
                "Hello, World!",
                "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
            ),
            (
                "testsecret".to_owned(),
                r##"{"object":"page","entry":[{"id":"1234567890321","time":1614340868,"changes":[{"value":{"message":"citt\u00e0 \u003C#buche\u003E 50\u0025 \u0040sindaco https:\/\/example.org\/a \ud83d\ude4f","item":"comment","verb":"add"},"field":"feed"}]}]}"##,
                "40f53fd1c51ec25a7a43c6670c10cece2a11ab9039f90db5525e81a296bd9573",
            ),
        ]
    }

    #[test]
    fn published_vectors_are_reproduced() {
        for (secret, body, expected) in vectors() {
            let secret = Secret::new(secret);
            let header = sign(&secret, body.as_bytes());
            assert_eq!(header, format!("sha256={expected}"));
            assert!(verify(&[secret], &header, body.as_bytes()));
        }
    }

    #[test]
    fn the_same_json_written_otherwise_has_another_signature() {
        let raw = r##"{"object":"page","entry":[{"id":"1234567890321","time":1614340868,"changes":[{"value":{"message":"città <#buche> 50% @sindaco https://example.org/a 🙏","item":"comment","verb":"add"},"field":"feed"}]}]}"##;
        let header = sign(&Secret::new("testsecret"), raw.as_bytes());
        assert_eq!(header, "sha256=4671df6878e81996f2a649e28ba08ed69c3598637476503793b7899beb33334c");
    }

    #[test]
    fn the_current_and_the_previous_secret_are_taken() {
        let (current, previous, foreign) = (Secret::new("new"), Secret::new("old"), Secret::new("other"));
        let secrets = [current.clone(), previous.clone()];
        assert!(verify(&secrets, &sign(&current, b"body"), b"body"));
        assert!(verify(&secrets, &sign(&previous, b"body"), b"body"));
        assert!(!verify(&secrets, &sign(&foreign, b"body"), b"body"));
    }

    #[test]
    fn what_is_no_signature_of_this_body_is_refused() {
        let secret = Secret::new("secret");
        let header = sign(&secret, b"body");
        let secrets = [secret];
        assert!(!verify(&secrets, &header, b"bodY"));
        assert!(!verify(&[], &header, b"body"));
        for wrong in ["", "sha256=", "sha1=ea4e385ab7d9511d2dda34b82e57fdbb16e3f75d", &header[7..], &header[..70]] {
            assert!(!verify(&secrets, wrong, b"body"), "{wrong}");
        }
    }
}
