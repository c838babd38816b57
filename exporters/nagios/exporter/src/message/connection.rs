//! How a Nagios and its module introduce themselves: one shape for each of `nagios-event`'s records.

use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(remote = "nagios_event::Hello")]
pub(super) struct HelloShape {
    protocol: u16,
    epoch: u64,
    pid: u32,
    instance: String,
    module_version: String,
    nagios_version: String,
    warnings: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "nagios_event::Stats")]
pub(super) struct StatsShape {
    last_seq: u64,
    dropped: u64,
    coalesced: u64,
    truncated: u64,
    panics: u64,
    reloads: u64,
    spilled: u64,
    recovered: u64,
    spill_errors: u64,
    ring_bytes: u64,
    ring_high_bytes: u64,
    ring_limit_bytes: u64,
    queue_bytes: u64,
    queue_limit_bytes: u64,
    spill_bytes: u64,
    spill_limit_bytes: u64,
}
