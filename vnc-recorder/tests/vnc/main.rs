//! Sessions against a real VNC server, from a viewer's WebSocket to the recording and back.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod console;
mod crash;
mod desk;
mod ingest;
mod pages;
mod program;
mod screen;
mod viewer;
mod xenserver;
