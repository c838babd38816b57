//! `GET /api/v1/stats?from=&to=`: how many, how fast and how noisy; by default over the last day.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;

use super::{Parameters, Refusal};
use crate::store::{Store, summary};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) async fn answer(
    State(store): State<Store>,
    mut parameters: Parameters,
) -> Result<Response, Refusal> {
    let to = parameters.time("to")?.unwrap_or_else(Timestamp::now);
    // Before the first time that there is, the range begins with it.
    let from = parameters.time("from")?.or_else(|| to.checked_sub(DAY).ok());
    parameters.end()?;
    let from = from.unwrap_or(Timestamp::MIN);
    let summary = store.read(move |connection| summary::take(connection, from, to)).await?;
    Ok(Json(summary).into_response())
}
