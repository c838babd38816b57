//! What can be wrong with a pool or with one of its hosts. This is the one list of it.

pub(crate) mod apply;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::value::Value;

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Fault {
    Hang,
    Slow,
    Error,
    Truncated,
    NoJson,
    NoXml,
    Down,
    OldTls,
    ExpiredCertificate,
    OtherCertificate,
    WrongClock,
    RrdGap,
    WrongPassword,
    ShortSessions,
    RevokedSessions,
    LostEvents,
    MasterDead,
    BusyVm,
    CrashedVm,
    FullStorage,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.serialize(formatter)
    }
}

/// What a fault is set on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Scope {
    /// Hosts: all of the pools, or the one that is named.
    Host,
    /// Pools: all of them, or the one that is named.
    Pool,
}

impl Fault {
    pub(crate) const ALL: [Self; 20] = [
        Self::Hang,
        Self::Slow,
        Self::Error,
        Self::Truncated,
        Self::NoJson,
        Self::NoXml,
        Self::Down,
        Self::OldTls,
        Self::ExpiredCertificate,
        Self::OtherCertificate,
        Self::WrongClock,
        Self::RrdGap,
        Self::WrongPassword,
        Self::ShortSessions,
        Self::RevokedSessions,
        Self::LostEvents,
        Self::MasterDead,
        Self::BusyVm,
        Self::CrashedVm,
        Self::FullStorage,
    ];

    /// One line for who is to choose. `seconds` is the setting of that name.
    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::Hang => "takes requests and never answers",
            Self::Slow => "answers after so many seconds (3)",
            Self::Error => "answers everything with status 500",
            Self::Truncated => "ends each answer half way",
            Self::NoJson => "has no JSON-RPC, as old hosts",
            Self::NoXml => "has no XML-RPC",
            Self::Down => "refuses connections",
            Self::OldTls => "speaks no TLS that is newer than 1.0",
            Self::ExpiredCertificate => "shows a certificate that has expired",
            Self::OtherCertificate => "shows another certificate of the same authority",
            Self::WrongClock => "has a clock that is so many seconds ahead (3600)",
            Self::RrdGap => "writes no measurements: rows hold NaN",
            Self::WrongPassword => "takes no password",
            Self::ShortSessions => "ends sessions so many seconds after login (5)",
            Self::RevokedSessions => "has revoked every session of this moment",
            Self::LostEvents => "has lost the events up to this moment",
            Self::MasterDead => "the master is dead; another takes over after so many seconds (2)",
            Self::BusyVm => "a VM uses all of its processors, and an alarm tells it",
            Self::CrashedVm => "a VM has crashed",
            Self::FullStorage => "a storage repository is 97 % full",
        }
    }

    pub(crate) fn scope(self) -> Scope {
        match self {
            Self::RevokedSessions
            | Self::LostEvents
            | Self::WrongPassword
            | Self::ShortSessions
            | Self::MasterDead
            | Self::BusyVm
            | Self::CrashedVm
            | Self::FullStorage => Scope::Pool,
            _ => Scope::Host,
        }
    }

    /// The number that the description has in parentheses.
    pub(crate) fn default_seconds(self) -> f64 {
        match self {
            Self::Slow => 3.0,
            Self::WrongClock => 3600.0,
            Self::ShortSessions => 5.0,
            Self::MasterDead => 2.0,
            _ => 0.0,
        }
    }
}

/// A fault that is there.
#[derive(Debug, Clone)]
pub(crate) struct Present {
    pub(crate) fault: Fault,
    pub(crate) seconds: f64,
    /// The object that it was set on, and what a field of it held before: the end of the fault needs that.
    pub(crate) object: Option<(String, Option<Value>)>,
}

/// The faults of one host or pool.
#[derive(Default)]
pub(crate) struct Faults(Mutex<Vec<Present>>);

impl Faults {
    /// How a fault is set, if it is.
    pub(crate) fn get(&self, fault: Fault) -> Option<Present> {
        self.lock().iter().find(|present| present.fault == fault).cloned()
    }

    pub(crate) fn has(&self, fault: Fault) -> bool {
        self.get(fault).is_some()
    }

    /// The time that a fault is set to, if it is there.
    pub(crate) fn time(&self, fault: Fault) -> Option<Duration> {
        self.get(fault).map(|present| Duration::from_secs_f64(present.seconds))
    }

    pub(crate) fn set(&self, present: Present) {
        let mut faults = self.lock();
        faults.retain(|other| other.fault != present.fault);
        faults.push(present);
    }

    /// Ends a fault and returns how it was set.
    pub(crate) fn end(&self, fault: Fault) -> Option<Present> {
        let mut faults = self.lock();
        let at = faults.iter().position(|present| present.fault == fault)?;
        Some(faults.remove(at))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Present>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
