//! What the client has done, for its owner's metrics.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// All counters of one pool.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) calls: Counter,
    pub(crate) failures: Counter,
    pub(crate) logins: Counter,
    pub(crate) login_failures: Counter,
    pub(crate) redirects: Counter,
    pub(crate) snapshots: Counter,
    pub(crate) event_batches: Counter,
    pub(crate) rrd_requests: Counter,
}

/// Counts since the client was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Remote calls made, logins included.
    pub calls: u64,
    /// Remote calls that got no answer of XAPI; refusals are answers.
    pub failures: u64,
    /// Attempts to log in, whatever came of them.
    pub logins: u64,
    /// Attempts to log in that gave no session, redirections left out.
    pub login_failures: u64,
    /// Answers of slaves that named another master.
    pub redirects: u64,
    /// Whole inventories read.
    pub snapshots: u64,
    /// Answers of `event.from`.
    pub event_batches: u64,
    /// RRD answers asked for.
    pub rrd_requests: u64,
}

impl Counters {
    pub(crate) fn read(&self) -> Stats {
        let Self {
            calls,
            failures,
            logins,
            login_failures,
            redirects,
            snapshots,
            event_batches,
            rrd_requests,
        } = self;
        Stats {
            calls: calls.read(),
            failures: failures.read(),
            logins: logins.read(),
            login_failures: login_failures.read(),
            redirects: redirects.read(),
            snapshots: snapshots.read(),
            event_batches: event_batches.read(),
            rrd_requests: rrd_requests.read(),
        }
    }
}
