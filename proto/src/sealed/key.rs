//! Keys of 32 bytes: XChaCha20-Poly1305 with a random nonce of 24 bytes before the text, so that nobody has to count
//! nonces. A key is wiped from memory when it is dropped, and never printed.

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead as _, KeyInit as _, Payload},
};
use hkdf::Hkdf;
use sha2::Sha256;
use std::fmt;
use zeroize::{Zeroize as _, ZeroizeOnDrop};

const NONCE: usize = 24;

/// Another key, another purpose, or changed bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes aren't authentic")]
pub struct Unreadable;

#[derive(Clone, PartialEq, Eq, ZeroizeOnDrop)]
pub struct Key([u8; 32]);

impl Key {
    pub fn random() -> Self {
        Self(rand::random())
    }

    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// `None` unless they are 32.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// For wrapping it under another key, and for nothing else.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// A key for one purpose out of a secret of any length (HKDF-SHA256).
    pub fn derived(secret: &[u8], purpose: &str) -> Self {
        let mut bytes = [0; 32];
        let derived = Hkdf::<Sha256>::new(None, secret).expand(purpose.as_bytes(), &mut bytes);
        derived.expect("HKDF-SHA256 gives up to 8160 bytes, and 32 are asked for");
        Self(bytes)
    }

    /// Nonce and ciphertext. `bound` isn't in it, and must be the same for reading.
    pub fn encrypt(&self, text: &[u8], bound: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE] = rand::random();
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), Payload { msg: text, aad: bound });
        let sealed = sealed.expect("encryption fails beyond 256 GB only");
        let mut bytes = Vec::with_capacity(NONCE + sealed.len());
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        bytes
    }

    /// # Errors
    /// It wasn't encrypted with this key, bound to this.
    pub fn decrypt(&self, bytes: &[u8], bound: &[u8]) -> Result<Vec<u8>, Unreadable> {
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>().ok_or(Unreadable)?;
        self.cipher().decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: bound }).map_err(|_| Unreadable)
    }

    /// Eight bytes that tell two keys apart and say nothing of either.
    pub fn fingerprint(&self) -> [u8; 8] {
        let mut derived = Self::derived(&self.0, "segnalalo/fingerprint/1");
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&derived.0[..8]);
        derived.0.zeroize();
        bytes
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.0.into())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key(***)")
    }
}
