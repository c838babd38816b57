//! Hosts and services as page (`/hosts`, `/services`) and as JSON (`/api/v1/hosts`, `/api/v1/services`).
//!
//! Both show the same rows and take the same parameters. Promises: every text from Nagios is escaped; the
//! pages need no JavaScript; a wrong parameter is answered 400 with its name and what was expected.

mod query;
mod row;

use std::sync::Arc;

use anyhow::Context as _;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use jiff::{SignedDuration, Timestamp};
use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;
use serde_json::json;

use crate::snapshot::{HostState, ServiceState, Snapshot};
use crate::store::Store;
use query::{InvalidQuery, Named, Query};
use row::{HostRow, ServiceRow};

/// The pages and the API.
pub(crate) fn routes(store: Arc<Store>) -> anyhow::Result<Router> {
    let pages = Arc::new(Pages { store, templates: templates()? });
    Ok(Router::new()
        .route("/hosts", get(page::<HostRow>))
        .route("/services", get(page::<ServiceRow>))
        .route("/api/v1/hosts", get(api::<HostRow>))
        .route("/api/v1/services", get(api::<ServiceRow>))
        .with_state(pages))
}

struct Pages {
    store: Arc<Store>,
    templates: Environment<'static>,
}

/// What a page lists.
trait Row: Serialize + Sized {
    type State: Named;
    /// Key of the list in JSON.
    const NAME: &'static str;
    /// File of the page.
    const TEMPLATE: &'static str;
    /// All rows that `query` asks for, one page of them made.
    fn select(snapshot: &Snapshot, query: &Query<Self::State>) -> Selection<Self>;
}

/// One page of a list.
struct Selection<R> {
    /// How many match on all pages.
    total: usize,
    rows: Vec<R>,
}

/// What a template is given.
#[derive(Serialize)]
struct Page<'a, R> {
    path: &'a str,
    query: query::View,
    total: usize,
    rows: Vec<R>,
    /// Nothing is known yet.
    waiting: bool,
    /// Set when Nagios has fallen silent.
    silent_since: Option<Timestamp>,
    last_page: usize,
    /// Query parts of the links to the neighbouring pages.
    previous: Option<String>,
    next: Option<String>,
}

/// Why there is nothing to show.
enum Refusal {
    Query(InvalidQuery),
    NoSnapshot,
    Template(minijinja::Error),
}

async fn api<R: Row>(
    State(pages): State<Arc<Pages>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let query = Query::<R::State>::parse(query.as_deref().unwrap_or_default())?;
    let snapshot = pages.store.snapshot().ok_or(Refusal::NoSnapshot)?;
    let Selection { total, rows } = R::select(&snapshot, &query);
    let module = pages.store.module();
    Ok(Json(json!({
        "total": total,
        "page": query.page,
        "per_page": query.per_page,
        "nagios_up": module.as_ref().is_some_and(|module| module.up()),
        "heard_at": module.map(|module| module.heard_at),
        R::NAME: rows,
    }))
    .into_response())
}

async fn page<R: Row>(
    State(pages): State<Arc<Pages>>,
    uri: Uri,
    RawQuery(raw): RawQuery,
) -> Result<Html<String>, Refusal> {
    let query = Query::<R::State>::parse(raw.as_deref().unwrap_or_default())?;
    let snapshot = pages.store.snapshot();
    let selection = snapshot.as_deref().map(|snapshot| R::select(snapshot, &query));
    let Selection { total, rows } = selection.unwrap_or(Selection { total: 0, rows: Vec::new() });
    let module = pages.store.module();
    let last_page = total.div_ceil(query.per_page).max(1);
    let template = pages.templates.get_template(R::TEMPLATE)?;
    let html = template.render(Serde(Page {
        path: uri.path(),
        query: query.view(),
        total,
        rows,
        waiting: snapshot.is_none(),
        silent_since: module.filter(|module| !module.up()).map(|module| module.heard_at),
        last_page,
        previous: (query.page > 1).then(|| query.link(query.page - 1)),
        next: (query.page < last_page).then(|| query.link(query.page + 1)),
    }))?;
    Ok(Html(html))
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Refusal::Query(error) => {
                (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response()
            }
            Refusal::NoSnapshot => (
                StatusCode::SERVICE_UNAVAILABLE,
                "not ready: waiting for the first snapshot from the Nagios module\n",
            )
                .into_response(),
            Refusal::Template(error) => {
                tracing::error!(%error, "a page could not be made");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

impl From<InvalidQuery> for Refusal {
    fn from(error: InvalidQuery) -> Self {
        Refusal::Query(error)
    }
}

impl From<minijinja::Error> for Refusal {
    fn from(error: minijinja::Error) -> Self {
        Refusal::Template(error)
    }
}

fn templates() -> anyhow::Result<Environment<'static>> {
    let mut templates = Environment::new();
    for (name, source) in [
        ("layout.html", include_str!("pages/layout.html")),
        ("hosts.html", include_str!("pages/hosts.html")),
        ("services.html", include_str!("pages/services.html")),
    ] {
        templates.add_template(name, source).with_context(|| format!("template {name}"))?;
    }
    templates.add_filter("ago", |time: Option<String>| ago(time.as_deref(), Timestamp::now()));
    Ok(templates)
}

/// How long ago a time was, for people.
fn ago(time: Option<&str>, now: Timestamp) -> String {
    let Some(time) = time.and_then(|time| time.parse::<Timestamp>().ok()) else {
        return "never".to_owned();
    };
    let seconds = now.duration_since(time).max(SignedDuration::ZERO).as_secs();
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        7200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

impl Named for Option<HostState> {
    const ALL: &'static [(&'static str, Self)] = &[
        ("up", Some(HostState::Up)),
        ("down", Some(HostState::Down)),
        ("unreachable", Some(HostState::Unreachable)),
        ("pending", None),
    ];
}

impl Named for Option<ServiceState> {
    const ALL: &'static [(&'static str, Self)] = &[
        ("ok", Some(ServiceState::Ok)),
        ("warning", Some(ServiceState::Warning)),
        ("critical", Some(ServiceState::Critical)),
        ("unknown", Some(ServiceState::Unknown)),
        ("pending", None),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_for_people() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        let before =
            |seconds: i64| Timestamp::from_second(1_000_000 - seconds).unwrap().to_string();
        for (seconds, expected) in [
            (0, "0 s"),
            (119, "119 s"),
            (120, "2 min"),
            (7200, "2 h"),
            (200_000, "2 d"),
            (-5, "0 s"),
        ] {
            assert_eq!(ago(Some(&before(seconds)), now), expected);
        }
        assert_eq!(ago(None, now), "never");
    }
}
