//! A queue between one who must not wait and a peer who may be away.
//!
//! [`Inlet::put`] takes a record and never waits. [`Outlet::batch`] hands records out in their order, again and
//! again until [`Outlet::done`]. While the peer takes records at once, they stay in memory; one that has waited
//! for [`Limits::linger`] is written to a segment file and synced, together with all that wait.
//!
//! Promises: a record whose position is [`Inlet::safe`] has been taken by the peer, or is on disk and will be
//! handed out after a crash, or is counted as lost; nothing else is lost. Memory and disk are bounded, the
//! oldest goes first, and what goes is counted. A torn or rotten file costs the records in it and no more. A
//! full disk costs nothing as long as the peer takes the records or memory holds them. After a crash the
//! records of the first file may be handed out once more: their taker must know them again.
//!
//! Refuses to know what the records say.

mod metrics;
mod record;
mod segment;
mod size;
mod state;
mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::sync::watch;

pub use record::Record;
pub use size::ByteSize;
pub use state::Stats;

use segment::Segment;
use state::Shared;

/// How much is kept, and for how long in memory only.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes on disk.
    pub disk: u64,
    /// Bytes in memory that are not on disk.
    pub memory: usize,
    /// How long a record may wait in memory before it is written.
    pub linger: Duration,
}

impl Limits {
    /// So many bytes on disk, 16 MiB in memory, and a quarter of a second.
    #[must_use]
    pub fn new(disk: ByteSize) -> Self {
        Limits { disk: disk.0, memory: 16 << 20, linger: Duration::from_millis(250) }
    }
}

/// Where records go in. When it is dropped, what is in memory is written.
#[derive(Debug)]
pub struct Inlet {
    shared: Arc<Shared>,
    writer: Option<std::thread::JoinHandle<()>>,
    /// Held locked as long as the spool is open.
    _lock: File,
}

/// Where records come out; there is one.
#[derive(Debug)]
pub struct Outlet {
    shared: Arc<Shared>,
    /// Where the next record of a segment begins, so that a file is not read from its start again.
    place: segment::Place,
}

/// Opens the spool in `folder`, and makes the folder if there is none. What an earlier process left there is
/// handed out first.
///
/// # Errors
/// When the folder cannot be used, or another process uses it.
pub fn open(folder: &Path, limits: Limits) -> anyhow::Result<(Inlet, Outlet)> {
    let shown = folder.display();
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {shown}"))?;
    let lock = File::create(folder.join("lock"))
        .with_context(|| format!("cannot write in the folder {shown}"))?;
    if let Err(std::fs::TryLockError::WouldBlock) = lock.try_lock() {
        bail!("{shown} is in use by another process, expected a folder of its own");
    }
    let segments = left_behind(folder).with_context(|| format!("cannot read {shown}"))?;
    start(folder, lock, limits, segments).context("cannot start the spool's thread")
}

fn start(
    folder: &Path,
    lock: File,
    limits: Limits,
    segments: Vec<Segment>,
) -> std::io::Result<(Inlet, Outlet)> {
    let shared = Arc::new(Shared::new(folder.to_owned(), limits, segments));
    let writer = std::thread::Builder::new().name("spool".into()).spawn({
        let shared = Arc::clone(&shared);
        move || writer::run(&shared)
    })?;
    let outlet = Outlet { shared: Arc::clone(&shared), place: segment::Place::default() };
    Ok((Inlet { shared, writer: Some(writer), _lock: lock }, outlet))
}

impl Inlet {
    /// Takes a record and gives it the next position; positions start at 1 and rise by one. Never waits.
    pub fn put(&self, bytes: impl Into<Arc<[u8]>>) -> u64 {
        self.shared.put(bytes.into())
    }

    /// Up to which position all records are safe, see the promises above.
    #[must_use]
    pub fn safe(&self) -> watch::Receiver<u64> {
        self.shared.safe.subscribe()
    }

    /// What it holds and has lost.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.shared.lock().stats()
    }

    /// A collector over [`Inlet::stats`]; the registry's prefix says whose spool it is.
    #[must_use]
    pub fn collector(&self) -> Box<dyn prometheus_client::collector::Collector> {
        Box::new(metrics::Figures(Arc::clone(&self.shared)))
    }
}

impl Drop for Inlet {
    fn drop(&mut self) {
        self.shared.close();
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

impl Outlet {
    /// The oldest records that are not done, at least one and at most `records`; no more than `bytes` unless
    /// the first alone is larger. Waits while there is none. May be dropped while it waits.
    pub async fn batch(&mut self, records: usize, bytes: usize) -> Vec<Record> {
        loop {
            let oldest = self.shared.lock().oldest(records, bytes);
            let found = match oldest {
                state::Oldest::Nothing => {
                    self.shared.grown.notified().await;
                    continue;
                }
                state::Oldest::Waiting(found) => return found,
                state::Oldest::OnDisk { segment, done } => {
                    self.read(segment, done, records, bytes).await
                }
            };
            if !found.is_empty() {
                return found;
            }
        }
    }

    /// The peer has every record up to this position: they are forgotten.
    pub fn done(&mut self, position: u64) {
        for path in self.shared.done(position) {
            segment::remove(&path);
        }
    }

    /// Records of a segment behind `done`; none when it is gone or broken, and then the next is tried.
    async fn read(
        &mut self,
        segment: Segment,
        done: u64,
        records: usize,
        bytes: usize,
    ) -> Vec<Record> {
        let (path, place) = (segment.path.clone(), std::mem::take(&mut self.place));
        let reading = tokio::task::spawn_blocking(move || {
            segment::read(&segment, place, done, records, bytes)
        });
        match reading.await {
            Ok(Ok((found, place))) if !found.is_empty() => {
                self.place = place;
                found
            }
            outcome => {
                let reason = match outcome {
                    Ok(Ok(_)) => "it ends too early".to_owned(),
                    Ok(Err(error)) => error.to_string(),
                    Err(error) => error.to_string(),
                };
                self.shared.give_up(&path, &reason);
                Vec::new()
            }
        }
    }
}

/// The segments of an earlier process, in their order.
fn left_behind(folder: &Path) -> std::io::Result<Vec<Segment>> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|kind| kind == segment::EXTENSION));
    paths.sort();
    let mut segments = Vec::new();
    for path in paths {
        match segment::scan(&path)? {
            Some(segment) => segments.push(segment),
            None => segment::remove(&path),
        }
    }
    Ok(segments)
}

#[cfg(test)]
mod tests;
