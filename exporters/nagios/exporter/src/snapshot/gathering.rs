//! A snapshot on its way: frames are gathered aside until it is complete.

use std::collections::BTreeMap;
use std::sync::Arc;

use nagios_event::{Group, GroupKind, Program, SnapshotBegin, State, Timeperiod};

use super::inventory::Pool;
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
    pool: Pool,
    hosts: BTreeMap<Arc<str>, Host>,
    services: BTreeMap<(Arc<str>, Arc<str>), Service>,
    groups: BTreeMap<(GroupKind, String), Group<String>>,
    timeperiods: BTreeMap<String, bool>,
    program: Option<Program>,
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
        let host = self.pool.host(host);
        self.hosts.insert(Arc::clone(&host.name), Object::new(host));
        Ok(())
    }

    /// Adds a service.
    ///
    /// # Errors
    /// [`TooLarge`].
    pub fn service(&mut self, service: nagios_event::Service<String>) -> Result<(), TooLarge> {
        self.grow(1)?;
        let service = self.pool.service(service);
        let name = (Arc::clone(&service.host), Arc::clone(&service.name));
        self.services.insert(name, Object::new(service));
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
            let host = self.hosts.get_mut(&*state.host).ok_or_else(|| Unplaced::unknown(&state))?;
            host.status = Status::read(state, perfdata)?;
        } else {
            let name = (state.host.as_str().into(), state.service.as_str().into());
            let service = self.services.get_mut(&name).ok_or_else(|| Unplaced::unknown(&state))?;
            service.status = Status::read(state, perfdata)?;
        }
        Ok(())
    }

    /// Adds Nagios' own state.
    pub fn program(&mut self, program: Program) {
        self.program = Some(program);
    }

    /// The whole snapshot. Services whose host did not come are left out.
    #[must_use]
    pub fn finish(self) -> Snapshot {
        let Gathering {
            begin,
            pool: _,
            hosts,
            mut services,
            groups,
            timeperiods,
            program,
            size: _,
        } = self;
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
            program,
            timeperiods,
        }
    }

    fn grow(&mut self, by: usize) -> Result<(), TooLarge> {
        self.size += by;
        if self.size > MOST_OBJECTS { Err(TooLarge) } else { Ok(()) }
    }
}
