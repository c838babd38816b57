//! xenserver-exporter: XenServer and XCP-ng pools as metrics, their alarms as alerts.
//!
//! One task for each pool follows its inventory by events, and one for each host asks for the five-second rows of
//! its RRDs.
//! - `config`: the file;
//! - `client`: the tasks of a pool;
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
mod road;
mod snapshot;
mod store;

use std::sync::Arc;

use anyhow::Context as _;
use exporter_kit::{About, Service};
use history::Historian;
use prometheus_client::registry::Registry;
use tokio::task::JoinSet;

pub use config::{Config, File, Flags, Optional, PoolConfig};
pub use failure::Reason;

use client::Client;
use metrics::Source;
use road::Road;
use store::Store;

/// What this program is.
pub const ABOUT: About = About {
    name: "xenserver-exporter",
    summary: "XenServer and XCP-ng pools as metrics, their alarms as alerts",
    listen: ":10191",
    version: env!("CARGO_PKG_VERSION"),
};

/// Runs the exporter until it is told to stop. A changed configuration needs a restart.
///
/// # Errors
/// When the certificates to trust cannot be used, or the web server fails.
pub async fn run(service: Service<Flags, Config>) -> anyhow::Result<()> {
    let Service { flags: Flags {}, config, web, shutdown } = service;
    let config = Arc::clone(&config.borrow());
    let groups = Arc::new(config.metrics.clone());
    match config.pools.is_empty() {
        true => web.ready().yes(),
        false => web.ready().waiting_for("an answer of the first pool"),
    }
    let historian = config.history.clone().map(|history| Historian::start(history, &shutdown));
    let historian = historian.transpose()?;
    let mut live = Registry::default();
    if let Some(historian) = &historian {
        historian.register(live.sub_registry_with_prefix("xenserver_exporter"));
    }
    let mut sources = Vec::new();
    let mut clients = JoinSet::new();
    for PoolConfig { name, settings } in &config.pools {
        let pool = xenapi::Pool::connect(settings.clone(), shutdown.child_token())
            .with_context(|| format!("pool {name:?}"))?;
        let store = Arc::new(Store::new(name, config.stale_after));
        sources.push(Source { store: Arc::clone(&store), pool: pool.clone() });
        let (followed, shared) = (pool.clone(), Arc::clone(&store));
        let road = Road::start(&config, followed, shared, historian.clone(), &shutdown)?;
        clients.spawn(road.run(shutdown.clone()));
        let client = Client { pool, store, groups: Arc::clone(&groups), ready: web.ready() };
        clients.spawn(client.run(shutdown.clone()));
    }
    let exposition = metrics::exposition(live, sources.into(), groups);
    let served = web.serve(exposition, shutdown.clone()).await;
    shutdown.cancel();
    while let Some(ended) = clients.join_next().await {
        ended.context("following a pool failed")?;
    }
    served
}
