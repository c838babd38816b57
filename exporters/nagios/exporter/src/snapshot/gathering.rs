//! A snapshot on its way: frames are gathered aside until it is complete.

use std::collections::BTreeMap;
use std::sync::Arc;

use nagios_event::{Group, GroupKind, SnapshotBegin, State, Timeperiod};

use super::{Host, Object, Service, Snapshot, Status, Unplaced};
use crate::perfdata;

/// Most hosts, services and group members in one snapshot: far above what Nagios can check, and a bound on
/// what a peer can make us keep.
const MOST_OBJECTS: usize = 2_000_000;

/// A snapshot with more objects than any Nagios has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a snapshot of more than {MOST_OBJECTS} objects")]
pub struct TooLarge;

/// The frames of a snapshot so far.
#[derive(Debug, Default)]
pub struct Gathering {
    begin: SnapshotBegin,
    hosts: BTreeMap<String, Host>,
    services: BTreeMap<(String, String), Service>,
    groups: BTreeMap<(GroupKind, String), Group<String>>,
    timeperiods: BTreeMap<String, bool>,
    size: usize,
}

impl Gathering {
    /// Nothing gathered yet.
    #[must_use]
    pub fn new(begin: SnapshotBegin) -> Self {
        Gathering { begin, ..Gathering::default() }
    }

    /// The states include every event up to this sequence number.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.begin.seq
    }

    /// Adds a host.
    ///
    /// # Errors
    /// [`TooLarge`].
    pub fn host(&mut self, host: nagios_event::Host<String>) -> Result<(), TooLarge> {
        self.grow(1 + host.parents.len())?;
        self.hosts.insert(host.name.clone(), Object { inventory: Arc::new(host), status: None });
        Ok(())
    }

    /// Adds a service.
    ///
    /// # Errors
    /// [`TooLarge`].
    pub fn service(&mut self, service: nagios_event::Service<String>) -> Result<(), TooLarge> {
        self.grow(1)?;
        let name = (service.host.clone(), service.name.clone());
        self.services.insert(name, Object { inventory: Arc::new(service), status: None });
        Ok(())
    }

    /// Adds a group, or more members to one.
    ///
    /// # Errors
    /// [`TooLarge`].
    pub fn group(&mut self, group: Group<String>) -> Result<(), TooLarge> {
        self.grow(1 + group.members.len())?;
        match self.groups.get_mut(&(group.kind, group.name.clone())) {
            Some(known) => known.members.extend(group.members),
            None => {
                self.groups.insert((group.kind, group.name.clone()), group);
            }
        }
        Ok(())
    }

    /// Adds a time period.
    ///
    /// # Errors
    /// [`TooLarge`].
    pub fn timeperiod(
        &mut self,
        Timeperiod { name, inside }: Timeperiod<String>,
    ) -> Result<(), TooLarge> {
        self.grow(1)?;
        self.timeperiods.insert(name, inside);
        Ok(())
    }

    /// Adds the state of an object that has been added before.
    ///
    /// # Errors
    /// [`Unplaced`].
    pub fn state(
        &mut self,
        state: State<String>,
        perfdata: &mut perfdata::Reader,
    ) -> Result<(), Unplaced> {
        if state.service.is_empty() {
            let host = self.hosts.get_mut(&state.host).ok_or_else(|| Unplaced::unknown(&state))?;
            host.status = Status::read(state, perfdata)?;
        } else {
            let name = (state.host.clone(), state.service.clone());
            let service = self.services.get_mut(&name).ok_or_else(|| Unplaced::unknown(&state))?;
            service.status = Status::read(state, perfdata)?;
        }
        Ok(())
    }

    /// The whole snapshot. Services whose host did not come are left out.
    #[must_use]
    pub fn finish(self) -> Snapshot {
        let Gathering { begin, hosts, mut services, groups, timeperiods, size: _ } = self;
        services.retain(|(host, _), _| hosts.contains_key(host));
        let mut groups: Vec<_> = groups.into_values().collect();
        for group in &mut groups {
            group.members.sort();
            group.members.dedup();
        }
        Snapshot {
            loop_start: begin.loop_start,
            hosts: hosts.into_values().map(Arc::new).collect(),
            services: services.into_values().map(Arc::new).collect(),
            groups: groups.into(),
            timeperiods,
        }
    }

    fn grow(&mut self, by: usize) -> Result<(), TooLarge> {
        self.size += by;
        if self.size > MOST_OBJECTS { Err(TooLarge) } else { Ok(()) }
    }
}
