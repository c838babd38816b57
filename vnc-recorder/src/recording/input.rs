//! What the user did, encrypted for those who hold the key: messages of the viewer with their times.
//!
//! ```text
//! payload  12 bytes  nonce, random
//!          rest      ChaCha20-Poly1305 of pieces: time u32 (ms since the start), length u32, bytes
//! ```
//!
//! The recording's id is authenticated with it, so that a record cannot be moved to another recording.

use std::fmt;

use anyhow::ensure;
use exporter_kit::Secret;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use uuid::Uuid;

/// Bytes of a key.
const KEY_LENGTH: usize = 32;

/// The key that input is encrypted with.
#[derive(Clone, PartialEq, Eq)]
pub struct InputKey([u8; KEY_LENGTH]);

/// Input that the key does not fit, or that was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the input cannot be decrypted: another key, or it was changed")]
pub struct Unreadable;

impl InputKey {
    /// Reads a key: 64 hexadecimal digits.
    ///
    /// # Errors
    /// When it is none. The error does not show it.
    pub fn parse(key: &str, text: &Secret) -> anyhow::Result<Self> {
        let text = text.expose().trim();
        let digits = text.len() == 2 * KEY_LENGTH && text.bytes().all(|b| b.is_ascii_hexdigit());
        ensure!(digits, "{key}: is no key, expected {} hexadecimal digits", 2 * KEY_LENGTH);
        let mut bytes = [0; KEY_LENGTH];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16)?;
        }
        Ok(InputKey(bytes))
    }

    pub(super) fn seal(&self, recording: Uuid, mut pieces: Vec<u8>) -> Result<Vec<u8>, Unreadable> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(|_| Unreadable)?;
        self.cipher()?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(recording.into_bytes()),
                &mut pieces,
            )
            .map_err(|_| Unreadable)?;
        Ok([&nonce[..], &pieces].concat())
    }

    /// The pieces of a payload, as above.
    ///
    /// # Errors
    /// When the key is another, or the payload was changed.
    pub fn open(&self, recording: Uuid, payload: &[u8]) -> Result<Vec<u8>, Unreadable> {
        let (nonce, rest) = payload.split_first_chunk::<NONCE_LEN>().ok_or(Unreadable)?;
        let mut rest = rest.to_vec();
        let pieces = self.cipher()?.open_in_place(
            Nonce::assume_unique_for_key(*nonce),
            Aad::from(recording.into_bytes()),
            &mut rest,
        );
        pieces.map(|pieces| pieces.to_vec()).map_err(|_| Unreadable)
    }

    fn cipher(&self) -> Result<LessSafeKey, Unreadable> {
        UnboundKey::new(&CHACHA20_POLY1305, &self.0).map(LessSafeKey::new).map_err(|_| Unreadable)
    }
}

impl fmt::Debug for InputKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(digit: &str) -> InputKey {
        InputKey::parse("key", &Secret::new(digit.repeat(64))).unwrap()
    }

    #[test]
    fn only_the_key_and_the_recording_open_it() {
        let (id, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut payload = key("a").seal(id, b"typed".to_vec()).unwrap();
        assert!(!payload.windows(5).any(|part| part == b"typed"));
        assert_eq!(key("a").open(id, &payload).unwrap(), b"typed");
        assert_eq!(key("b").open(id, &payload), Err(Unreadable));
        assert_eq!(key("a").open(other, &payload), Err(Unreadable));
        payload[15] ^= 1;
        assert_eq!(key("a").open(id, &payload), Err(Unreadable));
        assert_eq!(key("a").open(id, &[]), Err(Unreadable));
    }

    #[test]
    fn a_key_is_digits_and_is_not_printed() {
        assert_eq!(format!("{:?}", key("a")), "<secret>");
        let error = InputKey::parse("recording.input_key", &Secret::new("secret")).unwrap_err();
        assert!(error.to_string().starts_with("recording.input_key: is no key, expected 64"));
        assert!(!error.to_string().contains("secret"));
    }
}
