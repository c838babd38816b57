//! What is kept, for people's tools and for other programs: lists in pages, as JSON, CSV or NDJSON.
//!
//! Every list takes `cursor`, the `next` of the answer before it, `limit` and `format`. A parameter that cannot
//! be read or is not known is answered 400 with its name, what came and what was expected. `openapi.json`
//! describes all of it, and what else this program answers.

mod alerts;
mod answer;
mod deliveries;
mod episodes;
mod events;
mod parameters;
mod stats;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::store::{Store, StoreError};
pub(crate) use parameters::{Invalid, Parameters};

/// The lists, to be guarded.
pub(crate) fn routes(store: Store) -> Router {
    Router::new()
        .route("/api/v1/alerts", get(alerts::list))
        .route("/api/v1/episodes", get(episodes::list))
        .route("/api/v1/deliveries", get(deliveries::list))
        .route("/api/v1/events", get(events::list))
        .route("/api/v1/stats", get(stats::answer))
        .with_state(store)
}

/// The description of the API. It holds nothing that needs a login.
pub(crate) fn description() -> Router {
    let json = [(header::CONTENT_TYPE, "application/json")];
    Router::new()
        .route("/api/v1/openapi.json", get(async move || (json, include_str!("api/openapi.json"))))
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match &self {
            Refusal::Invalid(_) => StatusCode::BAD_REQUEST,
            Refusal::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        (status, format!("{self}\n")).into_response()
    }
}
