//! The page at `/`: alerts as they arrive. Its files are in `page/`; everything it shows it asks the API for.

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

/// Only our own files run or load, and nobody may frame the page: a label can never become more than text.
const POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The page's routes.
pub(crate) fn routes() -> Router {
    let (html, css) = ("text/html; charset=utf-8", "text/css; charset=utf-8");
    let script = "text/javascript; charset=utf-8";
    Router::new()
        .route("/", get(async move || file(html, include_str!("../page/index.html"))))
        .route("/page.css", get(async move || file(css, include_str!("../page/page.css"))))
        .route("/texts.js", get(async move || file(script, include_str!("../page/texts.js"))))
        .route("/rows.js", get(async move || file(script, include_str!("../page/rows.js"))))
        .route("/page.js", get(async move || file(script, include_str!("../page/page.js"))))
}

fn file(content_type: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, text).into_response()
}
