//! `event.from`: what has changed since a token, at once or when something changes.
//!
//! A token is the generation of the database up to which everything has been told.

use std::sync::Arc;
use std::time::Duration;

use super::Parameters;
use crate::database::{Change, Database, What};
use crate::pool::{Pool, State};
use crate::rpc::{Failure, Outcome};
use crate::schema;
use crate::value::Value;

/// The longest that a call waits.
const LONGEST: f64 = 3600.0;

pub(super) async fn from(pool: &Pool, parameters: &mut Parameters) -> Outcome {
    let classes = parameters.value()?;
    let token = parameters.text()?;
    let timeout = Duration::from_secs_f64(parameters.number()?.clamp(0.0, LONGEST));
    let wanted = Wanted::new(&classes)?;
    let since = match &*token {
        "" => 0,
        token => {
            token.parse().map_err(|_| Failure::new("EVENT_FROM_TOKEN_PARSE_FAILURE", [token]))?
        }
    };
    let deadline = tokio::time::Instant::now() + timeout;
    let mut changes = pool.watch();
    let mut told = since;
    loop {
        changes.mark_unchanged();
        // What has been looked at once is not looked at again, unless it must be told.
        let (now, news) = pool.with(|state| {
            let database = &state.database;
            let news = wanted.any(database, told).then(|| wanted.answer(database, since));
            (database.generation(), news)
        });
        match news {
            Some(answer) => return answer,
            None => told = now,
        }
        if !matches!(tokio::time::timeout_at(deadline, changes.changed()).await, Ok(Ok(()))) {
            return pool.with(|state| wanted.answer(&state.database, since));
        }
    }
}

/// Answers the token of this moment, after an event about an object.
pub(super) fn inject(state: &mut State, parameters: &mut Parameters) -> Outcome {
    let (name, reference) = (parameters.text()?, parameters.text()?);
    let class = schema::class(&name);
    match class.filter(|class| state.database.modify(class, &reference, |_| {})) {
        Some(_) => Ok(Value::text(state.database.generation().to_string())),
        None => Err(Failure::new("HANDLE_INVALID", [&name, &reference])),
    }
}

/// The objects that a caller wants to hear of.
enum Wanted {
    All,
    Some(Vec<(&'static str, Option<Arc<str>>)>),
}

impl Wanted {
    /// From `["*"]`, or a list of `class` and `class/reference`.
    fn new(classes: &Value) -> Result<Self, Failure> {
        let mut some = Vec::new();
        for word in classes.as_set().unwrap_or_default().iter().filter_map(Value::as_text) {
            if &**word == "*" {
                return Ok(Self::All);
            }
            let (name, reference) = match word.split_once('/') {
                Some((name, reference)) => (name, Some(Arc::from(reference))),
                None => (&**word, None),
            };
            // Classes that this pool does not have never change.
            some.extend(schema::class(name).map(|class| (class, reference)));
        }
        Ok(Self::Some(some))
    }

    fn has(&self, change: &Change<'_>) -> bool {
        match self {
            Self::All => true,
            Self::Some(some) => some.iter().any(|(class, reference)| {
                *class == change.class
                    && reference.as_ref().is_none_or(|reference| reference == change.reference)
            }),
        }
    }

    /// Whether there is something to tell.
    fn any(&self, database: &Database, since: u64) -> bool {
        database.since(since).is_none_or(|changes| changes.iter().any(|change| self.has(change)))
    }

    fn answer(&self, database: &Database, since: u64) -> Outcome {
        let changes = database.since(since).ok_or_else(|| Failure::new("EVENTS_LOST", []))?;
        let events = changes.iter().filter(|change| self.has(change)).map(event).collect();
        Ok(Value::map([
            ("events", Value::Set(events)),
            ("valid_ref_counts", database.counts()),
            ("token", Value::text(database.generation().to_string())),
        ]))
    }
}

fn event(change: &Change<'_>) -> Value {
    let (operation, snapshot) = match change.what {
        What::Added(fields) => ("add", Some(fields)),
        What::Modified(fields) => ("mod", Some(fields)),
        What::Deleted => ("del", None),
    };
    let mut pairs = vec![
        ("id", Value::Int(change.generation as i64)),
        ("timestamp", Value::text("0.0")),
        ("class", Value::text(change.class.to_ascii_lowercase())),
        ("operation", Value::text(operation)),
        ("ref", Value::Text(change.reference.clone())),
    ];
    pairs.extend(snapshot.map(|fields| ("snapshot", Value::Map(Arc::clone(fields)))));
    Value::map(pairs)
}
