//! What an operator of 50,000 services wants to know before he trusts us, measured with the real Nagios and the
//! real RabbitMQ: `make bench ONLY=nagios`.
//!
//! Prints one `name value` a line on standard output; what else was seen goes to standard error. Names of parts
//! as arguments choose among them: cost, freshness, reloads, outage. The module and nagios-exporter are those
//! of the same build.

#![expect(clippy::unwrap_used, reason = "what must hold here fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "load comes at a pace")]

mod cost;
#[path = "../../../neb/tests/nagios/daemon.rs"]
#[expect(dead_code, reason = "the module's tests use more of it")]
mod daemon;
mod exporter;
mod freshness;
mod listener;
mod load;
mod outage;
#[path = "../../tests/scrape/stage/ports.rs"]
mod ports;
mod pulse;
#[path = "../../tests/amqp/rabbit.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod rabbit;
mod reloads;
mod site;

use std::time::{Duration, Instant};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

const PARTS: [(&str, fn()); 4] = [
    ("cost", cost::measure),
    ("freshness", freshness::measure),
    ("reloads", reloads::measure),
    ("outage", outage::measure),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` runs this too; only `cargo bench` measures.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let chosen: Vec<&String> = arguments.iter().filter(|word| !word.starts_with("--")).collect();
    for (name, measure) in PARTS {
        if chosen.is_empty() || chosen.iter().any(|word| *word == name) {
            measure();
        }
    }
}

/// Asks again and again until there is an answer.
async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "still waiting for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The value that so many of 100 do not exceed (nearest rank).
fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() * percent).div_ceil(100) - 1]
}
