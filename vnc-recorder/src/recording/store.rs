//! All recordings: files in one folder, named by ids that this program made. What is in them is read once.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use tracing::{info, warn};
use uuid::Uuid;

use super::container::Damage;
pub use super::filter::Filter;
use super::index::Index;
use super::reader::{ReadError, Reader};
use super::recorder::{Finished, Live, Recorder};
use super::verify::{Verified, verify};
use super::{Begin, Settings, writer};
use crate::metrics::Metrics;

/// What a recording's file is called after its id.
const EXTENSION: &str = "vncrec";

/// What stands beside a recording that may not be deleted.
const HOLD: &str = "hold";

/// The end of a recording must be on disk within this; the end of its session does not wait longer.
const FINISH_LIMIT: Duration = Duration::from_secs(5);

/// All recordings. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    settings: Settings,
    metrics: Metrics,
    all: Mutex<BTreeMap<Uuid, Entry>>,
}

#[derive(Debug, Clone)]
struct Entry {
    begin: Begin,
    duration_ms: u32,
    size: u64,
    ended: Option<super::End>,
    seekable: bool,
    hold: Option<Hold>,
    live: Option<Arc<Live>>,
}

/// Why a recording may not be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Who said so.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// A recording as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// What it is of.
    #[serde(flatten)]
    pub begin: Begin,
    /// How it is.
    pub state: State,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Why it ended, in words.
    pub reason: Option<String>,
    /// Its length, in milliseconds.
    pub duration_ms: u32,
    /// Bytes of its file.
    pub size: u64,
    /// Whether any moment can be shown.
    pub seekable: bool,
    /// Why it may not be deleted.
    pub hold: Option<Hold>,
}

/// How a recording is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The session runs.
    Running,
    /// It ended as it should.
    Complete,
    /// It was cut off, by a crash or a full disk.
    Interrupted,
}

/// Why a recording cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Less is free than must be.
    #[error("the disk has {free} bytes free, expected {reserve} at least")]
    Reserve {
        /// Bytes that are free.
        free: u64,
        /// Bytes that must be.
        reserve: u64,
    },
    /// The disk refuses.
    #[error("the recording cannot be made: {0}")]
    Io(#[from] io::Error),
}

/// Why a recording cannot be deleted or held.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// There is none of this id.
    #[error("there is no such recording")]
    NotThere,
    /// Its session runs.
    #[error("its session is still running")]
    Running,
    /// It may not be deleted.
    #[error("it is held by {}: {}", .0.by, .0.reason)]
    Held(Hold),
    /// The disk refuses.
    #[error("the disk refuses: {0}")]
    Io(#[from] io::Error),
}

impl Store {
    /// Opens the folder, or makes it, and ends recordings that a crash has cut off.
    ///
    /// # Errors
    /// When the folder cannot be used.
    pub fn open(folder: &Path, settings: Settings, metrics: Metrics) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let mut all = BTreeMap::new();
        for file in fs::read_dir(folder)? {
            let path = file?.path();
            if path.extension() != Some(OsStr::new(EXTENSION)) {
                continue;
            }
            match read_entry(&path) {
                Ok(entry) => drop(all.insert(entry.begin.id, entry)),
                Err(error) => warn!(file = %path.display(), %error, "not a readable recording"),
            }
        }
        let folder = folder.to_owned();
        Ok(Store(Arc::new(Shared { folder, settings, metrics, all: Mutex::new(all) })))
    }

    /// Begins a recording. Must be called where tokio runs; waits for the disk for as long as one write takes.
    ///
    /// # Errors
    /// When the disk has no room for it.
    pub fn start(&self, begin: Begin) -> Result<Recorder, StartError> {
        let Shared { settings, metrics, .. } = &*self.0;
        let (free, reserve) = (self.free()?, settings.reserve);
        if free < reserve {
            return Err(StartError::Reserve { free, reserve });
        }
        let (id, key) = (begin.id, settings.input_key.clone());
        let recorder = Recorder::start(&self.path(id), begin.clone(), key, metrics.clone())?;
        let entry = Entry {
            begin,
            duration_ms: 0,
            size: 0,
            ended: None,
            seekable: true,
            hold: None,
            live: Some(Arc::clone(&recorder.live)),
        };
        self.all().insert(id, entry);
        Ok(recorder)
    }

    /// Ends a recording at a time in milliseconds since its start. `None`: not on disk within [`FINISH_LIMIT`]; then
    /// it goes on by itself, and is listed as running until it has ended.
    pub async fn finish(&self, recorder: Recorder, time: u32, reason: String) -> Option<Finished> {
        let (store, id) = (self.clone(), recorder.live.index().begin.id);
        let finish = tokio::spawn(async move {
            let finished = recorder.finish(time, reason).await;
            let settle = tokio::task::spawn_blocking(move || store.settle(id)).await;
            settle.ok().and(finished)
        });
        timeout(FINISH_LIMIT, finish).await.ok()?.ok()?
    }

    /// Takes in how a recording ended; one that could not be ended is listed as interrupted.
    fn settle(&self, id: Uuid) {
        let read = read_entry(&self.path(id));
        let mut all = self.all();
        let Some(entry) = all.get_mut(&id) else { return };
        match read {
            Ok(read) => *entry = Entry { hold: entry.hold.clone(), ..read },
            Err(error) => {
                warn!(recording = %id, %error, "not ended as it should");
                if let Some(live) = entry.live.take() {
                    entry.duration_ms = live.duration();
                    entry.size = *live.length().borrow();
                }
            }
        }
    }

    /// Those that fit, the newest first.
    #[must_use]
    pub fn list(&self, filter: &Filter) -> Vec<Summary> {
        let all = self.all();
        let mut found: Vec<_> =
            all.values().map(Entry::summary).filter(|summary| filter.fits(summary)).collect();
        found.sort_by_key(|summary| std::cmp::Reverse((summary.begin.started, summary.begin.id)));
        found
    }

    /// The recording of this id.
    #[must_use]
    pub fn find(&self, id: Uuid) -> Option<Summary> {
        self.all().get(&id).map(Entry::summary)
    }

    /// Opens a recording for reading; waits for the disk. `None`: there is none of this id.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn reader(&self, id: Uuid) -> Result<Option<Reader>, ReadError> {
        let Some(entry) = self.all().get(&id).cloned() else { return Ok(None) };
        Reader::open(&self.path(id), entry.live).map(Some)
    }

    /// Whether a recording that has ended is as it was written; waits for the disk. `None`: there is none.
    ///
    /// # Errors
    /// The first record that is not.
    pub fn verify(&self, id: Uuid) -> Result<Option<Verified>, Damage> {
        self.find(id).map(|_| verify(&self.path(id))).transpose()
    }

    /// The file of a recording, for downloads.
    #[must_use]
    pub fn path(&self, id: Uuid) -> PathBuf {
        self.0.folder.join(format!("{id}.{EXTENSION}"))
    }

    /// Deletes a recording.
    ///
    /// # Errors
    /// When it may not be deleted.
    pub fn delete(&self, id: Uuid) -> Result<Summary, ChangeError> {
        let mut all = self.all();
        let entry = all.get(&id).ok_or(ChangeError::NotThere)?;
        if entry.live.is_some() {
            return Err(ChangeError::Running);
        }
        if let Some(hold) = &entry.hold {
            return Err(ChangeError::Held(hold.clone()));
        }
        let summary = entry.summary();
        fs::remove_file(self.path(id))?;
        all.remove(&id);
        Ok(summary)
    }

    /// Holds a recording, or gives it free.
    ///
    /// # Errors
    /// When there is none, or the disk refuses.
    pub fn hold(&self, id: Uuid, hold: Option<Hold>) -> Result<(), ChangeError> {
        let mut all = self.all();
        let entry = all.get_mut(&id).ok_or(ChangeError::NotThere)?;
        let path = self.path(id).with_extension(HOLD);
        match &hold {
            Some(hold) => fs::write(path, serde_json::to_vec(hold).map_err(io::Error::from)?)?,
            None if entry.hold.is_some() => fs::remove_file(path)?,
            None => {}
        }
        entry.hold = hold;
        Ok(())
    }

    /// Deletes what is older, or more, than is kept; answers what.
    pub fn sweep(&self, now: Timestamp) -> Vec<Summary> {
        let Settings { keep_for, keep_size, .. } = self.0.settings;
        let mut left: u64 = self.list(&Filter::default()).iter().map(|summary| summary.size).sum();
        let mut swept = Vec::new();
        for summary in self.list(&Filter::default()).into_iter().rev() {
            let age = now.duration_since(summary.begin.started);
            let old =
                keep_for.is_some_and(|most| Duration::try_from(age).is_ok_and(|age| age > most));
            if !old && keep_size.is_none_or(|most| left <= most) {
                continue;
            }
            match self.delete(summary.begin.id) {
                Ok(deleted) => {
                    left -= deleted.size;
                    info!(recording = %deleted.begin.id, "deleted, as configured");
                    swept.push(deleted);
                }
                Err(ChangeError::Held(_) | ChangeError::Running | ChangeError::NotThere) => {}
                Err(ChangeError::Io(error)) => {
                    warn!(recording = %summary.begin.id, %error, "cannot be deleted");
                }
            }
        }
        swept
    }

    /// Bytes that are free for recordings.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn free(&self) -> io::Result<u64> {
        let disk = nix::sys::statvfs::statvfs(&self.0.folder)?;
        Ok(disk.blocks_available() * disk.fragment_size())
    }

    /// What happens to a session whose recording cannot go on.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<Uuid, Entry>> {
        self.0.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn summary(&self) -> Summary {
        let Entry { begin, duration_ms, size, ended, seekable, hold, live } = self;
        let state = match (live, ended) {
            (Some(_), _) => State::Running,
            (None, Some(end)) if !end.interrupted => State::Complete,
            _ => State::Interrupted,
        };
        Summary {
            begin: begin.clone(),
            state,
            ended: ended.as_ref().map(|end| end.ended),
            reason: ended.as_ref().map(|end| end.reason.clone()),
            duration_ms: live.as_ref().map_or(*duration_ms, |live| live.duration()),
            size: live.as_ref().map_or(*size, |live| *live.length().borrow()),
            seekable: *seekable,
            hold: hold.clone(),
        }
    }
}

/// Reads what a list shows of a recording, and ends it if a crash has cut it off.
fn read_entry(path: &Path) -> Result<Entry, Damage> {
    let index = match Index::read(&File::open(path)?)? {
        Some(index) => index,
        None => writer::mend(path)?,
    };
    let hold = fs::read(path.with_extension(HOLD)).ok();
    Ok(Entry {
        duration_ms: index.duration_ms,
        size: fs::metadata(path)?.len(),
        seekable: index.is_seekable(),
        begin: index.begin,
        ended: index.end,
        hold: hold.and_then(|json| serde_json::from_slice(&json).ok()),
        live: None,
    })
}
