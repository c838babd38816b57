//! Which open episodes are told again, and when.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::episodes::Key;
use super::{StoreError, from_millis, to_millis};

/// An episode that is to be told again now.
#[derive(Debug)]
pub(crate) struct Due {
    pub(crate) episode: i64,
    pub(crate) key: Key,
    /// How often it has been told again.
    pub(crate) told: u32,
}

/// Sets when an episode is told again; none for not at all. One that somebody has taken on stays silent.
pub(crate) fn set(
    connection: &Connection,
    episode: i64,
    due_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO reminder (episode, due_at)
             VALUES (?1, CASE WHEN EXISTS (SELECT 1 FROM acknowledgement WHERE episode = ?1) THEN NULL ELSE ?2 END)
             ON CONFLICT (episode) DO UPDATE SET due_at = excluded.due_at",
        )?
        .execute(params![episode, due_at.map(to_millis)])?;
    Ok(())
}

/// Notes that an episode was told again.
pub(crate) fn told(connection: &Connection, episode: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE reminder SET told = told + 1 WHERE episode = ?1")?
        .execute([episode])?;
    Ok(())
}

/// When the next episode is to be told again.
pub(crate) fn next(connection: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT min(due_at) FROM reminder WHERE due_at IS NOT NULL")?;
    let at: Option<i64> = statement.query_row([], |row| row.get(0))?;
    Ok(at.map(from_millis))
}

/// One of the episodes that are to be told again by `now`.
pub(crate) fn due(connection: &Connection, now: Timestamp) -> Result<Option<Due>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT episode, told, cluster, receiver, identity FROM reminder JOIN episode ON episode.id = episode
         WHERE due_at <= ?1 ORDER BY due_at LIMIT 1",
    )?;
    let due = statement.query_row([to_millis(now)], |row| {
        let key = Key { cluster: row.get(2)?, receiver: row.get(3)?, identity: row.get(4)? };
        Ok(Due { episode: row.get(0)?, told: row.get(1)?, key })
    });
    Ok(due.optional()?)
}
