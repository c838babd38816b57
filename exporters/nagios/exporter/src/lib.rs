//! nagios-exporter: Nagios' states as metrics, its hard problems as alerts, its objects as pages.
//!
//! The Nagios module connects to our Unix socket and tells everything that happens; we never ask Nagios.
//! - `config`: flags and file;
//! - `client`: the socket and the conversation with the module;
//! - `snapshot`: plain typed data, and `store`, which shares it with the readers;
//! - `metrics`: the collectors over both, and every metric's name;
//! - `perfdata`, `problem`: how performance data and problems are read;
//! - `selection`: which objects have series of their own, and with which labels;
//! - `alerts`: which alerts a snapshot asks for, and `road`, which keeps Alertmanager in agreement;
//! - `pages`: hosts and services as page and JSON.
//!
//! Promises: a scrape never waits for Nagios or Alertmanager; a problem is never declared over because this
//! process, Nagios' module or an Alertmanager stopped.

pub mod alerts;
pub mod metrics;
pub mod perfdata;
pub mod problem;
pub mod selection;
pub mod snapshot;

mod client;
mod config;
mod counters;
mod pages;
mod road;
mod store;

use std::net::SocketAddr;
use std::sync::Arc;

use alertmanager::Url;
use anyhow::Context as _;
use exporter_kit::{About, Service};
use tokio::sync::watch;

pub use config::{AlertOn, Config, DEFAULT_SOCKET, File, Flags, Series};

use client::{Client, Socket};
use counters::Counters;
use road::Road;
use store::Store;

/// What this program is.
pub const ABOUT: About = About {
    name: "nagios-exporter",
    summary: "Nagios states as metrics, its hard problems as alerts",
    listen: ":10190",
    version: env!("CARGO_PKG_VERSION"),
};

/// Runs the exporter until it is told to stop.
///
/// # Errors
/// When the socket cannot be made or the web server fails.
pub async fn run(service: Service<Flags, Config>) -> anyhow::Result<()> {
    let Service { flags, config, web, shutdown } = service;
    let start = Arc::clone(&config.borrow());
    let path = flags.socket.unwrap_or_else(|| start.socket.clone());
    let socket = Socket::bind(&path)?;
    tracing::info!(socket = %path.display(), instance = start.instance, "waiting for the Nagios module");
    web.ready().waiting_for("the first snapshot from the Nagios module");

    let store = Arc::new(Store::default());
    let counters = Arc::new(Counters::default());
    let (keeper, keeper_seen) = watch::channel(None);
    let road = Road::start(&start, own_address(web.address(), &start)?, keeper, &shutdown)?;
    let (kept, counted) = (Arc::clone(&store), Arc::clone(&counters));
    let client = Client::new(kept, counted, &start, road, web.ready());
    let client = tokio::spawn(client.run(socket, config.clone(), shutdown.clone()));

    let exposition = metrics::exposition(Arc::clone(&store), counters, keeper_seen, config);
    let served = web
        .routes(pages::routes(store)?)
        .link("/services", "Services")
        .link("/hosts", "Hosts")
        .serve(exposition, shutdown.clone())
        .await;
    shutdown.cancel();
    client.await.context("the conversation with the module failed")?;
    served
}

/// Where people reach us when the configuration does not say.
fn own_address(listening: SocketAddr, config: &Config) -> anyhow::Result<Url> {
    let host = match listening.ip() {
        ip if ip.is_unspecified() => config.instance.clone(),
        _ => return Ok(Url::parse(&format!("http://{listening}"))?),
    };
    Url::parse(&format!("http://{host}:{}", listening.port()))
        .or_else(|_| Url::parse(&format!("http://localhost:{}", listening.port())))
        .context("cannot make an address of our own, set external_url")
}
