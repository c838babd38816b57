//! One host of a pool: where it listens, what it shows, what is wrong with it, and what it has been asked.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use crate::clock;
use crate::database::Ref;
use crate::fault::{Fault, Faults};
use crate::tls::Certificate;

/// One host.
pub(crate) struct Host {
    pub(crate) reference: Ref,
    pub(crate) address: SocketAddr,
    pub(crate) certificate: Certificate,
    pub(crate) faults: Faults,
    /// Whether it accepts connections.
    pub(crate) up: watch::Sender<bool>,
    counts: Mutex<BTreeMap<String, u64>>,
    gaps: Mutex<Vec<Span>>,
    consoles: AtomicUsize,
}

/// A time that may not have ended, seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) from: f64,
    pub(crate) to: Option<f64>,
}

impl Host {
    pub(crate) fn new(reference: Ref, address: SocketAddr, certificate: Certificate) -> Self {
        Self {
            reference,
            address,
            certificate,
            faults: Faults::default(),
            up: watch::Sender::new(true),
            counts: Mutex::default(),
            gaps: Mutex::default(),
            consoles: AtomicUsize::new(0),
        }
    }

    /// What its clock shows, seconds since 1970.
    pub(crate) fn now(&self) -> f64 {
        let ahead = self.faults.get(Fault::WrongClock).map_or(0.0, |present| present.seconds);
        clock::now() + ahead
    }

    /// Counts a call, or whatever else it was asked.
    pub(crate) fn count(&self, what: &str) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get_mut(what) {
            Some(count) => *count += 1,
            None => {
                counts.insert(what.to_owned(), 1);
            }
        }
    }

    pub(crate) fn counts(&self) -> BTreeMap<String, u64> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins or ends a time without measurements.
    pub(crate) fn gap(&self, begins: bool) {
        let mut gaps = self.gaps.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        if let Some(last) = gaps.last_mut().filter(|span| span.to.is_none()) {
            last.to = (!begins).then_some(now);
        } else if begins {
            gaps.push(Span { from: now, to: None });
        }
    }

    pub(crate) fn gaps(&self) -> Vec<Span> {
        self.gaps.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The number of consoles that are open.
    pub(crate) fn consoles(&self) -> &AtomicUsize {
        &self.consoles
    }

    pub(crate) fn open_consoles(&self) -> usize {
        self.consoles.load(Ordering::Relaxed)
    }
}

impl Span {
    pub(crate) fn holds(&self, time: f64) -> bool {
        self.from <= time && self.to.is_none_or(|to| time < to)
    }
}
