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
use crate::flags::TelemetryPath;

type Current = watch::Receiver<Arc<Config>>;

/// `/`, unless the metrics are there, and `/config`.
pub(crate) fn routes(config: Current, telemetry_path: TelemetryPath) -> Router {
    let routes = Router::new().route("/config", get(shown)).with_state(config.clone());
    if telemetry_path.as_str() == "/" {
        return routes;
    }
    routes.route("/", get(async move || landing(&config.borrow().clone(), telemetry_path.as_str())))
}

fn landing(config: &Config, telemetry_path: &str) -> Html<String> {
    let page = include_str!("pages/landing.html")
        .replace("{version}", ABOUT.version)
        .replace("{summary}", ABOUT.summary)
        .replace("{telemetry_path}", telemetry_path)
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
