//! The door as a browser and a program meet it: a small service of the kit on a real socket.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod door;

mod browser;
mod refusals;
