//! alert-bridge: Alertmanager's notifications become messages to people and a live web feed.
//!
//! The road of a notification: `webhook` reads it, `intake` turns it into episodes, feed events and
//! messages in one transaction of the `store`, and only then Alertmanager hears 200. From there
//! `delivery` hands each message to its `transport`, and `feed` tells every client.
//!
//! | module | holds |
//! |---|---|
//! | `alert` | an alert, its severity, what tells two apart |
//! | `episode` | the state machine, pure |
//! | `contact`, `route`, `explain` | who is told, and why |
//! | `text`, `digest` | in which words, and when several are told in one message |
//! | `store` | SQLite: one writer with group commit, queries by family of tables |
//! | `delivery` | which transport has which message when, and what is told of it later |
//! | `transport` | HTTP gateways, the spools of gammu-smsd and of smstools |
//! | `source_events` | the event API: what sources such as Nagios tell of |
//! | `import` | the history of the product before this one |
//! | `view`, `api`, `page` | what is shown to programs and to people |
//! | `access`, `acknowledge` | who may do what; who has taken an episode on |
//! | `silence` | the silence of what is taken on, in Alertmanager |
//! | `heartbeat` | the alarm when alerts stop coming |
//! | `metrics`, `tally`, `families` | what Prometheus reads of it |
//! | `area` | the part of the site that an episode is of |
//! | `reply` | what phones send to us |
//! | `due`, `repeat`, `upkeep`, `reconcile` | what time and a lost resolution bring about |
//!
//! Invariants: nothing is answered 200 that is not on disk; a message's key is in the store once; what an
//! alert carries is text wherever it is shown.

mod access;
mod acknowledge;
mod alert;
mod api;
mod area;
mod body;
mod config;
mod contact;
mod delivery;
mod digest;
mod due;
mod episode;
mod explain;
pub mod families;
mod feed;
mod heartbeat;
mod import;
mod intake;
mod metrics;
mod page;
mod reconcile;
mod repeat;
mod reply;
mod route;
mod silence;
mod source_events;
mod store;
mod tally;
mod text;
mod transport;
mod upkeep;
mod view;
mod webhook;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use ::access::audit::Log;
use ::access::{Access, Unnamed};
use anyhow::{Context as _, ensure};
use axum::Router;
use axum::routing::{get, post};
use exporter_kit::{About, Exposition, Service};
use prometheus_client::registry::Registry;
use tokio::sync::watch;
use tokio::task::JoinSet;

use access::{Right, Role};
use acknowledge::Desk;
pub use config::Config;
use delivery::inbound::Inbound;
use feed::Feed;
use heartbeat::Beats;
use metrics::Metrics;
use store::Store;
use tally::Tally;
use transport::callback;
use webhook::Webhook;

/// What this program is.
pub const ABOUT: About = About {
    name: "alert-bridge",
    summary: "Alertmanager's notifications to people's phones and to a live web feed, none lost, none doubled",
    listen: "127.0.0.1:10193",
    version: env!("CARGO_PKG_VERSION"),
};

/// Flags of its own.
#[derive(Debug, Clone, clap::Args)]
pub struct Flags {
    /// Folder of the store.
    #[arg(long = "storage.path", value_name = "FOLDER", default_value = "data")]
    pub storage_path: PathBuf,
}

/// Does what the command line asks for beside the service: `hash-password`, `route`, `import`. Answers whether it did.
///
/// # Errors
/// What was wrong with the command.
pub fn command() -> anyhow::Result<bool> {
    Ok(::access::hash_password_command()? || explain::command()? || import::command()?)
}

/// Runs until the service is told to stop.
///
/// # Errors
/// When it cannot start, or its web server fails.
pub async fn run(service: Service<Flags, Config>) -> anyhow::Result<()> {
    let Service { flags, config, web, shutdown } = service;
    for address in web.addresses() {
        let login = web.authenticated() || config.borrow().access.has_users();
        refuse_open_door(*address, login)?;
    }
    let store = Store::open(&flags.storage_path)?;
    let metrics = Metrics::default();
    let mut registry = Registry::default();
    metrics
        .register(&mut registry, &store, config.borrow().transports.keys())
        .context("cannot read the store")?;

    let access = door(config.clone(), web.authenticated());
    let log = Log::open(&flags.storage_path.join("audit.log")).context("--storage.path")?;
    let desk = Desk { store: store.clone(), log };
    let feed = Feed::new(store.clone(), metrics.clone(), access.clone(), shutdown.clone());
    let streams = Router::new()
        .route("/api/v1/feed", get(feed::events_stream))
        .route("/api/v1/feed/poll", get(feed::poll))
        .with_state(feed);
    let acknowledge = Router::new()
        .route("/api/v1/episodes/{id}/acknowledge", post(acknowledge::acknowledge))
        .with_state(desk.clone());
    let audit = flags.storage_path.join("audit.log");
    let audit = Router::new().route("/api/v1/audit", get(acknowledge::verify)).with_state(audit);
    let pages = page::routes()
        .merge(api::description())
        .merge(access.routes())
        .merge(access.guard(Right::See, streams.merge(api::routes(store.clone()))))
        .merge(access.guard(Right::Acknowledge, acknowledge))
        .merge(access.guard(Right::Audit, audit));
    let own_login = config.borrow().access.has_users();
    let beats = Beats::default();
    let webhook = Router::new()
        .route("/api/v1/webhook", post(webhook::receive))
        .with_state(Webhook::new(config.clone(), store.clone(), metrics.clone(), beats.clone()));

    let events = source_events::Intake::new(config.clone(), store.clone(), metrics.clone());
    let events =
        Router::new().route("/api/v1/events", post(source_events::receive)).with_state(events);

    let inbox = reply::Inbox { config: config.clone(), desk: desk.clone() };
    let inbound = Inbound { config: config.clone(), store: store.clone(), metrics, inbox };
    let receipts = Router::new()
        .route("/api/v1/receipts/{transport}", post(callback::receive))
        .with_state(inbound.clone());

    let tally = Tally::default();
    tally.register(&mut registry);

    let mut tasks = JoinSet::new();
    tasks.spawn(delivery::run(inbound, shutdown.clone()));
    tasks.spawn(tally.run(store.signals().events.subscribe(), shutdown.clone()));
    tasks.spawn(due::run(config.clone(), store.clone(), shutdown.clone()));
    tasks.spawn(upkeep::sweep(config.clone(), store.clone(), shutdown.clone()));
    tasks.spawn(upkeep::index(store.clone(), shutdown.clone()));
    tasks.spawn(heartbeat::run(config.clone(), store.clone(), beats, shutdown.clone()));
    tasks.spawn(silence::run(config.clone(), store.clone(), shutdown.clone()));
    tasks.spawn(reconcile::run(config, store, shutdown.clone()));

    let ready = web.ready();
    let web = web.without_landing_page().open_routes(webhook.merge(events).merge(receipts));
    // Our own login takes the place of the web configuration's, of which a browser cannot log out.
    let web = if own_login { web.open_routes(pages) } else { web.routes(pages) };
    ready.yes();
    let served = web.serve(Exposition::new(registry), shutdown.clone()).await;
    shutdown.cancel();
    while tasks.join_next().await.is_some() {}
    served
}

/// The door of the pages and the API. Without users of its own whoever gets here may look.
fn door(config: watch::Receiver<Arc<Config>>, authenticated: bool) -> Access<Role> {
    let unnamed = match authenticated {
        true => Unnamed::Trusted(Role::Viewer),
        false => Unnamed::Local(Role::Viewer),
    };
    Access::new(ABOUT.name, unnamed, move || Arc::clone(&config.borrow().access))
}

/// Alerts name hosts and what is wrong with them: only this machine may read them without a login.
fn refuse_open_door(address: SocketAddr, authenticated: bool) -> anyhow::Result<()> {
    ensure!(
        authenticated || address.ip().to_canonical().is_loopback(),
        "--web.listen-address: {address} can be reached from other machines, so the feed needs a login: \
         name users in access.users or in --web.config.file, or listen on 127.0.0.1"
    );
    Ok(())
}
