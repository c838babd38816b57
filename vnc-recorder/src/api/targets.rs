//! Targets, the sessions that run, and what the caller may do.

use std::sync::Arc;

use access::{Caller, Role as _};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Api, ApiError};
use crate::rights::{Right, Role};
use crate::target::Target;

pub(super) async fn rights(caller: Caller<Role>) -> Json<Value> {
    let rights: Vec<Right> =
        Right::ALL.into_iter().filter(|right| caller.role().may(*right)).collect();
    Json(json!({ "rights": rights }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Search {
    #[serde(default)]
    name: String,
}

#[derive(Debug, Serialize)]
struct Listed {
    #[serde(flatten)]
    target: Target,
    /// How many have it open.
    sessions: usize,
}

pub(super) async fn find(
    State(api): State<Arc<Api>>,
    caller: Caller<Role>,
    Query(Search { name }): Query<Search>,
) -> Json<Value> {
    let open = api.consoles.sessions.list();
    let targets = api.consoles.targets.list(&name).into_iter();
    let listed: Vec<Listed> = targets
        .filter(|target| api.covers(&caller, &target.id))
        .map(|target| {
            let sessions = open.iter().filter(|session| session.target.id == target.id).count();
            Listed { target, sessions }
        })
        .collect();
    Json(json!({ "targets": listed }))
}

pub(super) async fn sessions(State(api): State<Arc<Api>>, caller: Caller<Role>) -> Json<Value> {
    let mut sessions = api.consoles.sessions.list();
    sessions.retain(|session| api.covers(&caller, &session.target.id));
    Json(json!({ "sessions": sessions }))
}

pub(super) async fn terminate(
    State(api): State<Arc<Api>>,
    caller: Caller<Role>,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    let session = api.session(&caller, id)?;
    api.audit(&caller, "terminate", &session.target.id.to_string(), &format!("session {id}"))
        .await?;
    api.consoles.sessions.terminate(id, caller.name());
    Ok(StatusCode::NO_CONTENT)
}
