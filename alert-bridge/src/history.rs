//! The history as JSON, CSV and NDJSON: episodes and the messages they caused.

mod table;

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::alert::Severity;
use crate::area::Area;
use crate::feed::bad_request;
use crate::store::history::{self, Filter, Found};
use crate::store::{Store, StoreError, events};
use crate::view::MessageView;

/// Episodes or messages in one answer at most.
const MOST: usize = 1000;

/// Query of `GET /api/v1/episodes`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct EpisodesQuery {
    q: Option<String>,
    state: Option<String>,
    severity: Option<String>,
    area: Option<String>,
    from: Option<String>,
    to: Option<String>,
    before: Option<String>,
    limit: Option<String>,
    format: Option<Shape>,
}

/// How the episodes are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Shape {
    #[default]
    Json,
    Csv,
    Ndjson,
}

/// Answer of `GET /api/v1/episodes`.
#[derive(Debug, Serialize)]
struct Episodes {
    /// The feed as of this answer: listen from here and nothing is missed.
    last_id: u64,
    /// The `before` that goes on behind these; none after the last.
    next: Option<u64>,
    episodes: Vec<WithMessages>,
}

#[derive(Debug, Serialize)]
struct WithMessages {
    #[serde(flatten)]
    found: Found,
    messages: Vec<MessageView>,
}

/// `GET /api/v1/episodes?q=&state=&severity=&area=&from=&to=&before=&limit=&format=`: the latest told first. `q` is words that must
/// all be found in labels, summary or output; `@warn`, `@critical`, `@unknown` and `@info` in it mean
/// severities. `before` is the `last_seq` of the last episode of the answer before.
pub(crate) async fn episodes(
    State(store): State<Store>,
    Query(query): Query<EpisodesQuery>,
) -> Response {
    let filter = match filter(&query) {
        Ok(filter) => filter,
        Err(refusal) => return *refusal,
    };
    let shape = query.format.unwrap_or_default();
    let read = store.read(move |connection| {
        // The number first: what happens in between is then told twice rather than never.
        let last_id = events::last(connection)?;
        let found = history::episodes(connection, &filter)?;
        let ids: Vec<i64> = found.iter().map(|found| found.episode.id).collect();
        let mut messages: BTreeMap<i64, Vec<MessageView>> = BTreeMap::new();
        for message in history::messages(connection, Some(&ids), MOST * 10)? {
            messages.entry(message.episode).or_default().push(message);
        }
        let next = found.last().filter(|_| found.len() == filter.limit).map(|found| found.last_seq);
        let episodes = found.into_iter().map(|found| {
            let messages = messages.remove(&found.episode.id).unwrap_or_default();
            WithMessages { found, messages }
        });
        Ok(Episodes { last_id, next, episodes: episodes.collect() })
    });
    match (shape, read.await) {
        (Shape::Json, read) => answer(read),
        (Shape::Csv, Ok(found)) => {
            table::csv(found.episodes.iter().map(|found| &found.found.episode))
        }
        (Shape::Ndjson, Ok(found)) => table::ndjson(&found.episodes),
        (_, Err(error)) => answer(Err::<(), _>(error)),
    }
}

/// Query of `GET /api/v1/deliveries`.
#[derive(Debug, Deserialize)]
pub(crate) struct DeliveriesQuery {
    episode: Option<String>,
    limit: Option<String>,
}

/// Answer of `GET /api/v1/deliveries`.
#[derive(Debug, Serialize)]
struct Deliveries {
    deliveries: Vec<MessageView>,
}

/// `GET /api/v1/deliveries?episode=&limit=`: the latest messages, or those of one episode, oldest first.
pub(crate) async fn deliveries(
    State(store): State<Store>,
    Query(query): Query<DeliveriesQuery>,
) -> Response {
    let DeliveriesQuery { episode, limit } = query;
    let limit = match parse_limit(limit.as_deref()) {
        Ok(limit) => limit,
        Err(refusal) => return *refusal,
    };
    let episode = match episode.as_deref().map(str::parse::<i64>).transpose() {
        Ok(episode) => episode,
        Err(_) => {
            return bad_request("episode", &episode.unwrap_or_default(), "the id of an episode");
        }
    };
    let read = store.read(move |connection| {
        let deliveries =
            history::messages(connection, episode.as_ref().map(std::slice::from_ref), limit)?;
        Ok(Deliveries { deliveries })
    });
    answer(read.await)
}

fn answer(outcome: Result<impl Serialize, StoreError>) -> Response {
    match outcome {
        Ok(value) => Json(value).into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}

fn filter(query: &EpisodesQuery) -> Result<Filter, Box<Response>> {
    let EpisodesQuery { q, state, severity, area, from, to, before, limit, .. } = query;
    let firing = match state.as_deref() {
        None | Some("") => None,
        Some("firing") => Some(true),
        Some("resolved") => Some(false),
        Some(other) => return Err(Box::new(bad_request("state", other, "firing or resolved"))),
    };
    let mut severities = Vec::new();
    for name in severity.as_deref().unwrap_or_default().split(',').filter(|name| !name.is_empty()) {
        let expected = "info, warning, unknown or critical";
        severities.push(
            Severity::from_name(name)
                .ok_or_else(|| Box::new(bad_request("severity", name, expected)))?,
        );
    }
    let mut words = Vec::new();
    for word in q.as_deref().unwrap_or_default().split_whitespace() {
        match word.strip_prefix('@').and_then(by_prefix) {
            Some(severity) => severities.push(severity),
            None => words.push(word.to_owned()),
        }
    }
    let before = match before.as_deref().map(str::parse).transpose() {
        Ok(before) => before,
        Err(_) => {
            let came = before.as_deref().unwrap_or_default();
            return Err(Box::new(bad_request("before", came, "the last_seq of an episode")));
        }
    };
    let area = match area.as_deref().filter(|area| !area.is_empty()) {
        None => None,
        Some(name) => Some(Area::from_name(name).ok_or_else(|| {
            let expected = "infrastructure, network, xenserver or cloudstack";
            Box::new(bad_request("area", name, expected))
        })?),
    };
    let (from, to) = (time("from", from.as_deref())?, time("to", to.as_deref())?);
    let limit = parse_limit(limit.as_deref())?;
    Ok(Filter { firing, severities, area, from, to, words, before, limit })
}

fn time(name: &str, text: Option<&str>) -> Result<Option<Timestamp>, Box<Response>> {
    let text = text.filter(|text| !text.is_empty());
    let refuse = |came| Box::new(bad_request(name, came, "a time such as 2026-01-31T12:00:00Z"));
    text.map(|text| text.parse().map_err(|_| refuse(text))).transpose()
}

/// The severity that begins with this: `warn` is enough.
fn by_prefix(text: &str) -> Option<Severity> {
    let text = text.to_lowercase();
    Severity::ALL.into_iter().find(|severity| text.len() >= 4 && severity.name().starts_with(&text))
}

fn parse_limit(limit: Option<&str>) -> Result<usize, Box<Response>> {
    match limit.unwrap_or("200").parse() {
        Ok(limit @ 1..=MOST) => Ok(limit),
        _ => {
            Err(Box::new(bad_request("limit", limit.unwrap_or_default(), &format!("1 to {MOST}"))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_severities_of_a_search() {
        let query = EpisodesQuery {
            q: Some("web  @warn 磁盘 @crit user@host".into()),
            ..EpisodesQuery::default()
        };
        let filter = filter(&query).unwrap();
        assert_eq!(filter.words, ["web", "磁盘", "user@host"]);
        assert_eq!(filter.severities, [Severity::Warning, Severity::Critical]);
    }

    #[test]
    fn a_wrong_parameter_is_refused() {
        let wrong = [
            EpisodesQuery { state: Some("open".into()), ..EpisodesQuery::default() },
            EpisodesQuery { severity: Some("bad".into()), ..EpisodesQuery::default() },
            EpisodesQuery { before: Some("-1".into()), ..EpisodesQuery::default() },
            EpisodesQuery { limit: Some("0".into()), ..EpisodesQuery::default() },
        ];
        for query in wrong {
            assert_eq!(filter(&query).unwrap_err().status(), StatusCode::BAD_REQUEST, "{query:?}");
        }
    }
}
