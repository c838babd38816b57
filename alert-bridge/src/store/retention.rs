//! Deleting what is older than it is kept. What is open or not yet sent stays, however old.

use jiff::Timestamp;
use rusqlite::Connection;

use super::{StoreError, to_millis};

/// Rows of each kind that one call deletes.
const BATCH: u32 = 500;

/// Deletes some of what ended before `oldest`; answers how many rows, 0 when nothing is left to delete.
pub(crate) fn delete(connection: &Connection, oldest: Timestamp) -> Result<usize, StoreError> {
    const STEPS: [&str; 6] = [
        "DELETE FROM source_event WHERE id IN (SELECT id FROM source_event WHERE at < ?1 ORDER BY at LIMIT ?2)",
        // Blocks whose rows are all gone. Without the others their rows would not be found.
        "DELETE FROM search_block WHERE id IN
             (SELECT id FROM search_block AS block WHERE newest < ?1
              AND NOT EXISTS (SELECT 1 FROM source_event WHERE block.kind = 'event' AND source_event.id BETWEEN first AND last)
              AND NOT EXISTS (SELECT 1 FROM episode WHERE block.kind = 'episode' AND state = 'resolved'
                              AND last_seq BETWEEN first AND last)
              ORDER BY newest LIMIT ?2)",
        "DELETE FROM event WHERE seq IN (SELECT seq FROM event WHERE at < ?1 ORDER BY at LIMIT ?2)",
        "DELETE FROM label_set WHERE (cluster, receiver, identity, name) IN
             (SELECT cluster, receiver, identity, name FROM label_set WHERE ends_at < ?1 LIMIT ?2)",
        "DELETE FROM message WHERE episode IN (SELECT id FROM ended)",
        "DELETE FROM episode WHERE id IN (SELECT id FROM ended)",
    ];
    // Both steps must mean the same episodes.
    connection.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS ended (id INTEGER PRIMARY KEY); DELETE FROM ended",
    )?;
    connection
        .prepare_cached(
            "INSERT INTO ended SELECT id FROM episode AS old WHERE state = 'resolved' AND ended_at < ?1
                 AND NOT EXISTS (SELECT 1 FROM message WHERE episode = old.id AND state IN ('queued', 'sending'))
                 AND NOT EXISTS (SELECT 1 FROM held WHERE episode = old.id AND message IS NULL)
             ORDER BY ended_at LIMIT ?2",
        )?
        .execute((to_millis(oldest), BATCH))?;
    let mut deleted = 0;
    for step in STEPS {
        let mut statement = connection.prepare_cached(step)?;
        deleted += match statement.parameter_count() {
            0 => statement.execute([])?,
            _ => statement.execute((to_millis(oldest), BATCH))?,
        };
    }
    Ok(deleted)
}
