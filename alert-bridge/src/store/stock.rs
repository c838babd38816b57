//! What the store holds right now, counted for the metrics.

use rusqlite::Connection;

use super::StoreError;
use super::episodes::severity;
use crate::alert::Severity;

/// Counts at one moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Stock {
    /// Open episodes by severity.
    pub(crate) open: Vec<(Severity, i64)>,
    pub(crate) queues: Vec<Queue>,
}

/// Messages that one transport has still to send.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Queue {
    pub(crate) transport: String,
    pub(crate) messages: i64,
    /// When the oldest of them was queued, in seconds since the Unix epoch.
    pub(crate) oldest: f64,
}

pub(crate) fn take(connection: &Connection) -> Result<Stock, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT severity, count(*) FROM episode WHERE state = 'firing' GROUP BY severity",
    )?;
    let open = statement
        .query_map([], |row| Ok((severity(row, 0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut statement = connection.prepare_cached(
        "SELECT transport, count(*), min(created_at) / 1000.0 FROM message
         WHERE state IN ('queued', 'sending') GROUP BY transport",
    )?;
    let queues = statement.query_map([], |row| {
        Ok(Queue { transport: row.get(0)?, messages: row.get(1)?, oldest: row.get(2)? })
    })?;
    Ok(Stock { open, queues: queues.collect::<Result<_, _>>()? })
}
