//! The client and the keeper against a real Alertmanager, and against small servers that misbehave.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

mod calls;
mod harness;
mod keeping;
mod outages;
mod silencing;
