//! The control interface, over HTTP.
//!
//! - `GET /-/sent` answers what the network has taken: `[{"reference", "to", "text", "part", "report"}]`.
//! - `POST /-/receive?from=+4915..&text=..` lets the SIM receive a message, `POST /-/report?to=..&reference=1&status=0`
//!   a status report. 507 when it is full.
//! - `PUT /-/fault?refused=1&silent=0&lost=0` sets what goes wrong with the next messages.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;

use crate::modem::{Fault, Modem, Sent};
use crate::pdu;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Received {
    from: String,
    text: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Report {
    to: String,
    reference: u8,
    status: u8,
}

/// The interface to this modem.
pub(crate) fn server(modem: Arc<Modem>) -> Router {
    Router::new()
        .route("/-/sent", get(sent))
        .route("/-/receive", post(receive))
        .route("/-/report", post(report))
        .route("/-/fault", put(fault))
        .with_state(modem)
}

async fn sent(State(modem): State<Arc<Modem>>) -> Json<Vec<Sent>> {
    Json(modem.sent())
}

async fn receive(State(modem): State<Arc<Modem>>, Query(received): Query<Received>) -> StatusCode {
    let Received { from, text } = received;
    stored(modem.receive(pdu::deliver(&from, &text)))
}

async fn report(State(modem): State<Arc<Modem>>, Query(report): Query<Report>) -> StatusCode {
    let Report { to, reference, status } = report;
    stored(modem.receive(pdu::report(&to, reference, status)))
}

async fn fault(State(modem): State<Arc<Modem>>, Query(fault): Query<Fault>) {
    modem.set(fault);
}

fn stored(stored: bool) -> StatusCode {
    if stored { StatusCode::NO_CONTENT } else { StatusCode::INSUFFICIENT_STORAGE }
}
