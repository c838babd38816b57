//! The metrics: one collector over the snapshot, one over what changes without it.
//!
//! - `objects`, `perfdata`, `counts`: what the snapshot holds;
//! - `scheduling`, `own`: what goes on with time.
//!
//! Promises: every family is on every page, with help and type, also when it has no series; a scrape works
//! on its own copy of the snapshot and copies no text. The names are Nagios' own; the name of this Nagios is
//! in `nagios_info` only, because `instance` is Prometheus' own label.

pub mod families;

mod counts;
mod objects;
mod own;
mod perfdata;
mod scheduling;

use std::fmt;
use std::sync::Arc;

use alertmanager::Keeper;
use exporter_kit::Exposition;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeCounterValue, MetricEncoder};
use prometheus_client::metrics::exemplar::Exemplar;
use prometheus_client::registry::Registry;
use tokio::sync::watch;

use crate::config::Config;
use crate::counters::Counters;
use crate::store::Store;
use families::Metric;

/// The whole page; `live` holds what others add to it.
pub(crate) fn exposition(
    mut live: Registry,
    store: Arc<Store>,
    counters: Arc<Counters>,
    keeper: watch::Receiver<Option<Arc<Keeper>>>,
    config: watch::Receiver<Arc<Config>>,
) -> Exposition {
    let mut snapshot = Registry::default();
    let objects = Objects { store: Arc::clone(&store), config: config.clone() };
    snapshot.register_collector(Box::new(objects));
    let own = own::Own { store: Arc::clone(&store), counters, keeper, config: config.clone() };
    live.register_collector(Box::new(own));
    Exposition::new(live)
        .with_snapshot(snapshot, move || store.version(config.borrow().stale_after))
}

/// Collector over the snapshot. Shows no object once the module has been silent too long.
#[derive(Debug)]
struct Objects {
    store: Arc<Store>,
    config: watch::Receiver<Arc<Config>>,
}

impl Collector for Objects {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let config = Arc::clone(&self.config.borrow());
        let snapshot = self.store.fresh_snapshot(config.stale_after);
        let known = snapshot.is_some();
        let snapshot = snapshot.unwrap_or_default();
        let e = &mut encoder;
        let mut loop_start = begin(e, &families::EVENT_LOOP_START)?;
        if known {
            loop_start.encode_gauge(&snapshot.loop_start)?;
        }
        counts::counts(e, &snapshot, known)?;
        objects::objects(e, &snapshot, &config.series)?;
        perfdata::perfdata(e, &snapshot, &config.series)
    }
}

/// Writes a family's help and type.
fn begin<'a>(
    encoder: &'a mut DescriptorEncoder<'_>,
    metric: &'static Metric,
) -> Result<MetricEncoder<'a>, fmt::Error> {
    encoder.encode_descriptor(metric.family_name(), metric.help, None, metric.metric_type())
}

/// Writes the value of a gauge; whole numbers without a point, as most are.
fn write_gauge(series: &mut MetricEncoder<'_>, value: f64) -> fmt::Result {
    /// Whole numbers up to here are exact (2^53).
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT {
        series.encode_gauge(&(value as i64))
    } else {
        series.encode_gauge(&value)
    }
}

/// Writes the value of a counter.
fn write_counter(series: &mut MetricEncoder<'_>, value: &impl EncodeCounterValue) -> fmt::Result {
    series.encode_counter(value, None::<&Exemplar<NoLabels, f64>>)
}

type NoLabels = [(&'static str, &'static str); 0];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use prometheus_client::encoding::text::encode;

    use super::*;

    #[test]
    fn every_family_is_on_the_page_of_an_exporter_that_has_seen_nothing() {
        let (_, keeper) = watch::channel(None);
        let config = exporter_kit::config::load::<Config>(None).unwrap();
        let (_, config) = watch::channel(Arc::new(config));
        let store = Arc::new(Store::default());
        let mut registry = Registry::default();
        let objects = Objects { store: Arc::clone(&store), config: config.clone() };
        registry.register_collector(Box::new(objects));
        let own = own::Own { store, counters: Arc::default(), keeper, config };
        registry.register_collector(Box::new(own));
        let mut page = String::new();
        encode(&mut page, &registry).unwrap();
        let on_page: BTreeSet<&str> = page
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
            .collect();
        let listed: BTreeSet<&str> = families::ALL.iter().map(Metric::family_name).collect();
        assert_eq!(on_page, listed);
        assert_eq!(listed.len(), families::ALL.len());
    }
}
