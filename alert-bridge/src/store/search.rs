//! Finding words among millions of rows.
//!
//! Rows that change no more, ended episodes and events of sources, are gathered [`ROWS`] at a time into blocks.
//! Of a block is kept which [terms](terms) its rows have. A search reads the terms of the blocks in its time
//! range, the newest first, and looks only into blocks that may have what it wants; what is in no block yet it
//! looks through row by row.
//!
//! Promises: everything is found that a look at every row would find, words of two Chinese characters too.
//! Blocks are made beside the road of a notification, which pays nothing for them.

mod terms;

use std::ops::ControlFlow;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{StoreError, to_millis};
pub(crate) use terms::Needs;
use terms::Terms;

/// Rows of one block.
const ROWS: usize = 256;

/// Blocks that are made at once.
const BLOCKS: usize = 16;

/// What is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Episodes that have ended, by the event that told of them last.
    Episode,
    /// Events of sources, by their ids.
    Event,
}

/// A block that is to be kept.
#[derive(Debug)]
pub(crate) struct Block {
    kind: Kind,
    span: Span,
    oldest: i64,
    terms: Terms,
}

/// The rows of a block: keys from `first` to `last`, no time after `newest`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) newest: i64,
}

/// The times that are searched, in milliseconds: `from` and later, before `to`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    from: i64,
    to: i64,
}

impl Times {
    pub(crate) fn new(from: Option<Timestamp>, to: Option<Timestamp>) -> Self {
        Times { from: from.map_or(i64::MIN, to_millis), to: to.map_or(i64::MAX, to_millis) }
    }
}

impl Kind {
    pub(crate) const ALL: [Kind; 2] = [Kind::Episode, Kind::Event];

    fn name(self) -> &'static str {
        match self {
            Kind::Episode => "episode",
            Kind::Event => "event",
        }
    }

    /// The rows behind a key: key, time, text, and the columns whose values are terms of their own.
    fn rows(self) -> &'static str {
        match self {
            Kind::Episode => {
                "SELECT last_seq, started_at, search, severity, area FROM episode
                 WHERE state = 'resolved' AND last_seq > ?1 ORDER BY last_seq LIMIT ?2"
            }
            Kind::Event => {
                "SELECT id, at, search, severity, source, instance, kind FROM source_event
                 WHERE id > ?1 ORDER BY id LIMIT ?2"
            }
        }
    }

    /// The blocks from the newest to the oldest. Keys of episodes grow with the order they are shown in; events
    /// may come late, and are shown in the order of their times.
    fn blocks(self) -> &'static str {
        match self {
            Kind::Episode => {
                "SELECT first, last, newest, terms FROM search_block
                 WHERE kind = 'episode' AND newest >= ?1 AND oldest < ?2 ORDER BY first DESC"
            }
            Kind::Event => {
                "SELECT first, last, newest, terms FROM search_block
                 WHERE kind = 'event' AND newest >= ?1 AND oldest < ?2 ORDER BY newest DESC"
            }
        }
    }
}

/// Calls `visit` for each block that may have what is needed, the newest first, until it has enough.
pub(crate) fn visit(
    connection: &Connection,
    kind: Kind,
    needs: &Needs,
    times: Times,
    mut visit: impl FnMut(Span) -> Result<ControlFlow<()>, StoreError>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(kind.blocks())?;
    let mut rows = statement.query(params![times.from, times.to])?;
    while let Some(row) = rows.next()? {
        let terms = row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?;
        if needs.may_be_in(terms) {
            let span = Span { first: row.get(0)?, last: row.get(1)?, newest: row.get(2)? };
            if visit(span)?.is_break() {
                break;
            }
        }
    }
    Ok(())
}

/// The last key that is in a block; rows behind it are in none.
pub(crate) fn mark(connection: &Connection, kind: Kind) -> Result<i64, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT last FROM search_block WHERE kind = ?1 ORDER BY first DESC LIMIT 1",
    )?;
    Ok(statement.query_row([kind.name()], |row| row.get(0)).optional()?.unwrap_or(0))
}

/// The next blocks after `mark`, up to [`BLOCKS`]; none while there are too few rows.
pub(crate) fn gather(
    connection: &Connection,
    kind: Kind,
    mark: i64,
) -> Result<Vec<Block>, StoreError> {
    let mut blocks: Vec<Block> = Vec::new();
    while blocks.len() < BLOCKS {
        let mark = blocks.last().map_or(mark, Block::last_key);
        let Some(block) = gather_one(connection, kind, mark)? else { break };
        blocks.push(block);
    }
    Ok(blocks)
}

fn gather_one(connection: &Connection, kind: Kind, mark: i64) -> Result<Option<Block>, StoreError> {
    let mut statement = connection.prepare_cached(kind.rows())?;
    let facets: Vec<String> =
        statement.column_names().into_iter().skip(3).map(str::to_owned).collect();
    let mut rows = statement.query(params![mark, ROWS])?;
    let mut terms = terms::Gathered::default();
    let mut keys = Vec::with_capacity(ROWS);
    let (mut oldest, mut newest) = (i64::MAX, i64::MIN);
    while let Some(row) = rows.next()? {
        let (key, at): (i64, i64) = (row.get(0)?, row.get(1)?);
        keys.push(key);
        (oldest, newest) = (oldest.min(at), newest.max(at));
        terms.text(row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?);
        for (column, facet) in (3..).zip(&facets) {
            if let Some(value) =
                row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from)?
            {
                terms.facet(facet, value);
            }
        }
    }
    let (Some(&first), Some(&last), true) = (keys.first(), keys.last(), keys.len() == ROWS) else {
        return Ok(None);
    };
    Ok(Some(Block { kind, span: Span { first, last, newest }, oldest, terms: terms.finish() }))
}

/// Keeps blocks.
pub(crate) fn save(connection: &Connection, blocks: &[Block]) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO search_block (kind, first, last, oldest, newest, terms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for Block { kind, span: Span { first, last, newest }, oldest, terms } in blocks {
        statement.execute(params![kind.name(), first, last, oldest, newest, terms.bytes()])?;
    }
    Ok(())
}

impl Block {
    /// The key of its last row: the mark behind it.
    pub(crate) fn last_key(&self) -> i64 {
        self.span.last
    }
}

#[cfg(test)]
mod tests;
