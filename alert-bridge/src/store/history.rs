//! Looking through episodes and their messages.

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use super::episodes::severity;
use super::{StoreError, from_millis, to_millis};
use crate::alert::Severity;
use crate::area::Area;
use crate::episode::Reason;
use crate::view::{AcknowledgementView, EpisodeView, MessageView, Standing};

/// Which episodes are asked for; the latest told come first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) firing: Option<bool>,
    pub(crate) severities: Vec<Severity>,
    pub(crate) area: Option<Area>,
    /// Only what began then or later, and only what began before.
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
    /// Words that must all be found.
    pub(crate) words: Vec<String>,
    /// Only what was told before this event.
    pub(crate) before: Option<u64>,
    pub(crate) limit: usize,
}

/// An episode with the number of the event that told of it last.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Found {
    pub(crate) last_seq: u64,
    #[serde(flatten)]
    pub(crate) episode: EpisodeView,
}

pub(crate) fn episodes(connection: &Connection, filter: &Filter) -> Result<Vec<Found>, StoreError> {
    let Filter { firing, severities, area, from, to, words, before, limit } = filter;
    let mut conditions = vec!["last_seq < ?".to_owned()];
    let mut values: Vec<Value> =
        vec![before.and_then(|seq| seq.try_into().ok()).unwrap_or(i64::MAX).into()];
    if let Some(firing) = firing {
        conditions.push("state = ?".into());
        values.push(if *firing { "firing" } else { "resolved" }.to_owned().into());
    }
    if !severities.is_empty() {
        conditions.push(format!("severity IN ({})", vec!["?"; severities.len()].join(", ")));
        values.extend(severities.iter().map(|severity| Value::from(severity.name().to_owned())));
    }
    if let Some(area) = area {
        conditions.push("area = ?".into());
        values.push(area.name().to_owned().into());
    }
    if let Some(from) = from {
        conditions.push("started_at >= ?".into());
        values.push(to_millis(*from).into());
    }
    if let Some(to) = to {
        conditions.push("started_at < ?".into());
        values.push(to_millis(*to).into());
    }
    for word in words {
        conditions.push("instr(search, ?) > 0".into());
        values.push(word.to_lowercase().into());
    }
    values.push(i64::try_from(*limit).unwrap_or(i64::MAX).into());
    let query = format!(
        "SELECT {EPISODE} WHERE {} ORDER BY last_seq DESC LIMIT ?",
        conditions.join(" AND ")
    );
    let mut statement = connection.prepare_cached(&query)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// One episode, with who has taken it on.
pub(crate) fn episode(connection: &Connection, id: i64) -> Result<Option<Found>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {EPISODE} WHERE id = ?1"))?;
    let mut rows = statement.query([id])?;
    rows.next()?.map(read).transpose()
}

/// The columns that [`read`] reads, and where they are.
const EPISODE: &str =
    "last_seq, id, cluster, receiver, severity, started_at, ended_at, reason, content,
        acknowledgement.at, who, comment
    FROM episode LEFT JOIN acknowledgement ON acknowledgement.episode = episode.id";

fn read(row: &Row<'_>) -> Result<Found, StoreError> {
    let standing = Standing {
        severity: severity(row, 4)?,
        started: from_millis(row.get(5)?),
        ended: row.get::<_, Option<i64>>(6)?.map(from_millis),
        reason: row.get::<_, Option<String>>(7)?.as_deref().and_then(Reason::from_name),
    };
    let content = serde_json::from_str(row.get_ref(8)?.as_str().map_err(rusqlite::Error::from)?)?;
    let mut episode = EpisodeView::new(row.get(1)?, row.get(2)?, row.get(3)?, standing, content);
    if let Some(at) = row.get::<_, Option<i64>>(9)? {
        let (at, who, comment) = (from_millis(at), row.get(10)?, row.get(11)?);
        episode.acknowledged = Some(AcknowledgementView { at, who, comment });
    }
    Ok(Found { last_seq: row.get(0)?, episode })
}

/// The messages of some episodes, oldest first; of all when none is named. At most `limit`, the latest.
pub(crate) fn messages(
    connection: &Connection,
    episodes: Option<&[i64]>,
    limit: usize,
) -> Result<Vec<MessageView>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, episode, transition, contact, transport, text, segments, state, attempts, created_at, settled_at,
                reference, error
         FROM message WHERE ?1 IS NULL OR episode IN (SELECT value FROM json_each(?1)) ORDER BY id DESC LIMIT ?2",
    )?;
    let episodes = episodes.map(serde_json::to_string).transpose()?;
    let rows = statement.query_map(rusqlite::params![episodes, limit], |row| {
        Ok(MessageView {
            id: row.get(0)?,
            episode: row.get(1)?,
            transition: row.get(2)?,
            contact: row.get(3)?,
            transport: row.get(4)?,
            text: row.get(5)?,
            segments: row.get(6)?,
            state: row.get(7)?,
            attempts: row.get(8)?,
            created: from_millis(row.get(9)?),
            settled: row.get::<_, Option<i64>>(10)?.map(from_millis),
            reference: row.get(11)?,
            error: row.get(12)?,
        })
    })?;
    let mut messages = rows.collect::<Result<Vec<_>, _>>()?;
    messages.reverse();
    Ok(messages)
}
