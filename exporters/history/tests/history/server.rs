//! A small server in alert-bridge's place that errs as it is told to.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde_json::Value;

/// What becomes of a call.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    /// Nothing is taken.
    Error(u16),
    /// The events are taken, but the answer does not tell so.
    Lost,
}

#[derive(Default)]
struct Inner {
    answers: VecDeque<Answer>,
    refused: BTreeSet<u64>,
    taken: Vec<u64>,
    calls: usize,
}

/// The server; it ends with the test.
#[derive(Clone)]
pub(crate) struct Server {
    address: std::net::SocketAddr,
    inner: Arc<Mutex<Inner>>,
}

impl Server {
    /// Gives these answers first, and takes everything after that.
    pub(crate) async fn start(answers: &[Answer]) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let inner = Inner { answers: answers.iter().copied().collect(), ..Inner::default() };
        let inner = Arc::new(Mutex::new(inner));
        let server = Server { address: listener.local_addr().unwrap(), inner };
        let router =
            Router::new().route("/api/v1/events", post(receive)).with_state(server.clone());
        tokio::spawn(async { axum::serve(listener, router).await });
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on a call with this event is answered 400.
    pub(crate) fn refuse(&self, sequence: u64) {
        self.inner.lock().unwrap().refused.insert(sequence);
    }

    /// The sequence numbers of all events that were taken, in order.
    pub(crate) fn taken(&self) -> Vec<u64> {
        self.inner.lock().unwrap().taken.clone()
    }

    pub(crate) fn calls(&self) -> usize {
        self.inner.lock().unwrap().calls
    }
}

async fn receive(State(server): State<Server>, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap();
    let events = body["events"].as_array().unwrap().iter();
    let sequences: Vec<u64> = events.map(|event| event["sequence"].as_u64().unwrap()).collect();
    let mut inner = server.inner.lock().unwrap();
    inner.calls += 1;
    let answer = inner.answers.pop_front();
    if let Some(Answer::Error(status)) = answer {
        return StatusCode::from_u16(status).unwrap().into_response();
    }
    if sequences.iter().any(|sequence| inner.refused.contains(sequence)) {
        return (StatusCode::BAD_REQUEST, "events[0].host: not taken\n").into_response();
    }
    inner.taken.extend(sequences);
    match answer {
        Some(Answer::Lost) => StatusCode::BAD_GATEWAY.into_response(),
        _ => "{}".into_response(),
    }
}
