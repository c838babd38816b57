//! A message as it waits in the spool: ready to be published. Pure.
//!
//! A byte for the format, key and id each behind a `u16` length (little-endian), and the body.

use crate::message::Format;

/// What is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) format: Format,
    /// The routing key.
    pub(super) key: String,
    /// AMQP's message id: instance, epoch and sequence.
    pub(super) id: String,
    pub(super) body: Vec<u8>,
}

impl Letter {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let Letter { format, key, id, body } = self;
        let mut bytes = Vec::with_capacity(5 + key.len() + id.len() + body.len());
        bytes.push(match format {
            Format::Json => b'j',
            Format::Cbor => b'c',
        });
        for text in [key, id] {
            // Both are made of a name that is cut to far less.
            let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
            bytes.extend_from_slice(&length.to_le_bytes());
            bytes.extend_from_slice(&text.as_bytes()[..length.into()]);
        }
        bytes.extend_from_slice(body);
        bytes
    }

    /// `None` when these are no bytes of a letter.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (format, rest) = bytes.split_first()?;
        let format = match format {
            b'j' => Format::Json,
            b'c' => Format::Cbor,
            _ => return None,
        };
        let (key, rest) = text(rest)?;
        let (id, body) = text(rest)?;
        Some(Letter { format, key, id, body: body.to_vec() })
    }
}

fn text(bytes: &[u8]) -> Option<(String, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    let (text, rest) = rest.split_at_checked(u16::from_le_bytes(*length).into())?;
    Some((String::from_utf8(text.to_vec()).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_was_written() {
        let letter = Letter {
            format: Format::Cbor,
            key: "v1.n.check".to_owned(),
            id: "n/1/2".to_owned(),
            body: b"\xa1\x00".to_vec(),
        };
        let bytes = letter.to_bytes();
        assert_eq!(bytes[..6], [b'c', 10, 0, b'v', b'1', b'.']);
        assert_eq!(Letter::from_bytes(&bytes), Some(letter));
        for length in 0..19 {
            assert_eq!(Letter::from_bytes(&bytes[..length]), None, "{length}");
        }
        assert_eq!(Letter::from_bytes(b"x"), None);
    }
}
