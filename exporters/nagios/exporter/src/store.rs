//! What the conversation with the module has taught us, shared with metrics and pages.
//!
//! One task writes, any number read. Promises: a reader holds the lock only to copy a pointer; the version
//! changes with everything that the snapshot's metrics show. Refuses to know why something changed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use nagios_event::{Hello, Stats};

use crate::snapshot::Snapshot;

/// A module that has sent nothing for this long is gone: it sends its counters each second.
pub(crate) const SILENCE_LIMIT: Duration = Duration::from_secs(5);

/// The shared knowledge.
#[derive(Debug)]
pub(crate) struct Store {
    inner: Mutex<Inner>,
    /// Who has sent nothing for this long is gone.
    silence_limit: Duration,
}

#[derive(Debug, Default)]
struct Inner {
    /// `None` until the first whole snapshot.
    snapshot: Option<Arc<Snapshot>>,
    version: u64,
    module: Option<Module>,
}

/// The module that is or was connected last.
#[derive(Debug, Clone)]
pub(crate) struct Module {
    /// How it introduced itself.
    pub(crate) hello: Arc<Hello>,
    /// Its counters, once they have come.
    pub(crate) stats: Option<Stats>,
    /// When it last said something.
    pub(crate) heard_at: Timestamp,
    heard: Instant,
    connected: bool,
    silence_limit: Duration,
}

impl Module {
    /// Whether it is connected and has not fallen silent.
    #[must_use]
    pub(crate) fn up(&self) -> bool {
        self.connected && self.silence() < self.silence_limit
    }

    /// How long it has said nothing.
    #[must_use]
    pub(crate) fn silence(&self) -> Duration {
        self.heard.elapsed()
    }
}

impl Default for Store {
    fn default() -> Self {
        Self::with_silence_limit(SILENCE_LIMIT)
    }
}

impl Store {
    /// Nothing known yet.
    pub(crate) fn with_silence_limit(silence_limit: Duration) -> Self {
        Store { inner: Mutex::default(), silence_limit }
    }

    /// The last known snapshot, whatever its age; `None` before the first.
    #[must_use]
    pub(crate) fn snapshot(&self) -> Option<Arc<Snapshot>> {
        self.lock().snapshot.clone()
    }

    /// The last known snapshot, unless the module has been silent for `stale_after`.
    #[must_use]
    pub(crate) fn fresh_snapshot(&self, stale_after: Duration) -> Option<Arc<Snapshot>> {
        let inner = self.lock();
        inner.snapshot.clone().filter(|_| !inner.stale(stale_after))
    }

    /// The module; `None` before the first has connected.
    #[must_use]
    pub(crate) fn module(&self) -> Option<Module> {
        self.lock().module.clone()
    }

    /// Another number whenever [`Store::fresh_snapshot`] would show something else.
    #[must_use]
    pub(crate) fn version(&self, stale_after: Duration) -> u64 {
        let inner = self.lock();
        inner.version << 1 | u64::from(inner.stale(stale_after))
    }

    /// A module has introduced itself.
    pub(crate) fn connected(&self, hello: Hello) {
        self.lock().module = Some(Module {
            hello: Arc::new(hello),
            stats: None,
            heard_at: Timestamp::now(),
            heard: Instant::now(),
            connected: true,
            silence_limit: self.silence_limit,
        });
    }

    /// The module has said something.
    pub(crate) fn heard(&self) {
        if let Some(module) = &mut self.lock().module {
            (module.heard, module.heard_at) = (Instant::now(), Timestamp::now());
        }
    }

    /// The module has told its counters.
    pub(crate) fn counted(&self, stats: Stats) {
        if let Some(module) = &mut self.lock().module {
            module.stats = Some(stats);
        }
    }

    /// The connection is over.
    pub(crate) fn disconnected(&self) {
        if let Some(module) = &mut self.lock().module {
            module.connected = false;
        }
    }

    /// Puts a whole new snapshot in place of the old.
    pub(crate) fn replace(&self, snapshot: Snapshot) {
        let mut inner = self.lock();
        inner.snapshot = Some(Arc::new(snapshot));
        inner.version += 1;
    }

    /// Changes the snapshot in place, if there is one. Readers that hold the old one keep it as it was.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Snapshot) -> T) -> Option<T> {
        let mut inner = self.lock();
        let snapshot = Arc::make_mut(inner.snapshot.as_mut()?);
        let outcome = change(snapshot);
        inner.version += 1;
        Some(outcome)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn stale(&self, after: Duration) -> bool {
        self.module.as_ref().is_none_or(|module| module.silence() >= after)
    }
}
