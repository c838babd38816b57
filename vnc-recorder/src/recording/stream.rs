//! What the server sent, compressed: pieces as they came, each with its time, in one zstd stream that begins anew
//! at each keyframe and is flushed at the end of each record.
//!
//! ```text
//! payload  u32     bytes of the pieces, without their heads
//!          rest    zstd, of pieces: time u32 (ms since the start), length u32, bytes
//! ```

use std::io::{self, Write};

use bytes::Bytes;
use zstd::stream::write::{Decoder, Encoder};

/// zstd's level: the next ones take more of the processor than they save on disk.
const LEVEL: i32 = 1;

/// Bytes that one record may become; a writer ends a record long before.
const MOST_BYTES: usize = 8 << 20;

/// The window of a stream that is read at most, as a power of two.
const WINDOW: u32 = 23;

/// A piece of what the server sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// When, in milliseconds since the start.
    pub(super) time: u32,
    pub(super) bytes: Bytes,
}

/// Compresses pieces into payloads.
pub(super) struct Compressor {
    encoder: Encoder<'static, Vec<u8>>,
    /// Bytes of pieces since the last payload.
    bytes: u32,
}

impl Compressor {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Compressor { encoder: Encoder::new(Vec::new(), LEVEL)?, bytes: 0 })
    }

    pub(super) fn add(&mut self, time: u32, bytes: &[u8]) -> io::Result<()> {
        let length = bytes.len() as u32;
        self.encoder.write_all(&time.to_le_bytes())?;
        self.encoder.write_all(&length.to_le_bytes())?;
        self.encoder.write_all(bytes)?;
        self.bytes += length;
        Ok(())
    }

    /// Bytes of pieces that no payload has yet.
    pub(super) fn held(&self) -> u32 {
        self.bytes
    }

    /// What was added since the last payload.
    pub(super) fn payload(&mut self) -> io::Result<Vec<u8>> {
        self.encoder.flush()?;
        let compressed = std::mem::take(self.encoder.get_mut());
        let bytes = std::mem::take(&mut self.bytes);
        Ok([&bytes.to_le_bytes()[..], &compressed].concat())
    }
}

/// Bytes of the server in a payload.
pub(super) fn bytes_in(payload: &[u8]) -> u32 {
    payload.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// Reads payloads in their order, from a keyframe or the start on.
pub(super) struct Decompressor {
    decoder: Decoder<'static, Capped>,
}

/// Takes so many bytes and no more: a few bytes may claim to be gigabytes.
struct Capped(Vec<u8>);

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MOST_BYTES {
            return Err(io::Error::other("a record of the stream is too large"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Decompressor {
    pub(super) fn new() -> io::Result<Self> {
        let mut decoder = Decoder::new(Capped(Vec::new()))?;
        decoder.window_log_max(WINDOW)?;
        Ok(Decompressor { decoder })
    }

    /// The pieces of the next payload.
    pub(super) fn pieces(&mut self, payload: &[u8]) -> io::Result<Vec<Piece>> {
        let broken = || io::Error::new(io::ErrorKind::InvalidData, "a piece of the stream is torn");
        self.decoder.write_all(payload.get(4..).ok_or_else(broken)?)?;
        self.decoder.flush()?;
        let mut rest = Bytes::from(std::mem::take(&mut self.decoder.get_mut().0));
        let mut pieces = Vec::new();
        while !rest.is_empty() {
            let [a, b, c, d, e, f, g, h] = *rest.first_chunk().ok_or_else(broken)?;
            let length = u32::from_le_bytes([e, f, g, h]) as usize;
            rest = rest.split_off(8);
            if rest.len() < length {
                return Err(broken());
            }
            let time = u32::from_le_bytes([a, b, c, d]);
            pieces.push(Piece { time, bytes: rest.split_to(length) });
        }
        Ok(pieces)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_back_with_their_times() {
        let mut compressor = Compressor::new().unwrap();
        let mut decompressor = Decompressor::new().unwrap();
        for round in 0..3_u32 {
            compressor.add(round * 10, b"first").unwrap();
            compressor.add(round * 10 + 1, &[7; 70_000]).unwrap();
            let payload = compressor.payload().unwrap();
            assert_eq!((bytes_in(&payload), compressor.held()), (70_005, 0));
            assert!(payload.len() < 300);
            let pieces = decompressor.pieces(&payload).unwrap();
            assert_eq!(pieces[0], Piece { time: round * 10, bytes: (&b"first"[..]).into() });
            assert_eq!((pieces[1].time, pieces[1].bytes.len()), (round * 10 + 1, 70_000));
        }
    }

    #[test]
    fn a_bomb_is_refused() {
        let bomb = zstd::bulk::compress(&vec![0; 64 << 20], 1).unwrap();
        assert!(bomb.len() < 10_000);
        let payload = [&[0; 4][..], &bomb].concat();
        assert!(Decompressor::new().unwrap().pieces(&payload).is_err());
        assert!(Decompressor::new().unwrap().pieces(&[1]).is_err());
    }
}
