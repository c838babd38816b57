//! Looking through the messages to people.

use rusqlite::{Connection, Row, params_from_iter};

use super::conditions::Conditions;
use super::{StoreError, from_millis};
use crate::view::MessageView;

/// Which messages are asked for; the latest come first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) episode: Option<i64>,
    pub(crate) state: Option<String>,
    pub(crate) contact: Option<String>,
    pub(crate) transport: Option<String>,
    /// Only those of a lower id.
    pub(crate) before: Option<i64>,
    pub(crate) limit: usize,
}

/// The messages that a filter lets through.
pub(crate) fn find(
    connection: &Connection,
    filter: &Filter,
) -> Result<Vec<MessageView>, StoreError> {
    let Filter { episode, state, contact, transport, before, limit } = filter;
    let mut conditions = Conditions::default();
    for (condition, number) in [("episode = ?", episode), ("id < ?", before)] {
        if let Some(number) = number {
            conditions.add(condition, [(*number).into()]);
        }
    }
    conditions.equal("state", state.as_deref());
    conditions.equal("contact", contact.as_deref());
    conditions.equal("transport", transport.as_deref());
    let query = format!("SELECT {MESSAGE} WHERE {} ORDER BY id DESC LIMIT ?", conditions.text());
    let mut statement = connection.prepare_cached(&query)?;
    let rows = statement.query_map(params_from_iter(conditions.values(*limit)), read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The messages of some episodes, oldest first.
pub(crate) fn of_episodes(
    connection: &Connection,
    episodes: &[i64],
) -> Result<Vec<MessageView>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {MESSAGE} WHERE episode IN (SELECT value FROM json_each(?1)) ORDER BY id"
    ))?;
    let rows = statement.query_map([serde_json::to_string(episodes)?], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The columns that [`read`] reads.
const MESSAGE: &str =
    "id, episode, transition, contact, transport, text, segments, state, attempts, created_at,
    settled_at, reference, error FROM message";

fn read(row: &Row<'_>) -> Result<MessageView, rusqlite::Error> {
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
}
