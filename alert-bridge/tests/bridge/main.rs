//! alert-bridge as it runs: the real program, with real Alertmanagers, a real gammu-smsd and a real browser.

#![expect(
    clippy::unwrap_used,
    reason = "what a test does not expect should end it, with the place"
)]

mod bridge;
mod gammu;
mod peers;
mod server;
mod wait;

mod access;
mod alertmanager;
mod api;
mod cluster;
mod crash;
mod disk;
mod events;
mod feed;
mod gateway;
mod heartbeat;
mod page;
mod receipts;
mod refusals;
mod route;
mod silence;
mod smpp;
mod smsd;
mod spool;
mod storm;
