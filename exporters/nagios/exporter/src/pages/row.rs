//! The rows of the lists, as JSON and as templates see them.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::query::{Named, Query};
use super::{Row, Selection};
use crate::perfdata::{Measurement, Quantity};
use crate::problem;
use crate::snapshot::{
    Host, HostInventory, HostState, Service, ServiceInventory, ServiceState, Snapshot, Status,
};

/// A host.
#[derive(Debug, Serialize)]
pub(super) struct HostRow {
    host: Arc<str>,
    alias: Arc<str>,
    address: Arc<str>,
    parents: Box<[Arc<str>]>,
    check_command: Arc<str>,
    /// Services of the host by state.
    services: ServiceCounts,
    #[serde(flatten)]
    status: StatusRow,
}

/// A service.
#[derive(Debug, Serialize)]
pub(super) struct ServiceRow {
    host: Arc<str>,
    service: Arc<str>,
    alias: Arc<str>,
    address: Arc<str>,
    check_command: Arc<str>,
    #[serde(flatten)]
    status: StatusRow,
}

#[derive(Debug, Default, Serialize)]
struct ServiceCounts {
    ok: usize,
    warning: usize,
    critical: usize,
    unknown: usize,
    pending: usize,
}

/// What hosts and services have alike. Times are RFC 3339, durations seconds.
#[derive(Debug, Default, Serialize)]
struct StatusRow {
    /// Name of the state in lower case, `pending` before the first check.
    state: &'static str,
    hard: bool,
    attempt: u16,
    max_attempts: u16,
    acknowledged: bool,
    in_downtime: bool,
    flapping: bool,
    notifications: bool,
    active_checks: bool,
    passive_checks: bool,
    notifications_sent: Option<u32>,
    /// Why nobody needs to be told of a hard problem, as in `nagios_problem_handled_info`.
    handled: Option<&'static str>,
    last_check: Option<Timestamp>,
    next_check: Option<Timestamp>,
    last_state_change: Option<Timestamp>,
    last_hard_state_change: Option<Timestamp>,
    latency: f64,
    execution_time: f64,
    output: String,
    perfdata: Vec<MeasurementRow>,
}

#[derive(Debug, Serialize)]
struct MeasurementRow {
    label: String,
    /// `seconds`, `bytes`, `ratio`, `total`, `value`, or the plugin's own unit that we do not know.
    unit: String,
    value: f64,
}

impl Row for HostRow {
    type State = Option<HostState>;
    const NAME: &'static str = "hosts";
    const TEMPLATE: &'static str = "hosts.html";

    fn select(snapshot: &Snapshot, query: &Query<Self::State>) -> Selection<Self> {
        let asked = |host: &Host| {
            let HostInventory { name, alias, address, .. } = &*host.inventory;
            let (state, output) = state_and_output(host.status.as_ref());
            query.host.as_ref().is_none_or(|wanted| **wanted == **name)
                && query.matches(state, &[name, alias, address, output])
        };
        let asked = snapshot.hosts.iter().filter(|host| asked(host));
        select(asked, query, |host| HostRow::new(snapshot, host))
    }
}

impl Row for ServiceRow {
    type State = Option<ServiceState>;
    const NAME: &'static str = "services";
    const TEMPLATE: &'static str = "services.html";

    fn select(snapshot: &Snapshot, query: &Query<Self::State>) -> Selection<Self> {
        let named = |host: &&Arc<Host>| {
            query.host.as_ref().is_none_or(|wanted| **wanted == *host.inventory.name)
        };
        let asked = |host: &Host, service: &Service| {
            let HostInventory { name, alias, address, .. } = &*host.inventory;
            let (state, output) = state_and_output(service.status.as_ref());
            query.service.as_ref().is_none_or(|wanted| **wanted == *service.inventory.name)
                && query.matches(state, &[name, &service.inventory.name, alias, address, output])
        };
        let asked = snapshot.hosts.iter().filter(named).flat_map(|host| {
            let services = snapshot.services_of(&host.inventory.name);
            services
                .iter()
                .filter(|service| asked(host, service))
                .map(move |service| (host, service))
        });
        select(asked, query, |(host, service)| ServiceRow::new(snapshot, host, service))
    }
}

impl HostRow {
    fn new(snapshot: &Snapshot, host: &Host) -> Self {
        let HostInventory {
            name,
            alias,
            address,
            check_command,
            notification_period: _,
            parents,
            settings: _,
        } = (*host.inventory).clone();
        let mut services = ServiceCounts::default();
        for service in snapshot.services_of(&name) {
            *match service.status.as_ref().map(|status| status.state) {
                Some(ServiceState::Ok) => &mut services.ok,
                Some(ServiceState::Warning) => &mut services.warning,
                Some(ServiceState::Critical) => &mut services.critical,
                Some(ServiceState::Unknown) => &mut services.unknown,
                None => &mut services.pending,
            } += 1;
        }
        let handled = problem::of_host(snapshot, host).and_then(|problem| problem.handled);
        let status = StatusRow::new(host.status.as_ref(), handled.map(problem::Handled::as_str));
        HostRow { host: name, alias, address, parents, check_command, services, status }
    }
}

impl ServiceRow {
    fn new(snapshot: &Snapshot, host: &Host, service: &Service) -> Self {
        let ServiceInventory { host: host_name, name, check_command, .. } =
            (*service.inventory).clone();
        let handled =
            problem::of_service(snapshot, host, service).and_then(|problem| problem.handled);
        let status = StatusRow::new(service.status.as_ref(), handled.map(problem::Handled::as_str));
        let (alias, address) = (host.inventory.alias.clone(), host.inventory.address.clone());
        ServiceRow { host: host_name, service: name, alias, address, check_command, status }
    }
}

impl StatusRow {
    fn new<S: Copy>(status: Option<&Status<S>>, handled: Option<&'static str>) -> Self
    where
        Option<S>: Named,
    {
        let name = |state: Option<S>| {
            <Option<S>>::ALL.iter().find(|(_, known)| *known == state).map_or("", |(name, _)| *name)
        };
        let Some(status) = status else {
            return StatusRow { state: name(None), ..StatusRow::default() };
        };
        let time = |seconds: Option<i64>| Timestamp::from_second(seconds?).ok();
        let perfdata =
            status.perfdata.iter().map(|Measurement { label, quantity, value, .. }| {
                MeasurementRow {
                    label: label.to_string(),
                    unit: unit(quantity).to_owned(),
                    value: *value,
                }
            });
        StatusRow {
            state: name(Some(status.state)),
            hard: status.hard,
            attempt: status.attempt,
            max_attempts: status.max_attempts,
            acknowledged: status.acknowledged,
            in_downtime: status.in_downtime,
            flapping: status.flapping,
            notifications: status.notifications,
            active_checks: status.active_checks,
            passive_checks: status.passive_checks,
            notifications_sent: status.notifications_sent,
            handled,
            last_check: time(status.last_check),
            next_check: time(status.next_check),
            last_state_change: time(status.last_state_change),
            last_hard_state_change: time(status.last_hard_state_change),
            latency: status.latency,
            execution_time: status.execution_time,
            output: status.output.to_string(),
            perfdata: perfdata.collect(),
        }
    }
}

/// Counts all that is asked for and makes the rows of one page.
fn select<T, R, S: Named>(
    asked: impl Iterator<Item = T>,
    query: &Query<S>,
    row: impl Fn(T) -> R,
) -> Selection<R> {
    let places = query.places();
    let (mut total, mut rows) = (0, Vec::new());
    for object in asked {
        if places.contains(&total) {
            rows.push(row(object));
        }
        total += 1;
    }
    Selection { total, rows }
}

fn state_and_output<S: Copy>(status: Option<&Status<S>>) -> (Option<S>, &str) {
    (status.map(|status| status.state), status.map_or("", |status| &status.output))
}

fn unit(quantity: &Quantity) -> &str {
    match quantity {
        Quantity::Seconds => "seconds",
        Quantity::Bytes => "bytes",
        Quantity::Ratio => "ratio",
        Quantity::Total => "total",
        Quantity::Value => "value",
        Quantity::Unknown(unit) => unit,
    }
}
