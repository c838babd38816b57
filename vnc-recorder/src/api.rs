//! The JSON API at `/api/v1`, described by `api/openapi.json`, which it serves itself.
//!
//! | module | holds |
//! |---|---|
//! | `targets` | targets, sessions, and what the caller may do |
//! | `recordings` | find, show, download, verify, keep, delete |
//! | `stream` | tickets, and the one WebSocket that they open: a console, a look at one, a replay |
//! | `audit` | who did what |
//!
//! Promises: [`table`] is all there is, and each route of it has a guard; what is out of the caller's scope is
//! answered as what is not there; whatever must be in the audit log is there before it happens.

mod audit;
mod recordings;
mod stream;
mod targets;

use std::path::PathBuf;
use std::sync::Arc;

use access::{Access, Caller};
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, post, put};
use tokio::sync::watch;
use uuid::Uuid;

use crate::config::Config;
use crate::rights::{Right, Role};
use crate::session::Session;
use crate::session::console::Consoles;
use crate::target::TargetId;
use crate::ticket::Tickets;

pub(crate) use audit::logins;
pub(crate) use stream::Wanted;

/// What the API works with.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) config: watch::Receiver<Arc<Config>>,
    pub(crate) access: Access<Role>,
    pub(crate) consoles: Consoles,
    pub(crate) tickets: Tickets<Wanted>,
    /// The file of the audit log.
    pub(crate) log: PathBuf,
}

/// Every route of the API and the right that it needs.
fn table() -> Vec<(&'static str, Right, MethodRouter<Arc<Api>>)> {
    vec![
        ("/api/v1/openapi.json", Right::View, get(description)),
        ("/api/v1/rights", Right::View, get(targets::rights)),
        ("/api/v1/targets", Right::View, get(targets::find)),
        ("/api/v1/sessions", Right::View, get(targets::sessions)),
        ("/api/v1/sessions/{id}", Right::Terminate, delete(targets::terminate)),
        ("/api/v1/tickets", Right::View, post(stream::give)),
        ("/api/v1/stream", Right::View, get(stream::open)),
        ("/api/v1/recordings", Right::Replay, get(recordings::find)),
        ("/api/v1/recordings/{id}", Right::Replay, get(recordings::details)),
        ("/api/v1/recordings/{id}", Right::Delete, delete(recordings::remove)),
        ("/api/v1/recordings/{id}/file", Right::Download, get(recordings::download)),
        ("/api/v1/recordings/{id}/verify", Right::Replay, get(recordings::verify)),
        ("/api/v1/recordings/{id}/hold", Right::Delete, put(recordings::hold)),
        ("/api/v1/audit", Right::Audit, get(audit::verify)),
    ]
}

/// The API's routes, guarded.
pub(crate) fn routes(api: &Arc<Api>) -> Router {
    table().into_iter().fold(Router::new(), |routes, (path, right, method)| {
        let route = Router::new().route(path, method).with_state(Arc::clone(api));
        routes.merge(api.access.guard(right, route))
    })
}

const DESCRIPTION: &str = include_str!("../api/openapi.json");

async fn description() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DESCRIPTION).into_response()
}

impl Api {
    /// Whether a caller's rights are about this target.
    fn covers(&self, caller: &Caller<Role>, target: &TargetId) -> bool {
        self.config.borrow().scopes.cover(caller.name(), &target.to_string())
    }

    /// A session that is there for this caller.
    fn session(&self, caller: &Caller<Role>, id: Uuid) -> Result<Arc<Session>, ApiError> {
        let session = self.consoles.sessions.find(id);
        session.filter(|session| self.covers(caller, &session.target.id)).ok_or(ApiError::Gone)
    }
}

/// Why a request is not answered as it wishes.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("there is no such thing")]
    Gone,
    #[error(transparent)]
    Refused(#[from] access::Refusal),
    #[error("{0}")]
    Unreadable(String),
    #[error("{0}")]
    Conflict(String),
    /// What must be logged cannot be: then it does not happen.
    #[error(transparent)]
    Audit(#[from] access::audit::AuditError),
    #[error("the recording cannot be used: {0}")]
    Recording(String),
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = match self {
            ApiError::Gone => StatusCode::NOT_FOUND,
            ApiError::Refused(refusal) => return refusal.into_response(),
            ApiError::Unreadable(_) => StatusCode::BAD_REQUEST,
            ApiError::Conflict(_) => StatusCode::CONFLICT,
            ApiError::Audit(_) | ApiError::Recording(_) => {
                tracing::error!(error = %self, "a request failed");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        (status, [(header::CACHE_CONTROL, "no-store")], format!("{self}\n")).into_response()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    #[test]
    fn every_route_is_described_and_nothing_else() {
        let described: Value = serde_json::from_str(DESCRIPTION).unwrap();
        let described: BTreeSet<&str> =
            described["paths"].as_object().unwrap().keys().map(String::as_str).collect();
        let served: BTreeSet<&str> = table().into_iter().map(|(path, ..)| path).collect();
        assert_eq!(described, served);
    }
}
