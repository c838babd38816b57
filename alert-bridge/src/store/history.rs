//! Looking through episodes and the alerts that fire now.

use std::ops::ControlFlow;

use jiff::Timestamp;
use rusqlite::{Connection, Row, params_from_iter};

use super::conditions::Conditions;
use super::episodes::severity;
use super::search::{self, Kind, Needs, Times};
use super::{StoreError, from_millis};
use crate::alert::{Content, Severity};
use crate::area::Area;
use crate::episode::Reason;
use crate::view::{AcknowledgementView, AlertView, EpisodeView, MessageView, Standing};

/// Which episodes are asked for; the latest told come first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) firing: Option<bool>,
    pub(crate) severities: Vec<Severity>,
    pub(crate) area: Option<Area>,
    /// Only what began then or later, and only what began before.
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
    /// Words in lower case that must all be found.
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
    /// The messages that it caused, oldest first, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) messages: Option<Vec<MessageView>>,
}

impl Filter {
    fn conditions(&self) -> Conditions {
        let Filter { firing: _, severities, area, from, to, words, before, limit: _ } = self;
        let mut conditions = Conditions::default();
        if let Some(before) = before.and_then(|seq| i64::try_from(seq).ok()) {
            conditions.add("last_seq < ?", [before.into()]);
        }
        conditions.among("severity", severities.iter().map(|severity| severity.name()));
        conditions.equal("area", area.map(Area::name));
        conditions.between("started_at", *from, *to);
        conditions.words(words);
        conditions
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        self.words.iter().for_each(|word| needs.word(word));
        needs.facet("severity", self.severities.iter().map(|severity| severity.name()));
        needs.facet("area", self.area.map(Area::name));
        needs
    }
}

/// The episodes that a filter lets through, without their messages.
pub(crate) fn episodes(connection: &Connection, filter: &Filter) -> Result<Vec<Found>, StoreError> {
    let conditions = filter.conditions();
    let mut found = Vec::new();
    if filter.firing != Some(false) {
        let mut conditions = conditions.clone();
        conditions.equal("state", Some("firing"));
        select(connection, conditions, filter.limit, &mut found)?;
    }
    if filter.firing != Some(true) {
        let mut ended = Vec::new();
        let mut between = |first: i64, last: i64| {
            let mut conditions = conditions.clone();
            conditions.equal("state", Some("resolved"));
            conditions.add("last_seq BETWEEN ? AND ?", [first.into(), last.into()]);
            select(connection, conditions, filter.limit, &mut ended)?;
            Ok(match ended.len() < filter.limit {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            })
        };
        if between(search::mark(connection, Kind::Episode)? + 1, i64::MAX)?.is_continue() {
            let times = Times::new(filter.from, filter.to);
            search::visit(connection, Kind::Episode, &filter.needs(), times, |span| {
                between(span.first, span.last)
            })?;
        }
        found.append(&mut ended);
    }
    found.sort_by_key(|found| std::cmp::Reverse(found.last_seq));
    found.truncate(filter.limit);
    Ok(found)
}

/// One episode, with who has taken it on; without its messages.
pub(crate) fn episode(connection: &Connection, id: i64) -> Result<Option<Found>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {EPISODE} WHERE id = ?1"))?;
    let mut rows = statement.query([id])?;
    rows.next()?.map(read).transpose()
}

/// Appends the latest `limit` episodes that the conditions let through.
fn select(
    connection: &Connection,
    conditions: Conditions,
    limit: usize,
    found: &mut Vec<Found>,
) -> Result<(), StoreError> {
    let query =
        format!("SELECT {EPISODE} WHERE {} ORDER BY last_seq DESC LIMIT ?", conditions.text());
    let mut statement = connection.prepare_cached(&query)?;
    let mut rows = statement.query(params_from_iter(conditions.values(limit)))?;
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(())
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
    let content = content(row, 8)?;
    let mut episode = EpisodeView::new(row.get(1)?, row.get(2)?, row.get(3)?, standing, content);
    if let Some(at) = row.get::<_, Option<i64>>(9)? {
        let (at, who, comment) = (from_millis(at), row.get(10)?, row.get(11)?);
        episode.acknowledged = Some(AcknowledgementView { at, who, comment });
    }
    Ok(Found { last_seq: row.get(0)?, episode, messages: None })
}

fn content(row: &Row<'_>, column: usize) -> Result<Content, StoreError> {
    Ok(serde_json::from_str(row.get_ref(column)?.as_str().map_err(rusqlite::Error::from)?)?)
}

/// The alerts that fire now, as Alertmanager tells alerts apart, up to `limit` of them: by the ids of their
/// open episodes, those behind `after` alone. All alerts of an episode come together.
pub(crate) fn alerts(
    connection: &Connection,
    after: i64,
    limit: usize,
) -> Result<Vec<AlertView>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT open.id, label_set.severity, label_set.starts_at, label_set.content
         FROM (SELECT id, cluster, receiver, identity FROM episode
               WHERE state = 'firing' AND id > ?1 ORDER BY id LIMIT ?2) AS open
         JOIN label_set USING (cluster, receiver, identity)
         WHERE label_set.ends_at IS NULL ORDER BY open.id, label_set.name",
    )?;
    let mut rows = statement.query((after, limit))?;
    let mut alerts = Vec::new();
    while let Some(row) = rows.next()? {
        let started = from_millis(row.get(2)?);
        alerts.push(AlertView::new(row.get(0)?, severity(row, 1)?, started, content(row, 3)?));
    }
    Ok(alerts)
}
