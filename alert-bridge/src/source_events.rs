//! The event API: what sources such as Nagios tell of, kept to be looked through.
//!
//! `POST /api/v1/events` takes `{"events": [..]}` from whoever brings a token of `event_tokens`:
//!
//! | answer | when | what a sender does |
//! |---|---|---|
//! | 200 `{"accepted": n, "duplicates": m}` | everything is on disk | goes on |
//! | 400 | it can never be taken; the answer names the field | leaves it out |
//! | 401 | no token, or a wrong one | tries again, once a person has seen to it |
//! | 413 | more than [`LARGEST_BODY`] bytes | sends fewer at once |
//! | 503 | it may succeed later | tries again |
//!
//! An event is known by source, instance, epoch and sequence, and is kept once however often it is sent. Unlike
//! the webhook's peer, senders are of this suite: a field that is not known is refused.
//!
//! [`crate::api`] finds what was kept.

pub(crate) mod event;

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, watch};
use tracing::{debug, warn};

use crate::body::{self, BodyError};
use crate::config::Config;
use crate::metrics::{EventOutcome, Metrics};
use crate::store::{Store, StoreError, source_events};
use event::SourceEvent;

/// Bytes of the largest request.
const LARGEST_BODY: usize = 8 << 20;

/// Events in one request at most.
const MOST: usize = 2000;

/// The store must have answered by then.
const STORE_LIMIT: Duration = Duration::from_secs(10);

/// Requests that are read or stored at the same time; this bounds the memory they take.
const CONCURRENT: usize = 16;

/// What the handler works with.
#[derive(Debug, Clone)]
pub(crate) struct Intake {
    config: watch::Receiver<Arc<Config>>,
    store: Store,
    metrics: Metrics,
    places: Arc<Semaphore>,
}

/// The body of a request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Delivery {
    events: Vec<SourceEvent>,
}

/// The answer to one that is kept.
#[derive(Debug, Clone, Copy, Serialize)]
struct Receipt {
    accepted: u64,
    duplicates: u64,
}

/// Why events were not taken.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("a bearer token is needed, and this is none of event_tokens")]
    Unauthorized,
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("{0}")]
    Unreadable(String),
    #[error("too many requests at once")]
    Overloaded,
    #[error("not stored: {0}")]
    NotStored(#[from] StoreError),
    #[error("not stored within {} seconds", STORE_LIMIT.as_secs())]
    StoreSlow,
}

/// `POST /api/v1/events`.
pub(crate) async fn receive(State(intake): State<Intake>, request: Request) -> Response {
    match intake.take(request).await {
        Ok(receipt) => {
            intake.metrics.source_events(EventOutcome::Accepted, receipt.accepted);
            intake.metrics.source_events(EventOutcome::Duplicate, receipt.duplicates);
            Json(receipt).into_response()
        }
        Err(refusal) => {
            intake.metrics.event_request_refused();
            warn!(error = %refusal, "events not taken");
            let mut response = (refusal.status(), format!("{refusal}\n")).into_response();
            if let Refusal::Body(BodyError::Slow | BodyError::Large(_)) = refusal {
                let close = header::HeaderValue::from_static("close");
                response.headers_mut().insert(header::CONNECTION, close);
            }
            response
        }
    }
}

impl Intake {
    pub(crate) fn new(
        config: watch::Receiver<Arc<Config>>,
        store: Store,
        metrics: Metrics,
    ) -> Self {
        Intake { config, store, metrics, places: Arc::new(Semaphore::new(CONCURRENT)) }
    }

    async fn take(&self, request: Request) -> Result<Receipt, Refusal> {
        if self.config.borrow().event_tokens.find(request.headers()).is_none() {
            return Err(Refusal::Unauthorized);
        }
        let _place = self.places.try_acquire().map_err(|_| Refusal::Overloaded)?;
        let body = body::read(request, LARGEST_BODY).await?;
        let events = parse(&body).map_err(Refusal::Unreadable)?;
        drop(body);
        let write = self.store.write(move |writing| {
            let mut receipt = Receipt { accepted: 0, duplicates: 0 };
            for event in &events {
                match source_events::insert(writing.connection(), event)? {
                    true => receipt.accepted += 1,
                    false => receipt.duplicates += 1,
                }
            }
            Ok(receipt)
        });
        let receipt =
            tokio::time::timeout(STORE_LIMIT, write).await.map_err(|_| Refusal::StoreSlow)??;
        let Receipt { accepted, duplicates } = receipt;
        debug!(accepted, duplicates, "events stored");
        Ok(receipt)
    }
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Refusal::Unauthorized => StatusCode::UNAUTHORIZED,
            Refusal::Body(BodyError::Large(_)) => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::Unreadable(_) => StatusCode::BAD_REQUEST,
            Refusal::Body(BodyError::Slow | BodyError::Broken(_))
            | Refusal::Overloaded
            | Refusal::NotStored(_)
            | Refusal::StoreSlow => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

fn parse(body: &[u8]) -> Result<Vec<SourceEvent>, String> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let Delivery { events } = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| format!("{}: {}", error.path(), error.inner()))?;
    json.end().map_err(|error| format!("after the events: {error}"))?;
    if events.len() > MOST {
        return Err(format!("events: {} came, expected {MOST} at most", events.len()));
    }
    Ok(events)
}
