//! The metrics: one collector over the snapshots of all clouds, one over how their collectors fare.
//!
//! - `infrastructure` and its `capacity`, `guests`, `tenants`, `control`: what the snapshots hold;
//! - `own`: what goes on with time.
//!
//! Promises: every family is on every page, with help and type, also when it has no series; every series has the
//! label `cloud` and its object's id, names are in the `_info` families; a scrape calls nobody and copies no text.

pub mod families;

mod capacity;
mod control;
mod guests;
mod infrastructure;
mod own;
mod tenants;

use std::fmt;
use std::sync::Arc;

use alertmanager::Keeper;
use exporter_kit::families::{begin, write_number};
use exporter_kit::{Exposition, Metric};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Registry;

use crate::client::Record;
use crate::client::lenient::Text;
use crate::snapshot::{Part, Snapshot};
use crate::store::Store;

pub(crate) use guests::vms_by_size;
pub(crate) use infrastructure::{cpu_allocated, memory_allocated, vms_by_host};

/// The whole page; `live` holds what others add to it.
pub(crate) fn exposition(
    mut live: Registry,
    store: &Arc<Store>,
    keepers: Vec<Arc<Keeper>>,
    statistics: bool,
) -> Exposition {
    let own = own::Own { store: Arc::clone(store), keepers };
    live.register_collector(Box::new(own));
    let version = store.version();
    Exposition::new(live).with_snapshot(registry(store, statistics), move || *version.borrow())
}

/// The families over the snapshots; `statistics`: with those of each virtual machine.
#[must_use]
pub fn registry(store: &Arc<Store>, statistics: bool) -> Registry {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Objects { store: Arc::clone(store), statistics }));
    registry
}

/// Collector over the snapshots.
#[derive(Debug)]
struct Objects {
    store: Arc<Store>,
    statistics: bool,
}

impl Collector for Objects {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let clouds = self.store.snapshots();
        let mut page = Page { encoder: &mut encoder, clouds: &clouds };
        infrastructure::write(&mut page)?;
        guests::write(&mut page, self.statistics)?;
        tenants::write(&mut page)?;
        control::write(&mut page)
    }
}

/// A page under way, and the clouds that it shows.
struct Page<'a, 'e> {
    encoder: &'a mut DescriptorEncoder<'e>,
    clouds: &'a [(&'a str, Arc<Snapshot>)],
}

/// A gauge of an object: its family, and how it is read; `None`: no series.
type Column<T> = (&'static Metric, fn(&T) -> Option<f64>);

/// A state of an object: its family, and how it is read; empty: no series.
type State<T> = (&'static Metric, fn(&T) -> &Text);

impl Page<'_, '_> {
    /// One series for each object and column; `id` is the label of the object's id.
    fn gauges<T: Record>(
        &mut self,
        id: &'static str,
        part: fn(&Snapshot) -> &Part<T>,
        columns: &[Column<T>],
    ) -> fmt::Result {
        for (metric, read) in columns {
            let mut family = begin(self.encoder, metric)?;
            for (cloud, snapshot) in self.clouds {
                for row in part(snapshot).rows() {
                    if let Some(value) = read(row) {
                        let labels = [("cloud", *cloud), (id, row.id())];
                        write_number(&mut family.encode_family(&labels)?, metric, value)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// One series for each object, with its present state.
    fn states<T: Record>(
        &mut self,
        id: &'static str,
        part: fn(&Snapshot) -> &Part<T>,
        states: &[State<T>],
    ) -> fmt::Result {
        for (metric, read) in states {
            let mut family = begin(self.encoder, metric)?;
            for (cloud, snapshot) in self.clouds {
                for row in part(snapshot).rows() {
                    if let Some(state) = read(row).known() {
                        let labels = [("cloud", *cloud), (id, row.id()), ("state", state)];
                        write_number(&mut family.encode_family(&labels)?, metric, 1.0)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Names and texts of each object.
    fn infos<T: Record, const N: usize>(
        &mut self,
        metric: &'static Metric,
        id: &'static str,
        part: fn(&Snapshot) -> &Part<T>,
        labels: fn(&T) -> [(&'static str, &str); N],
    ) -> fmt::Result {
        let mut family = begin(self.encoder, metric)?;
        for (cloud, snapshot) in self.clouds {
            for row in part(snapshot).rows() {
                let labels = ([("cloud", *cloud), (id, row.id())], labels(row));
                family.encode_info(&labels)?;
            }
        }
        Ok(())
    }

    /// Whatever series a snapshot has in a family: `write` gets each snapshot, and where to put labels and value.
    fn family<const N: usize>(
        &mut self,
        metric: &'static Metric,
        mut write: impl FnMut(
            &Snapshot,
            &mut dyn FnMut([(&'static str, &str); N], f64) -> fmt::Result,
        ) -> fmt::Result,
    ) -> fmt::Result {
        let mut family = begin(self.encoder, metric)?;
        for (cloud, snapshot) in self.clouds {
            write(snapshot, &mut |labels, value| {
                let labels = ([("cloud", *cloud)], labels);
                write_number(&mut family.encode_family(&labels)?, metric, value)
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use prometheus_client::encoding::text::encode;

    use super::*;

    #[test]
    fn every_family_is_on_the_page_of_an_exporter_that_has_seen_nothing() {
        let store = Arc::new(Store::new(["a".to_owned()]));
        let mut registry = registry(&store, false);
        registry.register_collector(Box::new(own::Own { store, keepers: Vec::new() }));
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
