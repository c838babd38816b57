//! What Nagios' main thread and the drain thread share besides the ring: counters, the newest inventory on
//! its way, and the order to end.
//!
//! No callback of an event takes a lock here; the locks are for a loop's start and Nagios' end, and are held
//! for a move of a pointer.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::arguments::SpillArguments;
use crate::inventory::Inventory;
use crate::ring::Reader;

/// Everything that the main thread has to say to the drain thread, at once.
pub(crate) struct Handover {
    pub(crate) inventory: Inventory,
    /// Where nagios-exporter listens.
    pub(crate) socket: PathBuf,
    /// Limit of unacknowledged events, in bytes.
    pub(crate) queue: usize,
    /// Where further ones wait.
    pub(crate) spill: Option<SpillArguments>,
    pub(crate) instance: String,
    pub(crate) nagios_version: String,
    pub(crate) warnings: Vec<String>,
}

/// Which Nagios process this is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start {
    /// Of this process ([`nagios_event::Hello::epoch`]).
    pub(crate) epoch: u64,
    pub(crate) pid: u32,
}

/// What the thread is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Drain and send.
    Run,
    /// The module is unloaded for a reload that should follow soon.
    Detached,
    /// Send what is there, then end.
    Stop,
}

pub(crate) struct Shared {
    last_seq: AtomicU64,
    dropped: AtomicU64,
    reloads: AtomicU64,
    order: AtomicU8,
    handover: Mutex<Option<Handover>>,
    handover_waits: AtomicBool,
    /// Held by the thread for its life, so that a next thread goes on where it stopped.
    reader: Mutex<Reader>,
    finished: Mutex<bool>,
    finishing: Condvar,
}

impl Shared {
    pub(crate) fn new(reader: Reader) -> Shared {
        Shared {
            last_seq: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            reloads: AtomicU64::new(0),
            order: AtomicU8::new(Order::Run as u8),
            handover: Mutex::new(None),
            handover_waits: AtomicBool::new(false),
            reader: Mutex::new(reader),
            finished: Mutex::new(false),
            finishing: Condvar::new(),
        }
    }

    /// The ring's end for the thread.
    pub(crate) fn reader(&self) -> MutexGuard<'_, Reader> {
        locked(&self.reader)
    }

    pub(crate) fn last_seq(&self) -> u64 {
        self.last_seq.load(Ordering::Relaxed)
    }

    pub(crate) fn set_last_seq(&self, seq: u64) {
        self.last_seq.store(seq, Ordering::Relaxed);
    }

    /// Events lost.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    pub(crate) fn count_dropped(&self, events: u64) {
        self.dropped.fetch_add(events, Ordering::Relaxed);
    }

    /// Reloads lived through.
    pub(crate) fn reloads(&self) -> u64 {
        self.reloads.load(Ordering::Relaxed)
    }

    /// The module is loaded again.
    pub(crate) fn count_reload(&self) {
        self.reloads.fetch_add(1, Ordering::Relaxed);
    }

    /// Replaces what the thread has not yet taken. Every event pushed after this call is newer than the
    /// inventory, and the thread finds the inventory before it.
    pub(crate) fn hand_over(&self, handover: Handover) {
        *locked(&self.finished) = false;
        self.order.store(Order::Run as u8, Ordering::Release);
        let replaced = locked(&self.handover).replace(handover);
        self.handover_waits.store(true, Ordering::Release);
        drop(replaced);
    }

    /// What was handed over since the last call.
    pub(crate) fn take_handover(&self) -> Option<Handover> {
        if !self.handover_waits.swap(false, Ordering::Acquire) {
            return None;
        }
        locked(&self.handover).take()
    }

    pub(crate) fn order(&self) -> Order {
        match self.order.load(Ordering::Acquire) {
            order if order == Order::Run as u8 => Order::Run,
            order if order == Order::Detached as u8 => Order::Detached,
            _ => Order::Stop,
        }
    }

    /// The module is unloaded; the thread lives on for the reload.
    pub(crate) fn detach(&self) {
        self.order.store(Order::Detached as u8, Ordering::Release);
    }

    /// Orders the end and waits for it, at most `limit`.
    pub(crate) fn stop(&self, limit: Duration) {
        self.order.store(Order::Stop as u8, Ordering::Release);
        let finished = locked(&self.finished);
        drop(self.finishing.wait_timeout_while(finished, limit, |finished| !*finished));
    }

    /// The thread has sent what it could.
    pub(crate) fn finish(&self) {
        *locked(&self.finished) = true;
        self.finishing.notify_all();
    }
}

/// A panic elsewhere leaves nothing half done behind these locks.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
