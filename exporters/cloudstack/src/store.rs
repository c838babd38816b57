//! The snapshots of all clouds, shared by those who read CloudStack and those who show it.

use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::watch;

use crate::snapshot::Snapshot;

/// The present snapshot of each cloud.
#[derive(Debug)]
pub struct Store {
    clouds: Vec<(String, RwLock<Arc<Snapshot>>)>,
    version: watch::Sender<u64>,
}

impl Store {
    /// Knows the clouds by name and nothing of them.
    pub fn new(clouds: impl IntoIterator<Item = String>) -> Self {
        let clouds = clouds.into_iter().map(|name| (name, RwLock::default())).collect();
        Store { clouds, version: watch::Sender::new(0) }
    }

    /// Every cloud's name and present snapshot, in the order of the configuration.
    #[must_use]
    pub fn snapshots(&self) -> Vec<(&str, Arc<Snapshot>)> {
        let read = |held: &RwLock<Arc<Snapshot>>| {
            Arc::clone(&held.read().unwrap_or_else(PoisonError::into_inner))
        };
        self.clouds.iter().map(|(name, held)| (name.as_str(), read(held))).collect()
    }

    /// The present snapshot of one cloud, nothing for one that is not known.
    #[must_use]
    pub fn snapshot(&self, cloud: &str) -> Arc<Snapshot> {
        let found = self.snapshots().into_iter().find(|(name, _)| *name == cloud);
        found.map(|(_, snapshot)| snapshot).unwrap_or_default()
    }

    /// Puts a changed snapshot in place of the present one. Readers see the one or the other. `change` says whether
    /// rows are others than before: if not, the version stays.
    pub fn change(&self, cloud: &str, change: impl FnOnce(&mut Snapshot) -> bool) {
        let Some((_, held)) = self.clouds.iter().find(|(name, _)| name == cloud) else { return };
        let changed = {
            let mut held = held.write().unwrap_or_else(PoisonError::into_inner);
            // Parts are shared: this copies no rows.
            let mut next = Snapshot::clone(&held);
            let changed = change(&mut next);
            *held = Arc::new(next);
            changed
        };
        if changed {
            self.version.send_modify(|version| *version += 1);
        }
    }

    /// Changes when any snapshot has.
    #[must_use]
    pub fn version(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }
}
