//! The module inside a real Nagios (Debian's `nagios4-core`), with a small reader of its own at the other
//! end of the socket.
//!
//! Each test runs its own Nagios in a temporary folder, as whoever runs the test, and stops it.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

mod daemon;
mod events;
mod history;
mod life;
mod newer;
mod reader;
mod soak;
mod spill;
mod trouble;
