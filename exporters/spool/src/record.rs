//! A record on disk: length, checksum, position, bytes. Pure.
//!
//! Integers are little-endian: `u32` length of position and bytes, `u32` CRC-32 of both, `u64` position. A file
//! may end in the middle of a record; anything behind the first record that is not whole is not read.

use std::sync::Arc;

/// Bytes before a record's own.
const HEADER: usize = 16;

/// The longest record that is believed when it is read.
const LONGEST: usize = 64 << 20;

/// A record and its place in the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its position: 1 is the first of this folder.
    pub position: u64,
    /// What was put.
    pub bytes: Arc<[u8]>,
}

impl Record {
    /// Bytes that it takes on disk.
    pub(crate) fn size(&self) -> usize {
        HEADER + self.bytes.len()
    }

    /// Appends it as it stands on disk.
    pub(crate) fn write(&self, to: &mut Vec<u8>) {
        let position = self.position.to_le_bytes();
        let mut crc = crc32fast::Hasher::new();
        crc.update(&position);
        crc.update(&self.bytes);
        let length = u32::try_from(8 + self.bytes.len()).unwrap_or(u32::MAX);
        to.extend_from_slice(&length.to_le_bytes());
        to.extend_from_slice(&crc.finalize().to_le_bytes());
        to.extend_from_slice(&position);
        to.extend_from_slice(&self.bytes);
    }

    /// Reads the first record of `from`; `None` when it is not whole or not what was written.
    pub(crate) fn read(from: &[u8]) -> Option<Record> {
        let (length, from) = from.split_first_chunk::<4>()?;
        let (crc, from) = from.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length) as usize;
        if !(8..=LONGEST).contains(&length) {
            return None;
        }
        let content = from.get(..length)?;
        if crc32fast::hash(content) != u32::from_le_bytes(*crc) {
            return None;
        }
        let (position, bytes) = content.split_first_chunk::<8>()?;
        Some(Record { position: u64::from_le_bytes(*position), bytes: bytes.into() })
    }

    /// Bytes that the first record of `from` needs to be whole, as its length says.
    pub(crate) fn announced(from: &[u8]) -> Option<usize> {
        let length = u32::from_le_bytes(*from.first_chunk::<4>()?) as usize;
        (8..=LONGEST).contains(&length).then_some(8 + length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> Vec<u8> {
        let mut bytes = Vec::new();
        Record { position: 7, bytes: b"words"[..].into() }.write(&mut bytes);
        bytes
    }

    #[test]
    fn as_it_stands_on_disk() {
        let crc = crc32fast::hash(b"\x07\0\0\0\0\0\0\0words").to_le_bytes();
        let expected = [&[13, 0, 0, 0][..], &crc, &[7, 0, 0, 0, 0, 0, 0, 0], b"words"].concat();
        assert_eq!(written(), expected);
        assert_eq!(Record::announced(&expected), Some(expected.len()));
    }

    #[test]
    fn what_is_read_is_what_was_written_or_nothing() {
        let whole = written();
        let record = Record::read(&whole).unwrap();
        assert_eq!(
            (record.position, &*record.bytes, record.size()),
            (7, &b"words"[..], whole.len())
        );
        for length in 0..whole.len() {
            assert_eq!(Record::read(&whole[..length]), None, "{length}");
        }
        for at in 0..whole.len() {
            let mut broken = whole.clone();
            broken[at] ^= 1;
            assert_eq!(Record::read(&broken), None, "{at}");
        }
    }
}
