//! How many hosts and services are in which state: in all, in each group, and as problems. Objects that the
//! configuration does not show are counted all the same.

use std::collections::BTreeMap;
use std::fmt;

use exporter_kit::Metric;
use exporter_kit::families::begin;
use nagios_event::GroupKind;
use prometheus_client::encoding::DescriptorEncoder;

use super::families as f;
use crate::problem::{self, Handled, Severity};
use crate::snapshot::{HostState, Object, ServiceState, Snapshot};

/// Every count. Without a snapshot (`known` is false) there is nothing to count, not zero of everything.
pub(super) fn counts(
    e: &mut DescriptorEncoder<'_>,
    snapshot: &Snapshot,
    known: bool,
) -> fmt::Result {
    let mut hosts = Tally::of(HOST_STATES);
    snapshot.hosts.iter().for_each(|host| hosts.add(host));
    let mut services = Tally::of(SERVICE_STATES);
    snapshot.services.iter().for_each(|service| services.add(service));
    if known {
        write(e, &f::HOSTS, &[("", hosts)], None)?;
        write(e, &f::SERVICES, &[("", services)], None)?;
    } else {
        begin(e, &f::HOSTS)?;
        begin(e, &f::SERVICES)?;
    }
    groups(e, snapshot)?;
    problems(e, snapshot, known)
}

/// The states of hosts by name; `None` is pending.
const HOST_STATES: [(&str, Option<HostState>); 4] = [
    ("up", Some(HostState::Up)),
    ("down", Some(HostState::Down)),
    ("unreachable", Some(HostState::Unreachable)),
    ("pending", None),
];

/// The states of services by name; `None` is pending.
const SERVICE_STATES: [(&str, Option<ServiceState>); 5] = [
    ("ok", Some(ServiceState::Ok)),
    ("warning", Some(ServiceState::Warning)),
    ("critical", Some(ServiceState::Critical)),
    ("unknown", Some(ServiceState::Unknown)),
    ("pending", None),
];

/// Objects by state.
struct Tally<S: 'static, const N: usize> {
    states: [(&'static str, Option<S>); N],
    counts: [u64; N],
}

impl<S: Copy + PartialEq, const N: usize> Tally<S, N> {
    fn of(states: [(&'static str, Option<S>); N]) -> Self {
        Tally { states, counts: [0; N] }
    }

    fn add<I>(&mut self, object: &Object<I, S>) {
        let state = object.status.as_ref().map(|status| status.state);
        let place = self.states.iter().position(|(_, known)| *known == state);
        if let Some(count) = place.and_then(|place| self.counts.get_mut(place)) {
            *count += 1;
        }
    }
}

/// One series for each state of each tally, with the tally's name under `label`.
fn write<S, const N: usize>(
    e: &mut DescriptorEncoder<'_>,
    metric: &'static Metric,
    tallies: &[(&str, Tally<S, N>)],
    label: Option<&str>,
) -> fmt::Result {
    let mut family = begin(e, metric)?;
    for (name, tally) in tallies {
        let group = label.map(|label| (label, *name));
        for ((state, _), count) in tally.states.iter().zip(&tally.counts) {
            let labels = (group.as_slice(), [("state", *state)]);
            family.encode_family(&labels)?.encode_gauge(count)?;
        }
    }
    Ok(())
}

fn groups(e: &mut DescriptorEncoder<'_>, snapshot: &Snapshot) -> fmt::Result {
    let of_kind = |kind| snapshot.groups.iter().filter(move |group| group.kind == kind);
    let (mut hosts, mut services, mut grouped) = (Vec::new(), Vec::new(), Vec::new());
    for group in of_kind(GroupKind::Host) {
        let (mut own, mut of_services) = (Tally::of(HOST_STATES), Tally::of(SERVICE_STATES));
        for host in group.members.iter().filter_map(|(host, _)| snapshot.host(host)) {
            own.add(host);
            let members = snapshot.services_of(&host.inventory.name);
            members.iter().for_each(|service| of_services.add(service));
        }
        hosts.push((group.name.as_str(), own));
        services.push((group.name.as_str(), of_services));
    }
    for group in of_kind(GroupKind::Service) {
        let mut tally = Tally::of(SERVICE_STATES);
        for (host, service) in &group.members {
            snapshot.service(host, service).into_iter().for_each(|service| tally.add(service));
        }
        grouped.push((group.name.as_str(), tally));
    }
    write(e, &f::HOSTGROUP_HOSTS, &hosts, Some("hostgroup"))?;
    write(e, &f::HOSTGROUP_SERVICES, &services, Some("hostgroup"))?;
    write(e, &f::SERVICEGROUP_SERVICES, &grouped, Some("servicegroup"))
}

fn problems(e: &mut DescriptorEncoder<'_>, snapshot: &Snapshot, known: bool) -> fmt::Result {
    let mut counts: BTreeMap<(Severity, bool), u64> = BTreeMap::new();
    let mut handled: Vec<(&str, &str, Handled)> = Vec::new();
    for host in &snapshot.hosts {
        let name = &*host.inventory.name;
        let own = problem::of_host(snapshot, host).map(|problem| (&host.labels, "", problem));
        let of_services = snapshot.services_of(name).iter().filter_map(|service| {
            let problem = problem::of_service(snapshot, host, service)?;
            Some((&service.labels, &*service.inventory.name, problem))
        });
        for (labels, service, problem) in own.into_iter().chain(of_services) {
            *counts.entry((problem.severity, problem.handled.is_some())).or_default() += 1;
            let reason = problem.handled.filter(|_| labels.is_some());
            handled.extend(reason.map(|reason| (name, service, reason)));
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
