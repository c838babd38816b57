//! Columns that only give labels, as `ifName` does, kept for a while instead of walked at each scrape.
//!
//! Promises: without a lifetime nothing is kept; no value of a metric comes from here; columns are walked again
//! when their lifetime is over, the device has restarted, the number of its interfaces is another, a row appears
//! that had no part in them, or the configuration was read again. Refuses to know packets.

mod columns;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::config::{EngineId, Module};
use crate::varbind::{Answers, Varbind};
use crate::walk::{Fetched, Request, Subtree, Walked, Walker};
use columns::{Rows, Signs, columns, is_in};

/// Varbinds that are kept of all devices together; one takes about twenty bytes.
const KEPT: usize = 1_000_000;

/// Columns of all devices.
#[derive(Debug)]
pub struct Lookups {
    lifetime: Duration,
    kept: Mutex<HashMap<Whose, Kept>>,
}

/// What decides which labels a device shows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Whose {
    /// The device, as the scrape names it.
    pub target: String,
    /// The name of the auth.
    pub auth: String,
    /// The context, of v3.
    pub context: String,
    /// The engine whose context it is, if not the device's own.
    pub engine: Option<EngineId>,
    /// The name of the module.
    pub module: String,
}

/// Columns of one device.
#[derive(Debug)]
struct Kept {
    /// As it was when they were walked; another one after a reload, even if it says the same.
    module: Arc<Module>,
    until: Instant,
    columns: Vec<Subtree>,
    rows: Rows,
    signs: Signs,
}

impl Lookups {
    /// Keeps columns so long; for no time, not at all.
    #[must_use]
    pub fn new(lifetime: Duration) -> Self {
        Lookups { lifetime, kept: Mutex::default() }
    }

    /// Fetches what a module asks for, less what is known.
    pub async fn fetch(
        &self,
        walker: &Walker,
        whose: Whose,
        module: &Arc<Module>,
        request: Request<'_>,
        walked: Option<&Walked>,
    ) -> Fetched {
        if self.lifetime.is_zero() {
            return walker.fetch(&request, walked).await;
        }
        let known = self.fresh(&whose, module);
        let mut fetched = walker.fetch(&Request { known: &known, ..request }, walked).await;
        let Ok(answers) = &mut fetched.outcome else { return fetched };
        if !known.is_empty() {
            if self.still_hold(&whose, module, answers) {
                return fetched;
            }
            let others = |varbind: &Varbind| !known.iter().any(|column| is_in(column, varbind));
            *answers = answers.iter().filter(others).collect();
            let roots: Vec<_> = known.into_iter().map(|column| column.root).collect();
            let again = Request { get: &[], walk: &roots, restrictions: &[], ..request };
            let Fetched { outcome, packets, retries } = walker.fetch(&again, None).await;
            fetched.packets += packets;
            fetched.retries += retries;
            match outcome {
                Ok(columns) => answers.append(&columns),
                Err(error) => {
                    fetched.outcome = Err(error);
                    return fetched;
                }
            }
        }
        self.keep(whose, module, answers);
        fetched
    }

    /// The columns that need not be walked.
    fn fresh(&self, whose: &Whose, module: &Arc<Module>) -> Vec<Subtree> {
        let now = Instant::now();
        let kept = self.lock();
        let fresh =
            kept.get(whose).filter(|kept| kept.until > now && Arc::ptr_eq(&kept.module, module));
        fresh.map_or_else(Vec::new, |kept| kept.columns.clone())
    }

    /// Whether what else was answered fits to what is kept.
    fn still_hold(&self, whose: &Whose, module: &Module, answers: &Answers) -> bool {
        let signs = Signs::of(answers);
        let mut kept = self.lock();
        let Some(kept) = kept.get_mut(whose) else { return false };
        let same = signs.go_on_from(&kept.signs);
        kept.signs = signs;
        same && kept.rows.have_all(&Rows::of(module, &kept.columns, answers))
    }

    fn keep(&self, whose: Whose, module: &Arc<Module>, answers: &Answers) {
        let columns = columns(module, answers);
        let now = Instant::now();
        let until = now + self.lifetime;
        let fresh = Kept {
            module: Arc::clone(module),
            until,
            rows: Rows::of(module, &columns, answers),
            signs: Signs::of(answers),
            columns,
        };
        let mut kept = self.lock();
        kept.remove(&whose);
        let size = |kept: &HashMap<Whose, Kept>| kept.values().map(Kept::size).sum::<usize>();
        if size(&kept) + fresh.size() > KEPT {
            kept.retain(|_, kept| kept.until > now);
        }
        if size(&kept) + fresh.size() <= KEPT && !fresh.columns.is_empty() {
            kept.insert(whose, fresh);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Whose, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn size(&self) -> usize {
        self.columns.iter().map(|column| column.varbinds.len()).sum()
    }
}
