//! The exporter against simulated pools, over real sockets.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod pages;
mod stage;
