//! The client against the laboratory's pools, on real sockets, and against recorded answers.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod certificates;
mod conformance;
mod failover;
mod following;
mod lab;
mod login;
mod rrds;
mod trust;
