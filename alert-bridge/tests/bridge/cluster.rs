//! Two Alertmanagers of one cluster in trouble: what they tell twice is one message each, and nothing is lost.

use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::post;
use jiff::{Timestamp, ToSpan as _};

use crate::alertmanager::told;
use crate::bridge::{Bridge, ONE_PHONE};
use crate::peers::{Alertmanager, posted};
use crate::wait::until;

/// What stands between the Alertmanagers and the bridge, and makes trouble.
#[derive(Default)]
struct Road {
    /// [`OPEN`], [`CLOSED`] or [`SLOW`].
    state: AtomicU8,
    refused: AtomicUsize,
    passed: AtomicUsize,
    /// Where the bridge is.
    bridge: Mutex<String>,
}

const OPEN: u8 = 0;
/// Answers 503 and passes nothing on.
const CLOSED: u8 = 1;
/// Passes on, and answers later than the second Alertmanager waits for the first.
const SLOW: u8 = 2;

impl Road {
    async fn pass(&self, headers: HeaderMap, body: Bytes) -> StatusCode {
        if self.state.load(Ordering::SeqCst) == CLOSED {
            self.refused.fetch_add(1, Ordering::SeqCst);
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        let bridge = self.bridge.lock().unwrap().clone();
        let request = reqwest::Client::builder().no_proxy().build().unwrap().post(bridge);
        let request = request.header(header::AUTHORIZATION, &headers[header::AUTHORIZATION]);
        let answer = request.body(body).send().await.unwrap().status();
        if self.state.load(Ordering::SeqCst) == SLOW {
            // No wait for a condition: this is the fault.
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        self.passed.fetch_add(1, Ordering::SeqCst);
        answer
    }

    async fn start(self: &Arc<Self>) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let road = Arc::clone(self);
        let handler = post(move |headers: HeaderMap, body: Bytes| async move {
            road.pass(headers, body).await
        });
        let app = Router::new().route("/", handler);
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        format!("http://{address}/")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_in_trouble_is_one_message_for_each_transition() {
    let bridge = Bridge::start(ONE_PHONE).await;
    let road = Arc::new(Road::default());
    *road.bridge.lock().unwrap() = bridge.url("/api/v1/webhook");
    let webhook = road.start().await;
    let first = Alertmanager::start(&bridge.folder, &webhook, None).await;
    let second = Alertmanager::start(&bridge.folder, &webhook, Some(&first)).await;
    let mut expected: Vec<String> = Vec::new();
    let mut begun = Timestamp::now();
    for state in [OPEN, CLOSED, SLOW] {
        // Each source posts to both, and its clock gives each another start.
        let later = begun + 20.milliseconds();
        road.state.store(state, Ordering::SeqCst);
        first.post(&[posted("web-1", "critical", "down", begun, None)]).await;
        second.post(&[posted("web-1", "critical", "down", later, None)]).await;
        road.open_after_trouble().await;
        expected.push("firing critical".into());
        told(&bridge, &expected).await;

        let passed = road.passed.load(Ordering::SeqCst);
        let ended = Timestamp::now().max(later + 1.milliseconds());
        road.state.store(state, Ordering::SeqCst);
        first.post(&[posted("web-1", "critical", "down", begun, Some(ended))]).await;
        second.post(&[posted("web-1", "critical", "down", later, Some(ended))]).await;
        road.open_after_trouble().await;
        expected.push("resolved critical".into());
        told(&bridge, &expected).await;
        until("the last answer", || async {
            (road.passed.load(Ordering::SeqCst) > passed).then_some(())
        })
        .await;
        begun = Timestamp::now().max(ended + 1.milliseconds());
    }
    let deliveries = bridge.deliveries().await;
    assert_eq!(deliveries.len(), expected.len(), "{deliveries:?}");
}

impl Road {
    /// Lets the trouble have its effect before it ends.
    async fn open_after_trouble(&self) {
        if self.state.load(Ordering::SeqCst) == CLOSED {
            let refused = self.refused.load(Ordering::SeqCst);
            until("refused deliveries", || async {
                (self.refused.load(Ordering::SeqCst) > refused).then_some(())
            })
            .await;
            self.state.store(OPEN, Ordering::SeqCst);
        }
    }
}
