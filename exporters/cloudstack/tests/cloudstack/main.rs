//! cloudstack-exporter against the simulator, against recorded answers, and against real Alertmanagers.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod alerts;
mod conformance;
mod faults;
mod lab;
mod page;
mod roles;
mod stage;
