//! snmp-exporter: what network devices tell by SNMP, as Prometheus metrics; a drop-in for Prometheus' own.
//!
//! A scrape of `/snmp?target=…&module=…&auth=…` asks the device there and then, as Prometheus asks it.
//! - `config`: the generated `snmp.yml`, auths and modules; `flags`: the command line;
//! - `varbind`: names and values as the wire carries them;
//! - `client`: one session with a device; `walk`: what a module asks of it, in as few packets as it takes;
//! - `lookups`: columns that only give labels, not walked at each scrape;
//! - `collect`: from answers to samples; `text`: from samples to the page;
//! - `probe`: one scrape, and the parameters it has;
//! - `discover`: the subcommand that shows what a device has;
//! - `metrics`: what the exporter says about itself; `pages`: the pages for people.
//!
//! Promises: the same page as the peer's for the same answers; a device that does not answer costs its own
//! scrape and no other.

pub mod client;
pub mod collect;
pub mod config;
pub mod discover;
pub mod flags;
pub mod lookups;
pub mod probe;
pub mod text;
pub mod varbind;
pub mod walk;

mod metrics;
mod pages;

use std::sync::Arc;

use exporter_kit::{About, Exposition, Service};

use config::Config;
use flags::Flags;
use metrics::Metrics;
use probe::Prober;

/// What this program is.
pub const ABOUT: About = About {
    name: "snmp-exporter",
    summary: "What network devices tell by SNMP, as Prometheus metrics",
    listen: ":9116",
    version: env!("CARGO_PKG_VERSION"),
};

/// Runs the exporter until it is told to stop.
///
/// # Errors
/// When the web server fails.
pub async fn run(service: Service<Flags, Config>) -> anyhow::Result<()> {
    let Service { flags, config, web, shutdown } = service;
    let metrics = Metrics::default();
    metrics.know(&config.borrow());
    let exposition = Exposition::new(metrics.registry());
    let prober = Arc::new(Prober::new(&flags, config.clone(), metrics));
    web.ready().yes();
    web.without_landing_page()
        .metrics_at(flags.telemetry_path.as_str())
        .routes(probe::routes(prober))
        .routes(pages::routes(config, flags.telemetry_path))
        .serve(exposition, shutdown)
        .await
}
