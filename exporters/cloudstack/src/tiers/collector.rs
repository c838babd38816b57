//! The one list of what is read from a cloud: which calls, how often.

use std::time::Duration;

use crate::client::Call;

/// How often something is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Alerts.
    Alerts,
    /// Zones and what they are made of, and the control plane.
    Infrastructure,
    /// Virtual machines.
    Machines,
    /// Long lists that change slowly.
    Slow,
}

impl Tier {
    /// All of them.
    pub const ALL: [Tier; 4] = [Tier::Alerts, Tier::Infrastructure, Tier::Machines, Tier::Slow];

    /// Time between two readings, unless configured.
    #[must_use]
    pub fn every(self) -> Duration {
        Duration::from_secs(match self {
            Tier::Alerts => 10,
            Tier::Infrastructure => 60,
            Tier::Machines => 120,
            Tier::Slow => 300,
        })
    }
}

/// How the rows of a collector are had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// All pages.
    Pages,
    /// One answer without pages.
    Once,
    /// Their number only.
    Count,
}

macro_rules! collectors {
    ($($(#[$doc:meta])* $collector:ident $name:literal $tier:ident $way:ident $command:literal $key:literal [$($parameter:literal = $value:literal),*];)*) => {
        /// Something that is read from a cloud.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each is what its call lists")]
        pub enum Collector { $($(#[$doc])* $collector),* }

        impl Collector {
            /// All of them.
            pub const ALL: &[Collector] = &[$(Collector::$collector),*];

            /// Value of the label `collector`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Collector::$collector => $name),* }
            }

            /// How often it is read.
            #[must_use]
            pub fn tier(self) -> Tier {
                match self { $(Collector::$collector => Tier::$tier),* }
            }

            /// The call that reads it.
            #[must_use]
            pub fn call(self) -> Call<'static> {
                match self { $(Collector::$collector => Call {
                    command: $command, key: $key, parameters: &[$(($parameter, $value)),*],
                }),* }
            }

            pub(super) fn way(self) -> Way {
                match self { $(Collector::$collector => Way::$way),* }
            }
        }
    };
}

collectors! {
    Alerts "alerts" Alerts Once "listAlerts" "alert" ["page" = "1", "pagesize" = "500"];
    Zones "zones" Infrastructure Pages "listZones" "zone" [];
    Capacities "capacities" Infrastructure Once "listCapacity" "capacity" [];
    Pods "pods" Infrastructure Pages "listPods" "pod" ["showcapacities" = "true"];
    Clusters "clusters" Infrastructure Pages "listClusters" "cluster" ["showcapacities" = "true"];
    Hosts "hosts" Infrastructure Pages "listHosts" "host" ["type" = "Routing", "details" = "capacity,stats"];
    DedicatedHosts "dedicated_hosts" Infrastructure Pages "listDedicatedHosts" "dedicatedhost" [];
    StoragePools "storage_pools" Infrastructure Pages "listStoragePools" "storagepool" [];
    ImageStores "image_stores" Infrastructure Pages "listImageStores" "imagestore" [];
    SystemVms "system_vms" Infrastructure Pages "listSystemVms" "systemvm" [];
    Routers "routers" Infrastructure Pages "listRouters" "router" ["listall" = "true", "projectid" = "-1", "fetchhealthcheckresults" = "true"];
    ManagementServers "management_servers" Infrastructure Pages "listManagementServersMetrics" "managementserver" [];
    Database "database" Infrastructure Once "listDbMetrics" "dbMetrics" [];
    UsageServer "usage_server" Infrastructure Once "listUsageServerMetrics" "usageMetrics" [];
    Jobs "jobs" Infrastructure Pages "listAsyncJobs" "asyncjobs" ["listall" = "true"];
    Events "events" Infrastructure Once "listEvents" "event" ["listall" = "true", "projectid" = "-1", "page" = "1", "pagesize" = "500"];
    VirtualMachines "virtual_machines" Machines Pages "listVirtualMachines" "virtualmachine" ["listall" = "true", "projectid" = "-1", "details" = "min,servoff"];
    Volumes "volumes" Slow Count "listVolumes" "volume" ["listall" = "true", "projectid" = "-1"];
    Snapshots "snapshots" Slow Count "listSnapshots" "snapshot" ["listall" = "true", "projectid" = "-1"];
    Backups "backups" Slow Count "listBackups" "backup" ["listall" = "true", "projectid" = "-1"];
    Templates "templates" Slow Count "listTemplates" "template" ["listall" = "true", "templatefilter" = "all"];
    Networks "networks" Slow Pages "listNetworks" "network" ["listall" = "true", "projectid" = "-1"];
    Vpcs "vpcs" Slow Pages "listVPCs" "vpc" ["listall" = "true", "projectid" = "-1"];
    Vlans "vlans" Slow Pages "listVlanIpRanges" "vlaniprange" [];
    Domains "domains" Slow Pages "listDomains" "domain" ["listall" = "true", "details" = "resource"];
    Accounts "accounts" Slow Pages "listAccounts" "account" ["listall" = "true", "details" = "resource"];
    Projects "projects" Slow Pages "listProjects" "project" ["listall" = "true", "details" = "resource"];
}
