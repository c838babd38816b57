//! Alertmanager's webhook (version 4): what it sends, and what it is answered.
//!
//! | answer | when | Alertmanager |
//! |---|---|---|
//! | 200 | everything is on disk | goes on |
//! | 400 | the body can never be read; the answer names the field | gives up |
//! | 401 | no token, or a wrong one | gives up |
//! | 413 | the body is larger than [`LARGEST_BODY`] | gives up |
//! | 503 | it may succeed later: full disk, overload, a body not complete within [`body::LIMIT`] | tries again |
//!
//! Unknown fields are ignored, because newer versions add some.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde::Deserialize;
use tokio::sync::{Semaphore, watch};
use tracing::{info, warn};

use crate::alert::{Alert, Content, Pairs, Severity};
use crate::body::{self, BodyError};
use crate::config::Config;
use crate::heartbeat::Beats;
use crate::intake::{self, Notification};
use crate::metrics::{Metrics, Status, WebhookOutcome};
use crate::store::Store;

/// Bytes of the largest notification; ten thousand alerts with long outputs are below.
const LARGEST_BODY: usize = 10 << 20;

/// The store must have answered by then. Alertmanager itself waits for the interval of the group.
const STORE_LIMIT: Duration = Duration::from_secs(10);

/// Notifications that are read or stored at the same time; this bounds the memory they take.
const CONCURRENT: usize = 128;

/// What the handler works with.
#[derive(Debug, Clone)]
pub(crate) struct Webhook {
    config: watch::Receiver<Arc<Config>>,
    store: Store,
    metrics: Metrics,
    beats: Beats,
    places: Arc<Semaphore>,
}

impl Webhook {
    pub(crate) fn new(
        config: watch::Receiver<Arc<Config>>,
        store: Store,
        metrics: Metrics,
        beats: Beats,
    ) -> Self {
        Webhook { config, store, metrics, beats, places: Arc::new(Semaphore::new(CONCURRENT)) }
    }
}

/// `POST /api/v1/webhook`.
pub(crate) async fn receive(State(webhook): State<Webhook>, request: Request) -> Response {
    let outcome = webhook.take(request).await;
    webhook
        .metrics
        .webhook(outcome.as_ref().map_or_else(Refusal::outcome, |()| WebhookOutcome::Stored));
    match outcome {
        Ok(()) => StatusCode::OK.into_response(),
        Err(refusal) => {
            warn!(error = %refusal, "notification not taken");
            let mut response = (refusal.status(), format!("{refusal}\n")).into_response();
            if matches!(refusal, Refusal::Body(BodyError::Slow | BodyError::Large(_))) {
                response
                    .headers_mut()
                    .insert(header::CONNECTION, header::HeaderValue::from_static("close"));
            }
            response
        }
    }
}

/// Why a notification was not taken.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("a bearer token is needed, and this is none that alert-bridge knows")]
    Unauthorized,
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("{0}")]
    Unreadable(String),
    #[error("too many notifications at once")]
    Overloaded,
    #[error("not stored: {0}")]
    NotStored(#[from] crate::store::StoreError),
    #[error("not stored within {} seconds", STORE_LIMIT.as_secs())]
    StoreSlow,
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Refusal::Unauthorized => StatusCode::UNAUTHORIZED,
            Refusal::Body(BodyError::Large(_)) => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::Unreadable(_) => StatusCode::BAD_REQUEST,
            // Alertmanager tries again after these alone.
            Refusal::Body(BodyError::Slow | BodyError::Broken(_))
            | Refusal::Overloaded
            | Refusal::NotStored(_)
            | Refusal::StoreSlow => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn outcome(&self) -> WebhookOutcome {
        match self {
            Refusal::Unauthorized => WebhookOutcome::Unauthorized,
            Refusal::Body(BodyError::Large(_)) => WebhookOutcome::TooLarge,
            Refusal::Body(BodyError::Slow | BodyError::Broken(_)) => WebhookOutcome::Incomplete,
            Refusal::Unreadable(_) => WebhookOutcome::Unreadable,
            Refusal::Overloaded => WebhookOutcome::Overloaded,
            Refusal::NotStored(_) | Refusal::StoreSlow => WebhookOutcome::NotStored,
        }
    }
}

impl Webhook {
    async fn take(&self, request: Request) -> Result<(), Refusal> {
        let config = Arc::clone(&self.config.borrow());
        let cluster =
            config.tokens.find(request.headers()).ok_or(Refusal::Unauthorized)?.value.clone();
        let _place = self.places.try_acquire().map_err(|_| Refusal::Overloaded)?;
        let body = body::read(request, LARGEST_BODY).await?;
        let parsed = parse(&body, cluster).map_err(Refusal::Unreadable)?;
        drop(body);
        let Parsed { notification, ignored, truncated } = parsed;
        let expected = config.heartbeat.as_ref().map(|heartbeat| heartbeat.alert.as_str());
        if ignored.iter().any(|name| Some(name.as_str()) == expected) {
            self.beats.note(&notification.cluster, Timestamp::now());
        }
        if truncated > 0 {
            warn!(
                truncated,
                receiver = notification.receiver,
                "Alertmanager left alerts out: unset max_alerts"
            );
        }
        let firing =
            notification.alerts.iter().filter(|alert| alert.ends_at.is_none()).count() as u64;
        let resolved = notification.alerts.len() as u64 - firing;
        let receiver = notification.receiver.clone();
        let write = self
            .store
            .write(move |writing| intake::take(writing, &config, notification, Timestamp::now()));
        let effect =
            tokio::time::timeout(STORE_LIMIT, write).await.map_err(|_| Refusal::StoreSlow)??;
        self.metrics.alerts(Status::Firing, firing);
        self.metrics.alerts(Status::Resolved, resolved);
        self.metrics.alerts(Status::Ignored, ignored.len() as u64);
        self.metrics.late(effect.late);
        self.metrics.unrouted(effect.unrouted);
        info!(
            receiver,
            firing,
            resolved,
            late = effect.late,
            unrouted = effect.unrouted,
            "notification stored"
        );
        Ok(())
    }
}

/// The body as Alertmanager writes it, as far as it matters here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    receiver: String,
    #[serde(default)]
    truncated_alerts: u64,
    alerts: Vec<WireAlert>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireAlert {
    status: WireStatus,
    labels: Pairs,
    #[serde(default)]
    annotations: Pairs,
    starts_at: Timestamp,
    ends_at: Timestamp,
    #[serde(default, rename = "generatorURL")]
    generator_url: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WireStatus {
    Firing,
    Resolved,
}

#[derive(Debug)]
struct Parsed {
    notification: Notification,
    /// Names of the alerts of severity "none", a heartbeat for example: nobody is to be told.
    ignored: Vec<String>,
    truncated: u64,
}

fn parse(body: &[u8], cluster: String) -> Result<Parsed, String> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let Wire { receiver, truncated_alerts, alerts } = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| {
        format!("{}: {}, expected Alertmanager's webhook version 4", error.path(), error.inner())
    })?;
    json.end().map_err(|error| format!("after the notification: {error}"))?;
    let mut ignored = Vec::new();
    let alerts: Vec<Alert> = alerts
        .into_iter()
        .filter_map(|alert| {
            let WireAlert { status, labels, annotations, starts_at, ends_at, generator_url } =
                alert;
            let Some(severity) = Severity::of(&labels) else {
                ignored.push(labels.get("alertname").cloned().unwrap_or_default());
                return None;
            };
            let content = Content { labels, annotations, link: generator_url };
            let ends_at = match status {
                WireStatus::Firing => None,
                WireStatus::Resolved => Some(ends_at),
            };
            Some(Alert { content, severity, starts_at, ends_at })
        })
        .collect();
    Ok(Parsed {
        notification: Notification { cluster, receiver, alerts },
        ignored,
        truncated: truncated_alerts,
    })
}

#[cfg(test)]
mod tests;
