//! What changes without the snapshots: how collectors and Alertmanagers fare.

use std::fmt;
use std::sync::Arc;

use alertmanager::{AddressStats, Keeper};
use exporter_kit::Metric;
use exporter_kit::families::{begin, write_number};
use jiff::Timestamp;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::Page;
use super::families as f;
use crate::snapshot::{Outcome, Reading};
use crate::store::Store;

/// Collector over all that is not in the snapshots.
#[derive(Debug)]
pub(super) struct Own {
    pub(super) store: Arc<Store>,
    pub(super) keepers: Vec<Arc<Keeper>>,
}

impl Collector for Own {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let clouds = self.store.snapshots();
        let mut page = Page { encoder: &mut encoder, clouds: &clouds };
        collectors(&mut page)?;
        alertmanagers(page.encoder, &self.keepers)
    }
}

/// A family, and how it is read of how a collector fares.
type Fares<'a> = (&'static Metric, &'a dyn Fn(&Reading) -> Option<f64>);

/// A family, and how it is read of an Alertmanager's figures.
type Figure = (&'static Metric, fn(&AddressStats) -> f64);

fn collectors(page: &mut Page<'_, '_>) -> fmt::Result {
    page.family(&f::UP, |snapshot, write| {
        let read = |reading: &Reading| reading.outcome == Outcome::Read;
        let up = snapshot.readings().any(|(_, reading)| reading.is_some_and(read));
        write([], f64::from(u8::from(up)))
    })?;
    let now = Timestamp::now();
    let flag = |flag: bool| Some(f64::from(u8::from(flag)));
    let readings: [Fares<'_>; 5] = [
        (&f::COLLECTOR_SUCCESS, &|reading| flag(reading.outcome == Outcome::Read)),
        (&f::COLLECTOR_AVAILABLE, &|reading| flag(reading.outcome != Outcome::Unavailable)),
        (&f::COLLECTOR_PARTIAL, &|reading| flag(reading.partial)),
        (&f::COLLECTOR_DURATION, &|reading| Some(reading.took.as_secs_f64())),
        (&f::COLLECTOR_AGE, &|reading| {
            reading.last_success.map(|last| now.duration_since(last).as_secs_f64().max(0.0))
        }),
    ];
    for (metric, read) in readings {
        page.family(metric, |snapshot, write| {
            for (collector, reading) in snapshot.readings() {
                if let Some(value) = reading.and_then(read) {
                    write([("collector", collector.name())], value)?;
                }
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn alertmanagers(encoder: &mut DescriptorEncoder<'_>, keepers: &[Arc<Keeper>]) -> fmt::Result {
    let stats: Vec<Vec<AddressStats>> = keepers.iter().map(|keeper| keeper.stats()).collect();
    let readings: [Figure; 4] = [
        (&f::ALERTMANAGER_UP, |stats| f64::from(u8::from(stats.up))),
        (&f::ALERTMANAGER_FAILURES, |stats| stats.failures as f64),
        (&f::ALERTMANAGER_ACTIVE, |stats| stats.active as f64),
        (&f::ALERTMANAGER_PENDING, |stats| stats.pending as f64),
    ];
    for (metric, read) in readings {
        let mut family = begin(encoder, metric)?;
        // Each cloud has a keeper of its own, each with the same addresses in the same order.
        for address in 0..stats.first().map_or(0, Vec::len) {
            let of_address = || stats.iter().filter_map(|stats| stats.get(address));
            let sum: f64 = of_address().map(read).sum();
            let least = of_address().map(read).fold(f64::INFINITY, f64::min);
            let value = if *metric == f::ALERTMANAGER_UP { least } else { sum };
            if let Some(first) = of_address().next() {
                let labels = [("url", first.address.as_str())];
                write_number(&mut family.encode_family(&labels)?, metric, value)?;
            }
        }
    }
    Ok(())
}
