//! The file format: a head, then records, each bound to all before it. Little-endian throughout.
//!
//! ```text
//! head    16 bytes  "VNCREC\r\n", version u16 (1), six zeros
//! record  20 bytes  kind u8, three zeros, length u32, number u32, time u32 (ms since the start), CRC-32C u32
//!         length    payload
//!         32 bytes  BLAKE3 of the hash before it (of the head, for the first), the 20 bytes and the payload
//! trailer 16 bytes  offset of the index record u64, "VNCINDEX"; only after a clean end
//! ```
//!
//! The CRC-32C is of the first 16 bytes of the record and its payload: it tells what a disk has torn without
//! reading what came before. The hashes tell what a person has changed. Knows nothing of what payloads mean.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

/// What every file begins with.
pub const HEAD: [u8; 16] = *b"VNCREC\r\n\x01\0\0\0\0\0\0\0";

/// What a trailer ends with.
pub const TRAILER: [u8; 8] = *b"VNCINDEX";

/// Bytes of a trailer.
pub const TRAILER_LENGTH: u64 = 16;

/// Bytes of a record before its payload.
pub const HEADER_LENGTH: usize = 20;

/// Bytes of a record's hash.
pub const HASH_LENGTH: usize = 32;

/// Bytes of a payload at most: a keyframe of the largest screen that cannot be compressed.
pub const MOST_PAYLOAD: u32 = 72 << 20;

/// What a record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// [`super::Begin`] in JSON, always the first.
    Begin = 1,
    /// What the server sent, compressed.
    Stream = 2,
    /// The whole screen; the stream's compression begins anew after it.
    Keyframe = 3,
    /// [`super::Event`] in JSON.
    Event = 4,
    /// What the user did, encrypted.
    Input = 5,
    /// [`super::End`] in JSON.
    End = 6,
    /// [`super::index::Index`], compressed; the last.
    Index = 7,
}

/// The first bytes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What it holds.
    pub kind: Kind,
    /// Bytes of its payload.
    pub length: u32,
    /// Its number: 0, 1, 2...
    pub number: u32,
    /// When, in milliseconds since the start.
    pub time: u32,
    /// CRC-32C of the header's other bytes and the payload.
    pub checksum: u32,
}

/// What binds each record to those before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    hash: blake3::Hash,
    next: u32,
}

/// A record that is not what was written.
#[derive(Debug, thiserror::Error)]
pub enum Damage {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// It is something else.
    #[error("is no recording: its first bytes are {0:02x?}")]
    NoRecording(Vec<u8>),
    /// Made by another version of this program.
    #[error("has version {0} of the format, expected 1")]
    Version(u16),
    /// It ends within a record, as after a crash.
    #[error("record {number}, at byte {offset}, is cut off")]
    Torn {
        /// The record's number.
        number: u32,
        /// Where it begins.
        offset: u64,
    },
    /// A record is there that should be elsewhere, or the one before it is missing.
    #[error("record {expected}, at byte {offset}, is missing: number {found} is in its place")]
    Missing {
        /// The number that should be there.
        expected: u32,
        /// The number that is there.
        found: u32,
        /// Where.
        offset: u64,
    },
    /// A record's bytes are not those that were written.
    #[error("record {number}, at byte {offset}, was changed: its {what} does not fit")]
    Changed {
        /// The record's number.
        number: u32,
        /// Where it begins.
        offset: u64,
        /// What shows it.
        what: &'static str,
    },
}

impl Chain {
    /// The chain before the first record.
    #[must_use]
    pub fn start() -> Self {
        Chain { hash: blake3::hash(&HEAD), next: 0 }
    }

    /// The chain behind a record that is believed.
    pub(crate) fn behind(hash: &[u8; HASH_LENGTH], number: u32) -> Self {
        Chain { hash: blake3::Hash::from_bytes(*hash), next: number + 1 }
    }

    /// The number of the next record.
    pub(crate) fn next(&self) -> u32 {
        self.next
    }

    /// The hash of the last record: whoever keeps it elsewhere can tell that nothing was cut off or made anew.
    #[must_use]
    pub fn hash(&self) -> blake3::Hash {
        self.hash
    }

    /// Appends the next record to `out`.
    pub fn seal(&mut self, out: &mut Vec<u8>, kind: Kind, time: u32, payload: &[u8]) {
        let start = out.len();
        out.extend([kind as u8, 0, 0, 0]);
        for number in [payload.len() as u32, self.next, time] {
            out.extend(number.to_le_bytes());
        }
        let checksum = crc32c::crc32c_append(crc32c::crc32c(&out[start..]), payload);
        out.extend(checksum.to_le_bytes());
        self.bind(&out[start..], payload);
        out.extend(payload);
        out.extend(self.hash.as_bytes());
    }

    /// Whether this is the next record; then the chain goes on behind it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(
        &mut self,
        offset: u64,
        header: &Header,
        payload: &[u8],
        hash: &[u8; HASH_LENGTH],
    ) -> Result<(), Damage> {
        let number = header.number;
        let bytes = header.bytes();
        if !header.fits(payload) {
            return Err(Damage::Changed { number, offset, what: "checksum" });
        }
        if number != self.next {
            return Err(Damage::Missing { expected: self.next, found: number, offset });
        }
        self.bind(&bytes, payload);
        match self.hash == *hash {
            true => Ok(()),
            false => Err(Damage::Changed { number, offset, what: "hash" }),
        }
    }

    fn bind(&mut self, header: &[u8], payload: &[u8]) {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.hash.as_bytes()).update(header).update(payload);
        self.hash = hasher.finalize();
        self.next += 1;
    }
}

impl Header {
    /// Reads the first bytes of a record; `None` when they are not one's.
    #[must_use]
    pub fn parse(bytes: &[u8; HEADER_LENGTH]) -> Option<Self> {
        let [kind, 0, 0, 0, rest @ ..] = bytes else { return None };
        let (numbers, _) = rest.as_chunks::<4>();
        let [length, number, time, checksum] = *numbers else { return None };
        let kind = match kind {
            1 => Kind::Begin,
            2 => Kind::Stream,
            3 => Kind::Keyframe,
            4 => Kind::Event,
            5 => Kind::Input,
            6 => Kind::End,
            7 => Kind::Index,
            _ => return None,
        };
        let length = u32::from_le_bytes(length);
        (length <= MOST_PAYLOAD).then_some(Header {
            kind,
            length,
            number: u32::from_le_bytes(number),
            time: u32::from_le_bytes(time),
            checksum: u32::from_le_bytes(checksum),
        })
    }

    /// Bytes of the whole record.
    #[must_use]
    pub fn record_length(&self) -> u64 {
        (HEADER_LENGTH + HASH_LENGTH) as u64 + u64::from(self.length)
    }

    /// Whether the checksum is that of this payload.
    #[must_use]
    pub fn fits(&self, payload: &[u8]) -> bool {
        let head = crc32c::crc32c(&self.bytes()[..HEADER_LENGTH - 4]);
        crc32c::crc32c_append(head, payload) == self.checksum
    }

    fn bytes(&self) -> [u8; HEADER_LENGTH] {
        let Header { kind, length, number, time, checksum } = *self;
        let mut bytes = [0; HEADER_LENGTH];
        bytes[0] = kind as u8;
        for (slot, number) in bytes[4..].chunks_exact_mut(4).zip([length, number, time, checksum]) {
            slot.copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }
}

/// A record as it lies in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where it begins.
    pub offset: u64,
    /// Its first bytes.
    pub header: Header,
    /// What it holds.
    pub payload: Vec<u8>,
    /// Its hash, not yet compared.
    pub hash: [u8; HASH_LENGTH],
}

/// Whether this is the head of a recording that can be read here.
///
/// # Errors
/// What it is instead.
pub fn check_head(head: &[u8]) -> Result<(), Damage> {
    match head {
        head if *head == HEAD => Ok(()),
        [start @ .., low, high, 0, 0, 0, 0, 0, 0] if *start == HEAD[..8] => {
            Err(Damage::Version(u16::from_le_bytes([*low, *high])))
        }
        other => Err(Damage::NoRecording(other[..other.len().min(8)].to_vec())),
    }
}

/// Reads a record's first bytes. `None` where the file ends, or at its trailer.
///
/// # Errors
/// When they cannot be read, or are not a record's.
pub fn read_header(file: &File, offset: u64, end: u64) -> Result<Option<Header>, Damage> {
    let torn = || Damage::Torn { number: u32::MAX, offset };
    let left = end.saturating_sub(offset);
    if left == 0 || (left == TRAILER_LENGTH && read_trailer(file, end)?.is_some()) {
        return Ok(None);
    }
    if left < HEADER_LENGTH as u64 {
        return Err(torn());
    }
    let mut bytes = [0; HEADER_LENGTH];
    file.read_exact_at(&mut bytes, offset)?;
    let header = Header::parse(&bytes).ok_or(Damage::Changed {
        number: u32::from_le_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]),
        offset,
        what: "header",
    })?;
    match header.record_length() <= left {
        true => Ok(Some(header)),
        false => Err(Damage::Torn { number: header.number, offset }),
    }
}

/// Reads a whole record whose header has been read.
///
/// # Errors
/// When it cannot be read, or its checksum does not fit.
pub fn read_record(file: &File, offset: u64, header: Header) -> Result<Record, Damage> {
    let mut payload = vec![0; header.length as usize];
    file.read_exact_at(&mut payload, offset + HEADER_LENGTH as u64)?;
    let mut hash = [0; HASH_LENGTH];
    file.read_exact_at(&mut hash, offset + HEADER_LENGTH as u64 + u64::from(header.length))?;
    match header.fits(&payload) {
        true => Ok(Record { offset, header, payload, hash }),
        false => Err(Damage::Changed { number: header.number, offset, what: "checksum" }),
    }
}

/// The offset of the index, when a file of this length ends with a trailer.
///
/// # Errors
/// When it cannot be read.
pub fn read_trailer(file: &File, end: u64) -> io::Result<Option<u64>> {
    let Some(start) = end.checked_sub(TRAILER_LENGTH) else { return Ok(None) };
    let mut bytes = [0; TRAILER_LENGTH as usize];
    file.read_exact_at(&mut bytes, start)?;
    let [offset @ .., _, _, _, _, _, _, _, _] = bytes;
    Ok((bytes[8..] == TRAILER).then_some(u64::from_le_bytes(offset)))
}

/// The trailer of a file whose index is at `offset`.
#[must_use]
pub fn trailer(offset: u64) -> Vec<u8> {
    [offset.to_le_bytes(), TRAILER].concat()
}
