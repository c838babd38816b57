//! The smallest service: one metric from its configuration. The kit's own tests run it as a process.

use std::path::Path;
use std::process::ExitCode;

use exporter_kit::{About, Configuration, Exposition, Secret, Service};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use serde::Deserialize;

const ABOUT: About = About {
    name: "minimal-exporter",
    summary: "Exports the number in its configuration",
    listen: "127.0.0.1:0",
    version: env!("CARGO_PKG_VERSION"),
};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    number: i64,
    password: Option<Secret>,
}

struct Config {
    number: i64,
}

impl Configuration for Config {
    type File = File;

    fn resolve(File { number, password }: File, base: &Path) -> anyhow::Result<Self> {
        Secret::resolve("password", password, None, base)?;
        anyhow::ensure!(number >= 0, "number: is {number}, expected 0 or more");
        Ok(Config { number })
    }
}

#[derive(Debug, Clone, clap::Args)]
struct Flags {}

fn main() -> ExitCode {
    exporter_kit::main(ABOUT, run)
}

async fn run(service: Service<Flags, Config>) -> anyhow::Result<()> {
    let Service { flags: Flags {}, mut config, web, shutdown } = service;
    let number = Gauge::<i64>::default();
    let mut registry = Registry::default();
    registry.register("minimal_number", "The number in the configuration", number.clone());
    let stop = shutdown.clone();
    let ready = web.ready();
    tokio::spawn(async move {
        loop {
            number.set(config.borrow_and_update().number);
            ready.yes();
            tokio::select! {
                changed = config.changed() => if changed.is_err() { break },
                () = stop.cancelled() => break,
            }
        }
    });
    web.serve(Exposition::new(registry), shutdown).await
}
