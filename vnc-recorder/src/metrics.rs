//! Metrics of this program, named `vnc_recorder_...`. What is counted counts from the start of the process; what
//! stands is read for each scrape.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use exporter_kit::families::{begin, write_counter, write_number};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::recording::recorder::Status;
use crate::recording::store::Filter;
use crate::session::CloseReason;
use crate::session::console::Consoles;

/// The families.
pub mod families {
    exporter_kit::families! {
        Gauge SESSIONS = "vnc_recorder_sessions", "Consoles that are open now";
        Gauge WATCHERS = "vnc_recorder_watchers", "Viewers that look on at open consoles now";
        Gauge UNRECORDED = "vnc_recorder_unrecorded_sessions", "Consoles open now that ought to be recorded and are not";
        Counter OPENED = "vnc_recorder_sessions_opened_total", "Consoles opened since the start";
        Counter FAILURES = "vnc_recorder_session_failures_total", "Consoles that could not be opened or ended by a fault, by reason";
        Counter BYTES = "vnc_recorder_upstream_bytes_total", "Bytes received from VNC servers";
        Counter RECORDED = "vnc_recorder_recorded_bytes_total", "Bytes written to recordings";
        Gauge LAG = "vnc_recorder_recording_lag_seconds", "Age of the oldest record that waits for the disk";
        Counter GAPS = "vnc_recorder_recording_gaps_total", "Times that the disk was too slow, so that something is missing in a recording";
        Counter RECORDING_FAILURES = "vnc_recorder_recording_failures_total", "Recordings that could not go on because the disk refused";
        Gauge RECORDINGS = "vnc_recorder_recordings", "Recordings on the disk";
        Gauge RECORDINGS_SIZE = "vnc_recorder_recordings_size_bytes", "Size of all recordings on the disk";
        Gauge DISK_FREE = "vnc_recorder_disk_free_bytes", "Room left on the disk of the recordings";
        Gauge DISK_RESERVE = "vnc_recorder_disk_reserve_bytes", "Room below which no recording begins, from recording.reserve";
    }
}

/// The counters. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    pub(crate) sessions_opened: Counter,
    pub(crate) upstream_bytes: Counter,
    pub(crate) recorded_bytes: Counter,
    pub(crate) recording_gaps: Counter,
    pub(crate) recording_failures: Counter,
    pub(crate) recording_lag: Gauge<f64, AtomicU64>,
    failures: Arc<Mutex<BTreeMap<&'static str, u64>>>,
}

impl Metrics {
    /// Counts how a session ended, if that was a fault.
    pub(crate) fn ended(&self, reason: &CloseReason) {
        if is_fault(reason) {
            *self.failures().entry(reason.label()).or_default() += 1;
        }
    }

    /// Registers all metrics of the program.
    pub(crate) fn register(&self, registry: &mut Registry, consoles: &Consoles) {
        // Each reason is there from 0.
        self.failures().extend(FAULTS.map(|reason| (reason, 0)));
        registry.register_collector(Box::new(Page(consoles.clone())));
    }

    fn failures(&self) -> MutexGuard<'_, BTreeMap<&'static str, u64>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Labels of the reasons that are faults.
const FAULTS: [&str; 4] = ["unreachable", "protocol", "not_recorded", "too_many"];

fn is_fault(reason: &CloseReason) -> bool {
    FAULTS.contains(&reason.label())
}

/// The page, made for each scrape.
#[derive(Debug)]
struct Page(Consoles);

impl Collector for Page {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Consoles { sessions, store, metrics, .. } = &self.0;
        let Metrics {
            sessions_opened,
            upstream_bytes,
            recorded_bytes,
            recording_gaps,
            recording_failures,
            recording_lag,
            failures: _,
        } = metrics;
        let open = sessions.list();
        let watchers: usize = open.iter().map(|session| session.watchers.len()).sum();
        let failed = |status: &Status| matches!(status, Status::Failed { .. });
        let unrecorded = open.iter().filter(|session| failed(&session.recording)).count();
        let recordings = store.list(&Filter::default());
        let size: u64 = recordings.iter().map(|recording| recording.size).sum();
        let e = &mut encoder;
        for (family, value) in [
            (families::SESSIONS, open.len() as f64),
            (families::WATCHERS, watchers as f64),
            (families::UNRECORDED, unrecorded as f64),
            (families::OPENED, sessions_opened.get() as f64),
            (families::BYTES, upstream_bytes.get() as f64),
            (families::RECORDED, recorded_bytes.get() as f64),
            (families::LAG, recording_lag.get()),
            (families::GAPS, recording_gaps.get() as f64),
            (families::RECORDING_FAILURES, recording_failures.get() as f64),
            (families::RECORDINGS, recordings.len() as f64),
            (families::RECORDINGS_SIZE, size as f64),
            (families::DISK_RESERVE, store.settings().reserve as f64),
        ] {
            write_number(&mut begin(e, &family)?, &family, value)?;
        }
        // Without an answer of the system the series is missing.
        if let Ok(free) = store.free() {
            write_number(&mut begin(e, &families::DISK_FREE)?, &families::DISK_FREE, free as f64)?;
        }
        let mut by_reason = begin(e, &families::FAILURES)?;
        for (reason, count) in metrics.failures().iter() {
            write_counter(&mut by_reason.encode_family(&[("reason", *reason)])?, count)?;
        }
        Ok(())
    }
}
