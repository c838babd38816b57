//! What the spool holds: segments on disk, and behind them what is in memory only.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::{Notify, watch};
use tracing::warn;

use crate::Limits;
use crate::record::Record;
use crate::segment::Segment;

/// What a spool holds and has lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Records that are not done.
    pub records: u64,
    /// Bytes on disk.
    pub disk_bytes: u64,
    /// Bytes in memory that are not on disk.
    pub memory_bytes: u64,
    /// Records that made room for newer ones, or whose file is broken, since the start.
    pub lost: u64,
    /// Writes that failed since the start.
    pub failures: u64,
}

/// What inlet, outlet and writer share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) folder: PathBuf,
    pub(crate) limits: Limits,
    state: Mutex<State>,
    /// Wakes the writer.
    pub(crate) changed: Condvar,
    /// Wakes the outlet.
    pub(crate) grown: Notify,
    pub(crate) safe: watch::Sender<u64>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) segments: VecDeque<Segment>,
    /// Records behind those on disk.
    pub(crate) memory: VecDeque<Record>,
    pub(crate) memory_bytes: usize,
    /// When the oldest record in memory came, or a little later.
    pub(crate) since: Option<Instant>,
    /// Position of the next record.
    next: u64,
    pub(crate) done: u64,
    pub(crate) lost: u64,
    pub(crate) failures: u64,
    pub(crate) closing: bool,
}

/// Where the oldest records that are not done are.
pub(crate) enum Oldest {
    Nothing,
    Waiting(Vec<Record>),
    OnDisk { segment: Segment, done: u64 },
}

impl Shared {
    pub(crate) fn new(folder: PathBuf, limits: Limits, segments: Vec<Segment>) -> Self {
        let last = segments.last().map_or(0, |segment| segment.last);
        let state = State { segments: segments.into(), next: last + 1, ..State::default() };
        Shared {
            folder,
            limits,
            state: Mutex::new(state),
            changed: Condvar::new(),
            grown: Notify::new(),
            safe: watch::Sender::new(last),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn put(&self, bytes: Arc<[u8]>) -> u64 {
        let mut state = self.lock();
        let record = Record { position: state.next, bytes };
        let position = record.position;
        state.next += 1;
        state.memory_bytes += record.size();
        state.since.get_or_insert_with(Instant::now);
        state.memory.push_back(record);
        if state.memory_bytes > self.limits.memory {
            state.drop_from_memory(self.limits.memory);
            self.tell_safe(&state);
        }
        drop(state);
        self.changed.notify_one();
        self.grown.notify_one();
        position
    }

    /// Everything up to `position` is done; returns files that are no longer needed.
    pub(crate) fn done(&self, position: u64) -> Vec<PathBuf> {
        let mut state = self.lock();
        state.done = state.done.max(position);
        state.forget_from_memory(position);
        let mut unneeded = Vec::new();
        while let Some(front) = state.segments.front()
            && front.last <= position
            && let Some(front) = state.segments.pop_front()
        {
            unneeded.push(front.path);
        }
        self.tell_safe(&state);
        unneeded
    }

    /// A segment cannot be read: the rest of it is lost.
    pub(crate) fn give_up(&self, path: &Path, reason: &str) {
        let mut state = self.lock();
        // Dropped meanwhile to make room: that has been counted.
        let Some(at) = state.segments.iter().position(|segment| segment.path == path) else {
            return;
        };
        if let Some(broken) = state.segments.remove(at) {
            let lost = broken.behind(state.done);
            state.lost += lost;
            state.done = state.done.max(broken.last);
            warn!(file = %path.display(), reason, records = lost, "a spool file cannot be read");
        }
        drop(state);
        // What can be read of it may tell somebody something.
        let _ = std::fs::rename(path, path.with_extension("broken"));
    }

    pub(crate) fn close(&self) {
        self.lock().closing = true;
        self.changed.notify_one();
    }

    /// All before memory is on disk, done or lost.
    pub(crate) fn tell_safe(&self, state: &State) {
        let safe = state.memory.front().map_or(state.next, |record| record.position) - 1;
        self.safe.send_if_modified(|told| std::mem::replace(told, safe) != safe);
    }
}

impl State {
    /// The next records for the outlet.
    pub(crate) fn oldest(&self, records: usize, bytes: usize) -> Oldest {
        if let Some(front) = self.segments.front() {
            return Oldest::OnDisk { segment: front.clone(), done: self.done };
        }
        let mut taken = 0;
        let found: Vec<Record> = self
            .memory
            .iter()
            .take(records)
            .take_while(|record| {
                let fits = taken == 0 || taken + record.size() <= bytes;
                taken += record.size();
                fits
            })
            .cloned()
            .collect();
        if found.is_empty() { Oldest::Nothing } else { Oldest::Waiting(found) }
    }

    /// Forgets the records in memory up to `position`: they are done, or on disk.
    pub(crate) fn forget_from_memory(&mut self, position: u64) {
        while let Some(front) = self.memory.front()
            && front.position <= position
            && let Some(front) = self.memory.pop_front()
        {
            self.memory_bytes -= front.size();
        }
        self.since = (!self.memory.is_empty()).then(Instant::now);
    }

    /// Makes room in memory.
    fn drop_from_memory(&mut self, limit: usize) {
        while self.memory_bytes > limit
            && let Some(front) = self.memory.pop_front()
        {
            self.memory_bytes -= front.size();
            self.lost += 1;
        }
    }

    /// Makes room on disk: forgets the oldest segments but the last; returns their files.
    pub(crate) fn drop_from_disk(&mut self, limit: u64) -> Vec<PathBuf> {
        let mut dropped = Vec::new();
        while self.disk_bytes() > limit
            && self.segments.len() > 1
            && let Some(front) = self.segments.pop_front()
        {
            self.lost += front.behind(self.done);
            self.done = self.done.max(front.last);
            dropped.push(front.path);
        }
        dropped
    }

    pub(crate) fn stats(&self) -> Stats {
        let first = self.done + 1;
        Stats {
            records: self.next.saturating_sub(first),
            disk_bytes: self.disk_bytes(),
            memory_bytes: self.memory_bytes as u64,
            lost: self.lost,
            failures: self.failures,
        }
    }

    fn disk_bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }
}
