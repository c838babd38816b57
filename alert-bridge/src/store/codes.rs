//! The codes by which a phone takes episodes on: short, and of this phone alone.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::StoreError;

/// A code is 1 to this. The oldest is given again after them all.
pub(crate) const LARGEST: u16 = 999;

/// The code of an episode on a phone: the one it has, or the next.
pub(crate) fn give(connection: &Connection, phone: &str, episode: i64) -> Result<u16, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT code FROM reply_code WHERE episode = ?1 AND phone = ?2 ORDER BY id DESC LIMIT 1",
    )?;
    if let Some(code) = statement.query_row(params![episode, phone], |row| row.get(0)).optional()? {
        return Ok(code);
    }
    let code = next(connection, phone)?;
    assign(connection, phone, code, episode)?;
    Ok(code)
}

/// A new code for all of these.
pub(crate) fn share(
    connection: &Connection,
    phone: &str,
    episodes: impl Iterator<Item = i64>,
) -> Result<u16, StoreError> {
    let code = next(connection, phone)?;
    for episode in episodes {
        assign(connection, phone, code, episode)?;
    }
    Ok(code)
}

/// A code that means nothing on this phone.
fn next(connection: &Connection, phone: &str) -> Result<u16, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT code FROM reply_code WHERE phone = ?1 ORDER BY id DESC LIMIT 1")?;
    let last: Option<u16> = statement.query_row([phone], |row| row.get(0)).optional()?;
    let code = last.unwrap_or(0) % LARGEST + 1;
    connection
        .prepare_cached("DELETE FROM reply_code WHERE phone = ?1 AND code = ?2")?
        .execute(params![phone, code])?;
    Ok(code)
}

fn assign(connection: &Connection, phone: &str, code: u16, episode: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO reply_code (phone, code, episode) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        )?
        .execute(params![phone, code, episode])?;
    Ok(())
}

/// The episodes that a code means on a phone.
pub(crate) fn find(
    connection: &Connection,
    phone: &str,
    code: u16,
) -> Result<Vec<i64>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT episode FROM reply_code WHERE phone = ?1 AND code = ?2 ORDER BY id",
    )?;
    let rows = statement.query_map(params![phone, code], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
