//! The control interface, over HTTP.
//!
//! - `PUT /-/fault?delay=10&loss=5` sets what is wrong with every agent, `PUT /-/fault/127.0.0.1:10161?..` with one;
//!   the parameters are the names of the flags, and what is not named is as it should be. `DELETE` ends it.
//! - `GET /-/counts` answers a line `ADDRESS RECEIVED ANSWERED VARBINDS WAITING` for each agent, the last the most
//!   answers that were on the way at once.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, put};

use crate::agent::{Agent, Counts};
use crate::fault::Fault;

type Agents = Arc<[(SocketAddr, Arc<Agent>)]>;

/// The interface to these agents.
pub(crate) fn server(agents: Vec<(SocketAddr, Arc<Agent>)>) -> Router {
    Router::new()
        .route("/-/fault", put(set_all).delete(end_all))
        .route("/-/fault/{agent}", put(set_one).delete(end_one))
        .route("/-/counts", get(counts))
        .with_state(Agents::from(agents))
}

async fn set_all(State(agents): State<Agents>, Query(fault): Query<Fault>) {
    agents.iter().for_each(|(_, agent)| agent.set(fault.clone()));
}

async fn end_all(agents: State<Agents>) {
    set_all(agents, Query(Fault::default())).await;
}

async fn set_one(
    State(agents): State<Agents>,
    Path(address): Path<SocketAddr>,
    Query(fault): Query<Fault>,
) -> StatusCode {
    match agents.iter().find(|(known, _)| *known == address) {
        Some((_, agent)) => {
            agent.set(fault);
            StatusCode::OK
        }
        None => StatusCode::NOT_FOUND,
    }
}

async fn end_one(agents: State<Agents>, address: Path<SocketAddr>) -> StatusCode {
    set_one(agents, address, Query(Fault::default())).await
}

async fn counts(State(agents): State<Agents>) -> String {
    agents.iter().fold(String::new(), |mut lines, (address, agent)| {
        let Counts { received, answered, varbinds, waiting } = agent.counts();
        let _ = writeln!(lines, "{address} {received} {answered} {varbinds} {waiting}");
        lines
    })
}
