//! The pools of the laboratory, as clients see them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod clients;
mod consoles;
mod faults;
mod lab;
mod measurements;
