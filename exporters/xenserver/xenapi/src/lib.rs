//! Client of XenServer's and XCP-ng's XenAPI.
//!
//! [`Pool::connect`] starts a task that logs in at the pool's master, wherever that is, and keeps an
//! [`Inventory`] as the pool is. [`rrd`] reads what the hosts measure. Consoles use the pool's [`Session`] and
//! [`Tls`].
//!
//! Promises: every wait for a host has a deadline and every answer a bound; one login at a time, with pauses, so
//! that a wrong password never becomes a storm; no host is believed without its certificate; neither a password
//! nor a session is logged, and maps that may hold passwords are not kept. Refuses to know metrics and alerts, and
//! of configuration files all but how a pool is written in them ([`File`]).
//!
//! How the parts hang together:
//! - `tls`, `rpc`: one call to one host, in JSON-RPC or XML-RPC;
//! - `session`: login, and finding the master;
//! - `settings`: how a pool is reached, and how a configuration file says so;
//! - `pool`: the task and its handle;
//! - `record`, `inventory`: what a pool consists of;
//! - `rrd`: apart from its [`rrd::Feed`] without any I/O.

mod counters;
mod error;
mod inventory;
mod pool;
pub mod record;
mod reference;
mod rpc;
pub mod rrd;
mod session;
mod settings;
mod tls;

pub use counters::Stats;
pub use error::{CertificateProblem, Error, ErrorKind, Failure};
pub use exporter_kit::Secret;
pub use inventory::{Inventory, Table};
pub use pool::{Connected, MessageEvent, Pool, State};
pub use reference::Ref;
pub use rpc::Dialect;
pub use session::Session;
pub use settings::{Address, AddressError, Deadlines, DialectChoice, File, Pauses, PoolSettings};
pub use tls::{Fingerprint, FingerprintError, Tls, Trust, TrustError};
pub use uuid::Uuid;
