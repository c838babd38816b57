//! Segment files: records one after the other, named by the position of the first.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use tracing::warn;

use crate::record::Record;

pub(crate) const EXTENSION: &str = "segment";

/// Bytes that are read at once.
const READ: usize = 256 << 10;

/// A file and what is known to be on disk of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) path: PathBuf,
    /// Position of its first record.
    pub(crate) first: u64,
    /// Position of its last record.
    pub(crate) last: u64,
    /// Bytes of whole, synced records.
    pub(crate) bytes: u64,
}

impl Segment {
    /// Records in it behind `done`. Positions in a file rise by one, but for those that were done before.
    pub(crate) fn behind(&self, done: u64) -> u64 {
        self.last.saturating_sub(done.max(self.first.saturating_sub(1)))
    }
}

/// A place in a file where a record begins.
#[derive(Debug, Default)]
pub(crate) struct Place {
    path: PathBuf,
    at: u64,
}

pub(crate) fn path(folder: &Path, first: u64) -> PathBuf {
    folder.join(format!("{first:020}.{EXTENSION}"))
}

/// Finds out what a file holds; `None` when it holds no whole record.
pub(crate) fn scan(path: &Path) -> std::io::Result<Option<Segment>> {
    let content = std::fs::read(path)?;
    let (mut at, mut positions) = (0, None);
    while let Some(record) = Record::read(&content[at..]) {
        at += record.size();
        let (first, _) = positions.unwrap_or((record.position, 0));
        positions = Some((first, record.position));
    }
    if at < content.len() {
        let cut = content.len() - at;
        warn!(file = %path.display(), bytes = cut, "the end of a spool file is not whole and not read");
    }
    Ok(positions.map(|(first, last)| Segment {
        path: path.to_owned(),
        first,
        last,
        bytes: at as u64,
    }))
}

/// Reads records behind `done`, at most `records` and `bytes`, from `place` if it is in this file. The place that
/// comes back is where the first of them begins: they may be asked for again.
pub(crate) fn read(
    segment: &Segment,
    place: Place,
    done: u64,
    records: usize,
    bytes: usize,
) -> std::io::Result<(Vec<Record>, Place)> {
    let mut at = if place.path == segment.path { place.at } else { 0 };
    let mut file = File::open(&segment.path)?;
    file.seek(SeekFrom::Start(at))?;
    let (mut found, mut taken, mut first_at) = (Vec::new(), 0, at);
    let (mut window, mut used) = (Vec::new(), 0);
    while at < segment.bytes && found.len() < records {
        let Some(record) = Record::read(&window[used..]) else {
            window.drain(..used);
            used = 0;
            let wanted = Record::announced(&window).unwrap_or(0).max(READ) as u64;
            let left = segment.bytes.saturating_sub(at + window.len() as u64);
            if (&mut file).take(wanted.min(left)).read_to_end(&mut window)? == 0 {
                return Err(std::io::Error::new(ErrorKind::InvalidData, "a record is broken"));
            }
            continue;
        };
        let size = record.size();
        if record.position > done {
            if taken > 0 && taken + size > bytes {
                break;
            }
            if taken == 0 {
                first_at = at;
            }
            taken += size;
            found.push(record);
        }
        at += size as u64;
        used += size;
    }
    Ok((found, Place { path: segment.path.clone(), at: first_at }))
}

pub(crate) fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path)
        && error.kind() != ErrorKind::NotFound
    {
        warn!(file = %path.display(), %error, "cannot remove a file of the spool");
    }
}
