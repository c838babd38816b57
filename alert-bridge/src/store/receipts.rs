//! What transports tell of messages that they have taken.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, from_millis, to_millis};
use crate::transport::{Fate, Receipt};

/// Receipts that have come before their message was known; the oldest are forgotten beyond this.
const MOST_EARLY: usize = 10_000;

/// How long before its message's answer a receipt may come. Some networks use their names again soon.
const EARLIEST: Duration = Duration::from_secs(10 * 60);

/// Where a message stands by its receipts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Not every part has arrived, or the message has ended otherwise.
    Open,
    Delivered,
    /// A part will never arrive.
    Failed {
        why: String,
    },
}

/// A message that a receipt speaks of.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) attempt: u32,
    pub(crate) contact: String,
    pub(crate) transport: String,
    pub(crate) created_at: Timestamp,
}

/// Notes that a transport has taken a message under these references of its own.
pub(crate) fn taken(
    connection: &Connection,
    transport: &str,
    row: i64,
    references: &[String],
    now: Timestamp,
) -> Result<(), StoreError> {
    // A receipt that came shortly before this keeps what it tells. One of an older message of that name does not.
    let mut statement = connection.prepare_cached(
        "INSERT INTO part (transport, reference, message, at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (transport, reference) DO UPDATE SET
             receipt = CASE WHEN message IS NULL AND at > ?5 THEN receipt END,
             detail = CASE WHEN message IS NULL AND at > ?5 THEN detail END, message = excluded.message, at = excluded.at",
    )?;
    for reference in references {
        let row = params![transport, reference, row, to_millis(now), to_millis(now - EARLIEST)];
        statement.execute(row)?;
    }
    Ok(())
}

/// Keeps a receipt. Answers the message it speaks of; none while that is not known.
pub(crate) fn keep(
    connection: &Connection,
    store: &str,
    transport: &str,
    receipt: &Receipt,
    now: Timestamp,
) -> Result<Option<i64>, StoreError> {
    let Receipt { reference, fate } = receipt;
    let detail = match fate {
        Fate::Delivered | Fate::Sent { .. } => None,
        Fate::Failed { why } => Some(why),
    };
    // Whoever hands out our own id tells of it also where no answer has said that it was taken.
    let own = own_row(connection, store, transport, reference)?;
    let message: Option<i64> = connection
        .prepare_cached(
            "INSERT INTO part (transport, reference, message, receipt, detail, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (transport, reference) DO UPDATE SET receipt = excluded.receipt, detail = excluded.detail
             RETURNING message",
        )?
        .query_row(
            params![transport, reference, own, fate.name(), detail, to_millis(now)],
            |row| row.get(0),
        )?;
    if let (Fate::Sent { known_as }, Some(row)) = (fate, message) {
        taken(connection, transport, row, known_as, now)?;
    }
    if message.is_none() {
        connection
            .prepare_cached(
                "DELETE FROM part WHERE message IS NULL AND at <
                     (SELECT at FROM part WHERE message IS NULL ORDER BY at DESC LIMIT 1 OFFSET ?1)",
            )?
            .execute([MOST_EARLY])?;
    }
    Ok(message)
}

/// Where a message stands by the receipts of its present transport.
pub(crate) fn standing(connection: &Connection, row: i64) -> Result<Standing, StoreError> {
    let (open, parts, delivered, failed) = connection
        .prepare_cached(
            "SELECT m.state IN ('accepted', 'in_doubt'), count(p.reference) - count(p.receipt = 'sent' OR NULL), count(p.receipt = 'delivered' OR NULL),
                    max(CASE p.receipt WHEN 'failed' THEN p.detail END)
             FROM message AS m LEFT JOIN part AS p ON p.message = m.id AND p.transport = m.transport
             WHERE m.id = ?1 GROUP BY m.id",
        )?
        .query_row([row], |row| {
            let counts: (i64, i64) = (row.get(1)?, row.get(2)?);
            Ok((row.get::<_, bool>(0)?, counts.0, counts.1, row.get::<_, Option<String>>(3)?))
        })?;
    Ok(match failed {
        _ if !open => Standing::Open,
        Some(why) => Standing::Failed { why },
        None if parts > 0 && parts == delivered => Standing::Delivered,
        None => Standing::Open,
    })
}

/// Records that a message has arrived.
pub(crate) fn delivered(
    connection: &Connection,
    row: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE message SET state = 'delivered', settled_at = ?2, error = NULL WHERE id = ?1",
        )?
        .execute(params![row, to_millis(now)])?;
    Ok(())
}

/// What a transport calls the messages of which it may still tell something, those since `oldest`.
pub(crate) fn awaited(
    connection: &Connection,
    transport: &str,
    oldest: Timestamp,
) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT p.reference FROM message AS m JOIN part AS p ON p.message = m.id AND p.transport = m.transport
         WHERE m.state = 'accepted' AND m.transport = ?1 AND m.created_at >= ?2 AND p.receipt IS NULL",
    )?;
    let rows = statement.query_map(params![transport, to_millis(oldest)], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The message of a row.
pub(crate) fn told(connection: &Connection, row: i64) -> Result<Told, StoreError> {
    let read = |of: &Row<'_>| {
        Ok(Told {
            attempt: of.get(0)?,
            contact: of.get(1)?,
            transport: of.get(2)?,
            created_at: from_millis(of.get(3)?),
        })
    };
    let mut statement = connection.prepare_cached(
        "SELECT attempts, contact, transport, created_at FROM message WHERE id = ?1",
    )?;
    Ok(statement.query_row([row], read)?)
}

/// The row of one of our own ids, if that message is or may be with `transport`.
fn own_row(
    connection: &Connection,
    store: &str,
    transport: &str,
    reference: &str,
) -> Result<Option<i64>, StoreError> {
    let number = reference.strip_prefix(store).and_then(|rest| rest.strip_prefix('-'));
    let Some(row) = number.and_then(|number| number.parse::<i64>().ok()) else { return Ok(None) };
    let mut statement = connection.prepare_cached(
        "SELECT id FROM message WHERE id = ?1 AND transport = ?2 AND state IN ('accepted', 'in_doubt')",
    )?;
    Ok(statement.query_row(params![row, transport], |row| row.get(0)).optional()?)
}
