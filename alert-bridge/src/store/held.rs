//! What is held back to be told in one message.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::episodes::severity;
use super::{StoreError, from_millis, to_millis};
use crate::alert::{Content, Severity};

/// What a contact was sent since a time.
#[derive(Debug)]
pub(crate) struct Recent {
    pub(crate) messages: u32,
    /// When the last digest of them was queued.
    pub(crate) digest_at: Option<Timestamp>,
}

/// One problem of a digest, as it stands by the last that was held of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Item {
    /// Those that are over come after those that are open.
    pub(crate) open: bool,
    pub(crate) severity: Severity,
    pub(crate) episode: i64,
}

/// Holds one transition back. Does nothing when it is held or was told already.
pub(crate) fn hold(
    connection: &Connection,
    (receiver, contact): (&str, &str),
    (episode, transition): (i64, &str),
    severity: Severity,
    due_at: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO held (receiver, contact, episode, transition, severity, due_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            receiver,
            contact,
            episode,
            transition,
            severity.name(),
            to_millis(due_at)
        ])?;
    Ok(())
}

/// What a contact was sent after `since`; messages before the last `most` are not counted.
pub(crate) fn recent(
    connection: &Connection,
    contact: &str,
    since: Timestamp,
) -> Result<Recent, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT count(*), max(CASE WHEN transition LIKE 'digest %' THEN created_at END)
         FROM message WHERE contact = ?1 AND created_at > ?2",
    )?;
    Ok(statement.query_row(params![contact, to_millis(since)], |row| {
        let digest_at: Option<i64> = row.get(1)?;
        Ok(Recent { messages: row.get(0)?, digest_at: digest_at.map(from_millis) })
    })?)
}

/// When what waits for a contact is due, if that is before `until`.
pub(crate) fn due_before(
    connection: &Connection,
    contact: &str,
    until: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT min(due_at) FROM held WHERE message IS NULL AND contact = ?1 AND due_at < ?2",
    )?;
    let at: Option<i64> =
        statement.query_row(params![contact, to_millis(until)], |row| row.get(0))?;
    Ok(at.map(from_millis))
}

/// When the next of all that is held is due.
pub(crate) fn next(connection: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT min(due_at) FROM held WHERE message IS NULL")?;
    let at: Option<i64> = statement.query_row([], |row| row.get(0))?;
    Ok(at.map(from_millis))
}

/// A contact for whom something is due.
pub(crate) fn due(connection: &Connection, now: Timestamp) -> Result<Option<String>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT contact FROM held WHERE message IS NULL AND due_at <= ?1 ORDER BY due_at LIMIT 1",
    )?;
    Ok(statement.query_row([to_millis(now)], |row| row.get(0)).optional()?)
}

/// What is due for a contact: the receiver of the newest with its number, and each problem, the worst first.
pub(crate) fn items(
    connection: &Connection,
    contact: &str,
    now: Timestamp,
) -> Result<(String, i64, Vec<Item>), StoreError> {
    // Of rows that are grouped SQLite takes the other columns from the one with the maximum.
    let mut statement = connection.prepare_cached(
        "SELECT max(id), receiver, episode, transition <> 'resolved', severity FROM held
         WHERE message IS NULL AND contact = ?1 AND due_at <= ?2 GROUP BY episode",
    )?;
    let mut rows = statement.query(params![contact, to_millis(now)])?;
    let (mut receiver, mut newest, mut items) = (String::new(), 0, Vec::new());
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        if id > newest {
            newest = id;
            receiver = row.get(1)?;
        }
        items.push(Item { episode: row.get(2)?, open: row.get(3)?, severity: severity(row, 4)? });
    }
    items.sort_unstable_by(|a, b| b.cmp(a));
    Ok((receiver, newest, items))
}

/// Notes that what was due has been told by the message of that row; by none when nobody is to be told any more.
pub(crate) fn told(
    connection: &Connection,
    contact: &str,
    now: Timestamp,
    message: i64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE held SET message = ?3 WHERE message IS NULL AND contact = ?1 AND due_at <= ?2",
        )?
        .execute(params![contact, to_millis(now), message])?;
    Ok(())
}

/// What an episode is about.
pub(crate) fn content(connection: &Connection, episode: i64) -> Result<Content, StoreError> {
    let mut statement = connection.prepare_cached("SELECT content FROM episode WHERE id = ?1")?;
    let content: String = statement.query_row([episode], |row| row.get(0))?;
    Ok(serde_json::from_str(&content)?)
}
