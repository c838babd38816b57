//! Who did what: an append-only file in which each line is bound to the one before it.
//!
//! A line is `HASH JSON`. HASH is the SHA-256, in hexadecimal, of the hash of the line before (64 zeros for the
//! first), a space, and the JSON. Whoever changes, inserts or removes a line must make all that follow anew;
//! [`verify`] names the first line that does not fit. That the end was cut off only shows against a copy of the
//! last hash kept elsewhere; [`Log::last_hash`] gives it.
//!
//! [`Log::append`] has an entry on disk when it answers. A line that a crash has torn was never answered, and is
//! taken away at the next start.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// What stands before the first line.
const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One thing that somebody did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// Who: the name of a user, a token or a contact.
    pub who: String,
    /// What they did, such as `acknowledge`.
    pub action: String,
    /// What it was done to, such as `episode 7`.
    pub subject: String,
    /// What else there is to know, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub details: String,
}

/// What a whole log amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// How many lines it has.
    pub lines: u64,
    /// The hash of the last one.
    pub last_hash: String,
}

/// Why a log is not, or cannot be, believed.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// It cannot be read or written.
    #[error("the audit log cannot be used: {0}")]
    Io(#[from] io::Error),
    /// This line, counted from 1, is not what was written after the line before it.
    #[error("line {0} of the audit log was changed, or a line before it removed")]
    Changed(u64),
    /// An entry cannot be written as JSON.
    #[error("the entry cannot be written: {0}")]
    Entry(#[from] serde_json::Error),
}

/// A log that is open. Clones share it.
#[derive(Debug, Clone)]
pub struct Log(Arc<Mutex<Tail>>);

#[derive(Debug)]
struct Tail {
    file: File,
    hash: String,
    /// Bytes that are known to be whole lines.
    length: u64,
}

impl Log {
    /// Opens the log at `path`, or makes it, after verifying it.
    ///
    /// # Errors
    /// When it cannot be read or written, or was changed.
    pub fn open(path: &Path) -> Result<Self, AuditError> {
        let file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let Read { summary, length } = read(&file)?;
        if file.metadata()?.len() > length {
            file.set_len(length)?;
        }
        file.sync_all()?;
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            File::open(folder)?.sync_all()?;
        }
        Ok(Log(Arc::new(Mutex::new(Tail { file, hash: summary.last_hash, length }))))
    }

    /// Appends an entry, and answers when it is on disk. Waits for the disk: not for an async task, which has
    /// [`Log::record`].
    ///
    /// # Errors
    /// When it cannot be written; the log is then as before.
    pub fn append(&self, entry: &Entry) -> Result<(), AuditError> {
        let json = serde_json::to_string(entry)?;
        let mut tail = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let hash = chain(&tail.hash, &json);
        let line = format!("{hash} {json}\n");
        let written = tail.file.write_all(line.as_bytes()).and_then(|()| tail.file.sync_data());
        if let Err(error) = written {
            // What was written of it, on a full disk say, must not stand before the next line.
            tail.file.set_len(tail.length)?;
            return Err(error.into());
        }
        tail.length += line.len() as u64;
        tail.hash = hash;
        Ok(())
    }

    /// [`Log::append`] for an async task.
    ///
    /// # Errors
    /// As there.
    pub async fn record(&self, entry: Entry) -> Result<(), AuditError> {
        let log = self.clone();
        let append = tokio::task::spawn_blocking(move || log.append(&entry));
        append.await.unwrap_or_else(|error| Err(io::Error::other(error).into()))
    }

    /// The hash of the last line, to be kept elsewhere.
    #[must_use]
    pub fn last_hash(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).hash.clone()
    }
}

/// Reads a whole log and says whether it is as it was written.
///
/// # Errors
/// When it cannot be read, or the number of the first line that was changed.
pub fn verify(path: &Path) -> Result<Summary, AuditError> {
    read(&File::open(path)?).map(|read| read.summary)
}

struct Read {
    summary: Summary,
    /// Bytes of whole lines.
    length: u64,
}

fn read(file: &File) -> Result<Read, AuditError> {
    let mut reader = BufReader::new(file);
    let mut summary = Summary { lines: 0, last_hash: BEGINNING.into() };
    let mut length = 0;
    let mut line = Vec::new();
    loop {
        line.clear();
        let bytes = reader.read_until(b'\n', &mut line)?;
        let Some(whole) = line.strip_suffix(b"\n") else { return Ok(Read { summary, length }) };
        let changed = || AuditError::Changed(summary.lines + 1);
        let whole = str::from_utf8(whole).map_err(|_| changed())?;
        let (hash, json) = whole.split_once(' ').ok_or_else(changed)?;
        if chain(&summary.last_hash, json) != hash {
            return Err(changed());
        }
        summary = Summary { lines: summary.lines + 1, last_hash: hash.into() };
        length += bytes as u64;
    }
}

fn chain(previous: &str, json: &str) -> String {
    crate::hexadecimal(&Sha256::digest(format!("{previous} {json}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn entry(subject: &str) -> Entry {
        Entry {
            at: Timestamp::UNIX_EPOCH,
            who: "duty".into(),
            action: "acknowledge".into(),
            subject: subject.into(),
            details: String::new(),
        }
    }

    fn written(folder: &Path) -> PathBuf {
        let path = folder.join("audit.log");
        let log = Log::open(&path).unwrap();
        for subject in ["episode 1", "episode 2", "磁盘\n3", "episode 4"] {
            log.append(&entry(subject)).unwrap();
        }
        path
    }

    #[test]
    fn a_log_goes_on_where_it_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = written(folder.path());
        Log::open(&path).unwrap().append(&entry("episode 5")).unwrap();
        let summary = verify(&path).unwrap();
        assert_eq!(summary.lines, 5);
        assert_eq!(Log::open(&path).unwrap().last_hash(), summary.last_hash);
        let text = std::fs::read_to_string(&path).unwrap();
        let (_, json) = text.lines().nth(2).unwrap().split_once(' ').unwrap();
        assert_eq!(serde_json::from_str::<Entry>(json).unwrap(), entry("磁盘\n3"));
    }

    #[test]
    fn the_first_line_that_was_changed_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let text = std::fs::read_to_string(written(folder.path())).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let changed = |lines: &[&str]| {
            let path = folder.path().join("changed.log");
            std::fs::write(&path, lines.join("\n") + "\n").unwrap();
            match verify(&path) {
                Err(AuditError::Changed(line)) => line,
                other => panic!("{other:?}"),
            }
        };
        let other_name = lines[1].replace("duty", "other");
        assert_eq!(changed(&[lines[0], &other_name, lines[2], lines[3]]), 2);
        assert_eq!(changed(&[lines[0], lines[2], lines[3]]), 2, "removed");
        assert_eq!(changed(&[lines[0], lines[1], lines[1], lines[2]]), 3, "told twice");
        assert_eq!(changed(&[lines[1], lines[0]]), 1, "swapped");
        assert_eq!(changed(&["", lines[0]]), 1, "an empty line");
        let path = folder.path().join("changed.log");
        assert!(matches!(Log::open(&path), Err(AuditError::Changed(1))), "and is not written to");
    }

    #[test]
    fn a_torn_line_is_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = written(folder.path());
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, [&whole[..], b"0123 {\"at\":"].concat()).unwrap();
        Log::open(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), whole);
    }

    #[test]
    fn a_full_disk_leaves_the_log_as_it_was() {
        let full = File::options().append(true).open("/dev/full").unwrap();
        let tail = Tail { file: full, hash: BEGINNING.into(), length: 0 };
        let log = Log(Arc::new(Mutex::new(tail)));
        assert!(matches!(log.append(&entry("episode 1")), Err(AuditError::Io(_))));
        assert_eq!(log.last_hash(), BEGINNING);
    }
}
