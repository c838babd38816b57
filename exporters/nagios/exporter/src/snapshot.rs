//! What is known of one Nagios: its inventory and the state of every object.
//!
//! Promises: plain data, cheap to clone (a clone shares all objects), so that a scrape works on its own copy
//! while events go on changing the original. Hosts and services are sorted by name, and every service has
//! its host. Refuses to know sockets, metrics and alerts.

mod gathering;
mod inventory;
mod status;

use std::collections::BTreeMap;
use std::sync::Arc;

use nagios_event::{Group, Program, State, Timeperiod};

use crate::perfdata;
use crate::selection::{Chooser, Labels, Selection};

pub use gathering::{Gathering, TooLarge};
pub use inventory::{HostInventory, ServiceInventory, Settings};
pub use status::{Condition, HostState, InvalidState, ServiceState, Status};

/// A host: its configuration and, unless it is pending, its state.
pub type Host = Object<HostInventory, HostState>;

/// A service: its configuration and, unless it is pending, its state.
pub type Service = Object<ServiceInventory, ServiceState>;

/// Something that Nagios checks.
#[derive(Debug, Clone, PartialEq)]
pub struct Object<I, S> {
    /// As configured.
    pub inventory: Arc<I>,
    /// Labels of its series beside its names; `None` when it has no series of its own.
    pub labels: Option<Labels>,
    /// As last seen; `None` until the first check (pending).
    pub status: Option<Status<S>>,
}

/// All that is known of one Nagios.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// When Nagios' event loop started with this inventory, in seconds since the Unix epoch.
    pub loop_start: i64,
    /// Hosts, sorted by name.
    pub hosts: Vec<Arc<Host>>,
    /// Services, sorted by host and name.
    pub services: Vec<Arc<Service>>,
    /// Host and service groups, sorted by kind and name.
    pub groups: Arc<[Group<String>]>,
    /// Nagios' own state, once the module has told it.
    pub program: Option<Program>,
    /// Whether the time periods that objects use as notification period hold now.
    timeperiods: BTreeMap<String, bool>,
}

/// What a change concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touched {
    /// The host at this place of [`Snapshot::hosts`].
    Host(usize),
    /// The service at this place of [`Snapshot::services`].
    Service(usize),
    /// Any object.
    Everything,
}

/// Why a state was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unplaced {
    /// The inventory has no such object.
    #[error("no host or service {host:?} {service:?} in the inventory")]
    UnknownObject {
        /// Host as named.
        host: String,
        /// Service as named, empty for the host itself.
        service: String,
    },
    /// The state is a number that Nagios does not define.
    #[error(transparent)]
    InvalidState(#[from] InvalidState),
}

impl Snapshot {
    /// The host of this name.
    #[must_use]
    pub fn host(&self, name: &str) -> Option<&Arc<Host>> {
        self.hosts.get(self.host_at(name)?)
    }

    /// The services of a host.
    #[must_use]
    pub fn services_of(&self, host: &str) -> &[Arc<Service>] {
        let from = self.services.partition_point(|s| &*s.inventory.host < host);
        let to = self.services.partition_point(|s| &*s.inventory.host <= host);
        &self.services[from..to]
    }

    /// The service of this host and name.
    #[must_use]
    pub fn service(&self, host: &str, name: &str) -> Option<&Arc<Service>> {
        self.services.get(self.service_at(host, name)?)
    }

    /// Whether a notification period holds now. Objects without one are always inside it, and so are those
    /// whose period the module has told nothing of.
    #[must_use]
    pub fn inside(&self, period: &str) -> bool {
        self.timeperiods.get(period).copied().unwrap_or(true)
    }

    /// Takes in the newest state of an object. Its performance data is read on the way.
    ///
    /// # Errors
    /// [`Unplaced`]; nothing has changed then.
    pub fn put_state(
        &mut self,
        state: State<String>,
        perfdata: &mut perfdata::Reader,
    ) -> Result<Touched, Unplaced> {
        if state.service.is_empty() {
            let at = self.host_at(&state.host).ok_or_else(|| Unplaced::unknown(&state))?;
            self.hosts[at] = Arc::new(self.hosts[at].with(Status::read(state, perfdata)?));
            return Ok(Touched::Host(at));
        }
        let at = self.service_at(&state.host, &state.service);
        let at = at.ok_or_else(|| Unplaced::unknown(&state))?;
        self.services[at] = Arc::new(self.services[at].with(Status::read(state, perfdata)?));
        Ok(Touched::Service(at))
    }

    /// Takes in Nagios' own state.
    pub fn put_program(&mut self, program: Program) {
        self.program = Some(program);
    }

    /// Takes in whether a time period holds; `None` when that was known.
    pub fn put_timeperiod(
        &mut self,
        Timeperiod { name, inside }: Timeperiod<String>,
    ) -> Option<Touched> {
        (self.timeperiods.insert(name, inside) != Some(inside)).then_some(Touched::Everything)
    }

    /// Decides anew which objects have series of their own.
    pub fn select(&mut self, selection: &Selection) {
        let groups = Arc::clone(&self.groups);
        let mut chooser = Chooser::new(selection, &groups);
        for host in &mut self.hosts {
            let labels = chooser.host(&host.inventory);
            Arc::make_mut(host).labels = labels;
        }
        for at in 0..self.services.len() {
            let service = Arc::clone(&self.services[at].inventory);
            let host = self.host(&service.host);
            let labels = host.and_then(|host| chooser.service(&host.inventory, &service));
            Arc::make_mut(&mut self.services[at]).labels = labels;
        }
    }

    fn service_at(&self, host: &str, name: &str) -> Option<usize> {
        let names = |service: &Arc<Service>| {
            (&*service.inventory.host, &*service.inventory.name).cmp(&(host, name))
        };
        self.services.binary_search_by(names).ok()
    }

    fn host_at(&self, name: &str) -> Option<usize> {
        self.hosts.binary_search_by(|host| (*host.inventory.name).cmp(name)).ok()
    }
}

impl<I, S> Object<I, S> {
    /// Pending, and shown.
    fn new(inventory: I) -> Self {
        Object { inventory: Arc::new(inventory), labels: Some(Labels::default()), status: None }
    }

    fn with(&self, status: Option<Status<S>>) -> Self {
        Object { inventory: Arc::clone(&self.inventory), labels: self.labels.clone(), status }
    }
}

impl Unplaced {
    fn unknown(state: &State<String>) -> Self {
        Unplaced::UnknownObject { host: state.host.clone(), service: state.service.clone() }
    }
}

#[cfg(test)]
mod tests;
