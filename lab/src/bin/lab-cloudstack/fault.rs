//! What can be wrong with the server or with its cloud. This is the one list of it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::cloud::Cloud;
use crate::life;

/// Jobs that fail when jobs are to fail.
const FAILED_JOBS: usize = 20;

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Fault {
    Hang,
    Slow,
    Unauthorized,
    Throttled,
    Unavailable,
    Truncated,
    ControlCharacters,
    OverlappingPages,
    CountOfPage,
    CountTooHigh,
    OldServer,
    HostDown,
    HostAlert,
    SystemVmStopped,
    RouterStopped,
    RouterUnhealthy,
    FullStorage,
    FullTenant,
    FailedJobs,
    SilentUsageServer,
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
    /// The answers to all calls, or to the one that is named.
    Call,
    /// What the cloud has.
    Cloud,
}

impl Fault {
    pub(crate) const ALL: [Self; 20] = [
        Self::Hang,
        Self::Slow,
        Self::Unauthorized,
        Self::Throttled,
        Self::Unavailable,
        Self::Truncated,
        Self::ControlCharacters,
        Self::OverlappingPages,
        Self::CountOfPage,
        Self::CountTooHigh,
        Self::OldServer,
        Self::HostDown,
        Self::HostAlert,
        Self::SystemVmStopped,
        Self::RouterStopped,
        Self::RouterUnhealthy,
        Self::FullStorage,
        Self::FullTenant,
        Self::FailedJobs,
        Self::SilentUsageServer,
    ];

    /// One line for who is to choose. The number in parentheses is `seconds`.
    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::Hang => "takes requests and never answers",
            Self::Slow => "answers after so many seconds (3)",
            Self::Unauthorized => "accepts no key: 401",
            Self::Throttled => "says that the limit of calls is reached: 429",
            Self::Unavailable => "says that it is unavailable: 503",
            Self::Truncated => "ends each answer half way",
            Self::ControlCharacters => "writes raw control characters into texts",
            Self::OverlappingPages => "begins each page a few objects before the end of the last",
            Self::CountOfPage => "counts the objects of the page, not of the list",
            Self::CountTooHigh => "counts seven objects more than there are",
            Self::OldServer => "is of version 4.11 and has no newer calls",
            Self::HostDown => "the first host is Down",
            Self::HostAlert => "the second host is in Alert",
            Self::SystemVmStopped => "the first system VM is Stopped",
            Self::RouterStopped => "the first virtual router is Stopped",
            Self::RouterUnhealthy => "a health check of the second virtual router fails",
            Self::FullStorage => "the first storage pool is 97 % full",
            Self::FullTenant => "the first account that has a limit of VMs has reached it",
            Self::FailedJobs => "twenty jobs have failed",
            Self::SilentUsageServer => "the usage server is Down since two hours",
        }
    }

    pub(crate) fn scope(self) -> Scope {
        if self < Self::HostDown { Scope::Call } else { Scope::Cloud }
    }

    fn default_seconds(self) -> f64 {
        if self == Self::Slow { 3.0 } else { 0.0 }
    }

    /// Puts the cloud into that state, or out of it.
    fn apply(self, cloud: &mut Cloud, wrong: bool) {
        match self {
            Self::HostDown | Self::HostAlert => {
                let (place, bad) = if self == Self::HostDown { (0, "Down") } else { (1, "Alert") };
                if let Some(host) = cloud.hosts.get_mut(place) {
                    host.state = when(wrong, bad, "Up");
                    host.disconnected = wrong.then(crate::clock::now);
                }
            }
            Self::SystemVmStopped => {
                if let Some(vm) = cloud.system_vms.first_mut() {
                    (vm.state, vm.agentstate) = when(wrong, ("Stopped", "Down"), ("Running", "Up"));
                }
            }
            Self::RouterStopped => {
                if let Some(router) = cloud.routers.first_mut() {
                    router.state = when(wrong, "Stopped", "Running");
                }
            }
            Self::RouterUnhealthy => {
                if let Some(router) = cloud.routers.get_mut(1) {
                    router.healthchecksfailed = wrong;
                    if let Some(check) = router.checks.first_mut() {
                        (check.success, check.details) =
                            when(wrong, (false, "no answer"), (true, "passed"));
                    }
                }
            }
            Self::FullStorage => {
                if let Some(pool) = cloud.pools.first_mut() {
                    pool.disksizeused = pool.disksizetotal / 100 * when(wrong, 97, 50);
                }
            }
            Self::FullTenant => {
                let mut vms = cloud.accounts.iter_mut().map(|account| account.resources.of("vm"));
                if let Some(vms) = vms.find(|vms| vms.limit.is_some()) {
                    vms.limit = Some(vms.total * when(wrong, 1, 2));
                }
            }
            Self::FailedJobs => {
                for vm in 0..if wrong { FAILED_JOBS.min(cloud.vms.len()) } else { 0 } {
                    let job = life::begin(cloud, vm);
                    life::finish(cloud, &job, false);
                }
            }
            Self::SilentUsageServer => {
                cloud.usage_server.state = when(wrong, "Down", "Up");
                cloud.usage_server.lastheartbeat = crate::clock::ago(when(wrong, 7200, 0));
            }
            _ => {}
        }
    }
}

/// How a fault is set. Unknown names are refused.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Target {
    /// The only call that it is for.
    pub(crate) command: Option<String>,
    /// The number that a fault's description has in parentheses.
    pub(crate) seconds: Option<f64>,
}

/// The faults that there are.
#[derive(Default)]
pub(crate) struct Faults(Mutex<BTreeMap<Fault, Target>>);

impl Faults {
    /// Begins a fault. The error says what is not possible.
    pub(crate) fn begin(
        &self,
        cloud: &mut Cloud,
        fault: Fault,
        target: Target,
    ) -> Result<(), String> {
        if let Some(seconds) = target.seconds.filter(|seconds| !(0.0..=1e6).contains(seconds)) {
            return Err(format!("seconds: {seconds}, expected 0 to 1e6"));
        }
        if let Some(name) = target.command.as_deref()
            && (fault.scope() == Scope::Cloud || crate::schema::command(name).is_none())
        {
            return Err(format!("command: {name:?} cannot have the fault {fault}"));
        }
        fault.apply(cloud, true);
        self.lock().insert(fault, target);
        Ok(())
    }

    /// Ends a fault, if it is there.
    pub(crate) fn end(&self, cloud: &mut Cloud, fault: Fault) {
        if self.lock().remove(&fault).is_some() {
            fault.apply(cloud, false);
        }
    }

    /// How a fault is set.
    pub(crate) fn get(&self, fault: Fault) -> Option<Target> {
        self.lock().get(&fault).cloned()
    }

    /// Whether answers to a call have a fault.
    pub(crate) fn has(&self, fault: Fault, command: &str) -> bool {
        self.get(fault).is_some_and(|target| {
            target.command.is_none_or(|only| only.eq_ignore_ascii_case(command))
        })
    }

    /// How long the answer to a call takes; `None` if that is for ever.
    pub(crate) fn delay(&self, command: &str) -> Option<Duration> {
        if self.has(Fault::Hang, command) {
            return None;
        }
        let slow = self.get(Fault::Slow).filter(|_| self.has(Fault::Slow, command));
        let seconds = |slow: Target| slow.seconds.unwrap_or(Fault::Slow.default_seconds());
        Some(slow.map_or(Duration::ZERO, |slow| Duration::from_secs_f64(seconds(slow))))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Fault, Target>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn when<T>(wrong: bool, bad: T, good: T) -> T {
    if wrong { bad } else { good }
}
