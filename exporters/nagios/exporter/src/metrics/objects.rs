//! The snapshot's metrics: hosts, services, problems, performance data.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use nagios_event::GroupKind;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use tokio::sync::watch;

use super::families::{self as f, Metric};
use super::perfdata::perfdata;
use super::{begin, write_gauge};
use crate::config::Config;
use crate::problem::{self, Handled, Severity};
use crate::snapshot::{Host, HostState, Service, ServiceState, Snapshot, Status};
use crate::store::Store;

/// Collector over the snapshot. Shows no object once the module has been silent too long.
#[derive(Debug)]
pub(super) struct Objects {
    pub(super) store: Arc<Store>,
    pub(super) config: watch::Receiver<Arc<Config>>,
}

impl Collector for Objects {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let stale_after = self.config.borrow().stale_after;
        let snapshot = self.store.fresh_snapshot(stale_after);
        let known = snapshot.is_some();
        let snapshot = snapshot.unwrap_or_default();
        let snapshot = snapshot.as_ref();
        let e = &mut encoder;
        let mut loop_start = begin(e, &f::EVENT_LOOP_START)?;
        if known {
            loop_start.encode_gauge(&snapshot.loop_start)?;
        }
        counts(e, snapshot, known)?;
        problems(e, snapshot, known)?;
        inventory(e, snapshot)?;
        hosts(e, snapshot)?;
        services(e, snapshot)?;
        perfdata(e, snapshot)
    }
}

/// Hosts and services by state. Without a snapshot there is nothing to count, not zero of everything.
fn counts(e: &mut DescriptorEncoder<'_>, snapshot: &Snapshot, known: bool) -> fmt::Result {
    let host = |state| move |host: &&Arc<Host>| host.status.as_ref().map(|s| s.state) == state;
    let service =
        |state| move |service: &&Arc<Service>| service.status.as_ref().map(|s| s.state) == state;
    let hosts = [
        ("up", Some(HostState::Up)),
        ("down", Some(HostState::Down)),
        ("unreachable", Some(HostState::Unreachable)),
        ("pending", None),
    ]
    .map(|(name, state)| (name, snapshot.hosts.iter().filter(host(state)).count()));
    let services = [
        ("ok", Some(ServiceState::Ok)),
        ("warning", Some(ServiceState::Warning)),
        ("critical", Some(ServiceState::Critical)),
        ("unknown", Some(ServiceState::Unknown)),
        ("pending", None),
    ]
    .map(|(name, state)| (name, snapshot.services.iter().filter(service(state)).count()));
    for (metric, counts) in [(&f::HOSTS, &hosts[..]), (&f::SERVICES, &services[..])] {
        let mut family = begin(e, metric)?;
        for (state, count) in counts.iter().filter(|_| known) {
            family.encode_family(&[("state", *state)])?.encode_gauge(&(*count as u64))?;
        }
    }
    Ok(())
}

fn problems(e: &mut DescriptorEncoder<'_>, snapshot: &Snapshot, known: bool) -> fmt::Result {
    let mut counts: BTreeMap<(Severity, bool), u64> = BTreeMap::new();
    let mut handled: Vec<(&str, &str, Handled)> = Vec::new();
    for host in &snapshot.hosts {
        let name = host.inventory.name.as_str();
        let own = problem::of_host(snapshot, host).map(|problem| ("", problem));
        let of_services = snapshot.services_of(name).iter().filter_map(|service| {
            let problem = problem::of_service(snapshot, host, service)?;
            Some((service.inventory.name.as_str(), problem))
        });
        for (service, problem) in own.into_iter().chain(of_services) {
            *counts.entry((problem.severity, problem.handled.is_some())).or_default() += 1;
            handled.extend(problem.handled.map(|reason| (name, service, reason)));
        }
    }
    let mut family = begin(e, &f::PROBLEMS)?;
    for severity in Severity::ALL.into_iter().filter(|_| known) {
        for (is_handled, text) in [(false, "false"), (true, "true")] {
            let count = counts.get(&(severity, is_handled)).copied().unwrap_or_default();
            let labels = [("severity", severity.as_str()), ("handled", text)];
            family.encode_family(&labels)?.encode_gauge(&count)?;
        }
    }
    let mut family = begin(e, &f::PROBLEM_HANDLED)?;
    for (host, service, reason) in handled {
        family.encode_info(&[("host", host), ("service", service), ("reason", reason.as_str())])?;
    }
    Ok(())
}

fn inventory(e: &mut DescriptorEncoder<'_>, snapshot: &Snapshot) -> fmt::Result {
    let mut family = begin(e, &f::HOST_INFO)?;
    for host in &snapshot.hosts {
        let nagios_event::Host { name, alias, address, .. } = &*host.inventory;
        family.encode_info(&[("host", name.as_str()), ("alias", alias), ("address", address)])?;
    }
    let mut family = begin(e, &f::HOST_PARENT)?;
    for host in &snapshot.hosts {
        for parent in &host.inventory.parents {
            family.encode_info(&[("host", host.inventory.name.as_str()), ("parent", parent)])?;
        }
    }
    let members = |kind| {
        let groups = snapshot.groups.iter().filter(move |group| group.kind == kind);
        groups.flat_map(|group| group.members.iter().map(|member| (group.name.as_str(), member)))
    };
    let mut family = begin(e, &f::HOSTGROUP_MEMBER)?;
    for (group, (host, _)) in members(GroupKind::Host) {
        family.encode_info(&[("hostgroup", group), ("host", host)])?;
    }
    let mut family = begin(e, &f::SERVICEGROUP_MEMBER)?;
    for (group, (host, service)) in members(GroupKind::Service) {
        family.encode_info(&[("servicegroup", group), ("host", host), ("service", service)])?;
    }
    Ok(())
}

/// What a gauge shows of a status; `None`: no series.
type Reading<S> = fn(&Status<S>) -> Option<f64>;

/// The gauges that hosts and services have alike.
fn readings<S: Copy + Into<u8>>(
    metrics: [&'static Metric; 6],
) -> [(&'static Metric, Reading<S>); 6] {
    let [state, hard, attempt, latency, execution, last_check] = metrics;
    [
        (state, |status| Some(f64::from(status.state.into()))),
        (hard, |status| Some(f64::from(u8::from(status.hard)))),
        (attempt, |status| Some(f64::from(status.attempt))),
        (latency, |status| Some(status.latency)),
        (execution, |status| Some(status.execution_time)),
        (last_check, |status| status.last_check.map(|seconds| seconds as f64)),
    ]
}

fn hosts(e: &mut DescriptorEncoder<'_>, snapshot: &Snapshot) -> fmt::Result {
    let metrics = [
        &f::HOST_STATE,
        &f::HOST_STATE_HARD,
        &f::HOST_CHECK_ATTEMPT,
        &f::HOST_CHECK_LATENCY,
        &f::HOST_CHECK_EXECUTION,
        &f::HOST_LAST_CHECK,
    ];
    for (metric, reading) in readings(metrics) {
        let mut family = begin(e, metric)?;
        for host in &snapshot.hosts {
            if let Some(value) = host.status.as_ref().and_then(reading) {
                let labels = [("host", host.inventory.name.as_str())];
                write_gauge(&mut family.encode_family(&labels)?, value)?;
            }
        }
    }
    Ok(())
}

fn services(e: &mut DescriptorEncoder<'_>, snapshot: &Snapshot) -> fmt::Result {
    let metrics = [
        &f::SERVICE_STATE,
        &f::SERVICE_STATE_HARD,
        &f::SERVICE_CHECK_ATTEMPT,
        &f::SERVICE_CHECK_LATENCY,
        &f::SERVICE_CHECK_EXECUTION,
        &f::SERVICE_LAST_CHECK,
    ];
    for (metric, reading) in readings(metrics) {
        let mut family = begin(e, metric)?;
        for service in &snapshot.services {
            if let Some(value) = service.status.as_ref().and_then(reading) {
                let nagios_event::Service { host, name, .. } = &*service.inventory;
                let labels = [("host", host.as_str()), ("service", name)];
                write_gauge(&mut family.encode_family(&labels)?, value)?;
            }
        }
    }
    Ok(())
}
