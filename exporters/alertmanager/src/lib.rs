//! Pushes alerts to Alertmanager and keeps them alive until they end.
//!
//! [`Client`] speaks Alertmanager's v2 API to one address. [`Keeper`] is told the whole set of alerts that
//! should be active, again and again, and makes every address agree with it: new and ended alerts go out at
//! once, active ones are sent again each minute, and an address that was away gets everything on its return.
//!
//! Promises: an alert ends only because its owner left it out of the set; stopping the owner, losing an
//! address or restarting an Alertmanager ends none. No address waits for another. Every call has a deadline.
//! Refuses to know where alerts come from and Prometheus' metrics.
//!
//! How the parts hang together:
//! - `file` is what a configuration file says of the addresses;
//! - `wish` is what the owner wants, shared by all addresses;
//! - `book` is what one address is known to hold, and decides the next step (no I/O, no clock);
//! - `delivery` carries the steps out over a [`Client`], one task an address.
//!
//! Give the address of each Alertmanager itself, never of a balancer in front of several.

mod address;
mod alert;
mod book;
mod client;
mod delivery;
mod error;
mod file;
mod keeper;
mod label_set;
mod settings;
mod silence;
mod stats;
mod wish;

pub use address::{Address, AddressError, Auth};
pub use alert::{Alert, Posting, Wanted};
pub use client::Client;
pub use error::Error;
pub use file::File;
pub use keeper::{Generation, Keeper};
pub use label_set::{LabelError, LabelSet};
pub use reqwest::Url;
pub use settings::Settings;
pub use silence::{Matcher, Silence, SilenceRequest, SilenceState};
pub use stats::AddressStats;
