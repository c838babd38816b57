//! The feed's events on disk and in memory.

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::{StoreError, to_millis};

/// One event of the feed, made once and shared by all clients.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) seq: u64,
    at: i64,
    /// As it goes over the wire in an event stream: `id`, `data`, an empty line.
    pub(crate) frame: Bytes,
    /// The JSON in the frame.
    pub(crate) json: Bytes,
}

impl Event {
    /// `json` is one line: that is what serde_json writes.
    pub(crate) fn new(seq: u64, at: Timestamp, json: &str) -> Self {
        Self::from_row(seq, to_millis(at), json)
    }

    fn from_row(seq: u64, at: i64, json: &str) -> Self {
        let head = format!("id: {seq}\ndata: ");
        let frame = Bytes::from(format!("{head}{json}\n\n"));
        let json = frame.slice(head.len()..frame.len() - 2);
        Event { seq, at, frame, json }
    }
}

pub(super) fn insert(connection: &Connection, event: &Event) -> Result<(), StoreError> {
    let body = String::from_utf8_lossy(&event.json);
    connection
        .prepare_cached("INSERT INTO event (seq, at, body) VALUES (?1, ?2, ?3)")?
        .execute(params![event.seq, event.at, body])?;
    Ok(())
}

/// The number of the last event ever written, also if it is no longer kept.
pub(crate) fn last(connection: &Connection) -> Result<u64, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'event'")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// Up to `limit` events after `seq`, in order.
pub(crate) fn after(
    connection: &Connection,
    seq: u64,
    limit: usize,
) -> Result<Vec<Event>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT seq, at, body FROM event WHERE seq > ?1 ORDER BY seq LIMIT ?2")?;
    let rows = statement.query_map(params![seq.min(i64::MAX as u64), limit], |row| {
        Ok(Event::from_row(row.get(0)?, row.get(1)?, row.get_ref(2)?.as_str()?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
