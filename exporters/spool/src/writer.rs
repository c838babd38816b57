//! The thread that writes what has waited too long in memory, and syncs it.

use std::fs::File;
use std::io::Write as _;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use tracing::{info, warn};

use crate::record::Record;
use crate::segment::{self, Segment};
use crate::state::{Shared, State};

/// Bytes that are written and synced at once.
const WRITE: usize = 4 << 20;

/// Pause after a write that failed.
const PAUSE: Duration = Duration::from_millis(500);

/// A disk has this many segments when it is full, so that the oldest go in small steps.
const SEGMENTS: u64 = 16;

/// Largest segment.
const LARGEST: u64 = 8 << 20;

/// The file that is written to.
struct Current {
    file: File,
    segment: Segment,
    /// Whether the outlet knows of it.
    listed: bool,
}

/// Writes until the inlet is gone, and then once more.
pub(crate) fn run(shared: &Shared) {
    let mut current: Option<Current> = None;
    let mut failing = false;
    loop {
        let (due, closing) = wait(shared);
        if due.is_empty() {
            if closing {
                return;
            }
            continue;
        }
        match write(shared, &mut current, &due) {
            Ok(()) => {
                if std::mem::take(&mut failing) {
                    info!(folder = %shared.folder.display(), "the spool can be written again");
                }
            }
            Err(error) => {
                shared.lock().failures += 1;
                if !std::mem::replace(&mut failing, true) {
                    warn!(folder = %shared.folder.display(), %error, "the spool cannot be written, memory holds what it can");
                }
                current = None;
                if closing {
                    return;
                }
                pause(shared);
            }
        }
    }
}

/// Waits until something is to be written; whether the inlet is gone.
fn wait(shared: &Shared) -> (Vec<Record>, bool) {
    let mut state = shared.lock();
    loop {
        let due = due(shared, &state);
        match (due, state.closing) {
            (Some(Duration::ZERO), closing) | (_, closing @ true) => {
                return (oldest(&state), closing);
            }
            (Some(later), false) => {
                let waited = shared.changed.wait_timeout(state, later);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
            (None, false) => {
                state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}

/// In what time the records in memory are to be written; `None` while there is none.
fn due(shared: &Shared, state: &State) -> Option<Duration> {
    let waited = state.since?.elapsed();
    if state.memory_bytes > shared.limits.memory / 4 {
        return Some(Duration::ZERO);
    }
    Some(shared.limits.linger.saturating_sub(waited))
}

fn oldest(state: &State) -> Vec<Record> {
    let mut bytes = 0;
    let fits = |record: &&Record| {
        bytes += record.size();
        bytes <= WRITE || bytes == record.size()
    };
    state.memory.iter().take_while(fits).cloned().collect()
}

/// Waits for the pause, or until the inlet is gone.
fn pause(shared: &Shared) {
    let until = Instant::now() + PAUSE;
    let mut state = shared.lock();
    while !state.closing
        && let Some(left) = until.checked_duration_since(Instant::now())
    {
        let waited = shared.changed.wait_timeout(state, left);
        state = waited.unwrap_or_else(PoisonError::into_inner).0;
    }
}

/// Appends records, syncs, and tells.
fn write(shared: &Shared, current: &mut Option<Current>, due: &[Record]) -> std::io::Result<()> {
    let (Some(first), Some(last)) = (due.first(), due.last()) else { return Ok(()) };
    let largest = (shared.limits.disk / SEGMENTS).min(LARGEST);
    let mut writing = match current.take() {
        Some(current) if current.segment.bytes < largest => current,
        _ => begin(shared, first.position)?,
    };
    let mut bytes = Vec::with_capacity(due.iter().map(Record::size).sum());
    due.iter().for_each(|record| record.write(&mut bytes));
    writing.file.write_all(&bytes)?;
    writing.file.sync_data()?;
    writing.segment.last = last.position;
    writing.segment.bytes += bytes.len() as u64;
    if keep(shared, &writing.segment, writing.listed) {
        writing.listed = true;
        *current = Some(writing);
    }
    Ok(())
}

fn begin(shared: &Shared, first: u64) -> std::io::Result<Current> {
    let path = segment::path(&shared.folder, first);
    // A write that failed may have left one of this name, with records that are written again now.
    let file = File::create(&path)?;
    File::open(&shared.folder)?.sync_all()?;
    let segment = Segment { path, first, last: first, bytes: 0 };
    Ok(Current { file, segment, listed: false })
}

/// Puts what is now on disk in place of what was in memory. `false` when the file is of no use any more: all in it
/// was done meanwhile, and with that the file may have been removed under us; what is not done stays in memory.
fn keep(shared: &Shared, written: &Segment, listed: bool) -> bool {
    let mut state = shared.lock();
    let back = state.segments.back().is_some_and(|back| back.path == written.path);
    if listed && !back {
        return false;
    }
    if written.behind(state.done) == 0 {
        drop(state);
        segment::remove(&written.path);
        return false;
    }
    if listed {
        state.segments.pop_back();
    }
    state.segments.push_back(written.clone());
    state.forget_from_memory(written.last);
    let dropped = state.drop_from_disk(shared.limits.disk);
    shared.tell_safe(&state);
    drop(state);
    shared.grown.notify_one();
    if !dropped.is_empty() {
        warn!(folder = %shared.folder.display(), files = dropped.len(), "the spool is full, the oldest records are lost");
        dropped.iter().for_each(|path| segment::remove(path));
    }
    true
}
