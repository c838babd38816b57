//! Who has taken an episode on.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::{StoreError, to_millis};
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
