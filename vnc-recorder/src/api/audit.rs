//! Who did what: the audit log's entries, and whether it is whole.

use std::sync::Arc;

use access::Caller;
use access::audit::{AuditError, Entry, Log, Summary};
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::{Json, Router};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Api, ApiError};
use crate::rights::Role;

/// Bytes of a login's answer at most.
const LARGEST_IDENTITY: usize = 16 << 10;

impl Api {
    /// Has an entry on disk when it answers.
    ///
    /// # Errors
    /// When that cannot be; what it is about must not happen then.
    pub(super) async fn audit(
        &self,
        caller: &Caller<Role>,
        action: &str,
        subject: &str,
        details: &str,
    ) -> Result<(), AuditError> {
        self.consoles.log.record(entry(caller.name(), action, subject, details)).await
    }
}

fn entry(who: &str, action: &str, subject: &str, details: &str) -> Entry {
    Entry {
        at: Timestamp::now(),
        who: who.to_owned(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        details: details.to_owned(),
    }
}

pub(super) async fn verify(State(api): State<Arc<Api>>) -> Result<Json<Value>, ApiError> {
    let path = api.log.clone();
    let verify = tokio::task::spawn_blocking(move || access::audit::verify(&path));
    match verify.await.map_err(std::io::Error::other).map_err(AuditError::from)? {
        Ok(Summary { lines, last_hash }) => {
            Ok(Json(json!({ "intact": true, "lines": lines, "last_hash": last_hash })))
        }
        Err(changed @ AuditError::Changed(_)) => {
            Ok(Json(json!({ "intact": false, "problem": changed.to_string() })))
        }
        Err(other) => Err(other.into()),
    }
}

/// Puts who logs in into the audit log. A login that cannot be logged is none.
pub(crate) fn logins(routes: Router, log: Log) -> Router {
    routes.layer(middleware::from_fn_with_state(log, login))
}

async fn login(State(log): State<Log>, request: Request, next: Next) -> Result<Response, ApiError> {
    #[derive(Deserialize)]
    struct Identity {
        name: String,
    }
    let begins = request.method() == Method::POST;
    let response = next.run(request).await;
    if !begins || !response.status().is_success() {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, LARGEST_IDENTITY).await.map_err(std::io::Error::other);
    let body = body.map_err(AuditError::from)?;
    let Identity { name } = serde_json::from_slice(&body).map_err(AuditError::from)?;
    log.record(entry(&name, "login", "", "")).await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}
