//! What every WiseMonitor service shares: flags, configuration, logs, web server, exposition, metric families,
//! lifecycle.
//!
//! A service's `main.rs` calls [`main`] with what it is ([`About`]) and its `run`; `run` gets a [`Service`]:
//! its flags, its configuration (kept current through reloads), a [`Web`] server that is bound but not yet
//! serving, and a token that is cancelled when it is time to stop. Tests make a `Service` with
//! [`Service::for_test`] and call the same `run`.
//!
//! Promises: every start-up error is one line that names the flag or the file, line and key; a stop takes at
//! most [`STOP_LIMIT`]; a secret is never printed. Refuses to know any source, metric or page of a service.

pub mod config;
pub mod exposition;
pub mod families;

mod flags;
mod log;
mod process;
mod program;
mod web;

pub use config::{Configuration, Secret};
pub use exposition::Exposition;
pub use families::Metric;
pub use program::{About, Service, main};
pub use web::{Encrypted, Ready, Web};

/// After a signal to stop, requests and tasks have this long to finish before the process exits.
pub const STOP_LIMIT: std::time::Duration = std::time::Duration::from_secs(10);
