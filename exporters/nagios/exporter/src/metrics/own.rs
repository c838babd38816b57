//! What changes without the snapshot: the module's figures, the exporter's own, and Alertmanager's.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use alertmanager::{AddressStats, Keeper};
use exporter_kit::Metric;
use exporter_kit::families::{begin, write_counter, write_number};
use jiff::Timestamp;
use nagios_event::Stats;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use tokio::sync::watch;

use super::families as f;
use super::scheduling::scheduling;
use crate::config::Config;
use crate::counters::{Counters, Tally};
use crate::store::{Module, Store};

/// Collector over all that is not the snapshot.
#[derive(Debug)]
pub(super) struct Own {
    pub(super) store: Arc<Store>,
    pub(super) counters: Arc<Counters>,
    pub(super) keeper: watch::Receiver<Option<Arc<Keeper>>>,
    pub(super) config: watch::Receiver<Arc<Config>>,
}

impl Collector for Own {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let e = &mut encoder;
        let module = self.store.module();
        let up = module.as_ref().is_some_and(Module::up);
        begin(e, &f::UP)?.encode_gauge(&u64::from(up))?;
        let mut info = begin(e, &f::INFO)?;
        if let Some(Module { hello, .. }) = &module {
            let config = self.config.borrow();
            info.encode_info(&[
                ("instance", config.instance.as_str()),
                ("version", &hello.nagios_version),
                ("module_version", &hello.module_version),
            ])?;
        }
        let snapshot = self.store.fresh_snapshot(self.config.borrow().stale_after);
        scheduling(e, snapshot.as_deref())?;
        encode_module(e, module.as_ref())?;
        encode_counters(e, &self.counters)?;
        let keeper = self.keeper.borrow().clone();
        encode_alertmanagers(e, &keeper.map(|keeper| keeper.stats()).unwrap_or_default())
    }
}

fn encode_module(e: &mut DescriptorEncoder<'_>, module: Option<&Module>) -> fmt::Result {
    let mut last = begin(e, &f::MODULE_LAST_FRAME)?;
    if let Some(module) = module {
        last.encode_gauge(&seconds(module.heard_at))?;
    }
    let stats = module.and_then(|module| module.stats);
    for (metric, read) in [
        (&f::MODULE_EVENTS_LOST, (|stats| stats.dropped) as fn(Stats) -> u64),
        (&f::MODULE_CHECKS_COALESCED, |stats| stats.coalesced),
        (&f::MODULE_TEXTS_TRUNCATED, |stats| stats.truncated),
        (&f::MODULE_PANICS, |stats| stats.panics),
        (&f::MODULE_EVENTS_SPILLED, |stats| stats.spilled),
        (&f::MODULE_EVENTS_RECOVERED, |stats| stats.recovered),
        (&f::MODULE_SPILL_ERRORS, |stats| stats.spill_errors),
        (&f::MODULE_RING_BYTES, |stats| stats.ring_bytes),
        (&f::MODULE_RING_HIGH, |stats| stats.ring_high_bytes),
        (&f::MODULE_RING_LIMIT, |stats| stats.ring_limit_bytes),
        (&f::MODULE_QUEUE_BYTES, |stats| stats.queue_bytes),
        (&f::MODULE_QUEUE_LIMIT, |stats| stats.queue_limit_bytes),
        (&f::MODULE_SPILL_BYTES, |stats| stats.spill_bytes),
        (&f::MODULE_SPILL_LIMIT, |stats| stats.spill_limit_bytes),
        (&f::MODULE_RELOADS, |stats| stats.reloads),
    ] {
        let mut family = begin(e, metric)?;
        if let Some(stats) = stats {
            write_number(&mut family, metric, read(stats) as f64)?;
        }
    }
    Ok(())
}

fn encode_counters(e: &mut DescriptorEncoder<'_>, counters: &Counters) -> fmt::Result {
    let Counters {
        checks,
        state_changes,
        notifications,
        perfdata_errors,
        perfdata_unknown_units,
        frames_skipped,
        connections_refused,
        snapshots,
    } = counters;
    encode_tally(e, &f::CHECKS, checks)?;
    encode_tally(e, &f::STATE_CHANGES, state_changes)?;
    encode_tally(e, &f::NOTIFICATIONS, notifications)?;
    encode_tally(e, &f::PERFDATA_ERRORS, perfdata_errors)?;
    let unknown = perfdata_unknown_units.load(Ordering::Relaxed);
    write_counter(&mut begin(e, &f::PERFDATA_UNKNOWN_UNITS)?, &unknown)?;
    write_counter(&mut begin(e, &f::SNAPSHOTS)?, &snapshots.load(Ordering::Relaxed))?;
    encode_tally(e, &f::FRAMES_SKIPPED, frames_skipped)?;
    encode_tally(e, &f::CONNECTIONS_REFUSED, connections_refused)
}

fn encode_tally<const N: usize>(
    e: &mut DescriptorEncoder<'_>,
    metric: &'static Metric,
    tally: &Tally<N>,
) -> fmt::Result {
    let mut family = begin(e, metric)?;
    for (labels, count) in tally.series() {
        write_counter(&mut family.encode_family(&labels)?, &count)?;
    }
    Ok(())
}

fn encode_alertmanagers(e: &mut DescriptorEncoder<'_>, stats: &[AddressStats]) -> fmt::Result {
    for (metric, read) in [
        (
            &f::ALERTMANAGER_UP,
            (|s| Some(f64::from(u8::from(s.up)))) as fn(&AddressStats) -> Option<f64>,
        ),
        (&f::ALERTMANAGER_SENT, |s| Some(s.sent as f64)),
        (&f::ALERTMANAGER_FAILURES, |s| Some(s.failures as f64)),
        (&f::ALERTMANAGER_REFUSED, |s| Some(s.refused as f64)),
        (&f::ALERTMANAGER_LAST_SUCCESS, |s| s.last_success.map(seconds)),
        (&f::ALERTMANAGER_ACTIVE, |s| Some(s.active as f64)),
        (&f::ALERTMANAGER_PENDING, |s| Some(s.pending as f64)),
        (&f::ALERTMANAGER_SILENCES, |s| Some(s.silences as f64)),
    ] {
        let mut family = begin(e, metric)?;
        for address in stats {
            if let Some(value) = read(address) {
                let labels = [("url", address.address.as_str())];
                write_number(&mut family.encode_family(&labels)?, metric, value)?;
            }
        }
    }
    Ok(())
}

fn seconds(time: Timestamp) -> f64 {
    time.as_duration().as_secs_f64()
}
