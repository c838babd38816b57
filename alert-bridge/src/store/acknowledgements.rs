//! Who has taken an episode on.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::episodes::{self, Key};
use super::{StoreError, to_millis};
use crate::episode::LabelSet;
use crate::view::AcknowledgementView;

/// Keeps an acknowledgement; a later one of the same episode takes its place.
pub(crate) fn save(
    connection: &Connection,
    episode: i64,
    acknowledgement: &AcknowledgementView,
) -> Result<(), StoreError> {
    let AcknowledgementView { at, who, comment } = acknowledgement;
    let at: Timestamp = *at;
    connection
        .prepare_cached(
            "INSERT INTO acknowledgement (episode, at, who, comment) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (episode) DO UPDATE SET at = excluded.at, who = excluded.who, comment = excluded.comment",
        )?
        .execute(params![episode, to_millis(at), who, comment])?;
    Ok(())
}

/// A label set that fires and whose episode somebody has taken on.
#[derive(Debug)]
pub(crate) struct Silent {
    pub(crate) name: String,
    pub(crate) label_set: LabelSet,
    pub(crate) who: String,
    pub(crate) comment: String,
}

/// All that is to be silent in Alertmanager.
pub(crate) fn silent(connection: &Connection) -> Result<Vec<Silent>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT cluster, receiver, identity, who, comment FROM acknowledgement
         JOIN episode ON episode.id = acknowledgement.episode WHERE state = 'firing'",
    )?;
    let mut rows = statement.query([])?;
    let mut silent = Vec::new();
    while let Some(row) = rows.next()? {
        let key = Key { cluster: row.get(0)?, receiver: row.get(1)?, identity: row.get(2)? };
        let (who, comment): (String, String) = (row.get(3)?, row.get(4)?);
        let problem = episodes::load(connection, &key)?.problem;
        let firing = problem.label_sets.into_iter().filter(|(_, set)| set.ends_at.is_none());
        silent.extend(firing.map(|(name, label_set)| Silent {
            name,
            label_set,
            who: who.clone(),
            comment: comment.clone(),
        }));
    }
    Ok(silent)
}
