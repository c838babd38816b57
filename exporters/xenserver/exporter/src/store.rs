//! What the readers of a pool share: its connection, inventory and measurements.
//!
//! Locks are held for moments only, and never over an await. What fell silent is shown for `stale_after` and then
//! no more.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::Notify;
use xenapi::{Error, Inventory, Uuid};

use crate::failure::Reason;
use crate::snapshot::Snapshot;
use crate::snapshot::sample::Sample;

/// What is known of one pool.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) pool: Arc<str>,
    stale_after: Duration,
    /// Told of what a page should show before its next turn.
    turned: Arc<Notify>,
    inner: Mutex<Inner>,
}

/// Whether there is a session.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Connection {
    /// Since then.
    Up(Timestamp),
    /// For this reason not.
    Down(Reason),
}

/// What is known of one host's measurements.
#[derive(Debug, Clone, Default)]
pub(crate) struct HostState {
    /// Whether the last question was answered.
    pub(crate) up: bool,
    pub(crate) polls: u64,
    pub(crate) failures: u64,
    pub(crate) sample: Option<Arc<Sample>>,
}

#[derive(Debug)]
struct Inner {
    connection: Connection,
    /// When the inventory was last known to be right; `None` while it is.
    silent_since: Option<Instant>,
    inventory: Arc<Inventory>,
    master: Option<Uuid>,
    master_changes: u64,
    hosts: HashMap<Uuid, HostState>,
}

impl Store {
    /// Nothing is known yet.
    pub(crate) fn new(pool: &str, stale_after: Duration, turned: Arc<Notify>) -> Self {
        let inner = Inner {
            connection: Connection::Down(Reason::Connecting),
            silent_since: None,
            inventory: Arc::default(),
            master: None,
            master_changes: 0,
            hosts: HashMap::new(),
        };
        Store { pool: pool.into(), stale_after, turned, inner: Mutex::new(inner) }
    }

    /// The pool is this now. Whether another host is the master than before.
    pub(crate) fn connected(&self, inventory: &Arc<Inventory>, since: Timestamp) -> bool {
        let mut inner = self.lock();
        let before = std::mem::replace(&mut inner.connection, Connection::Up(since));
        inner.silent_since = None;
        inner.inventory = Arc::clone(inventory);
        let master = inventory.master().map(|host| host.uuid);
        let changed = inner.master.is_some() && master.is_some() && inner.master != master;
        inner.master_changes += u64::from(changed);
        inner.master = master.or(inner.master);
        if changed || before != inner.connection {
            self.turned.notify_one();
        }
        changed
    }

    /// There is no session.
    pub(crate) fn failed(&self, error: &Error) {
        let mut inner = self.lock();
        let down = Connection::Down(Reason::of(error));
        if std::mem::replace(&mut inner.connection, down) != down {
            self.turned.notify_one();
        }
        inner.silent_since.get_or_insert_with(Instant::now);
    }

    /// These hosts are asked for measurements, and no others any more.
    pub(crate) fn polled(&self, hosts: impl Fn(&Uuid) -> bool) {
        self.lock().hosts.retain(|host, _| hosts(host));
    }

    /// A host has answered; `None` when it had nothing new.
    pub(crate) fn measured(&self, host: Uuid, sample: Option<Sample>) {
        let mut inner = self.lock();
        let state = inner.hosts.entry(host).or_default();
        (state.up, state.polls) = (true, state.polls + 1);
        if let Some(sample) = sample
            && state.sample.replace(Arc::new(sample)).is_none()
        {
            self.turned.notify_one();
        }
    }

    /// A host has not answered.
    pub(crate) fn silent(&self, host: Uuid) {
        let mut inner = self.lock();
        let state = inner.hosts.entry(host).or_default();
        (state.up, state.polls, state.failures) = (false, state.polls + 1, state.failures + 1);
    }

    /// Whether there is a session, and how often the master changed.
    pub(crate) fn connection(&self) -> (Connection, u64) {
        let inner = self.lock();
        (inner.connection, inner.master_changes)
    }

    /// All hosts that are asked.
    pub(crate) fn hosts(&self) -> Vec<(Uuid, HostState)> {
        let mut hosts: Vec<_> =
            self.lock().hosts.iter().map(|(uuid, state)| (*uuid, state.clone())).collect();
        hosts.sort_by_key(|(uuid, _)| *uuid);
        hosts
    }

    /// What is fresh enough to be shown.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let inner = self.lock();
        let silent = inner.silent_since.is_some_and(|since| since.elapsed() > self.stale_after);
        let now = Timestamp::now();
        let fresh = |sample: &Arc<Sample>| {
            let age = now.duration_since(sample.received()).unsigned_abs();
            (age <= self.stale_after).then(|| Arc::clone(sample))
        };
        let samples = inner.hosts.iter();
        let samples = samples
            .filter_map(|(uuid, state)| Some((*uuid, state.sample.as_ref().and_then(fresh)?)));
        Snapshot {
            pool: Arc::clone(&self.pool),
            inventory: if silent { Arc::default() } else { Arc::clone(&inner.inventory) },
            samples: if silent { HashMap::new() } else { samples.collect() },
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
