//! One gzip stream in two pieces, so that a large first piece is compressed once and a small last piece is
//! added for each scrape. Readers see one ordinary member (RFC 1952): the first piece ends on a byte boundary
//! (a sync flush, RFC 1951 3.2.4) and the checksums are combined.
//!
//! The first piece is compressed while it is written and is never whole in memory; who wants it plain gets it
//! inflated.

use std::fmt;

use bytes::Bytes;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};

/// Member header: magic, deflate, no flags, no time, no extra flags, unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// How much text is gathered before it is compressed.
const CHUNK: usize = 64 * 1024;

/// The beginning of a gzip stream.
pub(super) struct Head {
    compressed: Vec<u8>,
    checksum: crc32fast::Hasher,
    length: usize,
}

/// Text on its way into a [`Head`].
pub(super) struct Writer {
    deflater: Compress,
    waiting: String,
    head: Head,
}

impl Head {
    /// A stream that has only begun.
    pub(super) fn empty() -> Self {
        Head { compressed: HEADER.to_vec(), checksum: crc32fast::Hasher::new(), length: 0 }
    }

    /// The whole stream: this beginning and `tail`.
    pub(super) fn finish(&self, tail: &[u8]) -> Bytes {
        let mut stream = Vec::with_capacity(self.compressed.len() + tail.len() / 2 + 64);
        stream.extend_from_slice(&self.compressed);
        deflate(&mut deflater(), tail, FlushCompress::Finish, &mut stream);
        let mut checksum = self.checksum.clone();
        checksum.update(tail);
        end(stream, checksum, self.length + tail.len())
    }

    /// The same without compression.
    pub(super) fn finish_plain(&self, tail: &[u8]) -> Bytes {
        let mut plain = Vec::with_capacity(self.length + tail.len());
        let mut inflater = Decompress::new(false);
        while plain.len() < self.length {
            let known = plain.len();
            let rest = &self.compressed[HEADER.len() + inflater.total_in() as usize..];
            // What we have compressed ourselves can be inflated, and there is room for all of it.
            let inflated = inflater.decompress_vec(rest, &mut plain, FlushDecompress::None);
            if inflated.is_err() || plain.len() == known {
                break;
            }
        }
        plain.extend_from_slice(tail);
        plain.into()
    }
}

impl Writer {
    pub(super) fn new() -> Self {
        Writer { deflater: deflater(), waiting: String::with_capacity(CHUNK), head: Head::empty() }
    }

    /// The beginning of a stream with all that was written.
    pub(super) fn into_head(mut self) -> Head {
        self.compress(FlushCompress::Sync);
        self.head.compressed.shrink_to_fit();
        self.head
    }

    /// A whole stream with all that was written.
    pub(super) fn finish(mut self) -> Bytes {
        self.compress(FlushCompress::Finish);
        let Head { compressed, checksum, length } = self.head;
        end(compressed, checksum, length)
    }

    fn compress(&mut self, flush: FlushCompress) {
        let Writer { deflater, waiting, head } = self;
        deflate(deflater, waiting.as_bytes(), flush, &mut head.compressed);
        head.checksum.update(waiting.as_bytes());
        head.length += waiting.len();
        waiting.clear();
    }
}

impl fmt::Write for Writer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.waiting.len() + text.len() > CHUNK {
            self.compress(FlushCompress::None);
        }
        self.waiting.push_str(text);
        Ok(())
    }
}

/// Adds what stands at the end of a stream.
fn end(mut stream: Vec<u8>, checksum: crc32fast::Hasher, length: usize) -> Bytes {
    stream.extend_from_slice(&checksum.finalize().to_le_bytes());
    // The length is kept modulo 2^32.
    stream.extend_from_slice(&(length as u32).to_le_bytes());
    stream.into()
}

fn deflater() -> Compress {
    Compress::new(Compression::fast(), false)
}

fn deflate(deflater: &mut Compress, plain: &[u8], flush: FlushCompress, into: &mut Vec<u8>) {
    let begin = deflater.total_in();
    loop {
        let rest = &plain[(deflater.total_in() - begin) as usize..];
        into.reserve(rest.len() / 2 + 1024);
        let room = into.capacity() - into.len();
        let before = into.len();
        // Compressing memory into memory with room to spare cannot fail; the loop ends when deflate leaves room.
        let Ok(_) = deflater.compress_vec(rest, into, flush) else { return };
        let all_taken = (deflater.total_in() - begin) as usize == plain.len();
        if all_taken && into.len() - before < room {
            return;
        }
    }
}
