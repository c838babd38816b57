//! The web configuration in force, read again when its files change.
//!
//! Asked at each connection and each request; looks at the files at most once a second, off the async threads.
//! A file that cannot be used leaves the old one in force, and is complained of once.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tracing::{error, info};

use super::Security;

/// How long a look at the files holds.
const FRESH: Duration = Duration::from_secs(1);

/// The configuration in force.
pub(in crate::web) struct Current {
    path: Option<PathBuf>,
    security: RwLock<Arc<Security>>,
    looked: Mutex<Instant>,
    /// What is wrong with the files now, if they cannot be used.
    complaint: Mutex<Option<String>>,
}

impl Current {
    pub(in crate::web) fn load(path: Option<&Path>) -> anyhow::Result<Self> {
        Ok(Current {
            path: path.map(Path::to_owned),
            security: RwLock::new(Arc::new(Security::load(path)?)),
            looked: Mutex::new(Instant::now()),
            complaint: Mutex::new(None),
        })
    }

    /// What is in force, without a look at the files.
    pub(in crate::web) fn in_force(&self) -> Arc<Security> {
        Arc::clone(&self.security.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is in force, after a look at the files where the last one is too old.
    pub(in crate::web) async fn now(self: &Arc<Self>) -> Arc<Security> {
        if self.path.is_some() && self.due() {
            let this = Arc::clone(self);
            // The task ends by itself when the caller goes away; should it panic, the old one stays in force.
            let _ = tokio::task::spawn_blocking(move || this.look()).await;
        }
        self.in_force()
    }

    /// True for one caller a second; the others go on with what is in force.
    fn due(&self) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let due = looked.elapsed() >= FRESH;
        if due {
            *looked = Instant::now();
        }
        due
    }

    fn look(&self) {
        let mut complaint = self.complaint.lock().unwrap_or_else(PoisonError::into_inner);
        let old = self.in_force();
        // While files cannot be used, it may be any other file that has to come: read all of them anew.
        if complaint.is_none() && !old.files.changed() {
            return;
        }
        let loaded =
            Security::load(self.path.as_deref()).and_then(|new| old.may_become(&new).map(|()| new));
        match loaded {
            Ok(new) => {
                *self.security.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
                *complaint = None;
                info!("web configuration reloaded");
            }
            Err(error) => {
                let error = format!("{error:#}").replace('\n', " ");
                if complaint.as_ref() != Some(&error) {
                    error!(%error, "web configuration not reloaded, the old one stays in force");
                }
                *complaint = Some(error);
            }
        }
    }
}
