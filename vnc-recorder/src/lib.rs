//! vnc-recorder: consoles in the browser, each session recorded, each moment of it found again.
//!
//! The road of a session: `targets` finds and connects, `session` carries bytes between a `websocket` and the
//! target, a `recording` keeps what the target sent, `replay` shows it again.
//!
//! | module | holds |
//! |---|---|
//! | [`config`] | the file |
//! | [`rights`] | who may do what |
//! | [`target`] | what can be looked at, by id only |
//! | [`rfb`] | the protocol, from both sides, and the screen that it draws |
//! | [`websocket`] | browsers |
//! | [`session`] | sessions that run, and their watchers |
//! | [`recording`] | the file format, recorder, reader, and the store of all recordings |
//! | [`ingest`] | recordings that the old product's proxies send |
//! | [`replay`] | a recording with a clock |
//! | `api`, `pages`, `web` | the JSON API, the pages, and the door before both |
//! | `ticket` | what opens one WebSocket, once |
//! | [`metrics`] | what is counted |
//! | `old_calls` | the old product's HTTP calls |
//! | `command` | `verify`, `export`, `hash-password` |
//!
//! Promises: the browser names no address and sees no password; nothing that a target sends is shown before it is
//! handed to the recorder; a session that is not recorded says so; no queue is without a bound.

pub mod config;
pub mod ingest;
pub mod metrics;
pub mod recording;
pub mod replay;
pub mod rfb;
pub mod rights;
pub mod session;
pub mod target;
pub mod websocket;

mod api;
mod command;
mod old_calls;
mod pages;
mod ticket;
mod web;

use std::path::PathBuf;
use std::time::Duration;

use ::access::audit::Log;
use anyhow::Context as _;
use exporter_kit::{About, Exposition, Service};
use jiff::Timestamp;
use prometheus_client::registry::Registry;
use tokio::time::interval;

pub use command::command;
pub use config::Config;

use metrics::Metrics;
use recording::store::Store;
use session::Sessions;
use session::console::Consoles;
use target::Targets;

/// What this program is.
pub const ABOUT: About = About {
    name: "vnc-recorder",
    summary: "Consoles in the browser, each session recorded, each moment of it found again",
    listen: "127.0.0.1:10194",
    version: env!("CARGO_PKG_VERSION"),
};

/// How often recordings that are no longer kept are looked for.
const SWEEP: Duration = Duration::from_secs(600);

/// Flags of its own.
#[derive(Debug, Clone, clap::Args)]
pub struct Flags {
    /// Folder of recordings and audit log.
    #[arg(long = "storage.path", value_name = "FOLDER", default_value = "data")]
    pub storage_path: PathBuf,
}

/// Runs until the service is told to stop.
///
/// # Errors
/// When it cannot start, or its web server fails.
pub async fn run(service: Service<Flags, Config>) -> anyhow::Result<()> {
    let Service { flags, config: current, web, shutdown } = service;
    let config = std::sync::Arc::clone(&current.borrow());
    let login = web.authenticated() || config.access.has_users();
    web::refuse_open_door(web.addresses(), login)?;
    let metrics = Metrics::default();
    let folder = flags.storage_path.join("recordings");
    let store = Store::open(&folder, config.recording.clone(), metrics.clone())
        .context("--storage.path")?;
    let audit = flags.storage_path.join("audit.log");
    let log = Log::open(&audit).context("--storage.path")?;
    let consoles = Consoles {
        targets: Targets::start(&config, &shutdown)?,
        store: store.clone(),
        sessions: Sessions::default(),
        limits: config.limits,
        metrics,
        log,
        stop: shutdown.clone(),
    };
    let sweeper = tokio::spawn(sweep(store, shutdown.clone()));
    let ingest = match &config.ingest {
        None => None,
        Some(settings) => {
            let listener = ingest::bind(settings).await?;
            let (settings, store) = (settings.clone(), consoles.store.clone());
            Some(tokio::spawn(ingest::serve(listener, settings, store, shutdown.clone())))
        }
    };
    let mut registry = Registry::default();
    consoles.metrics.register(&mut registry, &consoles);
    let old_calls = old_calls::routes(&config.old_calls, &consoles);
    let routes = web::routes(current, consoles, audit, web.authenticated());
    let web = web.without_landing_page().open_routes(old_calls);
    // Our own login takes the place of the web configuration's, of which a browser cannot log out.
    let web = if config.access.has_users() { web.open_routes(routes) } else { web.routes(routes) };
    web.ready().yes();
    let served = web.serve(Exposition::new(registry), shutdown.clone()).await;
    shutdown.cancel();
    sweeper.await.context("sweeping failed")?;
    if let Some(ingest) = ingest {
        ingest.await.context("taking in recordings failed")?;
    }
    served
}

async fn sweep(store: Store, stop: tokio_util::sync::CancellationToken) {
    let mut round = interval(SWEEP);
    while stop.run_until_cancelled(round.tick()).await.is_some() {
        let store = store.clone();
        let swept = tokio::task::spawn_blocking(move || store.sweep(Timestamp::now())).await;
        drop(swept); // it says itself what it deleted
    }
}
