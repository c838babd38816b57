//! Events of sources: kept once, found newest first.

use std::fmt;
use std::ops::ControlFlow;

use jiff::Timestamp;
use rusqlite::{Connection, Row, params, params_from_iter};
use serde::Serialize;
use serde_json::value::RawValue;

use super::conditions::Conditions;
use super::search::{self, Kind as Searched, Needs, Times};
use super::{StoreError, from_millis, to_millis};
use crate::source_events::event::{Details, Kind, Name, Sequence, Severity, SourceEvent, Text};

/// Which events are asked for; the newest come first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) source: Option<String>,
    pub(crate) instance: Option<String>,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) severities: Vec<Severity>,
    /// Words in lower case that must all be found.
    pub(crate) words: Vec<String>,
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
    /// Only what comes behind this one.
    pub(crate) before: Option<Cursor>,
    pub(crate) limit: usize,
}

/// A place in the order of events: `TIME-ID`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cursor {
    at: i64,
    id: i64,
}

/// An event that was kept.
#[derive(Debug, Serialize)]
pub(crate) struct Found {
    #[serde(skip)]
    pub(crate) cursor: Cursor,
    pub(crate) source: String,
    pub(crate) instance: String,
    epoch: String,
    sequence: i64,
    pub(crate) at: Timestamp,
    pub(crate) kind: String,
    pub(crate) host: String,
    pub(crate) service: String,
    pub(crate) name: String,
    pub(crate) severity: Option<String>,
    pub(crate) text: String,
    details: Option<Box<RawValue>>,
}

/// Keeps an event; `false` when it is there already.
pub(crate) fn insert(connection: &Connection, event: &SourceEvent) -> Result<bool, StoreError> {
    let SourceEvent {
        source: Name(source),
        instance: Name(instance),
        epoch: Name(epoch),
        sequence: Sequence(sequence),
        at,
        kind,
        host: Text(host),
        service: Text(service),
        name: Text(name),
        severity,
        text: Text(text),
        details: Details(details),
    } = event;
    let search = [source, instance, host, service, name, text, details].map(String::as_str);
    let search = search.join("\n").to_lowercase();
    let kept = connection
        .prepare_cached(
            "INSERT INTO source_event
                 (source, instance, epoch, sequence, at, kind, host, service, name, severity, text, details, search)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
             ON CONFLICT (source, instance, epoch, sequence) DO NOTHING",
        )?
        .execute(params![
            source,
            instance,
            epoch,
            sequence,
            to_millis(*at),
            kind.name(),
            host,
            service,
            name,
            severity.map(Severity::name),
            text,
            details,
            search
        ])?;
    Ok(kept == 1)
}

/// The events that a filter lets through.
pub(crate) fn find(connection: &Connection, filter: &Filter) -> Result<Vec<Found>, StoreError> {
    let mut found = Vec::new();
    let needs = filter.needs();
    if needs.is_empty() {
        select(connection, ORDERED, filter.conditions(), filter.limit, &mut found)?;
        return Ok(found);
    }
    let between = |first: i64, last: i64, found: &mut Vec<Found>| {
        let mut conditions = filter.conditions();
        conditions.add("id BETWEEN ? AND ?", [first.into(), last.into()]);
        select(connection, BY_ID, conditions, filter.limit, found)?;
        found.sort_by_key(|event| std::cmp::Reverse(event.cursor));
        found.truncate(filter.limit);
        Ok::<_, StoreError>(())
    };
    between(search::mark(connection, Searched::Event)? + 1, i64::MAX, &mut found)?;
    let times = Times::new(filter.from, filter.to);
    search::visit(connection, Searched::Event, &needs, times, |span| {
        let last = found.last().filter(|_| found.len() == filter.limit);
        if last.is_some_and(|event| event.cursor.at > span.newest) {
            return Ok(ControlFlow::Break(()));
        }
        between(span.first, span.last, &mut found)?;
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(found)
}

impl Filter {
    fn conditions(&self) -> Conditions {
        let Filter { source, instance, kinds, severities, words, from, to, before, limit: _ } =
            self;
        let mut conditions = Conditions::default();
        conditions.equal("source", source.as_deref());
        conditions.equal("instance", instance.as_deref());
        conditions.among("kind", kinds.iter().map(|kind| kind.name()));
        conditions.among("severity", severities.iter().map(|severity| severity.name()));
        conditions.words(words);
        conditions.between("at", *from, *to);
        if let Some(Cursor { at, id }) = before {
            conditions.add("(at, id) < (?, ?)", [(*at).into(), (*id).into()]);
        }
        conditions
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        self.words.iter().for_each(|word| needs.word(word));
        needs.facet("severity", self.severities.iter().map(|severity| severity.name()));
        needs.facet("source", self.source.as_deref());
        needs.facet("instance", self.instance.as_deref());
        needs.facet("kind", self.kinds.iter().map(|kind| kind.name()));
        needs
    }
}

/// How the rows are reached: in the order they are shown in, or by their ids.
const ORDERED: &str = "INDEXED BY source_event_order";
const BY_ID: &str = "NOT INDEXED";

/// Appends the newest `limit` events that the conditions let through.
fn select(
    connection: &Connection,
    reached: &str,
    conditions: Conditions,
    limit: usize,
    found: &mut Vec<Found>,
) -> Result<(), StoreError> {
    let query = format!(
        "SELECT id, at, source, instance, epoch, sequence, kind, host, service, name, severity, text, details
         FROM source_event {reached} WHERE {} ORDER BY at DESC, id DESC LIMIT ?",
        conditions.text()
    );
    let mut statement = connection.prepare_cached(&query)?;
    let mut rows = statement.query(params_from_iter(conditions.values(limit)))?;
    while let Some(row) = rows.next()? {
        found.push(event(row)?);
    }
    Ok(())
}

fn event(row: &Row<'_>) -> Result<Found, StoreError> {
    let details: String = row.get(12)?;
    let details = match details.as_str() {
        "" => None,
        _ => Some(RawValue::from_string(details)?),
    };
    let at = row.get(1)?;
    Ok(Found {
        cursor: Cursor { at, id: row.get(0)? },
        at: from_millis(at),
        source: row.get(2)?,
        instance: row.get(3)?,
        epoch: row.get(4)?,
        sequence: row.get(5)?,
        kind: row.get(6)?,
        host: row.get(7)?,
        service: row.get(8)?,
        name: row.get(9)?,
        severity: row.get(10)?,
        text: row.get(11)?,
        details,
    })
}

impl Cursor {
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        let (at, id) = text.rsplit_once('-')?;
        Some(Cursor { at: at.parse().ok()?, id: id.parse().ok()? })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.at, self.id)
    }
}
