//! The handshake with which an old recording begins, heard from one side: where it ends, messages begin.

use uuid::Uuid;

use super::FormatError;

/// Bytes of a handshake at most: the server's name is in it.
const LONGEST: usize = 64 << 10;

/// Bytes of a client in which its pixel format stands, if it sets one.
const SAID: usize = 256;

/// What is known of a session before its first message.
#[derive(Debug, Clone)]
pub struct Opening {
    pub(super) id: Uuid,
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) name: String,
    /// What the server sent so far.
    heard: Vec<u8>,
    /// What the client sent so far, its first messages included.
    said: Vec<u8>,
    done: bool,
}

impl Opening {
    pub(super) fn new(id: Uuid) -> Self {
        Opening {
            id,
            width: 0,
            height: 0,
            name: String::new(),
            heard: Vec::new(),
            said: Vec::new(),
            done: false,
        }
    }

    /// What the client sent: it chooses version, security type and pixel format.
    pub fn client(&mut self, bytes: &[u8]) {
        let missing = SAID.saturating_sub(self.said.len());
        self.said.extend(&bytes[..bytes.len().min(missing)]);
    }

    /// Whether the client has asked for pixels with blue in the lowest byte, as old viewers do.
    pub(super) fn blue_first(&self) -> bool {
        let handshake = match (self.said.get(..12), self.said.get(12)) {
            (Some(b"RFB 003.003\n"), _) => 13,
            (_, Some(2)) => 14 + 16,
            _ => 14,
        };
        // SetPixelFormat: type, three of padding, then the format with its shifts from the 11th byte on.
        let message = self.said.get(handshake..).unwrap_or_default();
        message.first() == Some(&0) && message.get(14..17) == Some(&[16, 8, 0])
    }

    /// What the server sent: the messages in it, none while the handshake goes on.
    ///
    /// # Errors
    /// When it is no handshake.
    pub fn server(&mut self, bytes: &[u8]) -> Result<Option<Vec<u8>>, FormatError> {
        if self.done {
            return Ok(Some(bytes.to_vec()));
        }
        self.heard.extend(bytes);
        match self.parse()? {
            Some(used) => {
                self.done = true;
                Ok(Some(std::mem::take(&mut self.heard).split_off(used)))
            }
            None if self.heard.len() > LONGEST => Err(FormatError::Handshake("it has no end")),
            None => Ok(None),
        }
    }

    /// Where the handshake ends, once it has.
    fn parse(&mut self) -> Result<Option<usize>, FormatError> {
        let mut bytes = Bytes { all: &self.heard, at: 0 };
        let Some(version) = bytes.take(12) else { return Ok(None) };
        if !version.starts_with(b"RFB ") {
            return Err(FormatError::Handshake("it has no version"));
        }
        // The client's version is the one that counts; one that is not told is the server's.
        let spoken = self.said.first_chunk::<12>().map_or(version, |said| &said[..]);
        let kind = match spoken {
            b"RFB 003.003\n" => bytes.take(4).map(|kind| kind[3]),
            _ => bytes.take(1).and_then(|count| {
                let offered = bytes.take(count[0].into())?;
                self.said.get(12).or(offered.first()).copied()
            }),
        };
        let Some(kind) = kind else { return Ok(None) };
        let told = match kind {
            1 => spoken == b"RFB 003.008\n",
            2 => bytes.take(16).is_some(),
            _ => return Err(FormatError::Handshake("its security type is neither none nor VNC")),
        };
        if kind == 2 && !told {
            return Ok(None);
        }
        if told && bytes.take(4).is_none() {
            return Ok(None);
        }
        let Some(init) = bytes.take(24) else { return Ok(None) };
        let (width, height) = ([init[0], init[1]], [init[2], init[3]]);
        let length = u32::from_be_bytes([init[20], init[21], init[22], init[23]]);
        let Some(name) = bytes.take(length as usize) else { return Ok(None) };
        (self.width, self.height) = (u16::from_be_bytes(width), u16::from_be_bytes(height));
        self.name = String::from_utf8_lossy(name).into_owned();
        Ok(Some(bytes.at))
    }
}

struct Bytes<'a> {
    all: &'a [u8],
    at: usize,
}

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let taken = self.all.get(self.at..)?.get(..count)?;
        self.at += count;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rfb::server_init;

    #[test]
    fn a_handshake_ends_where_messages_begin() {
        let init = server_init(8, 4, "old");
        for (client, server) in [
            (&b"RFB 003.003\n"[..], [&b"RFB 003.003\n\0\0\0\x01"[..], &init, b"\x02"].concat()),
            (
                b"RFB 003.008\n\x01",
                [&b"RFB 003.008\n\x02\x02\x01\0\0\0\0"[..], &init, b"\x02"].concat(),
            ),
            (b"RFB 003.007\n\x01", [&b"RFB 003.008\n\x01\x01"[..], &init, b"\x02"].concat()),
            (
                b"RFB 003.008\n\x02",
                [&b"RFB 003.008\n\x01\x02"[..], &[7; 16], &[0; 4], &init, b"\x02"].concat(),
            ),
        ] {
            for cut in 0..server.len() - 1 {
                let mut opening = Opening::new(Uuid::nil());
                opening.client(client);
                let (one, two) = server.split_at(cut);
                let first = opening.server(one).unwrap();
                let rest = opening.server(two).unwrap().unwrap();
                assert_eq!([first.unwrap_or_default(), rest].concat(), b"\x02");
                assert_eq!((opening.width, opening.height, &*opening.name), (8, 4, "old"));
            }
        }
    }

    #[test]
    fn the_order_of_colours_is_the_clients() {
        let format = |shifts: [u8; 3]| {
            [&[0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255][..], &shifts].concat()
        };
        for (handshake, shifts, expected) in [
            (&b"RFB 003.003\n\x01"[..], [16, 8, 0], true),
            (b"RFB 003.008\n\x01\x01", [16, 8, 0], true),
            (b"RFB 003.008\n\x01\x01", [0, 8, 16], false),
        ] {
            let mut opening = Opening::new(Uuid::nil());
            opening.client(handshake);
            opening.client(&format(shifts));
            assert_eq!(opening.blue_first(), expected);
        }
        assert!(!Opening::new(Uuid::nil()).blue_first());
    }

    #[test]
    fn what_is_no_handshake_is_refused() {
        let refused = |bytes: &[u8]| Opening::new(Uuid::nil()).server(bytes).is_err();
        assert!(refused(b"GET / HTTP/1.1\r\n"));
        assert!(refused(b"RFB 003.003\n\0\0\0\x13"));
        assert!(refused(&[&b"RFB 003.008\n\x01\x01\0\0\0\0"[..], &[255; 70_000]].concat()));
    }
}
