//! nagios-exporter: Nagios' states as metrics, its hard problems as alerts, its objects as pages.
//!
//! The Nagios module connects to our Unix socket and tells everything that happens; we never ask Nagios. With
//! `--source=amqp` RabbitMQ tells it instead, of many Nagios.
//! - `config`: flags and file;
//! - `client`: the socket and the conversation with the module;
//! - `snapshot`: plain typed data, and `store`, which shares it with the readers;
//! - `metrics`: the collectors over both, and every metric's name;
//! - `perfdata`, `problem`: how performance data and problems are read;
//! - `selection`: which objects have series of their own, and with which labels;
//! - `alerts`: which alerts a snapshot asks for, and `road`, which keeps Alertmanager in agreement;
//! - `pages`: hosts and services as page and JSON;
//! - `outputs`: whom events are told besides: RabbitMQ (`amqp`, in the `message`s of the schema) and alert-bridge
//!   (`chronicle` says which are history);
//! - `site`: one Nagios among those that RabbitMQ tells of.
//!
//! Promises: a scrape never waits for Nagios or Alertmanager; a problem is never declared over because this
//! process, Nagios' module or an Alertmanager stopped.

pub mod alerts;
pub mod amqp;
pub mod message;
pub mod metrics;
pub mod perfdata;
pub mod problem;
pub mod selection;
pub mod snapshot;

mod chronicle;
mod client;
mod config;
mod counters;
mod outputs;
mod pages;
mod road;
mod site;
mod store;

use std::net::SocketAddr;
use std::sync::Arc;

use alertmanager::Url;
use anyhow::Context as _;
use exporter_kit::{About, Exposition, Service};
use prometheus_client::registry::Registry;
use tokio::sync::watch;

pub use config::{AlertOn, Config, DEFAULT_SOCKET, File, Flags, Series, Source};

use amqp::Consumer;
use client::{Client, Socket};
use counters::Counters;
use outputs::Outputs;
use road::Road;
use site::Sites;
use store::Store;

/// What this program is.
pub const ABOUT: About = About {
    name: "nagios-exporter",
    summary: "Nagios states as metrics, its hard problems as alerts",
    listen: ":10190",
    version: env!("CARGO_PKG_VERSION"),
};

/// Before the names of what this program counts about itself.
const PREFIX: &str = "nagios_exporter";

/// Runs the exporter until it is told to stop.
///
/// # Errors
/// When the socket or a spool cannot be made, or the web server fails.
pub async fn run(service: Service<Flags, Config>) -> anyhow::Result<()> {
    match service.flags.source {
        Source::Socket => follow_module(service).await,
        Source::Amqp => follow_broker(service).await,
    }
}

/// Beside Nagios: follows its module.
async fn follow_module(service: Service<Flags, Config>) -> anyhow::Result<()> {
    let Service { flags, config, web, shutdown } = service;
    let start = Arc::clone(&config.borrow());
    let broker = broker(&start, &flags)?;
    let path = flags.socket.unwrap_or_else(|| start.socket.clone());
    let socket = Socket::bind(&path)?;
    tracing::info!(socket = %path.display(), instance = start.instance, "waiting for the Nagios module");
    web.ready().waiting_for("the first snapshot from the Nagios module");
    let outputs = Outputs::start(&start, broker, &shutdown)?;
    let mut live = Registry::default();
    outputs.register(live.sub_registry_with_prefix(PREFIX));

    let store = Arc::new(Store::default());
    let counters = Arc::new(Counters::default());
    let (keeper, keeper_seen) = watch::channel(None);
    let road = Road::start(&start, own_address(web.address(), &start)?, keeper, &shutdown)?;
    let (kept, counted) = (Arc::clone(&store), Arc::clone(&counters));
    let client = Client::new(kept, counted, &start, road, outputs, web.ready());
    let client = tokio::spawn(client.run(socket, config.clone(), shutdown.clone()));

    let exposition = metrics::exposition(live, Arc::clone(&store), counters, keeper_seen, config);
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

/// Behind RabbitMQ: follows every Nagios that it tells of.
async fn follow_broker(service: Service<Flags, Config>) -> anyhow::Result<()> {
    let Service { flags, config, web, shutdown } = service;
    let start = Arc::clone(&config.borrow());
    let broker = broker(&start, &flags)?;
    let broker = broker.context("--source=amqp: no RabbitMQ, expected --amqp.url")?;
    web.ready().waiting_for("the first snapshot over RabbitMQ");
    let sites = Sites::new(own_address(web.address(), &start)?, web.ready());
    let historian = outputs::historian(&start, &shutdown)?;
    let mut live = Registry::default();
    let own = live.sub_registry_with_prefix(PREFIX);
    if let Some(historian) = &historian {
        historian.register(own);
    }
    let routes = sites.routes();
    let consumer = Consumer::new(broker, sites, historian, config, shutdown.clone());
    consumer.register(own);
    let consumer = tokio::spawn(consumer.run());

    let served = web
        .routes(routes)
        .link("/sd", "Every Nagios, for Prometheus' HTTP service discovery")
        .serve(Exposition::new(live), shutdown.clone())
        .await;
    shutdown.cancel();
    consumer.await.context("following RabbitMQ failed")?;
    served
}

/// The broker that file or flag name.
fn broker(config: &Config, flags: &Flags) -> anyhow::Result<Option<amqp::Settings>> {
    amqp::Settings::with_flag(config.amqp.clone(), flags.amqp_url.as_deref(), &config.instance)
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
