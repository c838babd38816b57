//! Which columns a host answers at the moment.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::column::Subject;
use crate::clock;
use crate::database::Ref;
use crate::host::{Host, Span};
use crate::pool::State;

/// What a host answers: itself and the VMs on it.
#[derive(Clone, Default)]
pub(super) struct Chart {
    pub(super) parts: Vec<Part>,
}

/// One of them.
#[derive(Clone)]
pub(super) struct Part {
    pub(super) subject: Arc<Subject>,
    pub(super) legend: Arc<str>,
    /// When it used all of its processors.
    pub(super) busy: Arc<[Span]>,
}

/// The charts of all hosts, and what they are made from.
#[derive(Default)]
pub(crate) struct Charts {
    parts: HashMap<Ref, Part>,
    hosts: HashMap<Ref, Arc<Chart>>,
    moving: BTreeMap<Ref, Ref>,
    since: HashMap<Ref, f64>,
    busy: HashMap<Ref, Vec<Span>>,
}

impl Charts {
    /// Says that a VM runs elsewhere than before, or not at all.
    pub(crate) fn changed(&mut self) {
        self.hosts.clear();
    }

    /// Says that a VM has started: it has no values from before.
    pub(crate) fn started(&mut self, vm: &str) {
        self.hosts.clear();
        self.parts.remove(vm);
        self.since.insert(vm.into(), clock::now());
    }

    /// Says that a VM is on its way to a host, or no longer on its way.
    pub(crate) fn moves(&mut self, vm: &str, to: Option<&Ref>) {
        self.hosts.clear();
        match to {
            Some(host) => self.moving.insert(vm.into(), Ref::clone(host)),
            None => self.moving.remove(vm),
        };
    }

    /// Begins or ends a time in which a VM uses all of its processors.
    pub(crate) fn busy(&mut self, vm: &str, begins: bool) {
        self.hosts.clear();
        self.parts.remove(vm);
        let spans = self.busy.entry(vm.into()).or_default();
        if begins {
            spans.push(Span { from: clock::now(), to: None });
        } else if let Some(last) = spans.last_mut() {
            last.to = Some(clock::now());
        }
    }
}

impl State {
    /// What a host answers now.
    pub(super) fn chart(&mut self, host: &Host) -> Arc<Chart> {
        if let Some(chart) = self.charts.hosts.get(&host.reference) {
            return Arc::clone(chart);
        }
        let database = &self.database;
        let Some(fields) = database.get("host", &host.reference) else { return Arc::default() };
        let residents: Vec<_> = database
            .all("VM")
            .filter(|(vm, fields)| {
                let running = matches!(fields.text("power_state"), "Running" | "Paused");
                running
                    && (fields.text("resident_on") == &*host.reference
                        || self.charts.moving.get(*vm) == Some(&host.reference))
            })
            .collect();
        let mut parts = vec![Part::new(Subject::host(database, fields, residents.len()), &[])];
        for (vm, fields) in residents {
            let part = self.charts.parts.entry(Ref::clone(vm)).or_insert_with(|| {
                let since = self.charts.since.get(vm).copied().unwrap_or(0.0);
                let busy = self.charts.busy.get(vm).map_or(&[][..], Vec::as_slice);
                Part::new(Subject::vm(database, fields, since), busy)
            });
            parts.push(part.clone());
        }
        let chart = Arc::new(Chart { parts });
        self.charts.hosts.insert(Ref::clone(&host.reference), Arc::clone(&chart));
        chart
    }
}

impl Chart {
    /// The host's part if it is wanted, one VM of all, and of the host's columns those of one storage repository.
    pub(super) fn only(&self, host: bool, vm: Option<&str>, storage: Option<&str>) -> Self {
        let wanted = |part: &&Part| match part.subject.prefix.strip_prefix("vm:") {
            Some(uuid) => {
                storage.is_none() && vm.is_none_or(|vm| uuid.strip_suffix(':') == Some(vm))
            }
            None => host || storage.is_some(),
        };
        let parts = self.parts.iter().filter(wanted).cloned();
        match storage.and_then(|uuid| uuid.get(..8)) {
            None => Self { parts: parts.collect() },
            Some(short) => Self { parts: parts.map(|part| part.of_storage(short)).collect() },
        }
    }
}

impl Part {
    fn new(subject: Subject, busy: &[Span]) -> Self {
        Self { legend: subject.legend().into(), subject: Arc::new(subject), busy: busy.into() }
    }

    fn of_storage(self, short: &str) -> Self {
        Self::new(self.subject.only(|name| name.ends_with(short)), &self.busy)
    }
}
