//! Random secrets and their stored form. Invariant: the database holds only SHA-256 of a secret, never the secret.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// 32 random bytes.
#[must_use]
pub fn random_key() -> [u8; 32] {
    let mut key = [0u8; 32];
    rand::fill(&mut key[..]);
    key
}

/// A new opaque secret of 256 bits, URL-safe.
#[must_use]
pub fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(random_key())
}

/// What is stored of a secret.
#[must_use]
pub fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// HMAC-SHA256.
#[must_use]
pub fn mac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = match <Hmac<Sha256> as KeyInit>::new_from_slice(key) {
        Ok(mac) => mac,
        // HMAC takes keys of any length.
        Err(_) => unreachable!("hmac accepts any key length"),
    };
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// The CSRF token of a session.
#[must_use]
pub fn csrf_token(csrf_key: &[u8], session: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(mac(csrf_key, session.as_bytes()))
}

/// Compares in constant time.
#[must_use]
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}
