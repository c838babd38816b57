//! A small web server for Nagios to watch.
//!
//! `GET /` answers with a page. `PUT /-/fault?status=503&delay_seconds=3` makes it answer so from then on, and
//! `DELETE /-/fault` ends that. Whoever wants it to be away altogether stops it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Html;
use axum::routing::{get, put};
use clap::Parser;
use serde::Deserialize;

#[derive(Parser)]
#[command(about = "A web server with faults that can be set")]
struct Command {
    /// Address to listen on
    #[arg(long = "web.listen-address", value_name = "ADDRESS", default_value = "127.0.0.1:10180")]
    address: SocketAddr,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Command { address } = Command::parse();
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))?;
    axum::serve(listener, server()).await.context("cannot serve")
}

/// How the page answers.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fault {
    /// Status instead of 200.
    status: Option<u16>,
    /// Wait before the answer.
    #[serde(default)]
    delay_seconds: u64,
}

type Current = Arc<Mutex<Fault>>;

fn server() -> Router {
    Router::new()
        .route("/", get(page))
        .route("/-/fault", put(set_fault).delete(end_fault))
        .with_state(Current::default())
}

async fn page(State(current): State<Current>) -> (StatusCode, Html<&'static str>) {
    let Fault { status, delay_seconds } = *current.lock().unwrap_or_else(PoisonError::into_inner);
    tokio::time::sleep(Duration::from_secs(delay_seconds)).await;
    let status =
        status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::OK);
    (status, Html("<!doctype html><title>lab</title><p>This server is here to be broken.</p>\n"))
}

async fn set_fault(
    State(current): State<Current>,
    Query(fault): Query<Fault>,
) -> Result<StatusCode, (StatusCode, String)> {
    if let Some(status) = fault.status.filter(|status| !(200..600).contains(status)) {
        return Err((StatusCode::BAD_REQUEST, format!("status: {status}, expected 200 to 599\n")));
    }
    *current.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    Ok(StatusCode::NO_CONTENT)
}

async fn end_fault(State(current): State<Current>) -> StatusCode {
    *current.lock().unwrap_or_else(PoisonError::into_inner) = Fault::default();
    StatusCode::NO_CONTENT
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::*;

    async fn status(server: &Router, method: &str, path: &str) -> u16 {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        server.clone().oneshot(request).await.unwrap().status().as_u16()
    }

    #[tokio::test]
    async fn a_fault_lasts_until_it_is_ended() {
        let server = server();
        assert_eq!(status(&server, "GET", "/").await, 200);
        assert_eq!(status(&server, "PUT", "/-/fault?status=503").await, 204);
        assert_eq!(status(&server, "GET", "/").await, 503);
        assert_eq!(status(&server, "DELETE", "/-/fault").await, 204);
        assert_eq!(status(&server, "GET", "/").await, 200);
    }

    #[tokio::test]
    async fn a_fault_that_cannot_be_is_refused() {
        let server = server();
        assert_eq!(status(&server, "PUT", "/-/fault?status=99").await, 400);
        assert_eq!(status(&server, "PUT", "/-/fault?sttaus=503").await, 400);
        assert_eq!(status(&server, "GET", "/").await, 200);
    }
}
