//! What an answer of `rrd_updates` holds, and what it may hold at most.

use std::sync::Arc;

use super::Legend;

/// What an answer may hold at most.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Columns.
    pub columns: usize,
    /// Rows that are kept; older ones are passed over.
    pub rows: usize,
    /// Values in all rows that are kept.
    pub values: usize,
}

impl Default for Limits {
    /// A host with 1,000 VMs and ten minutes of rows.
    fn default() -> Self {
        Self { columns: 1 << 20, rows: 120, values: 8 << 20 }
    }
}

/// An answer that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RrdError {
    /// It is something else.
    #[error("the answer begins with <{0}>, expected <xport>")]
    NotRrd(String),
    /// It ends too early.
    #[error("the answer ends within {0}")]
    Truncated(&'static str),
    /// It holds more than is read.
    #[error("more than {limit} {what}")]
    TooMuch {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A field of the header is missing or no number.
    #[error("{field}: {found:?}, expected a number of seconds")]
    Header {
        /// The field.
        field: &'static str,
        /// Its text.
        found: String,
    },
}

/// What an answer holds. The memory is used again for the next one.
#[derive(Debug, Default)]
pub struct Update {
    /// Seconds that a row covers.
    pub step: u32,
    /// Where the newest row ends, in seconds since 1970 by the host's clock.
    pub end: i64,
    /// What the columns are; the same `Arc` as in the last answer when nothing differs.
    pub legend: Arc<Legend>,
    /// Rows that did not fit the legend or the order of time, and were left out.
    pub skipped_rows: usize,
    pub(super) times: Vec<i64>,
    pub(super) values: Vec<f64>,
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// Where it ends, in seconds since 1970 by the host's clock. It covers [`Update::step`] seconds.
    pub time: i64,
    /// A value for each column; NaN where nothing is known.
    pub values: &'a [f64],
}

impl Update {
    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.times.len()
    }

    /// All rows, the newest first.
    pub fn newest_first(&self) -> impl DoubleEndedIterator<Item = Row<'_>> {
        let width = self.legend.len();
        self.times.iter().enumerate().map(move |(place, &time)| Row {
            time,
            values: &self.values[place * width..(place + 1) * width],
        })
    }
}
