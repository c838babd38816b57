//! The historian against the real alert-bridge, and against a server that errs on purpose.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bridge;
mod server;

use std::path::Path;
use std::time::{Duration, Instant};

use history::{Event, Historian, Kind, Settings, Severity};
use jiff::Timestamp;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use bridge::Bridge;
use server::{Answer, Server};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Default, Deserialize)]
struct Whole {
    history: Option<history::File>,
}

/// A historian whose spool is in `folder`.
struct Told {
    historian: Historian,
    shutdown: CancellationToken,
}

impl Told {
    fn start(url: &str, folder: &Path) -> Self {
        let file = folder.join("exporter.yml");
        let text = format!("history: {{url: '{url}', token: {}, spool: spool}}\n", bridge::TOKEN);
        std::fs::write(&file, text).unwrap();
        let whole: Whole = exporter_kit::config::parse(&file).unwrap();
        let settings = Settings::resolve(whole.history.unwrap(), folder).unwrap();
        let shutdown = CancellationToken::new();
        Told { historian: Historian::start(settings, &shutdown).unwrap(), shutdown }
    }

    fn record(&self, sequence: u64) -> u64 {
        self.historian.record(&Event {
            source: "nagios",
            instance: "nagios-1",
            epoch: "a1",
            sequence,
            at: Timestamp::now(),
            kind: Kind::StateChange,
            host: "web-1",
            service: "",
            name: "",
            severity: Some(Severity::Critical),
            text: "磁盘 is full",
            details: serde_json::Map::new(),
        })
    }

    async fn safe(&self, place: u64) {
        let mut safe = self.historian.safe();
        let reached = safe.wait_for(|safe| *safe >= place);
        tokio::time::timeout(PATIENCE, reached).await.expect("not safe in time").unwrap();
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// Asks again and again until there is an answer.
pub(crate) async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "still waiting for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_while_alert_bridge_is_killed_and_comes_back() {
    let mut bridge = Bridge::start().await;
    let folder = tempfile::tempdir().unwrap();
    let told = Told::start(&bridge.url(), folder.path());
    for sequence in 1..=1500 {
        told.record(sequence);
    }
    bridge.kill().await;
    for sequence in 1501..=3000 {
        told.record(sequence);
    }
    told.safe(3000).await;
    // The exporter itself is restarted too, as long as alert-bridge is away.
    drop(told);
    let told = Told::start(&bridge.url(), folder.path());
    for sequence in 3001..=3500 {
        told.record(sequence);
    }
    bridge.launch().await;
    let all: Vec<u64> = (1..=3500).collect();
    until("all events at alert-bridge", async || {
        let mut found = bridge.sequences().await;
        found.sort_unstable();
        (found == all).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_or_an_error_brings_the_events_again_in_order() {
    let server = Server::start(&[Answer::Error(503), Answer::Lost, Answer::Error(401)]).await;
    let folder = tempfile::tempdir().unwrap();
    let told = Told::start(&server.url(), folder.path());
    (1..=5).for_each(|sequence| {
        told.record(sequence);
    });
    told.safe(5).await;
    let all_calls = async || (server.calls() >= 4 && server.taken().ends_with(&[5])).then_some(());
    until("the events", all_calls).await;
    // What was taken before its answer was lost comes once more, and then the rest.
    let taken = server.taken();
    let repeated = taken.iter().skip(1).position(|sequence| *sequence == 1).unwrap() + 1;
    assert!((1..=5).contains(&repeated), "{taken:?}");
    assert_eq!(taken[..repeated], [1, 2, 3, 4, 5][..repeated]);
    assert_eq!(taken[repeated..], [1, 2, 3, 4, 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_can_never_be_taken_holds_up_no_other() {
    let server = Server::start(&[]).await;
    server.refuse(3);
    let folder = tempfile::tempdir().unwrap();
    let told = Told::start(&server.url(), folder.path());
    (1..=5).for_each(|sequence| {
        told.record(sequence);
    });
    let others = async || (server.taken() == [1, 2, 4, 5]).then_some(());
    until("the other events", others).await;
    told.safe(5).await;
    let mut registry = prometheus_client::registry::Registry::default();
    told.historian.register(&mut registry);
    let page = until("the count", async || {
        let mut page = String::new();
        prometheus_client::encoding::text::encode(&mut page, &registry).unwrap();
        page.contains("\nhistory_events_sent_total 4\n").then_some(page)
    })
    .await;
    assert!(page.contains("\nhistory_events_refused_total 1\n"), "{page}");
    assert!(page.contains("\nhistory_spool_lost_records_total 0\n"), "{page}");
}
