//! The exporter against simulated pools, over real sockets.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod alarms;
mod conformance;
mod failover;
mod failures;
mod pages;
mod stage;
mod told;
