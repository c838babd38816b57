//! `GET /rrd_updates`: the measurements of a host and of the VMs on it, made up as they are asked for.
//!
//! A row is a function of its time, so that nothing is stored and every answer about the same time is the same. The
//! legend is put together when a VM starts or moves, and then only copied.

mod chart;
mod column;
mod page;

pub(crate) use chart::Charts;
pub(crate) use page::Dialect;

use std::sync::Arc;

use chart::Chart;

use crate::host::{Host, Span};
use crate::pool::Pool;

/// The archives that XAPI keeps: seconds a row, number of rows.
const ARCHIVES: [(i64, i64); 4] = [(5, 120), (60, 120), (3600, 168), (86_400, 366)];

/// What is asked for.
#[derive(Debug, Default)]
pub(crate) struct Query {
    start: i64,
    interval: i64,
    host: bool,
    json: bool,
    consolidation: Option<String>,
    vm: Option<String>,
    storage: Option<String>,
}

/// An answer, and the type of its content.
pub(crate) struct Page {
    pub(crate) content_type: &'static str,
    pub(crate) body: String,
}

/// The rows of an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Rows {
    first: i64,
    last: i64,
    step: i64,
}

impl Query {
    /// Reads it from the parameters of an address. The error says what is wrong.
    pub(crate) fn read(pairs: &[(String, String)]) -> Result<Self, String> {
        let mut query = Self::default();
        for (name, value) in pairs {
            let number = || {
                let number = value.parse::<f64>();
                number.map(|number| number as i64).map_err(|_| format!("{name}: {value:?}"))
            };
            match name.as_str() {
                "start" => query.start = number()?,
                "interval" => query.interval = number()?,
                "host" => query.host = value == "true",
                "json" => query.json = value == "true",
                "cf" => query.consolidation = Some(value.clone()),
                "vm_uuid" => query.vm = Some(value.clone()),
                "sr_uuid" => query.storage = Some(value.clone()),
                _ => {}
            }
        }
        Ok(query)
    }

    /// The rows to answer at a time. A start below zero is relative; without an interval the finest archive that
    /// reaches back to the start is taken.
    fn rows(&self, now: i64) -> Rows {
        let start = if self.start < 0 { now + self.start } else { self.start };
        let mut fit = ARCHIVES.into_iter().filter(|(step, _)| *step >= self.interval);
        let coarsest = ARCHIVES[ARCHIVES.len() - 1];
        let (step, rows) = fit.find(|(step, rows)| start >= now - step * rows).unwrap_or(coarsest);
        let last = now.div_euclid(step) * step;
        let first = start.max(last - step * (rows - 1));
        Rows { first: -(-first).div_euclid(step) * step, last, step }
    }
}

/// Answers a query at a host.
pub(crate) fn answer(pool: &Pool, host: &Host, query: &Query) -> Page {
    let rows = query.rows(host.now() as i64);
    let chart = pool.with(|state| state.chart(host));
    let chart = select(&chart, query);
    let gaps: Vec<Span> = host.gaps();
    let consolidation = query.consolidation.as_deref();
    if query.json {
        let dialect = pool.settings.rrd_json;
        let body = page::json(&chart, rows, &gaps, consolidation, dialect);
        return Page { content_type: "application/json", body };
    }
    Page { content_type: "text/xml", body: page::xml(&chart, rows, &gaps, consolidation) }
}

/// The part of a host's chart that is asked for.
fn select(chart: &Arc<Chart>, query: &Query) -> Arc<Chart> {
    match (&query.vm, &query.storage, query.host) {
        (None, None, true) => Arc::clone(chart),
        (vm, storage, host) => Arc::new(chart.only(host, vm.as_deref(), storage.as_deref())),
    }
}

impl Rows {
    /// The times of the rows, newest first.
    fn times(self) -> impl Iterator<Item = i64> {
        (0..self.count()).map(move |row| self.last - row * self.step)
    }

    fn count(self) -> i64 {
        ((self.last - self.first) / self.step + 1).max(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(start: i64, interval: i64) -> (i64, i64, i64, i64) {
        let Rows { first, last, step } =
            Query { start, interval, ..Query::default() }.rows(1_000_003);
        (first, last, step, Rows { first, last, step }.count())
    }

    #[test]
    fn the_finest_archive_that_reaches_back_is_taken() {
        assert_eq!(rows(1_000_000, 0), (1_000_000, 1_000_000, 5, 1));
        assert_eq!(rows(999_996, 5), (1_000_000, 1_000_000, 5, 1));
        assert_eq!(rows(-10, 0), (999_995, 1_000_000, 5, 2));
        assert_eq!(rows(1_000_001, 0).3, 0);
        assert_eq!(rows(1_000_003 - 3000, 0), (997_020, 999_960, 60, 50));
        assert_eq!(rows(999_990, 60), (1_000_020, 999_960, 60, 0));
        assert_eq!(rows(0, 0), (0, 950_400, 86_400, 12));
    }
}
