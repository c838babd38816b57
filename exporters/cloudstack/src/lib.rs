//! cloudstack-exporter: CloudStack's capacity and health as metrics, its alerts at once.
//!
//! - `config`: the file;
//! - `client`: signed calls, paging, errors;
//! - `record`: what the API lists; `snapshot`: what is known of a cloud, and `store`, which shares it;
//! - `tiers`: what is read, how often; `events` counts what happens;
//! - `metrics`: the collectors over the snapshots, and every metric's name; `compat`: the names of CloudStack's
//!   own plugin;
//! - `alerts`: which alerts are new or over; `road` tells Alertmanager and the history.
//!
//! Promises: a scrape calls nobody; a collector that fails leaves all others alone and shows its last rows for a
//! stated time; no alert is told twice, also after a restart.

pub mod alerts;
pub mod client;
pub mod compat;
pub mod metrics;
pub mod record;
pub mod snapshot;
pub mod store;
pub mod tiers;
pub mod time;

mod config;
mod events;
mod pages;
mod road;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use anyhow::Context as _;
use exporter_kit::exposition::Ahead;
use exporter_kit::{About, Service};
use history::Historian;
use prometheus_client::registry::Registry;
use tokio::sync::{Mutex, OnceCell, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use config::{Cloud, Config, File, Flags};
pub use road::ALERT;

use client::{Calls, Client};
use events::EventCounter;
use road::Road;
use store::Store;
use tiers::{Follower, Tier};

/// What this program is.
pub const ABOUT: About = About {
    name: "cloudstack-exporter",
    summary: "CloudStack's capacity and health as metrics, its alerts at once",
    listen: ":10192",
    version: env!("CARGO_PKG_VERSION"),
};

/// Before the names of what this program counts about itself.
const PREFIX: &str = "cloudstack_exporter";

/// Runs the exporter until it is told to stop.
///
/// # Errors
/// When no cloud is configured, the state folder or a spool cannot be used, or the web server fails.
pub async fn run(service: Service<Flags, Config>) -> anyhow::Result<()> {
    let Service { flags: Flags {}, config, web, shutdown } = service;
    let config = Config::clone(&config.borrow());
    anyhow::ensure!(!config.clouds.is_empty(), "clouds: is empty, expected one at least");
    web.ready().waiting_for("the first snapshot of a cloud");
    let mut live = Registry::default();
    let (calls, events) = (Calls::default(), EventCounter::default());
    calls.register(&mut live);
    events.register(&mut live);
    let historian = match config.history.clone() {
        Some(settings) => Some(Historian::start(settings, &shutdown)?),
        None => None,
    };
    if let Some(historian) = &historian {
        historian.register(live.sub_registry_with_prefix(PREFIX));
    }
    let store = Arc::new(Store::new(config.clouds.iter().map(|cloud| cloud.client.name.clone())));
    let mut keepers = Vec::new();
    let mut following = JoinSet::new();
    for Cloud { client, pace, page } in config.clouds {
        let road = Road::start(
            &client.name,
            page,
            config.alert_hold,
            &config.state_dir,
            &config.alertmanagers,
            historian.clone(),
            &shutdown,
        )?;
        keepers.extend(road.keeper());
        let follower = Follower {
            client: Client::new(client, calls.clone())?,
            store: Arc::clone(&store),
            pace,
            events: events.of_cloud(),
            road: Mutex::new(road),
            rights: OnceCell::new(),
            unread: AtomicUsize::new(Tier::ALL.len()),
            ready: web.ready(),
        };
        following.spawn(Arc::new(follower).run(shutdown.clone()));
    }
    let exposition = metrics::exposition(live, &store, keepers, config.statistics);
    following.spawn(encode_ahead(exposition.ahead(), store.version(), shutdown.clone()));
    let served = web
        .routes(pages::routes(store))
        .link("/metrics/compat", "Metrics by the names of CloudStack's own plugin")
        .serve(exposition, shutdown.clone())
        .await;
    shutdown.cancel();
    while let Some(followed) = following.join_next().await {
        followed.context("following a cloud failed")?;
    }
    served
}

/// Encodes the page whenever a snapshot has changed, so that no scrape has to.
async fn encode_ahead(
    ahead: Ahead,
    mut version: watch::Receiver<u64>,
    shutdown: CancellationToken,
) {
    while let Some(Ok(())) = shutdown.run_until_cancelled(version.changed()).await {
        let ahead = ahead.clone();
        if tokio::task::spawn_blocking(move || ahead.encode()).await.is_err() {
            tracing::error!("the page could not be encoded");
        }
    }
}
