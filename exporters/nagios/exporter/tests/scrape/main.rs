//! The exporter as its neighbours see it: frames go in through the real Unix socket as the module sends them,
//! pages and alerts come out over real HTTP, to a real Alertmanager.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

mod alerts;
mod conversation;
mod history;
mod metrics;
mod pages;
mod program;
mod stage;
