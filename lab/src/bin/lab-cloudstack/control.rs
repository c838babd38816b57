//! The control interface, over HTTP.
//!
//! - `GET /faults` answers the list of faults, JSON: `name`, `description`, `scope`, `present` (the call that it is
//!   for, or `all`).
//! - `PUT /faults/NAME?command=&seconds=` begins one, `DELETE` ends it; without a command it is for all calls.
//! - `GET /cloud` answers how many of everything there are, JSON.
//! - `GET /counts` answers a line `COMMAND STATUS COUNT` for each call that was made.
//! - `POST /alerts?type=&name=&description=` writes an alert and answers its id; `DELETE /alerts/ID` archives it.
//! - `POST /life?steps=` lets so many things happen at once.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::fault::{Fault, Scope, Target};
use crate::lab::Lab;
use crate::life;

type Answer = Result<StatusCode, (StatusCode, String)>;

/// The interface to the cloud.
pub(crate) fn server(lab: Arc<Lab>) -> Router {
    Router::new()
        .route("/faults", get(faults))
        .route("/faults/{fault}", put(begin).delete(end))
        .route("/cloud", get(cloud))
        .route("/counts", get(counts))
        .route("/alerts", post(write_alert))
        .route("/alerts/{id}", delete(archive_alert))
        .route("/life", post(live))
        .with_state(lab)
}

#[derive(Serialize)]
struct FaultLine {
    name: Fault,
    description: &'static str,
    scope: Scope,
    present: Option<String>,
}

async fn faults(State(lab): State<Arc<Lab>>) -> Json<Vec<FaultLine>> {
    let line = |name: Fault| {
        let present =
            lab.faults.get(name).map(|target| target.command.unwrap_or_else(|| "all".to_owned()));
        FaultLine { name, description: name.description(), scope: name.scope(), present }
    };
    Json(Fault::ALL.into_iter().map(line).collect())
}

async fn begin(
    State(lab): State<Arc<Lab>>,
    Path(fault): Path<Fault>,
    Query(target): Query<Target>,
) -> Answer {
    match lab.with(|cloud| lab.faults.begin(cloud, fault, target)) {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(text) => Err((StatusCode::BAD_REQUEST, format!("{text}\n"))),
    }
}

async fn end(State(lab): State<Arc<Lab>>, Path(fault): Path<Fault>) -> StatusCode {
    lab.with(|cloud| lab.faults.end(cloud, fault));
    StatusCode::NO_CONTENT
}

async fn cloud(State(lab): State<Arc<Lab>>) -> Json<Value> {
    Json(lab.with(|cloud| {
        let running = cloud.vms.iter().filter(|vm| vm.state == "Running").count();
        json!({
            "infrastructure": cloud.infrastructure(),
            "vms": cloud.vms.len(),
            "running": running,
            "volumes": cloud.volumes.len(),
            "snapshots": cloud.snapshots.len(),
            "accounts": cloud.accounts.len(),
            "projects": cloud.projects.len(),
            "jobs": cloud.jobs.len(),
            "events": cloud.events.len(),
            "alerts": cloud.alerts.len(),
        })
    }))
}

async fn counts(State(lab): State<Arc<Lab>>) -> String {
    lab.counts().into_iter().fold(String::new(), |mut lines, ((command, status), count)| {
        let _ = writeln!(lines, "{command} {status} {count}");
        lines
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Alert {
    r#type: i16,
    name: String,
    description: String,
}

async fn write_alert(State(lab): State<Arc<Lab>>, Query(alert): Query<Alert>) -> String {
    let Alert { r#type, name, description } = alert;
    lab.with(|cloud| life::alert(cloud, r#type, &name, &description).to_string())
}

async fn archive_alert(State(lab): State<Arc<Lab>>, Path(id): Path<String>) -> StatusCode {
    lab.with(|cloud| {
        let before = cloud.alerts.len();
        cloud.alerts.retain(|alert| *alert.id != *id);
        match cloud.alerts.len() < before {
            true => StatusCode::NO_CONTENT,
            false => StatusCode::NOT_FOUND,
        }
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Life {
    steps: u32,
}

async fn live(State(lab): State<Arc<Lab>>, Query(Life { steps }): Query<Life>) -> StatusCode {
    lab.with(|cloud| (0..steps).for_each(|_| life::step(cloud)));
    StatusCode::NO_CONTENT
}
