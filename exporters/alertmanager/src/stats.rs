//! Figures of each address, for the owner to export.

use jiff::Timestamp;

/// How one address fares.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressStats {
    /// URL of the Alertmanager.
    pub address: String,
    /// Whether it accepts what it is told. False until it first did, and after any failed call.
    pub up: bool,
    /// Alerts and ends that it has accepted since start, repetitions included.
    pub sent: u64,
    /// Calls that failed since start.
    pub failures: u64,
    /// Alerts that it refused as invalid since start, each tried alone.
    pub refused: u64,
    /// When a call last went well.
    pub last_success: Option<Timestamp>,
    /// Alerts that it holds as active.
    pub active: usize,
    /// Alerts, ends and silences that it has yet to be told of.
    pub pending: usize,
    /// Silences of ours that it holds.
    pub silences: usize,
}
