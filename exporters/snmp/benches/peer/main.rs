//! snmp-exporter beside Debian's prometheus-snmp-exporter: `make bench ONLY=snmp`.
//!
//! Both walk the same subtrees with the same repetitions, each with its own defaults for the rest, and answer in
//! gzip, as Prometheus asks. Prints one `name value` a line. Ratios are ours to the peer's, speed-ups the peer's
//! time to ours, on devices that both have scraped before:
//! - `snmp_*`: a made-up switch of 14,679 varbinds, 50 of them at once, and the way there of 10 ms; the memory is
//!   the highest that a process ever had, and the larger of the ratios of one switch and of 50;
//! - `snmpd_*`: Debian's own agent on this machine;
//! - `snmp_fleet_*`: 1,000 devices of 64 interfaces, each scraped every 30 seconds for `FLEET_SECONDS` (600, and
//!   0 leaves it out).
//!
//! What is seen on the way goes to standard error.

#![expect(clippy::unwrap_used, reason = "what must hold here fails by panicking")]

mod agents;
mod exporter;
mod fleet;
mod modules;
mod process;
mod snmpd;
mod switch;

fn main() {
    // `cargo test --benches` and `cargo bench` both run this; only the latter measures.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        switch::measure().await;
        snmpd::measure().await;
        fleet::measure().await;
    });
}

/// Prints a figure.
fn figure(name: &str, value: f64) {
    println!("{name} {}", (value * 1000.0).round() / 1000.0);
}

/// The value in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The smallest value: what else the machine does only adds.
fn least(values: Vec<f64>) -> f64 {
    values.into_iter().fold(f64::INFINITY, f64::min)
}
