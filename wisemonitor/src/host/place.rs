//! Which Nagios is meant: the suite's, or one of the operator's own.

use std::net::SocketAddrV4;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;

use super::exporter::Exporter;
use super::nagios::{Nagios, canonical};
use crate::control::{self, Request};
use crate::{cli, program};

const DEBIANS_CONFIG: &str = "/etc/nagios4/nagios.cfg";
const NAGIOS_EXPORTER: &str = "127.0.0.1:10190";

/// The flags that say where everything is.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Place {
    /// Main configuration of Nagios
    /// [default: the suite's, if --dir has one, else /etc/nagios4/nagios.cfg]
    #[arg(long = "nagios.config", value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Folder for the files of hosts, one that Nagios reads
    /// [default: the suite's, or conf.d/wisemonitor beside the main configuration]
    #[arg(long = "nagios.hosts", value_name = "DIR", global = true)]
    hosts: Option<PathBuf>,
    /// Program of Nagios [default: nagios4 of the PATH and of sbin]
    #[arg(long = "nagios.program", value_name = "FILE", global = true)]
    program: Option<PathBuf>,
    /// Pipe by which Nagios is commanded [default: command_file of the main configuration]
    #[arg(
        long = "nagios.command-file",
        visible_alias = "nagios.command",
        value_name = "FILE",
        global = true
    )]
    command_file: Option<PathBuf>,
    /// Address of nagios-exporter [default: the suite's, or 127.0.0.1:10190]
    #[arg(long = "nagios.exporter", value_name = "ADDRESS", global = true)]
    exporter: Option<SocketAddrV4>,
    /// Folder where Prometheus finds snmp-targets*.yml [default: the suite's]
    #[arg(long = "prometheus.targets", value_name = "DIR", global = true)]
    targets: Option<PathBuf>,
    /// How long Nagios may take to use what is new
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = cli::whole_seconds, global = true)]
    wait: Duration,
}

/// What the flags come to.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) nagios: Nagios,
    /// The main configuration.
    pub(super) config: PathBuf,
    /// Folder for the files of hosts, without links.
    pub(super) hosts: PathBuf,
    pub(super) exporter: Exporter,
    /// Where targets of Prometheus are written, if that is known.
    pub(super) targets: Option<PathBuf>,
    /// What services use unless told otherwise.
    pub(super) service_template: &'static str,
    pub(super) wait: Duration,
}

impl Place {
    /// Finds everything; `dir` is the suite's folder.
    ///
    /// # Errors
    /// When something is not there.
    pub(super) async fn find(self, dir: &Path) -> anyhow::Result<Site> {
        let Place { config, hosts, program, command_file, exporter, targets, wait } = self;
        let suites = dir.join("nagios/nagios.cfg");
        let is_suite = config.as_ref().map_or(suites.is_file(), |config| *config == suites);
        let config = match config {
            Some(config) => config,
            None if is_suite => suites,
            None => DEBIANS_CONFIG.into(),
        };
        let config = std::path::absolute(&config)
            .with_context(|| format!("--nagios.config: cannot use {}", config.display()))?;
        let program = program.map_or_else(|| program::debians("nagios4"), Ok)?;
        let own = if is_suite { "hosts" } else { "conf.d/wisemonitor" };
        let hosts = hosts.unwrap_or_else(|| config.with_file_name(own));
        let hosts = std::path::absolute(&hosts)
            .with_context(|| format!("--nagios.hosts: cannot use {}", hosts.display()))?;
        let exporter = match exporter {
            Some(exporter) => exporter,
            None if is_suite => exporter_of_suite(dir).await?,
            None => NAGIOS_EXPORTER.parse()?,
        };
        Ok(Site {
            nagios: Nagios::new(program, config.clone(), command_file)?,
            config,
            hosts: canonical(&hosts),
            exporter: Exporter(exporter),
            targets: targets.or_else(|| is_suite.then(|| dir.join("prometheus"))),
            service_template: if is_suite { "every-service" } else { "generic-service" },
            wait,
        })
    }
}

async fn exporter_of_suite(dir: &Path) -> anyhow::Result<SocketAddrV4> {
    let parts = control::ask(dir, &Request::Status).await?.parts;
    let part = parts.iter().find(|part| part.name == "nagios-exporter");
    let address = part.and_then(|part| part.address.strip_prefix("http://"));
    let address = address.context("the suite has no part `nagios-exporter`")?;
    address.parse().with_context(|| format!("cannot use nagios-exporter's address {address}"))
}
