//! The command line: what each subcommand takes, and which module carries it out.
//!
//! Promises one line on standard error for every failure, with the remedy where there is one.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

use crate::control::{self, Request, Told};
use crate::site::Site;
use crate::supervise::guard;
use crate::{check, host, lab, table, traffic, up, vm_alarm};

#[derive(Parser)]
#[command(version, about = "Runs the WiseMonitor suite on this machine")]
struct Command {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Start the whole suite and keep it running until Ctrl-C
    Up {
        #[command(flatten)]
        state: StateFolder,
        /// Loopback address that every part listens on
        #[arg(long, default_value = "127.0.0.1", value_parser = loopback)]
        address: Ipv4Addr,
        /// How often Nagios checks each host and service
        #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = whole_seconds)]
        check_interval: Duration,
    },
    /// Show the parts of the running suite
    Status {
        #[command(flatten)]
        state: StateFolder,
        /// Print JSON instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Stop one part of the running suite, for example `web`, or begin a fault of a simulator, for example
    /// `lab-xapi/busy-vm`, to see what happens
    Break {
        #[command(flatten)]
        state: StateFolder,
        /// The part to stop, or the fault to begin
        #[arg(required_unless_present = "list")]
        name: Option<String>,
        /// How a fault is set: pool=, host=, vm= and seconds= for lab-xapi, command= and seconds= for lab-cloudstack
        #[arg(value_name = "KEY=VALUE")]
        settings: Vec<lab::Setting>,
        /// List what can be broken
        #[arg(long)]
        list: bool,
    },
    /// Start a part again that `break` has stopped, or end a fault that it has begun
    Mend {
        #[command(flatten)]
        state: StateFolder,
        /// The part to start, or the fault to end
        name: String,
    },
    /// Ask each program whether its configuration in a folder is right, and name file, line and key where not
    Check {
        /// The folder with alert-bridge.yml, prometheus.yml and so on, or with folders that have them
        folder: PathBuf,
    },
    /// Add hosts and services to Nagios, list and remove them
    Host {
        #[command(flatten)]
        state: StateFolder,
        #[command(flatten)]
        place: host::Place,
        #[command(subcommand)]
        task: Box<host::Task>,
    },
    /// Watch the traffic of network devices' interfaces
    Traffic {
        #[command(flatten)]
        state: StateFolder,
        #[command(subcommand)]
        task: traffic::Task,
    },
    /// Set at which load of a virtual machine its XenServer raises an alarm
    VmAlarm {
        #[command(flatten)]
        state: StateFolder,
        #[command(flatten)]
        place: vm_alarm::Place,
        #[command(subcommand)]
        task: vm_alarm::Task,
    },
    /// Become a program that ends when the process PARENT ends
    #[command(hide = true)]
    Guard {
        /// Process id of the one who starts it
        parent: i32,
        /// The program and its arguments
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<std::ffi::OsString>,
    },
}

#[derive(clap::Args)]
struct StateFolder {
    /// Folder for all data and generated configuration
    /// [default: $XDG_STATE_HOME/wisemonitor or ~/.local/state/wisemonitor]
    #[arg(long, value_name = "DIR", global = true)]
    dir: Option<PathBuf>,
}

/// Reads the command line and carries it out.
pub(crate) fn main() -> ExitCode {
    match run(Command::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wisemonitor: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> anyhow::Result<()> {
    match task {
        Task::Up { state, address, check_interval } => {
            block_on(up::run(Site::new(state.folder()?, address, check_interval)?))
        }
        Task::Status { state, json } => {
            let parts = block_on(control::ask(&state.folder()?, &Request::Status))?.parts;
            if json {
                println!("{}", serde_json::to_string_pretty(&parts)?);
            } else {
                print!("{}", table::of(&parts));
            }
            Ok(())
        }
        Task::Break { state, name: Some(name), settings, list: false } => {
            let request = Request::Break { name: name.clone(), settings };
            block_on(control::ask(&state.folder()?, &request))?;
            println!("{name} is broken; `wisemonitor mend {name}` ends that");
            Ok(())
        }
        Task::Break { state, .. } => {
            let Told { parts, faults } = block_on(control::ask(&state.folder()?, &Request::List))?;
            let parts =
                parts.into_iter().map(|part| [part.name, format!("stop: {}", part.purpose)]);
            let faults = faults.into_iter().map(|fault| [fault.name, fault.description]);
            print!("{}", table::columns(["NAME", "WHAT"], parts.chain(faults)));
            Ok(())
        }
        Task::Mend { state, name } => {
            block_on(control::ask(&state.folder()?, &Request::Mend(name.clone())))?;
            println!("{name} is mended");
            Ok(())
        }
        Task::Check { folder } => {
            print!("{}", block_on(check::run(&folder))?);
            Ok(())
        }
        Task::Host { state, place, task } => {
            print!("{}", block_on(host::run(&state.folder()?, place, *task))?);
            Ok(())
        }
        Task::Traffic { state, task } => {
            print!("{}", block_on(traffic::run(&state.folder()?, task))?);
            Ok(())
        }
        Task::VmAlarm { state, place, task } => {
            print!("{}", block_on(vm_alarm::run(&state.folder()?, place, task))?);
            Ok(())
        }
        Task::Guard { parent, command } => guard::become_program(parent, &command),
    }
}

/// One thread for everything: a child is told to end when the *thread* that started it ends.
fn block_on<T>(task: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start")?
        .block_on(task)
}

impl StateFolder {
    fn folder(self) -> anyhow::Result<PathBuf> {
        let variable =
            |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let chosen = self
            .dir
            .or_else(|| variable("XDG_STATE_HOME").map(|state| state.join("wisemonitor")))
            .or_else(|| variable("HOME").map(|home| home.join(".local/state/wisemonitor")))
            .context("neither XDG_STATE_HOME nor HOME is set: name a folder with --dir")?;
        std::path::absolute(&chosen)
            .with_context(|| format!("--dir: cannot use {}", chosen.display()))
    }
}

fn loopback(text: &str) -> Result<Ipv4Addr, String> {
    text.parse()
        .ok()
        .filter(Ipv4Addr::is_loopback)
        .ok_or_else(|| format!("`{text}`: expected an address in 127.0.0.0/8"))
}

/// Nagios schedules by the second.
pub(crate) fn whole_seconds(text: &str) -> Result<Duration, String> {
    text.parse::<jiff::SignedDuration>()
        .ok()
        .filter(|duration| duration.as_secs() >= 1 && duration.subsec_nanos() == 0)
        .map(|duration| duration.unsigned_abs())
        .ok_or_else(|| format!("`{text}`: expected whole seconds, such as 10s or 1m"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_an_address() {
        assert_eq!(loopback("127.0.0.2").unwrap().to_string(), "127.0.0.2");
        assert!(loopback("10.0.0.1").unwrap_err().contains("127.0.0.0/8"));
        assert!(loopback("localhost").unwrap_err().contains("localhost"));
    }

    #[test]
    fn intervals_are_whole_seconds() {
        assert_eq!(whole_seconds("10s").unwrap(), Duration::from_secs(10));
        assert_eq!(whole_seconds("2m").unwrap(), Duration::from_secs(120));
        for wrong in ["0s", "1.5s", "-3s", "ten"] {
            assert!(whole_seconds(wrong).unwrap_err().contains(wrong), "{wrong}");
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        <Command as clap::CommandFactory>::command().debug_assert();
    }
}
