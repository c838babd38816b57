//! `wisemonitor vm-alarm`: at which load of a virtual machine its XenServer raises an alarm.
//!
//! The settings are XAPI's own, in the VM's `other_config:perfmon`; perfmon on each host reads them anew every half
//! hour. xenserver-exporter shows them as `xen_alarm_threshold`, and hands on the alarms.
//!
//! Promises: variables that others have set stay as they are; nothing is written unless the settings of all chosen
//! VMs can be read; what is printed was read back from the pool.

mod configuration;
mod connection;
mod measure;
mod perfmon;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Subcommand;
use jiff::SignedDuration;

use crate::cli::whole_seconds;
use crate::table;
use connection::{Connection, VirtualMachine};
use measure::{Measure, Threshold, rate, share};
use perfmon::{Malformed, Sense, Variable};

#[derive(Debug, clap::Args)]
pub(crate) struct Place {
    /// Configuration of xenserver-exporter, which has the pools
    /// [default: xenserver-exporter/xenserver-exporter.yml in the folder of --dir]
    #[arg(long = "xenserver.config", value_name = "FILE", global = true)]
    configuration: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// Show which alarms are set
    Get {
        #[command(flatten)]
        target: Target,
    },
    /// Set alarms, and leave those of other variables as they are
    Set {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        thresholds: Thresholds,
        /// While the load stays, raise it again after this time [default: as it is, else 1h]
        #[arg(long, value_name = "DURATION", value_parser = whole_seconds)]
        repeat: Option<Duration>,
    },
    /// Remove alarms: those chosen, else all three, and leave those of other variables as they are
    Clear {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        measures: Measures,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Target {
    /// Name of the pool, as in xenserver-exporter's configuration
    pool: String,
    #[command(flatten)]
    choice: Choice,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Choice {
    /// Name or UUID of the VM
    vm: Option<String>,
    /// All VMs with this tag instead of one
    #[arg(long)]
    tag: Option<String>,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
pub(crate) struct Thresholds {
    /// Average use of its virtual CPUs, for example 90%:5m
    #[arg(long, value_name = "LEVEL:PERIOD", value_parser = share)]
    cpu: Option<Threshold>,
    /// What all its network interfaces receive and send together, for example 100MiB/s:5m
    #[arg(long, value_name = "LEVEL:PERIOD", value_parser = rate)]
    network: Option<Threshold>,
    /// What all its disks read and write together, for example 50MiB/s:5m
    #[arg(long, value_name = "LEVEL:PERIOD", value_parser = rate)]
    disk: Option<Threshold>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Measures {
    /// Only that of its virtual CPUs
    #[arg(long)]
    cpu: bool,
    /// Only that of its network interfaces
    #[arg(long)]
    network: bool,
    /// Only that of its disks
    #[arg(long)]
    disk: bool,
}

/// Carries it out; the answer is what to print.
///
/// # Errors
/// When the configuration has no such pool, the pool does not answer or refuses, it has no such VM or several, or
/// the settings of a VM are no XML.
pub(crate) async fn run(dir: &Path, place: Place, task: Task) -> anyhow::Result<String> {
    let usual = || dir.join("xenserver-exporter/xenserver-exporter.yml");
    let configuration = place.configuration.unwrap_or_else(usual);
    let (target, change) = match task {
        Task::Get { target } => (target, None),
        Task::Set { target, thresholds, repeat } => {
            (target, Some(Change::Set(thresholds.all(), repeat)))
        }
        Task::Clear { target, measures } => (target, Some(Change::Clear(measures.chosen()))),
    };
    let settings = configuration::pool(&configuration, &target.pool)?;
    let connection = Connection::open(target.pool.clone(), settings).await?;
    let done = carry_out(&connection, &target.choice, change).await;
    connection.close().await;
    done
}

/// What is done to the settings of each VM.
enum Change {
    Set(Vec<(Measure, Threshold)>, Option<Duration>),
    Clear(Vec<Measure>),
}

async fn carry_out(
    connection: &Connection,
    choice: &Choice,
    change: Option<Change>,
) -> anyhow::Result<String> {
    let Choice { vm, tag } = choice;
    let mut chosen = match (vm, tag) {
        (Some(name), _) => vec![connection.one(name)?],
        (None, tag) => connection.tagged(tag.as_deref().unwrap_or_default())?,
    };
    if let Some(change) = change {
        // All of them, before the first is written.
        for vm in &chosen {
            change.apply(vm.perfmon.as_deref()).map_err(|error| vm.explain(&error))?;
        }
        for vm in &mut chosen {
            connection.change(vm, |settings| change.apply(settings)).await?;
        }
    }
    let headings = ["VM", "UUID", "VARIABLE", "ALARM", "FOR", "AGAIN AFTER"];
    Ok(table::columns(headings, chosen.iter().flat_map(rows)))
}

impl Change {
    /// The settings afterwards, none where nothing is left of them.
    fn apply(&self, perfmon: Option<&str>) -> Result<Option<String>, Malformed> {
        let mut settings = perfmon.unwrap_or_default().to_owned();
        match self {
            Self::Set(thresholds, repeat) => {
                for (measure, threshold) in thresholds {
                    settings = perfmon::set(&settings, *measure, *threshold, *repeat)?;
                }
            }
            Self::Clear(measures) => {
                for measure in measures {
                    settings = perfmon::clear(&settings, *measure)?;
                }
            }
        }
        Ok((!settings.is_empty()).then_some(settings))
    }
}

impl Thresholds {
    fn all(self) -> Vec<(Measure, Threshold)> {
        let Self { cpu, network, disk } = self;
        let all = [(Measure::Cpu, cpu), (Measure::Network, network), (Measure::Disk, disk)];
        all.into_iter().filter_map(|(measure, given)| Some((measure, given?))).collect()
    }
}

impl Measures {
    fn chosen(&self) -> Vec<Measure> {
        let flags = [
            (Measure::Cpu, self.cpu),
            (Measure::Network, self.network),
            (Measure::Disk, self.disk),
        ];
        let is_any = flags.iter().any(|(_, is_given)| *is_given);
        let chosen = flags.into_iter().filter(|(_, is_given)| *is_given || !is_any);
        chosen.map(|(measure, _)| measure).collect()
    }
}

/// A line for each variable, and one for a VM without any.
fn rows(vm: &VirtualMachine) -> Vec<[String; 6]> {
    let row = |variable: &str, alarm: String, period: String, repeat: String| {
        let (name, uuid) = (table::printable(&vm.name), vm.uuid.to_string());
        [name, uuid, table::printable(variable), alarm, period, repeat]
    };
    let none = || "-".to_owned();
    match perfmon::variables(vm.perfmon.as_deref().unwrap_or_default()) {
        Err(error) => vec![row("-", table::printable(&error.to_string()), none(), none())],
        Ok(variables) if variables.is_empty() => vec![row("-", none(), none(), none())],
        Ok(variables) => {
            let cells = |variable: &Variable| {
                let (period, repeat) = (shown(variable.period), shown(variable.repeat));
                row(&variable.name, condition(variable), period, repeat)
            };
            variables.iter().map(cells).collect()
        }
    }
}

/// Where a variable is an alarm, in words.
fn condition(variable: &Variable) -> String {
    let side = match variable.sense {
        Sense::High => "above",
        Sense::Low => "below",
    };
    let level = match (variable.level, Measure::of(&variable.name)) {
        (None, _) => "its usual level".to_owned(),
        (Some(level), Some(measure)) => measure.show(level),
        (Some(level), None) => level.to_string(),
    };
    format!("{side} {level}")
}

/// A time as it is written on the command line.
fn shown(time: Duration) -> String {
    SignedDuration::try_from(time).map_or_else(|_| format!("{time:?}"), |time| format!("{time:#}"))
}
