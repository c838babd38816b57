//! Connections that are refused: all are counted, and told in the log without flooding it.

use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::{debug, warn};

use crate::counters::{Counters, Refused};

/// A module that is refused comes back each second; the log repeats a reason only so often.
const REPEAT: Duration = Duration::from_secs(60);

/// Counts and tells.
#[derive(Debug)]
pub(super) struct Refusals {
    counters: Arc<Counters>,
    told: Mutex<Option<(Refused, Instant)>>,
}

impl Refusals {
    pub(super) fn new(counters: Arc<Counters>) -> Self {
        Refusals { counters, told: Mutex::default() }
    }

    pub(super) fn refuse(&self, reason: Refused, error: &dyn Display) {
        self.counters.refused(reason);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        match *told {
            Some((last, at)) if last == reason && at.elapsed() < REPEAT => {
                debug!(reason = reason.as_str(), %error, "connection refused again");
            }
            _ => {
                *told = Some((reason, Instant::now()));
                warn!(reason = reason.as_str(), %error, "connection to the Nagios socket refused");
            }
        }
    }
}
