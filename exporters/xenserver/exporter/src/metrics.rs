//! The metrics: one collector over the pools' snapshots, one over what changes without them.
//!
//! - `pool`, `host`, `network`, `storage`, `vm`: what the inventory holds;
//! - `measured`: what hosts measure, by the table in `snapshot::measure`;
//! - `own`: connections and what was done.
//!
//! Promises: every family is on every page, with help and type, also when it has no series; a scrape never calls a
//! pool. The page is made anew every five seconds at most, which is how often there are new measurements.

pub mod families;

mod host;
mod measured;
mod network;
mod own;
mod pool;
mod storage;
mod vm;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use exporter_kit::families::{begin, write_counter, write_gauge};
use exporter_kit::{Exposition, Metric};
use jiff::Timestamp;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, MetricEncoder};
use prometheus_client::registry::Registry;
use xenapi::Uuid;

use crate::config::Optional;
use crate::snapshot::Snapshot;
use crate::store::Store;

/// Seconds that a page is good for.
const FRESH: u64 = 5;

/// Where the metrics of one pool come from.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) store: Arc<Store>,
    pub(crate) pool: xenapi::Pool,
}

/// The whole page; `live` holds what others add to it.
pub(crate) fn exposition(
    mut live: Registry,
    sources: Arc<[Source]>,
    groups: Arc<BTreeSet<Optional>>,
) -> Exposition {
    let mut snapshot = Registry::default();
    let stores = sources.iter().map(|source| Arc::clone(&source.store)).collect();
    snapshot.register_collector(Box::new(Pools { stores, groups }));
    live.register_collector(Box::new(own::Own { sources }));
    let started = Instant::now();
    Exposition::new(live).with_snapshot(snapshot, move || started.elapsed().as_secs() / FRESH)
}

/// Collector over the snapshots of pools.
#[derive(Debug)]
struct Pools {
    stores: Vec<Arc<Store>>,
    groups: Arc<BTreeSet<Optional>>,
}

impl Collector for Pools {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let pools: Vec<Snapshot> = self.stores.iter().map(|store| store.snapshot()).collect();
        let e = &mut encoder;
        pool::pools(e, &pools)?;
        host::hosts(e, &pools)?;
        network::networks(e, &pools)?;
        storage::storage(e, &pools, &self.groups)?;
        vm::vms(e, &pools, &self.groups)?;
        measured::measured(e, &pools)
    }
}

/// The series of one family.
struct Family<'a> {
    series: MetricEncoder<'a>,
}

impl<'a> Family<'a> {
    /// Writes a family's help and type.
    fn begin(
        e: &'a mut DescriptorEncoder<'_>,
        metric: &'static Metric,
    ) -> Result<Self, fmt::Error> {
        Ok(Family { series: begin(e, metric)? })
    }

    /// A gauge; whole numbers without a point, as most are.
    fn gauge(&mut self, labels: &impl EncodeLabelSet, value: f64) -> fmt::Result {
        write_gauge(&mut self.series.encode_family(labels)?, value)
    }

    fn counter(&mut self, labels: &impl EncodeLabelSet, value: f64) -> fmt::Result {
        write_counter(&mut self.series.encode_family(labels)?, &value)
    }

    fn info(&mut self, labels: &impl EncodeLabelSet) -> fmt::Result {
        self.series.encode_info(labels)
    }

    fn truth(&mut self, labels: &impl EncodeLabelSet, value: bool) -> fmt::Result {
        self.gauge(labels, f64::from(u8::from(value)))
    }

    /// A number of XAPI's, whose are all below 2^53.
    #[expect(clippy::cast_precision_loss, reason = "bytes and counts stay below 2^53")]
    fn number(&mut self, labels: &impl EncodeLabelSet, value: i64) -> fmt::Result {
        self.gauge(labels, value as f64)
    }

    fn count(&mut self, labels: &impl EncodeLabelSet, value: usize) -> fmt::Result {
        self.number(labels, i64::try_from(value).unwrap_or(i64::MAX))
    }

    fn time(&mut self, labels: &impl EncodeLabelSet, value: Option<Timestamp>) -> fmt::Result {
        value.map_or(Ok(()), |time| self.gauge(labels, seconds(time)))
    }
}

/// A family, and how its value is read from what it is about.
type Row<S, V> = (&'static Metric, fn(&S) -> V);

/// A UUID as a label's value.
fn text(uuid: Uuid) -> String {
    uuid.hyphenated().to_string()
}

fn seconds(time: Timestamp) -> f64 {
    time.as_duration().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;

    use super::*;

    #[test]
    fn every_family_is_on_the_page_of_an_exporter_that_has_seen_nothing() {
        let mut registry = Registry::default();
        let pools = Pools { stores: Vec::new(), groups: Arc::default() };
        registry.register_collector(Box::new(pools));
        registry.register_collector(Box::new(own::Own { sources: Arc::default() }));
        let mut page = String::new();
        encode(&mut page, &registry).unwrap();
        let on_page: Vec<&str> = page
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
            .collect();
        let unique: BTreeSet<&str> = on_page.iter().copied().collect();
        let listed: BTreeSet<&str> = families::ALL.iter().map(Metric::family_name).collect();
        assert_eq!(unique, listed);
        assert_eq!(on_page.len(), families::ALL.len(), "a family is there twice");
    }
}
