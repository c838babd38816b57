//! Counting what is kept.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::Connection;
use serde::Serialize;

use super::{StoreError, to_millis};

/// Alerts that are named as the noisiest.
const NOISIEST: usize = 10;

/// What stands and what happened in a range of time.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    from: Timestamp,
    to: Timestamp,
    /// Episodes that are open now, by severity and by area.
    open: BTreeMap<String, u64>,
    open_areas: BTreeMap<String, u64>,
    ended: Ended,
    /// The messages about episodes that ended in the range, by state.
    deliveries: BTreeMap<String, u64>,
    /// What sources told of in the range, by source.
    events: BTreeMap<String, u64>,
    /// The alerts with the most episodes that ended in the range, the noisiest first.
    noisiest: Vec<Noise>,
}

/// The episodes that ended in the range.
#[derive(Debug, Serialize)]
struct Ended {
    episodes: u64,
    acknowledged: u64,
    /// Means over those that there are.
    seconds_to_acknowledge: Option<f64>,
    seconds_to_resolve: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Noise {
    alertname: String,
    episodes: u64,
}

/// Counts what stands now and what happened from `from` on and before `to`.
pub(crate) fn take(
    connection: &Connection,
    from: Timestamp,
    to: Timestamp,
) -> Result<Summary, StoreError> {
    let range = [to_millis(from), to_millis(to)];
    let open = |column| {
        let query =
            format!("SELECT {column}, count(*) FROM episode WHERE state = 'firing' GROUP BY 1");
        counts(connection, &query, [])
    };
    const ENDED: &str = "episode.state = 'resolved' AND ended_at >= ?1 AND ended_at < ?2";
    let mut statement = connection.prepare_cached(&format!(
        "SELECT count(*), count(acknowledgement.at), avg(acknowledgement.at - started_at) / 1000.0,
                avg(ended_at - started_at) / 1000.0
         FROM episode LEFT JOIN acknowledgement ON acknowledgement.episode = episode.id WHERE {ENDED}"
    ))?;
    let ended = statement.query_row(range, |row| {
        Ok(Ended {
            episodes: row.get(0)?,
            acknowledged: row.get(1)?,
            seconds_to_acknowledge: row.get(2)?,
            seconds_to_resolve: row.get(3)?,
        })
    });
    let deliveries = format!(
        "SELECT message.state, count(*) FROM episode JOIN message ON message.episode = episode.id WHERE {ENDED} GROUP BY 1"
    );
    let mut statement = connection.prepare_cached(&format!(
        "SELECT coalesce(json_extract(content, '$.labels.alertname'), ''), count(*) FROM episode WHERE {ENDED}
         GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {NOISIEST}"
    ))?;
    let noisiest = statement
        .query_map(range, |row| Ok(Noise { alertname: row.get(0)?, episodes: row.get(1)? }))?;
    Ok(Summary {
        from,
        to,
        open: open("severity")?,
        open_areas: open("area")?,
        ended: ended?,
        deliveries: counts(connection, &deliveries, range)?,
        events: counts(
            connection,
            "SELECT source, count(*) FROM source_event WHERE at >= ?1 AND at < ?2 GROUP BY 1",
            range,
        )?,
        noisiest: noisiest.collect::<Result<_, _>>()?,
    })
}

fn counts(
    connection: &Connection,
    query: &str,
    values: impl rusqlite::Params,
) -> Result<BTreeMap<String, u64>, StoreError> {
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement.query_map(values, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
