//! Recordings: find, show, download, verify, keep, delete.

use std::sync::Arc;

use access::Caller;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio_util::io::ReaderStream;
use uuid::Uuid;

use super::{Api, ApiError};
use crate::recording::container::Damage;
use crate::recording::index::{Happened, Index};
use crate::recording::store::{ChangeError, Filter, Hold, Summary};
use crate::rights::Role;

/// Recordings in one answer, unless told.
const PAGE: usize = 50;

/// Recordings in one answer at most.
const LONGEST_PAGE: usize = 1000;

/// Spans of a timeline at most.
const SPANS: usize = 1000;

/// Bytes of a hold's reason at most.
const LONGEST_REASON: usize = 1000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Search {
    host: Option<String>,
    vm: Option<String>,
    user: Option<String>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    /// Part of the target's name or id.
    #[serde(default)]
    name: String,
    /// The last one of the page before.
    before: Option<Uuid>,
    limit: Option<usize>,
}

pub(super) async fn find(
    State(api): State<Arc<Api>>,
    caller: Caller<Role>,
    Query(search): Query<Search>,
) -> Json<Value> {
    let Search { host, vm, user, from, until, name, before, limit } = search;
    let name = name.to_lowercase();
    let found =
        api.consoles.store.list(&Filter { host, vm, user, from, until }).into_iter().filter(
            |found| {
                let begin = &found.begin;
                api.shows(&caller, found)
                    && (begin.name.to_lowercase().contains(&name) || begin.target.contains(&name))
            },
        );
    let page = found
        .skip_while(|found| before.is_some_and(|before| found.begin.id != before))
        .skip(usize::from(before.is_some()))
        .take(limit.unwrap_or(PAGE).min(LONGEST_PAGE));
    Json(json!({ "recordings": page.collect::<Vec<_>>() }))
}

/// A recording with its timeline.
#[derive(Debug, Serialize)]
struct Details {
    #[serde(flatten)]
    summary: Summary,
    activity: Activity,
    events: Vec<Happened>,
}

/// How much changed when.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Activity {
    /// Length of a span in milliseconds.
    span_ms: u64,
    /// Bytes of the server in each span.
    bytes: Vec<u64>,
}

pub(super) async fn details(
    State(api): State<Arc<Api>>,
    caller: Caller<Role>,
    Path(id): Path<Uuid>,
) -> Result<Response, ApiError> {
    let summary = api.recording(&caller, id)?;
    let store = api.consoles.store.clone();
    let index = blocking(move || store.reader(id)).await?.map_err(broken)?;
    let Index { activity, events, .. } = index.ok_or(ApiError::Gone)?.index();
    Ok(Json(Details { summary, activity: Activity::of(&activity), events }).into_response())
}

pub(super) async fn download(
    State(api): State<Arc<Api>>,
    caller: Caller<Role>,
    Path(id): Path<Uuid>,
) -> Result<Response, ApiError> {
    let recording = api.recording(&caller, id)?;
    let file = tokio::fs::File::open(api.consoles.store.path(id)).await.map_err(broken)?;
    api.audit(&caller, "download", &recording.begin.target, &format!("recording {id}")).await?;
    let name = format!("attachment; filename=\"{id}.vncrec\"");
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CONTENT_DISPOSITION, &name),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, Body::from_stream(ReaderStream::new(file))).into_response())
}

pub(super) async fn verify(
    State(api): State<Arc<Api>>,
    caller: Caller<Role>,
    Path(id): Path<Uuid>,
) -> Result<Json<Value>, ApiError> {
    api.recording(&caller, id)?;
    let store = api.consoles.store.clone();
    match blocking(move || store.verify(id)).await? {
        Ok(verified) => {
            let verified = verified.ok_or(ApiError::Gone)?;
            Ok(Json(json!({ "intact": true, "problem": "", "hash": verified.hash })))
        }
        Err(Damage::Io(error)) => Err(broken(error)),
        Err(damage) => Ok(Json(json!({ "intact": false, "problem": damage.to_string() }))),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Keep {
    hold: bool,
    #[serde(default)]
    reason: String,
}

pub(super) async fn hold(
    State(api): State<Arc<Api>>,
    caller: Caller<Role>,
    Path(id): Path<Uuid>,
    Json(Keep { hold, reason }): Json<Keep>,
) -> Result<StatusCode, ApiError> {
    if reason.len() > LONGEST_REASON {
        return Err(ApiError::Unreadable(format!(
            "reason: has {} bytes, expected {LONGEST_REASON} at most",
            reason.len()
        )));
    }
    let target = api.recording(&caller, id)?.begin.target;
    let action = if hold { "hold" } else { "release" };
    api.audit(&caller, action, &target, &format!("recording {id}: {reason}")).await?;
    let by = caller.name().to_owned();
    let hold = hold.then(|| Hold { by, at: Timestamp::now(), reason });
    let store = api.consoles.store.clone();
    blocking(move || store.hold(id, hold)).await??;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn remove(
    State(api): State<Arc<Api>>,
    caller: Caller<Role>,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    let target = api.recording(&caller, id)?.begin.target;
    api.audit(&caller, "delete", &target, &format!("recording {id}")).await?;
    let store = api.consoles.store.clone();
    blocking(move || store.delete(id)).await??;
    Ok(StatusCode::NO_CONTENT)
}

impl Api {
    /// A recording that is there for this caller.
    pub(super) fn recording(&self, caller: &Caller<Role>, id: Uuid) -> Result<Summary, ApiError> {
        let found = self.consoles.store.find(id).filter(|found| self.shows(caller, found));
        found.ok_or(ApiError::Gone)
    }

    fn shows(&self, caller: &Caller<Role>, recording: &Summary) -> bool {
        self.config.borrow().scopes.cover(caller.name(), &recording.begin.target)
    }
}

impl Activity {
    fn of(seconds: &[u32]) -> Self {
        let length = seconds.len().div_ceil(SPANS).max(1);
        let sum = |span: &[u32]| span.iter().map(|bytes| u64::from(*bytes)).sum();
        Activity { span_ms: length as u64 * 1000, bytes: seconds.chunks(length).map(sum).collect() }
    }
}

/// Runs what waits for the disk.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work).await.map_err(broken)
}

pub(super) fn broken(error: impl std::fmt::Display) -> ApiError {
    ApiError::Recording(error.to_string())
}

impl From<ChangeError> for ApiError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::NotThere => ApiError::Gone,
            ChangeError::Running | ChangeError::Held(_) => ApiError::Conflict(error.to_string()),
            ChangeError::Io(_) => broken(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_timeline_has_longer_spans() {
        assert_eq!(Activity::of(&[1, 2]), Activity { span_ms: 1000, bytes: vec![1, 2] });
        let hour = Activity::of(&[3; 3601]);
        assert_eq!((hour.span_ms, hour.bytes.len()), (4000, 901));
        assert_eq!((hour.bytes[0], hour.bytes[900]), (12, 3));
        assert_eq!(Activity::of(&[]), Activity { span_ms: 1000, bytes: vec![] });
    }
}
