//! `snmp-exporter discover TARGET`: what a device has, for whoever wants to watch it.
//!
//! Lists its interfaces with their state, speed and traffic of this moment, and the modules of the
//! configuration that fit: those of which the device answers at least one object.
//!
//! Promises: nothing is written anywhere; a device that does not answer ends in one line that names it. Refuses
//! to know Prometheus.

mod interface;
mod modules;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use exporter_kit::config::Load as _;
use serde::Serialize;
use tokio::time::Instant;

pub use interface::{AdminStatus, Interface, OperStatus};

use crate::client::{Client, Manners, Target};
use crate::config::{Auth, Config};
use crate::flags::Flags;
use crate::varbind::{Oid, Varbind};
use crate::walk::{Request, Walker};

/// The subcommand's name, first of the program's arguments.
pub const NAME: &str = "discover";

/// How long a device may take for everything.
const LIMIT: Duration = Duration::from_secs(120);
const MANNERS: Manners = Manners { retries: 2, timeout: Duration::from_secs(2), any_source: false };
const OBJECTS_PER_PACKET: u32 = 25;

/// What a device has.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Discovery {
    /// The device, as it was named.
    pub target: String,
    /// The auth it was asked with.
    pub auth: String,
    /// Its interfaces, in the order of their numbers.
    pub interfaces: Vec<Interface>,
    /// The modules that fit, by name.
    pub modules: Vec<String>,
}

/// Lists the interfaces of a device, and the modules that fit it
#[derive(Parser)]
#[command(bin_name = "snmp-exporter discover", no_binary_name = true)]
struct Command {
    /// The device: [udp://|tcp://]HOST[:PORT]
    target: String,
    /// Name of the auth to ask with
    #[arg(long, value_name = "NAME", default_value = "public_v2")]
    auth: String,
    /// Time between the two reads of which traffic is the difference. Agents renew their counters only every
    /// few seconds, net-snmp every three: a shorter time shows nothing or too much
    #[arg(long, value_name = "DURATION", default_value = "3s", value_parser = interval)]
    interval: Duration,
    /// Print JSON instead of tables
    #[arg(long)]
    json: bool,
    /// Configuration file (YAML); may be given several times, and be a pattern
    #[arg(long = "config.file", value_name = "FILE")]
    config_files: Vec<PathBuf>,
    /// Put environment variables into user names and passwords of auths
    #[arg(long = "config.expand-environment-variables")]
    expand_environment_variables: bool,
}

/// Runs the subcommand, with the program's arguments.
#[must_use]
pub fn main() -> ExitCode {
    match run(Command::parse_from(std::env::args_os().skip(2))) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("snmp-exporter: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<String> {
    let Command { target, auth, interval, json, config_files, expand_environment_variables } =
        command;
    let flags = Flags { expand_environment_variables, ..Flags::default() };
    let config = Config::load(&config_files, &flags)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start")?;
    let discovery = runtime.block_on(discover(&target, &auth, &config, interval))?;
    if json {
        return Ok(serde_json::to_string_pretty(&discovery).context("cannot write JSON")? + "\n");
    }
    Ok(table::of(&discovery))
}

/// Asks a device for everything. `interval` lies between the two reads of which traffic is the difference.
///
/// # Errors
/// When the auth is not in the configuration, or the device does not answer.
pub async fn discover(
    target: &str,
    auth: &str,
    config: &Config,
    interval: Duration,
) -> anyhow::Result<Discovery> {
    let known = config.auths.get(auth).with_context(|| {
        let names: Vec<_> = config.auths.keys().map(String::as_str).collect();
        format!(
            "--auth: {auth:?} is not in the configuration, expected one of {}",
            names.join(", ")
        )
    })?;
    let device = Device::new(target.parse()?, Arc::clone(known));
    // First of all one request, so that a device that is not there costs its time limit once.
    let modules = modules::fitting(&device, &config.modules).await?;
    let interfaces = interface::read(&device, interval).await?;
    Ok(Discovery { target: target.to_owned(), auth: auth.to_owned(), interfaces, modules })
}

/// The device, and how it is asked.
struct Device {
    target: Target,
    auth: Arc<Auth>,
    walker: Walker,
    client: Client,
    deadline: Instant,
}

impl Device {
    fn new(target: Target, auth: Arc<Auth>) -> Self {
        let client = Client::new(None, Arc::new(|_| ()));
        let walker = Walker::new(None, 1, Arc::new(|_| ()));
        Device { target, auth, walker, client, deadline: Instant::now() + LIMIT }
    }

    /// Everything below these names.
    async fn walk(&self, roots: &[Oid]) -> anyhow::Result<Vec<Varbind>> {
        let Manners { retries, timeout, any_source } = MANNERS;
        let request = Request {
            target: &self.target,
            auth: &self.auth,
            get: &[],
            walk: roots,
            restrictions: &[],
            known: &[],
            max_repetitions: OBJECTS_PER_PACKET,
            retries,
            timeout,
            allow_nonincreasing_oids: false,
            any_source,
            deadline: self.deadline,
        };
        Ok(self.walker.fetch(&request, None).await.outcome?.iter().collect())
    }
}

fn interval(text: &str) -> Result<Duration, String> {
    text.parse::<jiff::SignedDuration>()
        .ok()
        .filter(jiff::SignedDuration::is_positive)
        .map(|duration| duration.unsigned_abs())
        .filter(|duration| *duration < LIMIT / 2)
        .ok_or_else(|| {
            format!("`{text}`: expected a time of less than a minute, such as 1s or 10s")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_a_short_time() {
        assert_eq!(interval("1s").unwrap(), Duration::from_secs(1));
        assert_eq!(interval("500ms").unwrap(), Duration::from_millis(500));
        for wrong in ["0s", "-1s", "2m", "1", "soon"] {
            assert!(interval(wrong).unwrap_err().contains(wrong), "{wrong}");
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        <Command as clap::CommandFactory>::command().debug_assert();
    }
}
