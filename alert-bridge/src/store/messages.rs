//! Messages to people on disk: the outbox.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{StoreError, from_millis, to_millis};
use crate::contact::Contact;
use crate::transport::Message;

/// Where a message stands after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Waits for its first or next attempt.
    Queued,
    Accepted,
    Failed,
    InDoubt,
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            State::Queued => "queued",
            State::Accepted => "accepted",
            State::Failed => "failed",
            State::InDoubt => "in_doubt",
        }
    }
}

/// What a transport finds when it looks for work.
#[derive(Debug)]
pub(crate) enum Work {
    Message(Claimed),
    /// Nothing before this time.
    Wait(Option<Timestamp>),
}

/// A message that is being sent.
#[derive(Debug)]
pub(crate) struct Claimed {
    pub(crate) row: i64,
    pub(crate) attempt: u32,
    /// Its transport may have it since an earlier attempt.
    pub(crate) bound: bool,
    /// The transports that have rejected it.
    pub(crate) rejected: Vec<String>,
    pub(crate) message: Message,
}

/// How an attempt ended, for the record.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) row: i64,
    pub(crate) attempt: u32,
    /// What has tried.
    pub(crate) transport: String,
    /// The outcome's name.
    pub(crate) outcome: &'static str,
    pub(crate) state: State,
    pub(crate) now: Timestamp,
    /// The transport of the next attempt, and when that is due.
    pub(crate) next: Option<(String, Timestamp)>,
    pub(crate) bound: bool,
    /// What the transport calls the message, or each part of it.
    pub(crate) references: Vec<String>,
    pub(crate) error: Option<String>,
}

/// Queues a message. Answers false when its key is there already: it was told twice.
pub(crate) fn queue(
    connection: &Connection,
    receiver: &str,
    episode: i64,
    transition: &str,
    contact: &Contact,
    text: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Contact { name, phone, transport, max_segments, .. } = contact;
    let text = crate::text::segments::cap(text, *max_segments);
    let mut statement = connection.prepare_cached(
        "INSERT INTO message (receiver, contact, episode, transition, transport, phone, text, segments, state,
                              created_at, due_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'queued', ?9, ?9)
         ON CONFLICT (receiver, contact, episode, transition) DO NOTHING",
    )?;
    let segments = crate::text::segments::count(&text);
    let row = params![
        receiver,
        name,
        episode,
        transition,
        transport,
        phone,
        text,
        segments,
        to_millis(now)
    ];
    Ok(statement.execute(row)? == 1)
}

/// The contacts that have had a message of this episode, or will be told of it in a digest.
pub(crate) fn told(connection: &Connection, episode: i64) -> Result<Vec<String>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT contact FROM message WHERE episode = ?1 UNION SELECT contact FROM held WHERE episode = ?1")?;
    let rows = statement.query_map([episode], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Takes the oldest message that is due and marks it as being sent.
pub(crate) fn claim(
    connection: &Connection,
    transport: &str,
    store: &str,
    now: Timestamp,
) -> Result<Work, StoreError> {
    let claimed = connection
        .prepare_cached(
            "UPDATE message SET state = 'sending', attempts = attempts + 1
             WHERE id = (SELECT id FROM message WHERE transport = ?1 AND state = 'queued' AND due_at <= ?2
                         ORDER BY id LIMIT 1)
             RETURNING id, attempts, bound, contact, phone, text, created_at",
        )?
        .query_row(params![transport, to_millis(now)], |row| {
            let id: i64 = row.get(0)?;
            let message = Message {
                // Padded, so that gammu, which sends in the order of names, keeps ours.
                id: format!("{store}-{id:010}"),
                contact: row.get(3)?,
                phone: row.get(4)?,
                text: row.get(5)?,
                created_at: from_millis(row.get(6)?),
            };
            let (attempt, bound) = (row.get(1)?, row.get(2)?);
            Ok(Claimed { row: id, attempt, bound, rejected: Vec::new(), message })
        })
        .optional()?;
    if let Some(mut claimed) = claimed {
        claimed.rejected = rejected(connection, claimed.row)?;
        return Ok(Work::Message(claimed));
    }
    let mut statement = connection.prepare_cached(
        "SELECT min(due_at) FROM message WHERE transport = ?1 AND state = 'queued'",
    )?;
    let due: Option<i64> = statement.query_row([transport], |row| row.get(0))?;
    Ok(Work::Wait(due.map(from_millis)))
}

/// Records how an attempt ended.
pub(crate) fn settle(connection: &Connection, settled: &Settled) -> Result<(), StoreError> {
    let Settled { row, attempt, transport, outcome, state, now, next, bound, references, error } =
        settled;
    let reference = (!references.is_empty()).then(|| references.join(", "));
    let settled_at = (*state != State::Queued).then_some(to_millis(*now));
    let (next, due_at) = match next {
        Some((next, due_at)) => (next, *due_at),
        None => (transport, *now),
    };
    connection
        .prepare_cached(
            "UPDATE message SET state = ?2, transport = ?3, due_at = ?4, settled_at = ?5, bound = ?6,
                 reference = coalesce(?7, reference), error = ?8 WHERE id = ?1",
        )?
        .execute(params![
            row,
            state.name(),
            next,
            to_millis(due_at),
            settled_at,
            bound,
            reference,
            error
        ])?;
    note(connection, *row, *attempt, transport, outcome, error.as_deref(), *now)?;
    super::receipts::taken(connection, transport, *row, references, *now)
}

/// Records an attempt; what is told of it later takes its place.
pub(crate) fn note(
    connection: &Connection,
    row: i64,
    attempt: u32,
    transport: &str,
    outcome: &str,
    detail: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO attempt (message, number, transport, at, outcome, detail)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![row, attempt, transport, to_millis(now), outcome, detail])?;
    Ok(())
}

/// The transports that have rejected a message.
pub(crate) fn rejected(connection: &Connection, row: i64) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT transport FROM attempt WHERE message = ?1 AND outcome = 'rejected'",
    )?;
    let rows = statement.query_map([row], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Queues a message again, for this transport.
pub(crate) fn requeue(
    connection: &Connection,
    row: i64,
    transport: &str,
    why: &str,
    due_at: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE message SET state = 'queued', transport = ?2, due_at = ?3, settled_at = NULL, bound = 0, error = ?4
             WHERE id = ?1",
        )?
        .execute(params![row, transport, to_millis(due_at), why])?;
    Ok(())
}

/// Gives a message up.
pub(crate) fn fail(
    connection: &Connection,
    row: i64,
    why: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE message SET state = 'failed', settled_at = ?3, error = ?2 WHERE id = ?1",
        )?
        .execute(params![row, why, to_millis(now)])?;
    Ok(())
}

/// Messages that are due on a transport and may go another way: their rows with their contacts.
pub(crate) fn movable(
    connection: &Connection,
    transport: &str,
    now: Timestamp,
) -> Result<Vec<(i64, String)>, StoreError> {
    /// Messages that are moved in one transaction.
    const BATCH: u32 = 500;
    let mut statement = connection.prepare_cached(
        "SELECT id, contact FROM message WHERE transport = ?1 AND state = 'queued' AND due_at <= ?2 AND bound = 0
         ORDER BY id LIMIT ?3",
    )?;
    let rows = statement.query_map(params![transport, to_millis(now), BATCH], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Settles what was being sent when the program stopped: to be sent again where that is safe, else in doubt.
/// Answers how many.
pub(crate) fn recover(
    connection: &Connection,
    transport: &str,
    safe: bool,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let state = if safe { State::Queued } else { State::InDoubt };
    let why = "stopped while it was being sent";
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO attempt (message, number, transport, at, outcome, detail)
             SELECT id, attempts, transport, ?2, 'in_doubt', ?3 FROM message WHERE transport = ?1 AND state = 'sending'",
        )?
        .execute(params![transport, to_millis(now), why])?;
    let count = connection
        .prepare_cached(
            "UPDATE message SET state = ?2, due_at = ?3, error = ?4, bound = 1,
                 settled_at = CASE ?2 WHEN 'queued' THEN NULL ELSE ?3 END
             WHERE transport = ?1 AND state = 'sending'",
        )?
        .execute(params![transport, state.name(), to_millis(now), why])?;
    Ok(count)
}

/// Gives up messages from before `oldest` whose transport is no longer configured. Answers how many.
pub(crate) fn abandon(
    connection: &Connection,
    configured: &[String],
    oldest: Timestamp,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let configured = serde_json::to_string(configured)?;
    let count = connection
        .prepare_cached(
            "UPDATE message SET state = 'failed', settled_at = ?3, error = 'its transport is no longer configured'
             WHERE state IN ('queued', 'sending') AND created_at < ?2
               AND transport NOT IN (SELECT value FROM json_each(?1))",
        )?
        .execute(params![configured, to_millis(oldest), to_millis(now)])?;
    Ok(count)
}
