//! The series of each host and service.
//!
//! Five a service in the ordinary: its state, latency, duration and time of the last check, and at most one
//! condition. Each further condition adds one as long as it lasts; the configuration adds families.

use std::fmt;

use exporter_kit::Metric;
use exporter_kit::families::{begin, write_gauge};
use nagios_event::GroupKind;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, LabelSetEncoder};

use super::families as f;
use crate::config::{Optional, Output, Series};
use crate::problem;
use crate::selection::Labels;
use crate::snapshot::{HostState, ServiceState, Settings, Snapshot, Status};

/// How many bytes of a plugin's output become a label.
const LONGEST_OUTPUT: usize = 256;

/// The names of an object and the labels that the configuration adds.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    pub(super) host: &'a str,
    /// Empty for the host itself where hosts and services share a family, absent in families of hosts.
    pub(super) service: Option<&'a str>,
    pub(super) more: &'a Labels,
}

impl EncodeLabelSet for Names<'_> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        [("host", self.host)].encode(encoder)?;
        self.service.map(|service| ("service", service)).as_slice().encode(encoder)?;
        (&**self.more).encode(encoder)
    }
}

/// An object that is shown.
pub(super) struct Shown<'a, S> {
    pub(super) names: Names<'a>,
    settings: &'a Settings,
    /// `None` while pending.
    pub(super) status: Option<&'a Status<S>>,
}

/// The hosts that are shown.
pub(super) fn shown_hosts(snapshot: &Snapshot) -> impl Iterator<Item = Shown<'_, HostState>> {
    snapshot.hosts.iter().filter_map(|host| {
        let names =
            Names { host: &host.inventory.name, service: None, more: host.labels.as_ref()? };
        Some(Shown { names, settings: &host.inventory.settings, status: host.status.as_ref() })
    })
}

/// The services that are shown.
pub(super) fn shown_services(snapshot: &Snapshot) -> impl Iterator<Item = Shown<'_, ServiceState>> {
    snapshot.services.iter().filter_map(|service| {
        let inventory = &service.inventory;
        let names = Names {
            host: &inventory.host,
            service: Some(&inventory.name),
            more: service.labels.as_ref()?,
        };
        Some(Shown { names, settings: &inventory.settings, status: service.status.as_ref() })
    })
}

/// States, conditions, outputs and what is known of the configuration.
pub(super) fn objects(
    e: &mut DescriptorEncoder<'_>,
    snapshot: &Snapshot,
    series: &Series,
) -> fmt::Result {
    inventory(e, snapshot, series)?;
    gauges(e, series, HOST_METRICS, || shown_hosts(snapshot))?;
    gauges(e, series, SERVICE_METRICS, || shown_services(snapshot))?;
    outputs(e, snapshot, series.output)
}

/// The families that hosts and services have alike.
struct Metrics {
    state: &'static Metric,
    condition: &'static Metric,
    latency: &'static Metric,
    execution: &'static Metric,
    last_check: &'static Metric,
    attempt: &'static Metric,
    interval: &'static Metric,
    next_check: &'static Metric,
    state_change: &'static Metric,
}

const HOST_METRICS: Metrics = Metrics {
    state: &f::HOST_STATE,
    condition: &f::HOST_CONDITION,
    latency: &f::HOST_CHECK_LATENCY,
    execution: &f::HOST_CHECK_EXECUTION,
    last_check: &f::HOST_LAST_CHECK,
    attempt: &f::HOST_CHECK_ATTEMPT,
    interval: &f::HOST_CHECK_INTERVAL,
    next_check: &f::HOST_NEXT_CHECK,
    state_change: &f::HOST_STATE_CHANGE,
};

const SERVICE_METRICS: Metrics = Metrics {
    state: &f::SERVICE_STATE,
    condition: &f::SERVICE_CONDITION,
    latency: &f::SERVICE_CHECK_LATENCY,
    execution: &f::SERVICE_CHECK_EXECUTION,
    last_check: &f::SERVICE_LAST_CHECK,
    attempt: &f::SERVICE_CHECK_ATTEMPT,
    interval: &f::SERVICE_CHECK_INTERVAL,
    next_check: &f::SERVICE_NEXT_CHECK,
    state_change: &f::SERVICE_STATE_CHANGE,
};

/// What a gauge shows of an object that has been checked; `None`: no series.
type Reading<S> = fn(&Settings, &Status<S>) -> Option<f64>;

fn gauges<'a, S, I>(
    e: &mut DescriptorEncoder<'_>,
    series: &Series,
    metrics: Metrics,
    shown: impl Fn() -> I,
) -> fmt::Result
where
    S: Copy + Into<u8> + 'a,
    I: Iterator<Item = Shown<'a, S>>,
{
    let Metrics {
        state,
        condition,
        latency,
        execution,
        last_check,
        attempt,
        interval,
        next_check,
        state_change,
    } = metrics;
    let gauges: [(&'static Metric, Option<Optional>, Reading<S>); 8] = [
        (state, None, |_, status| Some(f64::from(status.state.into()))),
        (latency, None, |_, status| Some(status.latency)),
        (execution, None, |_, status| Some(status.execution_time)),
        (last_check, None, |_, status| status.last_check.map(|time| time as f64)),
        (attempt, Some(Optional::CheckAttempt), |_, status| Some(f64::from(status.attempt))),
        (interval, Some(Optional::CheckInterval), |settings, _| Some(settings.check_interval)),
        (next_check, Some(Optional::NextCheck), |_, status| status.next_check.map(|t| t as f64)),
        (state_change, Some(Optional::LastStateChange), |_, status| {
            status.last_state_change.map(|time| time as f64)
        }),
    ];
    for (metric, optional, reading) in gauges {
        let mut family = begin(e, metric)?;
        if optional.is_some_and(|optional| !series.asks(optional)) {
            continue;
        }
        for Shown { names, settings, status } in shown() {
            if let Some(value) = status.and_then(|status| reading(settings, status)) {
                write_gauge(&mut family.encode_family(&names)?, value)?;
            }
        }
    }
    let mut family = begin(e, condition)?;
    for Shown { names, status, .. } in shown() {
        for condition in status.into_iter().flat_map(Status::conditions) {
            let labels = (names, [("condition", condition.as_str())]);
            family.encode_family(&labels)?.encode_gauge(&1_u64)?;
        }
    }
    Ok(())
}

fn inventory(e: &mut DescriptorEncoder<'_>, snapshot: &Snapshot, series: &Series) -> fmt::Result {
    let mut family = begin(e, &f::HOST_INFO)?;
    for host in &snapshot.hosts {
        let Some(more) = &host.labels else { continue };
        let names = Names { host: &host.inventory.name, service: None, more };
        let (alias, address) = (&*host.inventory.alias, &*host.inventory.address);
        family.encode_info(&(names, [("alias", alias), ("address", address)]))?;
    }
    let shown_host = |name: &str| snapshot.host(name).is_some_and(|host| host.labels.is_some());
    let mut family = begin(e, &f::HOST_PARENT)?;
    for host in snapshot.hosts.iter().filter(|host| host.labels.is_some()) {
        for parent in &host.inventory.parents {
            family.encode_info(&[("host", &*host.inventory.name), ("parent", parent)])?;
        }
    }
    let members = |kind| {
        let groups = snapshot.groups.iter().filter(move |group| group.kind == kind);
        groups.flat_map(|group| group.members.iter().map(|member| (group.name.as_str(), member)))
    };
    let mut family = begin(e, &f::HOSTGROUP_MEMBER)?;
    for (group, (host, _)) in members(GroupKind::Host).filter(|(_, (host, _))| shown_host(host)) {
        family.encode_info(&[("hostgroup", group), ("host", host)])?;
    }
    let mut family = begin(e, &f::SERVICEGROUP_MEMBER)?;
    if series.asks(Optional::ServicegroupMember) {
        for (group, (host, service)) in members(GroupKind::Service) {
            if snapshot.service(host, service).is_some_and(|known| known.labels.is_some()) {
                let labels = [("servicegroup", group), ("host", host), ("service", service)];
                family.encode_info(&labels)?;
            }
        }
    }
    Ok(())
}

/// The beginning of what plugins say.
fn outputs(e: &mut DescriptorEncoder<'_>, snapshot: &Snapshot, which: Output) -> fmt::Result {
    let mut family = begin(e, &f::OUTPUT)?;
    let mut write = |host, service, more: &Option<Labels>, is_problem: bool, output: &str| {
        let wanted = match which {
            Output::None => false,
            Output::Problems => is_problem,
            Output::All => true,
        };
        let Some(more) = more.as_ref().filter(|_| wanted) else { return Ok(()) };
        let names = Names { host, service: Some(service), more };
        family.encode_info(&(names, [("output", output)]))
    };
    for host in &snapshot.hosts {
        let name = &*host.inventory.name;
        if let Some(status) = &host.status {
            let is_problem = problem::of_host(snapshot, host).is_some();
            write(name, "", &host.labels, is_problem, status.output_up_to(LONGEST_OUTPUT))?;
        }
        for service in snapshot.services_of(name) {
            if let Some(status) = &service.status {
                let is_problem = problem::of_service(snapshot, host, service).is_some();
                let service_name = &*service.inventory.name;
                write(
                    name,
                    service_name,
                    &service.labels,
                    is_problem,
                    status.output_up_to(LONGEST_OUTPUT),
                )?;
            }
        }
    }
    Ok(())
}
