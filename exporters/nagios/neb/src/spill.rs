//! Events on disk that found no room in memory: segment files in a folder, oldest first.
//!
//! A file `EPOCH-NUMBER.spill` holds records of a `u32` length, a `u32` CRC-32 of the frame, and the frame as
//! it goes over the socket (little-endian). What a process leaves behind, its successor reads; a record that
//! a kill cut short is left out.
//!
//! Promises: at most the limit of bytes, the oldest segment making room; a segment goes when all of it is
//! acknowledged. Nothing is synced: the files outlive Nagios, not a loss of power. Runs on the module's own
//! thread alone.

mod folder;
mod segment;

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::time::{Duration, Instant};

use crate::arguments::SpillArguments;
use crate::queue::Entry;
use folder::Folder;
pub(crate) use folder::newest_epoch;
use segment::{Segment, Writing};

/// After a failure the folder is left alone for so long, unless it gets emptier before.
const REST: Duration = Duration::from_secs(1);

/// The folder is divided into at least so many segments, so that making room costs little.
const SEGMENTS: usize = 16;

const LARGEST_SEGMENT: usize = 4 << 20;

/// What the spill has done since Nagios started.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SpillCounts {
    /// Events written.
    pub(crate) written: u64,
    /// Events of a former process found.
    pub(crate) recovered: u64,
    /// Events lost: no room, or unreadable.
    pub(crate) dropped: u64,
    /// Failures to write or read.
    pub(crate) errors: u64,
}

/// The spill of one Nagios.
pub(crate) struct Spill {
    arguments: SpillArguments,
    epoch: u64,
    /// Ours alone; `None` until it could be opened.
    folder: Option<Folder>,
    /// All read, and waiting for its acknowledgement.
    read: VecDeque<Segment>,
    /// Not read yet, oldest first.
    waiting: VecDeque<Segment>,
    /// Being written; newer than all others.
    writing: Option<Writing>,
    /// Records of the oldest segment, on their way out.
    coming: VecDeque<Entry>,
    next_number: u64,
    retry_at: Instant,
    counts: SpillCounts,
}

impl Spill {
    /// Opens the folder, if it can be, and finds what a former process left.
    pub(crate) fn new(arguments: SpillArguments, epoch: u64) -> Spill {
        let mut spill = Spill {
            arguments,
            epoch,
            folder: None,
            read: VecDeque::new(),
            waiting: VecDeque::new(),
            writing: None,
            coming: VecDeque::new(),
            next_number: 1,
            retry_at: Instant::now(),
            counts: SpillCounts::default(),
        };
        spill.open();
        spill
    }

    /// Whether no event waits here.
    pub(crate) fn is_empty(&self) -> bool {
        self.coming.is_empty() && self.waiting.is_empty() && self.writing.is_none()
    }

    /// What was done so far.
    pub(crate) fn counts(&self) -> SpillCounts {
        self.counts
    }

    /// Most bytes on disk.
    pub(crate) fn limit(&self) -> usize {
        self.arguments.limit
    }

    /// Bytes on disk.
    pub(crate) fn bytes(&self) -> usize {
        let closed = self.read.iter().chain(&self.waiting).map(|segment| segment.bytes);
        closed.sum::<usize>() + self.writing.as_ref().map_or(0, Writing::bytes)
    }

    /// Opens the folder where that has failed before; soon after a failure nothing is tried.
    pub(crate) fn keep_open(&mut self) {
        if self.folder.is_none() && Instant::now() >= self.retry_at {
            self.open();
        }
    }

    /// Appends the newest event; `false` when it could not be, and is the caller's again.
    pub(crate) fn write(&mut self, entry: &Entry) -> bool {
        self.keep_open();
        if self.folder.is_none() || Instant::now() < self.retry_at {
            return false;
        }
        self.make_room(segment::size_of_record(entry));
        if self.append(entry).is_err() {
            self.fail();
            return false;
        }
        self.counts.written += 1;
        true
    }

    /// Puts events before all others of this process, at its end. Returns how many could be.
    pub(crate) fn write_first(&mut self, entries: &[Entry]) -> usize {
        self.make_room(entries.iter().map(segment::size_of_record).sum());
        let Some(folder) = &self.folder else { return 0 };
        let Ok(mut first) = Writing::create(folder.segment(self.epoch, 0)) else { return 0 };
        entries.iter().take_while(|entry| first.append(entry).is_ok()).count()
    }

    /// Takes out the oldest event. Its segment stays until [`Spill::acknowledge`] covers all of it.
    pub(crate) fn next(&mut self) -> Option<Entry> {
        while self.coming.is_empty() {
            if self.waiting.is_empty() {
                self.close();
            }
            let mut segment = self.waiting.pop_front()?;
            match segment.load() {
                Ok(records) => {
                    self.counts.dropped += records.lost;
                    self.counts.errors += u64::from(records.lost > 0);
                    self.coming = records.entries.into();
                    self.read.push_back(segment);
                }
                Err(_) => {
                    self.counts.errors += 1;
                    self.counts.dropped += segment.events.max(1);
                    segment.remove();
                }
            }
        }
        self.coming.pop_front()
    }

    /// Deletes the segments whose events are all covered.
    pub(crate) fn acknowledge(&mut self, id: (u64, u64)) {
        while let Some(oldest) = self.read.front() {
            let is_coming = self.read.len() == 1 && !self.coming.is_empty();
            if is_coming || oldest.last.is_some_and(|last| last > id) {
                break;
            }
            self.read.pop_front().inspect(Segment::remove);
            // This may be what filled the disk.
            self.retry_at = Instant::now();
        }
    }

    fn append(&mut self, entry: &Entry) -> std::io::Result<()> {
        let largest = (self.arguments.limit / SEGMENTS).min(LARGEST_SEGMENT);
        if self.writing.as_ref().is_some_and(|writing| writing.bytes() >= largest) {
            self.close();
        }
        if self.writing.is_none()
            && let Some(folder) = &self.folder
        {
            let mut create = || {
                self.next_number += 1;
                Writing::create(folder.segment(self.epoch, self.next_number))
            };
            // A former thread of this process may have left some.
            let created = std::iter::repeat_with(&mut create).find(|created| {
                created.as_ref().err().is_none_or(|error| error.kind() != ErrorKind::AlreadyExists)
            });
            self.writing = created.transpose()?;
        }
        self.writing.as_mut().map_or(Ok(()), |writing| writing.append(entry))
    }

    fn close(&mut self) {
        self.waiting.extend(self.writing.take().map(Writing::close));
    }

    /// Lets the oldest segments go until `needed` more bytes are within the limit.
    fn make_room(&mut self, needed: usize) {
        while self.bytes() + needed > self.arguments.limit {
            if self.read.is_empty() && self.waiting.is_empty() {
                self.close();
            }
            // One that is read is in memory: without its file it is only lost if Nagios is killed now.
            if let Some(segment) = self.read.pop_front() {
                segment.remove();
            } else if let Some(segment) = self.waiting.pop_front() {
                self.counts.dropped += segment.events;
                segment.remove();
            } else {
                break;
            }
        }
    }

    fn open(&mut self) {
        match Folder::open(&self.arguments.folder) {
            Ok((folder, found)) => {
                self.counts.recovered += found.iter().map(|segment| segment.events).sum::<u64>();
                self.waiting.extend(found);
                self.folder = Some(folder);
            }
            Err(_) => self.fail(),
        }
    }

    fn fail(&mut self) {
        self.counts.errors += 1;
        self.retry_at = Instant::now() + REST;
    }
}

#[cfg(test)]
mod tests;
