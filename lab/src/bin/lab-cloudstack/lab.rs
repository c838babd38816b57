//! All that runs in this process.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::cloud::Cloud;
use crate::fault::Faults;
use crate::role::User;
use crate::throttle::Throttle;

/// The cloud, who may ask, and what is wrong.
pub(crate) struct Lab {
    cloud: Mutex<Cloud>,
    pub(crate) users: Vec<User>,
    pub(crate) faults: Faults,
    pub(crate) throttle: Throttle,
    /// The largest page, and the only one of who does not ask for pages.
    pub(crate) page_size: usize,
    /// What the server says it is, unless it is an old one.
    pub(crate) version: String,
    counts: Mutex<BTreeMap<(String, u16), u64>>,
}

impl Lab {
    pub(crate) fn new(
        cloud: Cloud,
        users: Vec<User>,
        throttle: Throttle,
        page_size: usize,
        version: String,
    ) -> Self {
        let (cloud, counts) = (Mutex::new(cloud), Mutex::default());
        Self { cloud, users, faults: Faults::default(), throttle, page_size, version, counts }
    }

    /// Looks at the cloud, or changes it.
    pub(crate) fn with<T>(&self, deed: impl FnOnce(&mut Cloud) -> T) -> T {
        deed(&mut lock(&self.cloud))
    }

    /// Counts a call and what was answered.
    pub(crate) fn count(&self, command: &str, status: u16) {
        *lock(&self.counts).entry((command.to_owned(), status)).or_default() += 1;
    }

    pub(crate) fn counts(&self) -> BTreeMap<(String, u16), u64> {
        lock(&self.counts).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
