//! nagios-exporter with a real RabbitMQ: relays, consumers, and outages between them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod consumer;
mod observer;
mod outages;
#[path = "../scrape/stage/ports.rs"]
mod ports;
mod rabbit;
mod relay;
mod sites;
mod stage;
mod station;

use std::path::Path;
use std::time::{Duration, Instant};

use nagios_event::Frame;
use stage::{host, service, state};

/// How long anything may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

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

/// One host with one service, both well.
pub(crate) fn objects() -> Vec<Frame> {
    vec![
        host("web-1"),
        service("web-1", "http"),
        Frame::State(state("web-1", "", 0)),
        Frame::State(state("web-1", "http", 0)),
    ]
}

/// The keys of a relay's configuration.
pub(crate) fn amqp(url: &str, spool: &Path) -> String {
    format!("amqp: {{url: '{url}', spool: '{}'}}\n", spool.display())
}
