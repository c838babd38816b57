//! The newest measurements of one host and of the VMs on it.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use exporter_kit::Metric;
use jiff::Timestamp;
use xenapi::Uuid;
use xenapi::rrd::{Consolidation, Legend, Owner, Totals, Update};

use super::measure::{MEASURES, Subject};
use crate::config::Optional;
use crate::metrics::families as f;

/// Clocks that differ by more than this many seconds say nothing about an age.
const CLOCKS_DIFFER: f64 = 120.0;

/// Which columns of a host's answers we take, and what they become. Made anew when the legend is another.
#[derive(Debug, Default)]
pub(crate) struct Chart {
    columns: Vec<Column>,
    /// The columns of each subject, ordered by measure.
    subjects: HashMap<Uuid, Range<usize>>,
}

/// A column that we take.
#[derive(Debug)]
pub(crate) struct Column {
    /// Its place in [`MEASURES`].
    pub(crate) measure: usize,
    owner: Owner,
    name: Arc<str>,
    /// Where the part that varies stands in the name.
    part: Range<usize>,
    /// Its place in a row.
    place: usize,
}

/// What one host measured last.
#[derive(Debug)]
pub(crate) struct Sample {
    chart: Arc<Chart>,
    /// Of each column: the newest value, or the counter.
    values: Vec<f64>,
    /// Of each column: the newest value.
    newest: Vec<f64>,
    /// Where the newest row ends, by the host's clock.
    row: i64,
    received: Timestamp,
}

/// What one host or VM measured last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measurements<'a> {
    columns: &'a [Column],
    values: &'a [f64],
}

impl<'a> Measurements<'a> {
    /// The columns of one measure, each with its value.
    pub(crate) fn values(self, measure: usize) -> impl Iterator<Item = (&'a Column, f64)> {
        let from = self.columns.partition_point(|column| column.measure < measure);
        let own = self.columns[from..].iter().take_while(move |column| column.measure == measure);
        own.zip(&self.values[from..])
            .filter(|(_, value)| value.is_finite())
            .map(|(column, value)| (column, *value))
    }
}

impl Chart {
    /// The columns of a legend that are asked for.
    pub(crate) fn new(legend: &Legend, groups: &BTreeSet<Optional>) -> Self {
        let wanted: Vec<_> = MEASURES.iter().map(|measure| measure.is_wanted(groups)).collect();
        let mut columns = Vec::new();
        for (place, column) in legend.columns() {
            let subject = match column.owner {
                Owner::Host(_) => Subject::Host,
                Owner::Vm(_) => Subject::Vm,
                Owner::Sr(_) => continue,
            };
            if column.consolidation != Consolidation::Average {
                continue;
            }
            for (measure, about) in MEASURES.iter().enumerate() {
                if about.subject != subject || !wanted[measure] {
                    continue;
                }
                let Some(part) = about.part_of(column.name) else { continue };
                let start = part.as_ptr() as usize - column.name.as_ptr() as usize;
                let part = start..start + part.len();
                let (owner, name) = (column.owner, Arc::clone(column.name));
                columns.push(Column { measure, owner, name, part, place });
            }
        }
        columns.sort_by_key(|column| (column.owner, column.measure, column.place));
        columns.shrink_to_fit();
        let mut subjects = HashMap::new();
        let mut start = 0;
        for group in columns.chunk_by(|a, b| a.owner == b.owner) {
            let end = start + group.len();
            if let Owner::Host(uuid) | Owner::Vm(uuid) = group[0].owner {
                subjects.insert(uuid, start..end);
            }
            start = end;
        }
        Chart { columns, subjects }
    }
}

impl Column {
    /// What varies in its name: a device, a number.
    pub(crate) fn part(&self) -> &str {
        self.name.get(self.part.clone()).unwrap_or_default()
    }
}

/// Whether a column is added up.
pub(crate) fn is_counted(column: &xenapi::rrd::Column<'_>, groups: &BTreeSet<Optional>) -> bool {
    let subject = match column.owner {
        Owner::Host(_) => Subject::Host,
        Owner::Vm(_) => Subject::Vm,
        Owner::Sr(_) => return false,
    };
    MEASURES.iter().any(|measure| {
        measure.subject == subject
            && measure.metric.is_counter()
            && measure.is_wanted(groups)
            && measure.part_of(column.name).is_some()
    })
}

impl Sample {
    /// From an answer with at least one row, whose counters have been added up.
    pub(crate) fn new(chart: Arc<Chart>, update: &Update, totals: &Totals) -> Option<Self> {
        let row = update.newest_first().next()?.time;
        let newest = |column: &Column| {
            // What the newest row does not tell, the one before may.
            let mut values = update.newest_first().map(|row| row.values[column.place]);
            values.find(|value| value.is_finite()).unwrap_or(f64::NAN)
        };
        let newest: Vec<f64> = chart.columns.iter().map(newest).collect();
        let value = |(column, newest): (&Column, &f64)| match MEASURES[column.measure]
            .metric
            .is_counter()
        {
            true => totals.get(column.owner, &column.name).map_or(f64::NAN, |total| total.sum),
            false => *newest,
        };
        let values = chart.columns.iter().zip(&newest).map(value).collect();
        Some(Sample { chart, values, newest, row, received: Timestamp::now() })
    }

    /// The UUIDs of the host and of the VMs that it tells of.
    pub(crate) fn subjects(&self) -> impl Iterator<Item = Uuid> {
        self.chart.subjects.keys().copied()
    }

    /// Whether it tells of this host or VM.
    pub(crate) fn subjects_contain(&self, subject: &Uuid) -> bool {
        self.chart.subjects.contains_key(subject)
    }

    /// The measurements of a host or VM.
    pub(crate) fn of(&self, subject: &Uuid) -> Option<Measurements<'_>> {
        let all = self.chart.subjects.get(subject)?;
        let columns = &self.chart.columns[all.clone()];
        Some(Measurements { columns, values: &self.values[all.clone()] })
    }

    /// What a variable of perfmon is now, in perfmon's unit; `None` for variables that are not measured here.
    pub(crate) fn current(&self, subject: &Uuid, variable: &str) -> Option<f64> {
        let all = self.chart.subjects.get(subject).cloned()?;
        let metrics: &[&Metric] = match variable {
            "cpu_usage" => &[&f::VM_CPU_USAGE, &f::HOST_CPU_USAGE],
            "network_usage" => {
                &[&f::VM_RECEIVED, &f::VM_TRANSMITTED, &f::HOST_RECEIVED, &f::HOST_TRANSMITTED]
            }
            "disk_usage" => &[&f::VM_READ, &f::VM_WRITTEN],
            "memory_free_kib" => &[&f::HOST_MEMORY_FREE],
            "memory_internal_free" => &[&f::VM_MEMORY_FREE],
            _ => return None,
        };
        let columns = self.chart.columns[all.clone()].iter().zip(&self.newest[all]);
        let values: Vec<f64> = columns
            .filter(|(column, _)| metrics.contains(&MEASURES[column.measure].metric))
            .map(|(_, value)| *value)
            .filter(|value| value.is_finite())
            .collect();
        let sum: f64 = values.iter().sum();
        match (variable, values.len()) {
            (_, 0) => None,
            ("cpu_usage", count) => Some(sum / count as f64),
            _ => Some(sum),
        }
    }

    /// When it came.
    pub(crate) fn received(&self) -> Timestamp {
        self.received
    }

    /// When its newest row ended, or came where the host's clock is wrong, in seconds since 1970.
    pub(crate) fn ended(&self) -> f64 {
        let received = self.received.as_duration().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "seconds since 1970, far below 2^53")]
        let row = self.row as f64;
        if (received - row).abs() < CLOCKS_DIFFER { row } else { received }
    }

    /// Seconds since then.
    pub(crate) fn age(&self, now: Timestamp) -> f64 {
        (now.as_duration().as_secs_f64() - self.ended()).max(0.0)
    }
}
