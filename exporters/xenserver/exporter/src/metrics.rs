//! The metrics: one collector over the pools' snapshots, one over what changes without them.
//!
//! - `pool`, `host`, `network`, `storage`, `vm`: what the inventory holds;
//! - `measured`: what hosts measure, by the table in `snapshot::measure`;
//! - `own`: connections and what was done.
//!
//! Promises: every family is on every page, with help and type, also when it has no series; a scrape never calls a
//! pool, and encodes nothing but what `own` shows.

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

use alertmanager::Keeper;
use exporter_kit::families::{begin, write_counter, write_gauge};
use exporter_kit::{Exposition, Metric};
use jiff::Timestamp;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, MetricEncoder};
use prometheus_client::registry::Registry;
use tokio::sync::watch;
use xenapi::Uuid;

use crate::config::Optional;
use crate::snapshot::Snapshot;
use crate::store::Store;

/// Where the metrics of one pool come from.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) store: Arc<Store>,
    pub(crate) pool: xenapi::Pool,
    pub(crate) keeper: Option<Arc<Keeper>>,
}

/// Where those of a page come from, and which of them were chosen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources {
    groups: Arc<BTreeSet<Optional>>,
    pools: Arc<[Source]>,
}

impl Sources {
    pub(crate) fn new(
        groups: &BTreeSet<Optional>,
        pools: impl IntoIterator<Item = Source>,
    ) -> Self {
        Sources { groups: Arc::new(groups.clone()), pools: pools.into_iter().collect() }
    }
}

/// A page; `live` holds what others add to it. What the snapshots hold is to be encoded ahead.
pub(crate) fn exposition(mut live: Registry, sources: &watch::Receiver<Sources>) -> Exposition {
    let mut snapshot = Registry::default();
    snapshot.register_collector(Box::new(Pools { sources: sources.clone() }));
    live.register_collector(Box::new(own::Own { sources: sources.clone() }));
    // Encoding ahead asks for no version: it is done when there is something new.
    Exposition::new(live).with_snapshot(snapshot, || 0)
}

/// Collector over the snapshots of pools.
#[derive(Debug)]
struct Pools {
    sources: watch::Receiver<Sources>,
}

impl Collector for Pools {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Sources { groups, pools } = self.sources.borrow().clone();
        let pools: Vec<Snapshot> = pools.iter().map(|source| source.store.snapshot()).collect();
        let e = &mut encoder;
        pool::pools(e, &pools)?;
        host::hosts(e, &pools)?;
        network::networks(e, &pools)?;
        storage::storage(e, &pools, &groups)?;
        vm::vms(e, &pools, &groups)?;
        measured::measured(e, &pools, &groups)
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

    /// Whichever of the two the family is.
    fn of_kind(
        &mut self,
        metric: &Metric,
        labels: &impl EncodeLabelSet,
        value: f64,
    ) -> fmt::Result {
        match metric.is_counter() {
            true => self.counter(labels, value),
            false => self.gauge(labels, value),
        }
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
        let sources = watch::Sender::<Sources>::default().subscribe();
        registry.register_collector(Box::new(Pools { sources: sources.clone() }));
        registry.register_collector(Box::new(own::Own { sources }));
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
    /// The last column of its tables, and what stands outside of tables.
    #[test]
    fn the_documentation_names_families_that_there_are() {
        let text = include_str!("../../../../docs/xenserver.md");
        let ours = text.lines().map(|line| line.trim_end_matches(" |").rsplit(" | ").next());
        let names = ours.flatten().flat_map(|text| {
            text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        });
        let names: BTreeSet<&str> =
            names.filter(|name| name.starts_with("xen_") && !name.ends_with('_')).collect();
        let there: BTreeSet<&str> = families::ALL.iter().map(|metric| metric.name).collect();
        assert!(names.len() > 50, "{names:?}");
        let missing: Vec<_> = names.difference(&there).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
