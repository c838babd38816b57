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

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use crate::config::{Index, Lookup, Metric, Module};
use crate::text::{Labels, Page};
use crate::varbind::{Answers, Value, Varbind};

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
    answers: &Answers,
    counters: LargeCounters,
    page: &mut Page<'m>,
) {
    let table = Table::new(answers);
    let metrics = Metrics::new(&module.metrics);
    let mut rows = Rows { table: &table, counters, layouts: HashMap::new(), made: Vec::new() };
    for varbind in table.iter() {
        let Some((metric, index)) = metrics.of(&varbind.oid.0) else { continue };
        let labels = rows.labels(index, metric);
        add(metric, index, &varbind.value, labels, &table, counters, page);
    }
}

/// Answers by name. Of two with the same name the later one stands.
#[derive(Debug)]
pub struct Table<'v> {
    answers: &'v Answers,
    /// Their order by name; none, if they came in order.
    order: Option<Vec<usize>>,
}

impl<'v> Table<'v> {
    /// Orders answers by name.
    #[must_use]
    pub fn new(answers: &'v Answers) -> Self {
        let in_order = answers.iter().map(|varbind| varbind.oid).is_sorted_by(|a, b| a < b);
        let order = (!in_order).then(|| {
            let mut named: Vec<_> =
                answers.iter().map(|varbind| varbind.oid).zip(0_usize..).collect();
            named.sort();
            // Backwards, the later one is met first.
            named.reverse();
            named.dedup_by(|earlier, later| earlier.0 == later.0);
            named.into_iter().rev().map(|(_, place)| place).collect()
        });
        Table { answers, order }
    }

    /// The value of that name.
    #[must_use]
    pub fn find(&self, name: &[u32]) -> Option<Value> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.answers.compare(self.place(middle), name)? {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return self.answers.value(self.place(middle)),
                Ordering::Greater => high = middle,
            }
        }
        None
    }

    fn iter(&self) -> impl Iterator<Item = Varbind> {
        (0..self.len()).filter_map(|number| self.answers.at(self.place(number)))
    }

    fn len(&self) -> usize {
        self.order.as_ref().map_or(self.answers.len(), Vec::len)
    }

    fn place(&self, number: usize) -> usize {
        self.order.as_ref().map_or(number, |order| order[number])
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
    /// By layout, and then by row.
    made: Vec<HashMap<Box<[u32]>, Arc<Labels<'m>>>>,
}

impl<'m> Rows<'m, '_, '_> {
    fn labels(&mut self, index: &[u32], metric: &'m Metric) -> Arc<Labels<'m>> {
        let next = self.layouts.len();
        let layout = *self.layouts.entry((&metric.indexes, &metric.lookups)).or_insert(next);
        if layout == self.made.len() {
            self.made.push(HashMap::new());
        }
        let made = &mut self.made[layout];
        if let Some(labels) = made.get(index) {
            return Arc::clone(labels);
        }
        let labels = Arc::new(labels(index, metric, self.table, self.counters));
        made.insert(index.into(), Arc::clone(&labels));
        labels
    }
}

#[cfg(test)]
mod tests;
