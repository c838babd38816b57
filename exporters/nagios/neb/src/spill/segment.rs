//! One file of records.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use nagios_event::Glance;

use crate::queue::{Entry, Lane};

const HEADING: usize = 2 * size_of::<u32>();

/// Bytes that an event takes on disk.
pub(super) fn size_of_record(entry: &Entry) -> usize {
    HEADING + entry.frame.len()
}

/// A file that is not written any more.
#[derive(Debug)]
pub(super) struct Segment {
    path: PathBuf,
    pub(super) bytes: usize,
    pub(super) events: u64,
    /// Epoch and number of its last event, once that is known.
    pub(super) last: Option<(u64, u64)>,
}

/// What a segment holds.
pub(super) struct Records {
    pub(super) entries: Vec<Entry>,
    /// Events that should be there and cannot be read.
    pub(super) lost: u64,
}

impl Segment {
    /// One that a former process left: its records are counted.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn found(path: PathBuf) -> io::Result<Segment> {
        let bytes = std::fs::read(&path)?;
        let events = records(&bytes).entries.len() as u64;
        Ok(Segment { path, bytes: bytes.len(), events, last: None })
    }

    /// Reads all records.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn load(&mut self) -> io::Result<Records> {
        let mut records = records(&std::fs::read(&self.path)?);
        let found = records.entries.len() as u64;
        records.lost += self.events.saturating_sub(found + records.lost);
        self.last = records.entries.last().map(|entry| entry.id);
        Ok(records)
    }

    /// Deletes the file; one that cannot be deleted is read again by the next process.
    pub(super) fn remove(&self) {
        _ = std::fs::remove_file(&self.path);
    }
}

/// The file that is written.
pub(super) struct Writing {
    file: File,
    segment: Segment,
}

impl Writing {
    /// Makes a new file that only its owner can read.
    ///
    /// # Errors
    /// As the file system says.
    pub(super) fn create(path: PathBuf) -> io::Result<Writing> {
        let file = OpenOptions::new().append(true).create_new(true).mode(0o600).open(&path)?;
        Ok(Writing { file, segment: Segment { path, bytes: 0, events: 0, last: None } })
    }

    pub(super) fn bytes(&self) -> usize {
        self.segment.bytes
    }

    /// Appends an event, whole or not at all.
    ///
    /// # Errors
    /// As the file system says, such as a full disk.
    pub(super) fn append(&mut self, entry: &Entry) -> io::Result<()> {
        let mut record = Vec::with_capacity(size_of_record(entry));
        record.extend((entry.frame.len() as u32).to_le_bytes());
        record.extend(crc32fast::hash(&entry.frame).to_le_bytes());
        record.extend(&entry.frame);
        if let Err(error) = self.file.write_all(&record) {
            // What was written of it would hide all that follows.
            self.file.set_len(self.segment.bytes as u64)?;
            return Err(error);
        }
        self.segment.bytes += record.len();
        self.segment.events += 1;
        Ok(())
    }

    pub(super) fn close(self) -> Segment {
        self.segment
    }
}

/// The records up to the first that is not whole.
fn records(mut bytes: &[u8]) -> Records {
    let mut entries = Vec::new();
    while let Some((entry, rest)) = record(bytes) {
        entries.push(entry);
        bytes = rest;
    }
    Records { entries, lost: u64::from(!bytes.is_empty()) }
}

fn record(bytes: &[u8]) -> Option<(Entry, &[u8])> {
    let (size, rest) = bytes.split_first_chunk()?;
    let (crc, rest) = rest.split_first_chunk()?;
    let (frame, rest) = rest.split_at_checked(u32::from_le_bytes(*size) as usize)?;
    if crc32fast::hash(frame) != u32::from_le_bytes(*crc) {
        return None;
    }
    // What was on disk gives way to nothing any more.
    let entry = Entry::new(Glance::of(frame)?, Lane::Urgent, frame);
    Some((Entry { from_disk: true, ..entry }, rest))
}
