//! `/metrics/compat`. With several clouds it shows the one that `?cloud=` names.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use exporter_kit::exposition::TextPage;
use serde::Deserialize;

use crate::compat;
use crate::snapshot::Snapshot;
use crate::store::Store;

#[derive(Debug, Deserialize)]
struct Asked {
    cloud: Option<String>,
}

/// The routes.
pub(crate) fn routes(store: Arc<Store>) -> Router {
    Router::new().route("/metrics/compat", get(answer)).with_state(store)
}

async fn answer(
    State(store): State<Arc<Store>>,
    Query(Asked { cloud }): Query<Asked>,
    request: HeaderMap,
) -> Response {
    let Some(snapshot) = chosen(&store, cloud.as_deref()) else {
        let names: Vec<&str> = store.snapshots().into_iter().map(|(name, _)| name).collect();
        let text = format!("cloud: expected one of: {}\n", names.join(" "));
        return (StatusCode::BAD_REQUEST, text).into_response();
    };
    let written = tokio::task::spawn_blocking(move || {
        let mut page = TextPage::new(&request);
        compat::write(&mut page, &snapshot).map(|()| page.into_response())
    });
    match written.await {
        Ok(Ok(page)) => page,
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The cloud that is asked for; the only one when none is.
fn chosen(store: &Store, cloud: Option<&str>) -> Option<Arc<Snapshot>> {
    let clouds = store.snapshots();
    match (cloud, &clouds[..]) {
        (None, [(_, only)]) => Some(Arc::clone(only)),
        (None, _) => None,
        (Some(asked), _) => clouds.into_iter().find(|(name, _)| *name == asked).map(|(_, s)| s),
    }
}
