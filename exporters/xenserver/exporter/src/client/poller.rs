//! Asks one host for its measurements, again and again.
//!
//! A row covers five seconds and ends at a time that is divisible by five. The next question comes a moment after
//! the next row is due, each host at a moment of its own, so that samples are young and hosts are not asked all
//! at once.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::sleep;
use tracing::{debug, info, warn};
use xenapi::rrd::{Binding, Feed, Legend, Totals};
use xenapi::{Error, Pool, Uuid};

use crate::config::Optional;
use crate::snapshot::sample::{Chart, Sample, is_counted};
use crate::store::Store;

/// How often there is a new row.
const STEP: Duration = Duration::from_secs(5);

/// The earliest moment after a row is due at which it is asked for, in milliseconds, and how far hosts are spread.
const EARLIEST: u64 = 200;
const SPREAD: u64 = 1_800;

/// What asks one host.
pub(super) struct Poller {
    pub(super) pool: Pool,
    pub(super) store: Arc<Store>,
    pub(super) totals: Arc<Mutex<Totals>>,
    pub(super) groups: Arc<BTreeSet<Optional>>,
    pub(super) host: Uuid,
    /// As the host's record has it.
    pub(super) address: Box<str>,
}

impl Poller {
    /// Until it is dropped.
    pub(super) async fn run(self) {
        let mut feed = Feed::default();
        let mut binding = Binding::default();
        let mut legend: Arc<Legend> = Arc::default();
        let mut chart: Arc<Chart> = Arc::default();
        let mut answers = None;
        loop {
            match feed.poll(&self.pool, &self.address).await {
                Ok(update) => {
                    if !Arc::ptr_eq(&legend, &update.legend) {
                        legend = Arc::clone(&update.legend);
                        chart = Arc::new(Chart::new(&legend, &self.groups));
                    }
                    let sample = {
                        let mut totals = lock(&self.totals);
                        totals.add(&mut binding, update, |column| is_counted(column, &self.groups));
                        Sample::new(Arc::clone(&chart), update, &totals)
                    };
                    self.store.measured(self.host, sample);
                    if answers.replace(true) == Some(false) {
                        info!(pool = %self.store.pool, host = %self.address, "the host tells its measurements again");
                    }
                }
                Err(error) => {
                    self.store.silent(self.host);
                    self.tell(&error, answers.replace(false));
                }
            }
            sleep(self.pause()).await;
        }
    }

    fn tell(&self, error: &Error, answered: Option<bool>) {
        let (pool, host) = (&self.store.pool, &self.address);
        match answered {
            Some(false) => debug!(%pool, %host, %error, "the host is still silent"),
            _ => warn!(%pool, %host, %error, "the host does not tell its measurements"),
        }
    }

    /// Until the next moment of this host.
    fn pause(&self) -> Duration {
        after_row(EARLIEST + self.host.as_u128() as u64 % SPREAD)
    }
}

/// How long it is until so many milliseconds after the next row is due.
pub(crate) fn after_row(moment: u64) -> Duration {
    let step = STEP.as_millis() as u64;
    let now = Timestamp::now().as_millisecond().unsigned_abs();
    Duration::from_millis(step - (now + step - moment) % step)
}

/// Counters are whole whatever happened to who held them.
pub(super) fn lock(totals: &Mutex<Totals>) -> MutexGuard<'_, Totals> {
    totals.lock().unwrap_or_else(PoisonError::into_inner)
}
