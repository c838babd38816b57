//! What a viewer sends, read strictly: only known messages go on to the server, with caps; those that would change
//! what is pinned are left out.

/// Bytes of a clipboard at most.
pub const LONGEST_CUT_TEXT: usize = 1 << 20;

/// Encodings that a viewer may list at most.
const MOST_ENCODINGS: usize = 1024;

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Goes on to the server: an update is asked for.
    Request,
    /// Goes on to the server: a key, the pointer or the clipboard. It is the user who did it.
    Input,
    /// Does not go on: it would change pixel format or encodings.
    Pinned,
}

/// A message, or what is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// A whole one of so many bytes.
    Whole(Meaning, usize),
    /// It has at least so many bytes, and fewer came.
    Short(usize),
}

/// Why a viewer is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// No message that we pinned viewers may send.
    #[error("the viewer sent a message of type {0}, expected one of 0, 2, 3, 4, 5 and 6")]
    Unknown(u8),
    /// More encodings than there are.
    #[error("the viewer lists {0} encodings, expected {MOST_ENCODINGS} at most")]
    Encodings(usize),
    /// A clipboard larger than we carry, or one of the extended kind, which we never offer.
    #[error("the viewer's clipboard has {0} bytes, expected {LONGEST_CUT_TEXT} at most")]
    CutText(u32),
}

/// Looks at the message with which `bytes` begin.
///
/// # Errors
/// Why the viewer is to be cut off.
pub fn read(bytes: &[u8]) -> Result<Read, ClientError> {
    let Some(&kind) = bytes.first() else { return Ok(Read::Short(1)) };
    let (meaning, length) = match kind {
        0 => (Meaning::Pinned, 20),
        2 => match bytes {
            [_, _, high, low, ..] => {
                let count = usize::from(u16::from_be_bytes([*high, *low]));
                if count > MOST_ENCODINGS {
                    return Err(ClientError::Encodings(count));
                }
                (Meaning::Pinned, 4 + 4 * count)
            }
            _ => return Ok(Read::Short(4)),
        },
        3 => (Meaning::Request, 10),
        4 => (Meaning::Input, 8),
        5 => (Meaning::Input, 6),
        6 => match bytes {
            [_, _, _, _, a, b, c, d, ..] => {
                let length = u32::from_be_bytes([*a, *b, *c, *d]);
                if length as usize > LONGEST_CUT_TEXT {
                    return Err(ClientError::CutText(length));
                }
                (Meaning::Input, 8 + length as usize)
            }
            _ => return Ok(Read::Short(8)),
        },
        other => return Err(ClientError::Unknown(other)),
    };
    Ok(if bytes.len() < length { Read::Short(length) } else { Read::Whole(meaning, length) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_apart_and_measured() {
        for (bytes, expected) in [
            (&[0; 20][..], Read::Whole(Meaning::Pinned, 20)),
            (&[2, 0, 0, 1, 0, 0, 0, 7], Read::Whole(Meaning::Pinned, 8)),
            (&[3, 1, 0, 0, 0, 0, 0, 9, 0, 9, 4], Read::Whole(Meaning::Request, 10)),
            (&[4, 1, 0, 0, 0, 0, 0, 0x61], Read::Whole(Meaning::Input, 8)),
            (&[5, 1, 0, 0, 0, 0], Read::Whole(Meaning::Input, 6)),
            (&[6, 0, 0, 0, 0, 0, 0, 1, b'x'], Read::Whole(Meaning::Input, 9)),
            (&[6, 0, 0, 0, 0, 0, 0, 1], Read::Short(9)),
            (&[2, 0, 0], Read::Short(4)),
            (&[], Read::Short(1)),
        ] {
            assert_eq!(read(bytes), Ok(expected), "{bytes:?}");
        }
    }

    #[test]
    fn what_is_not_pinned_is_refused() {
        assert_eq!(read(&[255, 0]), Err(ClientError::Unknown(255)));
        assert_eq!(read(&[150]), Err(ClientError::Unknown(150)));
        assert_eq!(read(&[2, 0, 255, 255]), Err(ClientError::Encodings(65535)));
        let extended = (-4_i32).to_be_bytes();
        let bytes = [&[6, 0, 0, 0][..], &extended].concat();
        assert_eq!(read(&bytes), Err(ClientError::CutText(u32::MAX - 3)));
    }
}
