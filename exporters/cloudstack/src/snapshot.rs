//! What is known of a cloud: plain data, swapped in whole.
//!
//! Each collector has a part of its own: the rows of its last success, and how its last attempt went. A part keeps
//! its rows through failures until they are too old.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::record::{
    Alert, Capacity, Cluster, Count, Database, DedicatedHost, Host, ImageStore, Job, Machine,
    ManagementServer, Network, Pod, Pool, Router, SystemVm, Tenant, UsageServer, VlanRange, Vpc,
    Zone,
};
use crate::tiers::Collector;

/// The rows of a collector and how it fares.
#[derive(Debug)]
pub struct Part<T> {
    rows: Option<Arc<Vec<T>>>,
    /// How the last attempt went; `None` before the first.
    pub reading: Option<Reading>,
}

/// How an attempt to read a list went.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Whether it has been read, and if not, why not.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
    /// When a list was read last.
    pub last_success: Option<Timestamp>,
    /// Whether the server told of another number of objects than it listed, in the last list.
    pub partial: bool,
}

/// Whether a list has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It has.
    Read,
    /// It could not be read now.
    Failed,
    /// This account may not read it, or the server does not have it.
    Unavailable,
}

macro_rules! snapshot {
    ($($field:ident: $type:ty = $collector:ident,)*) => {
        /// All that is known of a cloud.
        #[derive(Debug, Clone, Default)]
        #[expect(missing_docs, reason = "each is what its record says")]
        pub struct Snapshot { $(pub $field: Part<$type>,)* }

        impl Snapshot {
            /// How each collector fares.
            pub fn readings(&self) -> impl Iterator<Item = (Collector, Option<&Reading>)> {
                [$((Collector::$collector, self.$field.reading.as_ref())),*].into_iter()
            }

            /// Nothing could be read: the last rows of this collector stay.
            pub fn fail(&mut self, collector: Collector) {
                match collector {
                    $(Collector::$collector => self.$field.fail(Outcome::Failed, Duration::ZERO),)*
                }
            }

            /// Forgets rows read before `limit`. Returns whether there were any.
            pub fn forget(&mut self, limit: Timestamp) -> bool {
                let mut forgotten = false;
                $(forgotten |= self.$field.forget(limit);)*
                forgotten
            }
        }
    };
}

snapshot! {
    zones: Zone = Zones,
    capacities: Capacity = Capacities,
    pods: Pod = Pods,
    clusters: Cluster = Clusters,
    hosts: Host = Hosts,
    dedicated_hosts: DedicatedHost = DedicatedHosts,
    pools: Pool = StoragePools,
    image_stores: ImageStore = ImageStores,
    system_vms: SystemVm = SystemVms,
    routers: Router = Routers,
    management_servers: ManagementServer = ManagementServers,
    databases: Database = Database,
    usage_servers: UsageServer = UsageServer,
    jobs: Job = Jobs,
    alerts: Alert = Alerts,
    events: () = Events,
    machines: Machine = VirtualMachines,
    volumes: Count = Volumes,
    snapshots: Count = Snapshots,
    backups: Count = Backups,
    templates: Count = Templates,
    networks: Network = Networks,
    vpcs: Vpc = Vpcs,
    vlans: VlanRange = Vlans,
    domains: Tenant = Domains,
    accounts: Tenant = Accounts,
    projects: Tenant = Projects,
}

impl<T> Part<T> {
    /// Nothing known yet.
    #[must_use]
    pub const fn new() -> Self {
        Part { rows: None, reading: None }
    }

    /// The rows, none when nothing is known.
    #[must_use]
    pub fn rows(&self) -> &[T] {
        self.rows.as_ref().map_or(&[], |rows| rows)
    }

    /// Whether there has been a list that is not too old.
    #[must_use]
    pub fn known(&self) -> bool {
        self.rows.is_some()
    }

    /// A list has been read.
    pub fn succeed(&mut self, rows: Vec<T>, partial: bool, took: Duration) {
        self.rows = Some(Arc::new(rows));
        let last_success = Some(Timestamp::now());
        self.reading = Some(Reading { outcome: Outcome::Read, took, last_success, partial });
    }

    /// No list could be read: the last one stays.
    pub fn fail(&mut self, outcome: Outcome, took: Duration) {
        let last = self.reading.take();
        let partial = last.as_ref().is_some_and(|last| last.partial);
        let last_success = last.and_then(|last| last.last_success);
        self.reading = Some(Reading { outcome, took, last_success, partial });
    }

    fn forget(&mut self, limit: Timestamp) -> bool {
        let last = self.reading.as_ref().and_then(|reading| reading.last_success);
        last.is_none_or(|last| last < limit) && self.rows.take().is_some()
    }
}

impl<T> Default for Part<T> {
    fn default() -> Self {
        Part::new()
    }
}

impl<T> Clone for Part<T> {
    fn clone(&self) -> Self {
        Part { rows: self.rows.clone(), reading: self.reading.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_list_stays_through_failures_until_it_is_too_old() {
        let mut snapshot = Snapshot::default();
        snapshot.zones.succeed(vec![Zone::default()], true, Duration::ZERO);
        let read = Timestamp::now();
        snapshot.zones.fail(Outcome::Failed, Duration::ZERO);
        let reading = snapshot.zones.reading.clone().unwrap();
        assert_eq!((reading.outcome, reading.partial), (Outcome::Failed, true));
        assert!(!snapshot.forget(read - Duration::from_secs(60)));
        assert_eq!(snapshot.zones.rows().len(), 1);
        assert!(snapshot.forget(read + Duration::from_secs(60)));
        assert!(!snapshot.zones.known() && snapshot.zones.rows().is_empty());
    }
}
