//! From what a device answered to samples: pure, and the same as the peer does it down to its habits.
//!
//! A metric's value comes from the type on the wire, not from the configured one: text under `gauge` is 0.
//! Promises: no answer of a device can make it panic or allocate without bound. Refuses to know packets.

mod hint;
mod index;
mod labels;
mod sample;
mod time;
mod value;

use std::collections::HashMap;
use std::sync::Arc;

use crate::config::{Index, Lookup, Metric, Module};
use crate::text::{Labels, Page};
use crate::varbind::{Value, Varbind};

pub use hint::displayed;
pub use index::{Indexed, indexed};
pub use labels::labels;
pub use sample::add;
pub use time::{date_and_time, ntp_timestamp, parsed as parsed_time};
pub use value::{number, text};

/// What becomes of 64-bit counters, whose lowest digits a float loses above 2^53.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LargeCounters {
    /// They begin again at 2^53: rates stay right.
    Wrap,
    /// They stay as they are.
    Keep,
}

/// Adds what the module makes of the answers to the page.
pub fn collect<'m>(
    module: &'m Module,
    answers: &[Varbind],
    counters: LargeCounters,
    page: &mut Page<'m>,
) {
    let table = Table::new(answers);
    let metrics = Metrics::new(&module.metrics);
    let mut rows = Rows { table: &table, counters, layouts: HashMap::new(), made: HashMap::new() };
    for varbind in table.iter() {
        let Some((metric, index)) = metrics.of(&varbind.oid.0) else { continue };
        let labels = rows.labels(index, metric);
        add(metric, index, &varbind.value, labels, &table, counters, page);
    }
}

/// Answers by name. Of two with the same name the later one stands.
#[derive(Debug)]
pub struct Table<'v>(Vec<&'v Varbind>);

impl<'v> Table<'v> {
    /// Orders answers by name.
    #[must_use]
    pub fn new(answers: &'v [Varbind]) -> Self {
        let mut table: Vec<_> = answers.iter().collect();
        if !table.is_sorted_by(|a, b| a.oid < b.oid) {
            table.reverse();
            table.sort_by(|a, b| a.oid.cmp(&b.oid));
            table.dedup_by(|later, earlier| later.oid == earlier.oid);
        }
        Table(table)
    }

    /// The value of that name.
    #[must_use]
    pub fn find(&self, name: &[u32]) -> Option<&'v Value> {
        let found = self.0.binary_search_by(|varbind| varbind.oid.0.as_slice().cmp(name));
        found.ok().map(|at| &self.0[at].value)
    }

    fn iter(&self) -> impl Iterator<Item = &'v Varbind> {
        self.0.iter().copied()
    }
}

/// The metrics of a module by name. None lies inside another: the shorter name takes all that is below it.
struct Metrics<'m>(Vec<&'m Metric>);

impl<'m> Metrics<'m> {
    fn new(metrics: &'m [Metric]) -> Self {
        let mut ordered: Vec<_> = metrics.iter().rev().collect();
        ordered.sort_by(|a, b| a.oid.cmp(&b.oid));
        ordered.dedup_by(|later, earlier| later.oid.0.starts_with(&earlier.oid.0));
        Metrics(ordered)
    }

    /// The metric that a name belongs to, and the name's numbers after the metric's.
    fn of<'n>(&self, name: &'n [u32]) -> Option<(&'m Metric, &'n [u32])> {
        let after = self.0.partition_point(|metric| metric.oid.0.as_slice() <= name);
        let metric = self.0[..after].last()?;
        Some((metric, name.strip_prefix(metric.oid.0.as_slice())?))
    }
}

/// Labels of rows. The columns of a table share them, so they are made once for each row.
struct Rows<'m, 't, 'v> {
    table: &'t Table<'v>,
    counters: LargeCounters,
    layouts: HashMap<(&'m [Index], &'m [Lookup]), usize>,
    made: HashMap<(usize, &'v [u32]), Arc<Labels<'m>>>,
}

impl<'m, 'v> Rows<'m, '_, 'v> {
    fn labels(&mut self, index: &'v [u32], metric: &'m Metric) -> Arc<Labels<'m>> {
        let next = self.layouts.len();
        let layout = *self.layouts.entry((&metric.indexes, &metric.lookups)).or_insert(next);
        let row = self.made.entry((layout, index));
        let make = || Arc::new(labels(index, metric, self.table, self.counters));
        Arc::clone(row.or_insert_with(make))
    }
}

#[cfg(test)]
mod tests;
