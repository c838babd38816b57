//! One gzip stream in two pieces, so that a large first piece is compressed once and a small last piece is
//! added for each scrape. Readers see one ordinary member (RFC 1952): the first piece ends on a byte boundary
//! (a sync flush, RFC 1951 3.2.4) and the checksums are combined.

use bytes::Bytes;
use flate2::{Compress, Compression, FlushCompress};

/// Member header: magic, deflate, no flags, no time, no extra flags, unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// The beginning of a gzip stream.
pub(super) struct Head {
    compressed: Vec<u8>,
    checksum: crc32fast::Hasher,
    length: u32,
}

impl Head {
    pub(super) fn new(plain: &[u8]) -> Self {
        let mut compressed = HEADER.to_vec();
        if !plain.is_empty() {
            deflate(plain, FlushCompress::Sync, &mut compressed);
        }
        let mut checksum = crc32fast::Hasher::new();
        checksum.update(plain);
        Head { compressed, checksum, length: plain.len() as u32 }
    }

    /// The whole stream: this beginning and `tail`.
    pub(super) fn finish(&self, tail: &[u8]) -> Bytes {
        let mut stream = Vec::with_capacity(self.compressed.len() + tail.len() / 2 + 64);
        stream.extend_from_slice(&self.compressed);
        deflate(tail, FlushCompress::Finish, &mut stream);
        let mut checksum = self.checksum.clone();
        checksum.update(tail);
        stream.extend_from_slice(&checksum.finalize().to_le_bytes());
        stream.extend_from_slice(&self.length.wrapping_add(tail.len() as u32).to_le_bytes());
        stream.into()
    }
}

fn deflate(plain: &[u8], flush: FlushCompress, into: &mut Vec<u8>) {
    let mut deflater = Compress::new(Compression::fast(), false);
    loop {
        let rest = &plain[deflater.total_in() as usize..];
        into.reserve(rest.len() / 2 + 1024);
        let room = into.capacity() - into.len();
        let before = into.len();
        // Compressing memory into memory with room to spare cannot fail; the loop ends when deflate leaves room.
        let Ok(_) = deflater.compress_vec(rest, into, flush) else { return };
        if deflater.total_in() as usize == plain.len() && into.len() - before < room {
            return;
        }
    }
}
