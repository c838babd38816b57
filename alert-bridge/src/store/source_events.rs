//! Events of sources: kept once, found newest first.

use std::fmt;

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};
use serde::Serialize;
use serde_json::value::RawValue;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    at: i64,
    id: i64,
}

/// An event that was kept.
#[derive(Debug, Serialize)]
pub(crate) struct Found {
    #[serde(skip)]
    pub(crate) cursor: Cursor,
    source: String,
    instance: String,
    epoch: String,
    sequence: i64,
    at: Timestamp,
    kind: String,
    host: String,
    service: String,
    name: String,
    severity: Option<String>,
    text: String,
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

pub(crate) fn find(connection: &Connection, filter: &Filter) -> Result<Vec<Found>, StoreError> {
    let Filter { source, instance, kinds, severities, words, from, to, before, limit } = filter;
    let mut conditions = Conditions::default();
    conditions.equal("source", source);
    conditions.equal("instance", instance);
    conditions.among("kind", kinds.iter().map(|kind| kind.name()));
    conditions.among("severity", severities.iter().map(|severity| severity.name()));
    for word in words {
        conditions.add("instr(search, ?) > 0", [word.clone().into()]);
    }
    if let Some(from) = from {
        conditions.add("at >= ?", [to_millis(*from).into()]);
    }
    if let Some(to) = to {
        conditions.add("at < ?", [to_millis(*to).into()]);
    }
    if let Some(Cursor { at, id }) = before {
        conditions.add("(at, id) < (?, ?)", [(*at).into(), (*id).into()]);
    }
    let Conditions { text, mut values } = conditions;
    values.push(i64::try_from(*limit).unwrap_or(i64::MAX).into());
    let query = format!(
        "SELECT id, at, source, instance, epoch, sequence, kind, host, service, name, severity, text, details
         FROM source_event WHERE 1 {text} ORDER BY at DESC, id DESC LIMIT ?"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(event(row)?);
    }
    Ok(found)
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

/// Conditions of a query and their values, in the same order.
#[derive(Default)]
struct Conditions {
    text: String,
    values: Vec<Value>,
}

impl Conditions {
    fn add<const N: usize>(&mut self, condition: &str, values: [Value; N]) {
        self.text.push_str(" AND ");
        self.text.push_str(condition);
        self.values.extend(values);
    }

    fn equal(&mut self, column: &str, value: &Option<String>) {
        if let Some(value) = value {
            self.add(&format!("{column} = ?"), [value.clone().into()]);
        }
    }

    fn among(&mut self, column: &str, names: impl ExactSizeIterator<Item = &'static str>) {
        if names.len() > 0 {
            let places = vec!["?"; names.len()].join(", ");
            self.add(&format!("{column} IN ({places})"), []);
            self.values.extend(names.map(|name| Value::from(name.to_owned())));
        }
    }
}
