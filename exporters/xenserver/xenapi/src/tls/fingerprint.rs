//! The SHA-256 fingerprint of a certificate.

use std::{fmt, str::FromStr};

use sha2::{Digest as _, Sha256};

/// The SHA-256 of a certificate's DER form. Written as XAPI does: `7C:39:..`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

/// Text that is no fingerprint.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no SHA-256 fingerprint, expected 64 hexadecimal digits, with colons or without"
)]
pub struct FingerprintError {
    text: String,
}

impl Fingerprint {
    /// Of this certificate.
    #[must_use]
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    /// Reads 64 hexadecimal digits; colons between them and `sha256:` or `sha-256=` before them are allowed.
    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let refuse = || FingerprintError { text: text.to_owned() };
        let lower = text.trim().to_ascii_lowercase();
        let digits = ["sha256:", "sha-256:", "sha256=", "sha-256="]
            .iter()
            .find_map(|prefix| lower.strip_prefix(prefix))
            .unwrap_or(&lower)
            .replace(':', "");
        if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(refuse());
        }
        let mut bytes = [0; 32];
        for (byte, place) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&digits[place..place + 2], 16).map_err(|_| refuse())?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, byte) in self.0.iter().enumerate() {
            let colon = if place == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SHA-256 of "abc", FIPS 180-2 appendix B.1.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn every_common_form_is_read() {
        let fingerprint = Fingerprint::of(b"abc");
        let written = fingerprint.to_string();
        assert!(written.starts_with("BA:78:16:BF:") && written.len() == 95, "{written}");
        for form in [ABC.to_owned(), ABC.to_uppercase(), written, format!("sha-256:{ABC}")] {
            assert_eq!(form.parse(), Ok(fingerprint));
        }
        for wrong in ["", "ba78", &ABC.replace('b', "x"), &format!("{ABC}00"), &"é".repeat(32)] {
            assert!(wrong.parse::<Fingerprint>().is_err(), "{wrong}");
        }
    }
}
