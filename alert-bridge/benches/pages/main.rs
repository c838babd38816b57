//! What many readers cost: ten thousand clients of the feed, and a history of ten million rows.
//!
//! Prints one `name value` a line. A small run, to see that it works: PAGES_CLIENTS=100 PAGES_ROWS=100000.

#![expect(clippy::unwrap_used, reason = "what must hold here fails by panicking")]

mod bridge;
mod feed;
mod history;

#[tokio::main]
async fn main() {
    feed::measure(setting("PAGES_CLIENTS", 10_000)).await;
    history::measure(setting("PAGES_ROWS", 10_000_000)).await;
}

fn setting(name: &str, usual: usize) -> usize {
    std::env::var(name).map_or(usual, |number| number.parse().unwrap())
}

/// The value that 99 of 100 do not exceed.
fn p99(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() * 99).div_ceil(100) - 1]
}
