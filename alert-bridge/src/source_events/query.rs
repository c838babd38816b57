//! `GET /api/v1/events`: what was kept, the newest first.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::{Kind, Severity};
use crate::feed::bad_request;
use crate::store::Store;
use crate::store::source_events::{self, Cursor, Filter, Found};

/// Events in one answer at most.
const MOST: usize = 1000;

/// The query's parameters; all are optional, and an empty one counts as left out.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Parameters {
    source: Option<String>,
    instance: Option<String>,
    kind: Option<String>,
    keyword: Option<String>,
    severity: Option<String>,
    from: Option<String>,
    to: Option<String>,
    cursor: Option<String>,
    limit: Option<String>,
}

#[derive(Debug, Serialize)]
struct Answer {
    events: Vec<Found>,
    /// The `cursor` that goes on behind these; none after the last.
    next: Option<String>,
}

/// `GET /api/v1/events?source=&instance=&kind=&keyword=&severity=&from=&to=&cursor=&limit=`. `keyword` is words
/// that must all be found; `kind` and `severity` are one or several, with commas between; `from` is the first
/// moment and `to` the first that is too late.
pub(crate) async fn find(
    State(store): State<Store>,
    Query(parameters): Query<Parameters>,
) -> Response {
    let filter = match filter(parameters) {
        Ok(filter) => filter,
        Err(Invalid { name, came, expected }) => return bad_request(name, &came, expected),
    };
    let limit = filter.limit;
    match store.read(move |connection| source_events::find(connection, &filter)).await {
        Ok(events) => {
            let last = events.last().filter(|_| events.len() == limit);
            let next = last.map(|event| event.cursor.to_string());
            Json(Answer { events, next }).into_response()
        }
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}

/// A parameter that cannot be read.
#[derive(Debug)]
struct Invalid {
    name: &'static str,
    came: String,
    expected: &'static str,
}

fn filter(parameters: Parameters) -> Result<Filter, Invalid> {
    let Parameters { source, instance, kind, keyword, severity, from, to, cursor, limit } =
        parameters;
    let expected = "ok, info, warning, unknown or critical";
    let severities = list("severity", severity, expected, Severity::from_name)?;
    let kinds = list("kind", kind, "a kind of event such as state_change", Kind::from_name)?;
    let time = "a time such as 2026-01-31T12:00:00Z";
    let words = keyword.unwrap_or_default();
    Ok(Filter {
        source: source.filter(|text| !text.is_empty()),
        instance: instance.filter(|text| !text.is_empty()),
        kinds,
        severities,
        words: words.split_whitespace().map(str::to_lowercase).collect(),
        from: read("from", from, time, |text| text.parse::<Timestamp>().ok())?,
        to: read("to", to, time, |text| text.parse::<Timestamp>().ok())?,
        before: read("cursor", cursor, "the `next` of an answer", Cursor::from_text)?,
        limit: read("limit", limit, "1 to 1000", |text| {
            text.parse().ok().filter(|limit| (1..=MOST).contains(limit))
        })?
        .unwrap_or(100),
    })
}

fn read<T>(
    name: &'static str,
    text: Option<String>,
    expected: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Invalid> {
    match text.filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(came) => match parse(&came) {
            Some(value) => Ok(Some(value)),
            None => Err(Invalid { name, came, expected }),
        },
    }
}

fn list<T>(
    name: &'static str,
    text: Option<String>,
    expected: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, Invalid> {
    let text = text.unwrap_or_default();
    let items = text.split(',').filter(|item| !item.is_empty());
    items
        .map(|item| parse(item).ok_or_else(|| Invalid { name, came: item.to_owned(), expected }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_that_cannot_be_read_is_named() {
        let none = Parameters::default;
        let some = |text: &str| Some(text.to_owned());
        for (parameters, expected) in [
            (Parameters { severity: some("ok,bad"), ..none() }, "severity"),
            (Parameters { kind: some("check"), ..none() }, "kind"),
            (Parameters { from: some("yesterday"), ..none() }, "from"),
            (Parameters { to: some("1"), ..none() }, "to"),
            (Parameters { cursor: some("7"), ..none() }, "cursor"),
            (Parameters { limit: some("1001"), ..none() }, "limit"),
        ] {
            assert_eq!(filter(parameters).unwrap_err().name, expected);
        }
        let empty = Parameters { severity: some(""), from: some(""), ..none() };
        assert_eq!(filter(empty).unwrap().limit, 100);
    }
}
