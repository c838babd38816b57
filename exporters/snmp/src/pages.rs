//! The pages for people: where to begin, and the configuration in force.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use tokio::sync::watch;

use crate::ABOUT;
use crate::config::Config;

type Current = watch::Receiver<Arc<Config>>;

/// `/` and `/config`.
pub(crate) fn routes(config: Current) -> Router {
    Router::new().route("/", get(landing)).route("/config", get(shown)).with_state(config)
}

async fn landing(State(config): State<Current>) -> Html<String> {
    let config = Arc::clone(&config.borrow());
    let page = include_str!("pages/landing.html")
        .replace("{version}", ABOUT.version)
        .replace("{summary}", ABOUT.summary)
        .replace("{auths}", &options(config.auths.keys()))
        .replace("{modules}", &options(config.modules.keys()));
    Html(page)
}

/// The configuration as YAML, its secrets hidden.
async fn shown(State(config): State<Current>) -> Response {
    let config = Arc::clone(&config.borrow());
    match tokio::task::spawn_blocking(move || config.shown()).await {
        Ok(Ok(yaml)) => yaml.into_response(),
        Ok(Err(error)) => {
            (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}\n")).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn options<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(|name| format!("<option value=\"{}\">", escaped(name))).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
