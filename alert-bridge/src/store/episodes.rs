//! Problems and episodes on disk.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, from_millis, to_millis};
use crate::alert::{Content, Severity};
use crate::area::Area;
use crate::episode::{Episode, LabelSet, Problem, Reason};

/// Names a problem: Alertmanagers of one cluster tell one receiver of the same identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) cluster: String,
    pub(crate) receiver: String,
    pub(crate) identity: String,
}

/// A problem as it was loaded, with the id of its open episode.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    pub(crate) problem: Problem,
    pub(crate) episode: Option<i64>,
}

/// Loads what is known of a problem; one that is new is empty.
pub(crate) fn load(connection: &Connection, key: &Key) -> Result<Loaded, StoreError> {
    let Key { cluster, receiver, identity } = key;
    let mut statement = connection.prepare_cached(
        "SELECT name, severity, starts_at, ends_at, content, doubted_at FROM label_set
         WHERE cluster = ?1 AND receiver = ?2 AND identity = ?3",
    )?;
    let mut rows = statement.query(params![cluster, receiver, identity])?;
    let mut label_sets = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let label_set = LabelSet {
            severity: severity(row, 1)?,
            starts_at: from_millis(row.get(2)?),
            ends_at: row.get::<_, Option<i64>>(3)?.map(from_millis),
            doubted_at: row.get::<_, Option<i64>>(5)?.map(from_millis),
            content: serde_json::from_str(
                row.get_ref(4)?.as_str().map_err(rusqlite::Error::from)?,
            )?,
        };
        label_sets.insert(row.get(0)?, label_set);
    }
    let mut statement = connection.prepare_cached(
        "SELECT id, severity, changes, started_at, resolve_at, content FROM episode
         WHERE cluster = ?1 AND receiver = ?2 AND identity = ?3 AND state = 'firing'",
    )?;
    let open = statement
        .query_row(params![cluster, receiver, identity], |row| {
            let id: i64 = row.get(0)?;
            let content: String = row.get(5)?;
            let episode = (
                severity(row, 1)?,
                row.get(2)?,
                from_millis(row.get(3)?),
                row.get::<_, Option<i64>>(4)?,
            );
            Ok((id, episode, content))
        })
        .optional()?;
    let Some((id, (severity, changes, started_at, resolve_at), content)) = open else {
        return Ok(Loaded { problem: Problem { label_sets, episode: None }, episode: None });
    };
    let episode = Episode {
        content: serde_json::from_str(&content)?,
        severity,
        changes,
        started_at,
        resolve_at: resolve_at.map(from_millis),
        ended_at: None,
    };
    Ok(Loaded { problem: Problem { label_sets, episode: Some(episode) }, episode: Some(id) })
}

/// Writes a problem's label sets.
pub(crate) fn save_label_sets(
    connection: &Connection,
    key: &Key,
    problem: &Problem,
) -> Result<(), StoreError> {
    let Key { cluster, receiver, identity } = key;
    connection
        .prepare_cached(
            "DELETE FROM label_set WHERE cluster = ?1 AND receiver = ?2 AND identity = ?3",
        )?
        .execute(params![cluster, receiver, identity])?;
    let mut statement = connection.prepare_cached(
        "INSERT INTO label_set (cluster, receiver, identity, name, severity, starts_at, ends_at, doubted_at,
                                content)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for (name, LabelSet { content, severity, starts_at, ends_at, doubted_at }) in
        &problem.label_sets
    {
        statement.execute(params![
            cluster,
            receiver,
            identity,
            name,
            severity.name(),
            to_millis(*starts_at),
            ends_at.map(to_millis),
            doubted_at.map(to_millis),
            serde_json::to_string(content)?,
        ])?;
    }
    Ok(())
}

/// Writes a problem's episode: a new one, or the one of that id. Answers its id.
pub(crate) fn save_episode(
    connection: &Connection,
    key: &Key,
    id: Option<i64>,
    episode: &Episode,
    reason: Option<Reason>,
) -> Result<i64, StoreError> {
    let Key { cluster, receiver, identity } = key;
    let Episode { content, severity, changes, started_at, resolve_at, ended_at } = episode;
    let state = if reason.is_some() { "resolved" } else { "firing" };
    let reason = reason.map(Reason::name);
    // A resolved episode waits for nothing any more.
    let resolve_at = resolve_at.filter(|_| reason.is_none());
    let search = [
        content.labels.values().map(String::as_str).collect(),
        content.summary().to_owned(),
        content.output().to_owned(),
    ]
    .join("\n")
    .to_lowercase();
    let mut statement = connection.prepare_cached(
        "INSERT INTO episode (id, cluster, receiver, identity, state, severity, changes, started_at, resolve_at,
                              ended_at, reason, content, search, area, last_seq)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, 0)
         ON CONFLICT (id) DO UPDATE SET state = excluded.state, severity = excluded.severity,
             changes = excluded.changes, started_at = excluded.started_at, resolve_at = excluded.resolve_at,
             ended_at = excluded.ended_at, reason = excluded.reason, content = excluded.content,
             search = excluded.search, area = excluded.area
         RETURNING id",
    )?;
    let row = params![
        id,
        cluster,
        receiver,
        identity,
        state,
        severity.name(),
        changes,
        to_millis(*started_at),
        resolve_at.map(to_millis),
        ended_at.map(to_millis),
        reason,
        serde_json::to_string(content)?,
        search,
        Area::of(content).name(),
    ];
    Ok(statement.query_row(row, |row| row.get(0))?)
}

/// Puts an episode at the top of the history.
pub(crate) fn told(connection: &Connection, id: i64, seq: u64) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE episode SET last_seq = ?2 WHERE id = ?1")?
        .execute(params![id, seq])?;
    Ok(())
}

/// When the next held end is due.
pub(crate) fn next_end(connection: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT min(resolve_at) FROM episode WHERE resolve_at IS NOT NULL")?;
    let at: Option<i64> = statement.query_row([], |row| row.get(0))?;
    Ok(at.map(from_millis))
}

/// The problems whose held end is due.
pub(crate) fn ending(connection: &Connection, now: Timestamp) -> Result<Vec<Key>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT cluster, receiver, identity FROM episode WHERE resolve_at <= ?1 ORDER BY resolve_at",
    )?;
    let rows = statement.query_map([to_millis(now)], key)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The problems that have an open episode, and what they are about.
pub(crate) fn open(connection: &Connection) -> Result<Vec<(Key, Content)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT cluster, receiver, identity, content FROM episode WHERE state = 'firing'",
    )?;
    let mut rows = statement.query([])?;
    let mut open = Vec::new();
    while let Some(row) = rows.next()? {
        let content =
            serde_json::from_str(row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?)?;
        open.push((key(row)?, content));
    }
    Ok(open)
}

/// What the open episodes of one cluster are about.
pub(crate) fn open_of(connection: &Connection, cluster: &str) -> Result<Vec<Content>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT content FROM episode WHERE state = 'firing' AND cluster = ?1")?;
    let rows = statement.query_map([cluster], |row| row.get::<_, String>(0))?;
    rows.map(|content| Ok(serde_json::from_str(&content?)?)).collect()
}

/// The label sets whose end has been in doubt since `until` or longer, each with its problem.
pub(crate) fn doubted(
    connection: &Connection,
    until: Timestamp,
) -> Result<Vec<(Key, String)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT cluster, receiver, identity, name FROM label_set WHERE doubted_at <= ?1",
    )?;
    let rows = statement.query_map([to_millis(until)], |row| Ok((key(row)?, row.get(3)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn key(row: &Row<'_>) -> Result<Key, rusqlite::Error> {
    Ok(Key { cluster: row.get(0)?, receiver: row.get(1)?, identity: row.get(2)? })
}

/// A severity that this program has written.
pub(super) fn severity(row: &Row<'_>, column: usize) -> Result<Severity, rusqlite::Error> {
    let name = row.get_ref(column)?.as_str()?;
    Ok(Severity::from_name(name).unwrap_or(Severity::Unknown))
}
