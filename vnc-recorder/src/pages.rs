//! The pages. Their files are in `page/`; everything they show they ask the API for.
//!
//! noVNC, which draws the screens, is in `page/novnc` as its authors publish it (MPL-2.0), licence and all.

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use rust_embed::{Embed, EmbeddedFile};

/// Only our own files run or load, and nobody may frame a page: the name of a server can never become more than
/// text. noVNC makes images out of cursors.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; \
                      frame-ancestors 'none'";

#[derive(Embed)]
#[folder = "page/"]
struct Files;

/// The pages' routes. They show nothing by themselves, so they need no guard.
pub(crate) fn routes() -> Router {
    let addresses = [
        "/",
        "/sessions",
        "/recordings",
        "/recordings/{id}",
        "/watch/{id}",
        "/console/{pool}/{id}",
    ];
    let frame = async |headers: HeaderMap| file("index.html", &headers);
    let named = async |Path(path): Path<String>, headers: HeaderMap| file(&path, &headers);
    addresses
        .iter()
        .fold(Router::new(), |routes, address| routes.route(address, get(frame)))
        .route("/page/{*path}", get(named))
}

/// A file, or only word that the browser has it already.
fn file(path: &str, asked: &HeaderMap) -> Response {
    let Some(EmbeddedFile { data, metadata }) = Files::get(path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let hash: String =
        metadata.sha256_hash().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{hash}\"");
    if asked.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let content_type = match path.rsplit_once('.').map(|(_, end)| end) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    };
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::ETAG, &tag),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, Body::from(data.into_owned())).into_response()
}
