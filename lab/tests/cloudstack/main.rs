//! The cloud of the laboratory, as clients see it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod calls;
mod client;
mod faults;
mod lab;
mod schema;
