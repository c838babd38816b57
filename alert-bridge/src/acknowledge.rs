//! Taking on an episode: `POST /api/v1/episodes/ID/acknowledge` with `{"comment": ".."}`.
//!
//! | answer | when |
//! |---|---|
//! | 200, the episode | it is in the audit log and on disk, and the feed tells of it |
//! | 400 | the body cannot be read |
//! | 404, 409 | there is no such episode; it has ended |
//! | 503 | it may succeed later |
//!
//! The audit log is written first: who acts is never without a trace, even if the store then fails.

use std::path::PathBuf;

use access::Caller;
use access::audit::{self, AuditError, Entry, Log, Summary};
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde::Deserialize;
use tracing::{info, warn};

use crate::access::Role;
use crate::body::{self, BodyError};
use crate::store::history::{self, Found};
use crate::store::{Event, Store, StoreError, Writing, acknowledgements, episodes, reminders};
use crate::view::{AcknowledgementView, EventView, milliseconds};

/// Bytes of a body at most.
const LARGEST_BODY: usize = 16 << 10;

/// Characters of a comment at most.
pub(crate) const LONGEST_COMMENT: usize = 1000;

/// What the handler works with.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub(crate) store: Store,
    pub(crate) log: Log,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Acknowledgement {
    #[serde(default)]
    comment: String,
}

/// Why an episode was not taken on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(
        "expected a JSON body such as {{\"comment\": \"..\"}}, with at most {LONGEST_COMMENT} characters"
    )]
    Unreadable,
    #[error("there is no episode {0}")]
    NoEpisode(i64),
    #[error("episode {0} has ended")]
    Ended(i64),
    #[error(transparent)]
    Audit(#[from] AuditError),
    #[error("not stored: {0}")]
    Store(#[from] StoreError),
}

/// `POST /api/v1/episodes/{id}/acknowledge`.
pub(crate) async fn acknowledge(
    State(desk): State<Desk>,
    Path(id): Path<i64>,
    caller: Caller<Role>,
    request: Request,
) -> Response {
    match desk.acknowledge(id, caller.name(), request).await {
        Ok(found) => Json(found).into_response(),
        Err(refusal) => {
            warn!(episode = id, error = %refusal, "not acknowledged");
            refusal.into_response()
        }
    }
}

/// `GET /api/v1/audit`: reads the whole audit log, and says how long it is or which line was changed.
pub(crate) async fn verify(State(path): State<PathBuf>) -> Response {
    match tokio::task::spawn_blocking(move || audit::verify(&path)).await {
        Ok(Ok(Summary { lines, last_hash })) => {
            Json(serde_json::json!({"lines": lines, "last_hash": last_hash})).into_response()
        }
        Ok(Err(error)) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

impl Desk {
    async fn acknowledge(&self, id: i64, who: &str, request: Request) -> Result<Found, Refusal> {
        let json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind == "application/json");
        let body = body::read(request, LARGEST_BODY).await?;
        let parsed = serde_json::from_slice(&body).ok().filter(|_| json);
        let Acknowledgement { comment } = parsed.ok_or(Refusal::Unreadable)?;
        if comment.chars().count() > LONGEST_COMMENT {
            return Err(Refusal::Unreadable);
        }
        self.record(id, who, comment).await
    }

    /// Writes down who has taken an episode on: it is told again to nobody, and the feed tells of it. Again by the
    /// same one changes nothing.
    pub(crate) async fn record(
        &self,
        id: i64,
        who: &str,
        comment: String,
    ) -> Result<Found, Refusal> {
        let found = self.store.read(move |connection| history::episode(connection, id)).await?;
        let found = found.ok_or(Refusal::NoEpisode(id))?;
        if found.episode.ended.is_some() {
            return Err(Refusal::Ended(id));
        }
        let known = found.episode.acknowledged.as_ref();
        if known.is_some_and(|known| known.who == who && known.comment == comment) {
            return Ok(found);
        }
        let now = milliseconds(Timestamp::now());
        let entry = Entry {
            at: now,
            who: who.to_owned(),
            action: "acknowledge".into(),
            subject: format!("episode {id}: {}", found.episode.title),
            details: comment.clone(),
        };
        self.log.record(entry).await?;
        let acknowledgement = AcknowledgementView { at: now, who: who.to_owned(), comment };
        let found = self.store.write(move |writing| save(writing, id, &acknowledgement)).await??;
        info!(episode = id, user = who, "acknowledged");
        Ok(found)
    }
}

/// Saves an acknowledgement, unless the episode has ended since it was looked at.
fn save(
    writing: &mut Writing<'_>,
    id: i64,
    acknowledgement: &AcknowledgementView,
) -> Result<Result<Found, Refusal>, StoreError> {
    match history::episode(writing.connection(), id)? {
        None => return Ok(Err(Refusal::NoEpisode(id))),
        Some(found) if found.episode.ended.is_some() => return Ok(Err(Refusal::Ended(id))),
        Some(_) => {}
    }
    acknowledgements::save(writing.connection(), id, acknowledgement)?;
    reminders::set(writing.connection(), id, None)?;
    writing.acknowledged();
    let Some(found) = history::episode(writing.connection(), id)? else {
        return Ok(Err(Refusal::NoEpisode(id)));
    };
    let seq = writing.publish(|seq| {
        let event = EventView {
            seq,
            at: acknowledgement.at,
            transition: "acknowledged",
            previous: None,
            episode: &found.episode,
        };
        Ok(Event::new(seq, acknowledgement.at, &serde_json::to_string(&event)?))
    })?;
    episodes::told(writing.connection(), id, seq)?;
    Ok(Ok(Found { last_seq: seq, ..found }))
}

impl Refusal {
    fn into_response(self) -> Response {
        let status = match &self {
            Refusal::Body(BodyError::Large(_)) => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::Body(BodyError::Slow) => StatusCode::REQUEST_TIMEOUT,
            Refusal::Body(BodyError::Broken(_)) | Refusal::Unreadable => StatusCode::BAD_REQUEST,
            Refusal::NoEpisode(_) => StatusCode::NOT_FOUND,
            Refusal::Ended(_) => StatusCode::CONFLICT,
            Refusal::Audit(_) | Refusal::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        (status, format!("{self}\n")).into_response()
    }
}
