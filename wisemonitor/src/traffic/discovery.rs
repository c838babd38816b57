//! What snmp-exporter finds on a device: `snmp-exporter discover --json`, run as a process.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use tokio::process::Command;
use tokio::time::timeout;

use super::files::Device;
use crate::program;

/// More than it gives itself.
const LIMIT: Duration = Duration::from_secs(200);

/// The part of its answer that matters here.
#[derive(Debug, Deserialize)]
struct Discovery {
    interfaces: Vec<Interface>,
}

/// An interface of a device.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Interface {
    /// ifName; empty where the device has none.
    pub(super) name: String,
    /// What the operator calls it.
    pub(super) alias: String,
    /// What it is told to be, by its name in RFC 2863.
    pub(super) admin_status: Option<String>,
    /// What it is, likewise.
    pub(super) oper_status: Option<String>,
    /// Its speed, where it is known.
    pub(super) speed_bits_per_second: Option<u64>,
    /// Traffic that comes in.
    pub(super) in_bits_per_second: Option<f64>,
    /// Traffic that goes out.
    pub(super) out_bits_per_second: Option<f64>,
}

/// The interfaces of a device, and their traffic over so much time. `folder` is snmp-exporter's own, where a
/// configuration may be.
///
/// # Errors
/// When the device does not answer; the error is snmp-exporter's own.
pub(super) async fn interfaces(
    device: &Device,
    folder: &Path,
    interval: Duration,
) -> anyhow::Result<Vec<Interface>> {
    let mut command = Command::new(program::ours("snmp-exporter")?);
    command.arg("discover").arg("--json").args(["--auth", &device.auth]);
    command.arg("--interval").arg(format!("{}ms", interval.as_millis()));
    command.arg("--").arg(&device.address).stdin(Stdio::null()).kill_on_drop(true);
    if folder.is_dir() {
        command.current_dir(folder);
    }
    let output = timeout(LIMIT, command.output())
        .await
        .context("snmp-exporter discover does not end")?
        .context("cannot run snmp-exporter")?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        bail!("{}", error.trim().strip_prefix("snmp-exporter: ").unwrap_or(error.trim()));
    }
    let found: Discovery =
        serde_json::from_slice(&output.stdout).context("cannot read what snmp-exporter found")?;
    Ok(found.interfaces)
}
