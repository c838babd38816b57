//! How long the road takes, over 20 tries with the real programs: `make bench ONLY=road`.
//!
//! Prints one `name value` a line: the 95th percentile, in seconds, from Nagios' hard state to the alert on the
//! feed and in the SMS transport, and from its recovery to the resolution on the feed.

#![expect(clippy::unwrap_used, reason = "what must hold here fails by panicking")]

#[path = "../tests/road/feed.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod feed;
#[path = "../tests/road/observe.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod observe;
#[path = "../tests/road/suite.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod suite;

use std::time::Duration;

use observe::{Trip, road_trip};
use suite::Suite;

const TRIES: usize = 20;

#[tokio::main]
async fn main() {
    let mut suite = Suite::start().await;
    let mut trips = Vec::new();
    for number in 1..=TRIES {
        let trip = road_trip(&suite).await;
        eprintln!("{number} of {TRIES}: {trip:.2?}");
        trips.push(trip);
    }
    suite.stop().await;
    let figure = |name, part: fn(&Trip) -> Duration| {
        println!("{name} {:.3}", p95(trips.iter().map(part).collect()).as_secs_f64());
    };
    figure("road_feed_p95_seconds", |trip| trip.to_feed);
    figure("road_sms_p95_seconds", |trip| trip.to_outbox);
    figure("road_resolve_p95_seconds", |trip| trip.to_resolved);
}

/// The value that 95 of 100 do not exceed (nearest rank).
fn p95(mut values: Vec<Duration>) -> Duration {
    values.sort();
    values[(values.len() * 95).div_ceil(100) - 1]
}
