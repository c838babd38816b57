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
use exporter_kit::families::begin;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Registry;
use tokio::sync::watch;

use crate::config::Config;
use crate::counters::Counters;
use crate::store::Store;

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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use exporter_kit::Metric;
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
