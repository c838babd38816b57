//! xenserver-exporter: XenServer and XCP-ng pools as metrics, their alarms as alerts.
//!
//! One task for each pool follows its inventory by events, and one for each host asks for the five-second rows of
//! its RRDs.
//! - `config`: the file;
//! - `pools`: the pools that are followed, and their pages; `client`: the tasks of one;
//! - `snapshot`: plain typed data, with the table of what is measured, and `store`, which shares it with readers;
//! - `failure`: why a pool cannot be read;
//! - `perfmon`: alarm settings and the bodies of alarms;
//! - `alerts`: which alerts messages ask for, and `road`, which keeps Alertmanager in agreement;
//! - `metrics`: the collectors, and every metric's name.
//!
//! Promises: a scrape never calls a pool; a pool or host that is away delays no other; what fell silent is shown
//! for a stated time and then no more; passwords of `device_config` and `other_config` are never read.

pub mod alerts;
pub mod metrics;

mod client;
mod config;
mod failure;
mod perfmon;
mod pools;
mod road;
mod snapshot;
mod store;

use std::sync::Arc;

use anyhow::Context as _;
use exporter_kit::{About, Service};
use history::Historian;
use prometheus_client::registry::Registry;

pub use config::{Common, Config, File, Flags, Optional, PoolConfig};
pub use failure::Reason;

use pools::Pools;

/// What this program is.
pub const ABOUT: About = About {
    name: "xenserver-exporter",
    summary: "XenServer and XCP-ng pools as metrics, their alarms as alerts",
    listen: ":10191",
    version: env!("CARGO_PKG_VERSION"),
};

/// Runs the exporter until it is told to stop. A reload is in force at once, but for `history`.
///
/// # Errors
/// When the certificates to trust cannot be used, or the web server fails.
pub async fn run(service: Service<Flags, Config>) -> anyhow::Result<()> {
    let Service { flags: Flags {}, mut config, web, shutdown } = service;
    let first = Arc::clone(&config.borrow_and_update());
    match first.pools.is_empty() {
        true => web.ready().yes(),
        false => web.ready().waiting_for("an answer of the first pool"),
    }
    let historian = first.history.clone().map(|history| Historian::start(history, &shutdown));
    let historian = historian.transpose()?;
    let mut live = Registry::default();
    if let Some(historian) = &historian {
        historian.register(live.sub_registry_with_prefix("xenserver_exporter"));
    }
    let mut pools = Pools::new(web.ready(), historian, shutdown.clone());
    let exposition = metrics::exposition(live, &pools.sources()).with_parts("pool", pools.pages());
    pools.apply(&first)?;
    let following = tokio::spawn(pools.run(config, exposition.ahead()));
    let served = web.serve(exposition, shutdown.clone()).await;
    shutdown.cancel();
    following.await.context("following the pools failed")?;
    served
}
