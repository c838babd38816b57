//! The configuration: what the YAML file holds, and what it becomes.
//!
//! Promises: every error names the key, what stands there and what was expected; passwords and tokens are never
//! printed. Refuses to know sockets and XAPI's protocol.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use alertmanager::Address;
use anyhow::Context as _;
use exporter_kit::Configuration;
use jiff::SignedDuration;
use serde::Deserialize;
use xenapi::PoolSettings;

/// How long the last known state is shown after its source fell silent, unless configured.
const STALE_AFTER: Duration = Duration::from_secs(5 * 60);

/// How long a message that nobody destroys stays an alert, unless configured.
const ALERT_HOLD: Duration = Duration::from_secs(24 * 60 * 60);

/// XAPI's priority up to which messages are alerts, unless configured: 1 is the most urgent, 5 is information.
const ALERT_PRIORITY: i64 = 3;

/// The exporter has no flags of its own.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Flags {}

/// What the exporter works with.
#[derive(Debug, Clone)]
pub struct Config {
    /// The pools, each with a name of its own.
    pub pools: Vec<PoolConfig>,
    /// What holds for all of them.
    pub common: Common,
    /// Where the history goes.
    pub history: Option<history::Settings>,
}

/// What holds for all pools.
#[derive(Debug, Clone, PartialEq)]
pub struct Common {
    /// Which metrics there are besides the default set.
    pub metrics: BTreeSet<Optional>,
    /// How long the last known state of a pool or host is shown after it fell silent.
    pub stale_after: Duration,
    /// Where alerts are pushed.
    pub alertmanagers: Vec<Address>,
    /// Up to which of XAPI's priorities messages are alerts; ALARM messages always are.
    pub alert_priority: i64,
    /// How long a message that nobody destroys stays an alert.
    pub alert_hold: Duration,
}

/// A pool to read.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolConfig {
    /// The `pool` label of everything of this pool.
    pub name: String,
    /// How it is reached.
    pub settings: PoolSettings,
}

/// Metrics beyond the default set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Optional {
    /// Operations, latency, queue and wait of each disk of each VM.
    DiskDetail,
    /// Errors of each interface of each VM.
    NetworkDetail,
    /// Use of each virtual CPU.
    VmCpu,
    /// Limits of each VM's memory.
    VmMemory,
    /// Shares of time that a VM ran, waited or was halted, where hosts measure them.
    Runstate,
    /// Idle and performance states of each CPU of hosts.
    CpuState,
    /// Operations and latency of each repository at each host.
    StorageDetail,
    /// Each disk: its size and use.
    Vdi,
    /// Which network and disk stand behind each device of each VM.
    Devices,
    /// What XAPI itself uses on each host.
    Xapi,
}

/// The file as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct File {
    pools: Vec<xenapi::File>,
    metrics: Vec<Optional>,
    stale_after: Option<String>,
    alertmanagers: alertmanager::File,
    alert_priority: Option<i64>,
    alert_hold: Option<String>,
    history: Option<history::File>,
}

impl Configuration for Config {
    type File = File;

    fn resolve(file: File, base: &Path) -> anyhow::Result<Self> {
        let File {
            pools,
            metrics,
            stale_after,
            alertmanagers,
            alert_priority,
            alert_hold,
            history,
        } = file;
        let history = history.map(|history| history::Settings::resolve(history, base));
        let alert_priority = alert_priority.unwrap_or(ALERT_PRIORITY);
        anyhow::ensure!(
            (0..=5).contains(&alert_priority),
            "alert_priority: is {alert_priority}, expected 1 (most urgent) to 5, or 0 for alarms alone"
        );
        let common = Common {
            metrics: metrics.into_iter().collect(),
            stale_after: duration("stale_after", stale_after, STALE_AFTER)?,
            alertmanagers: alertmanagers.resolve(base)?,
            alert_priority,
            alert_hold: duration("alert_hold", alert_hold, ALERT_HOLD)?,
        };
        let history = history.transpose().context("history")?;
        Ok(Config { pools: all_pools(pools, base)?, common, history })
    }
}

fn all_pools(written: Vec<xenapi::File>, base: &Path) -> anyhow::Result<Vec<PoolConfig>> {
    let mut pools: Vec<PoolConfig> = Vec::new();
    for (index, written) in written.into_iter().enumerate() {
        let name = written.name.clone();
        let settings =
            PoolSettings::resolve(written, base).with_context(|| format!("pools[{index}]"))?;
        anyhow::ensure!(
            pools.iter().all(|known| known.name != name),
            "pools[{index}]: name: {name:?} is there twice, expected a name of its own for each pool",
        );
        pools.push(PoolConfig { name, settings });
    }
    Ok(pools)
}

fn duration(key: &str, written: Option<String>, default: Duration) -> anyhow::Result<Duration> {
    let Some(text) = written else { return Ok(default) };
    let expected = || format!("{key}: {text:?} is not a duration, expected for example 5m or 24h");
    let parsed: SignedDuration = text.parse().with_context(expected)?;
    anyhow::ensure!(parsed.is_positive(), expected());
    Duration::try_from(parsed).with_context(expected)
}

#[cfg(test)]
mod tests;
