//! A cloud: all that it has, and the sums that the server makes of it.

use std::collections::HashMap;

use crate::clock;
use crate::record::*;
use lab::dice::Dice;

/// How much more memory than there is a host may give away.
const MEMORY_FACTOR: f64 = 1.0;
/// How many more cycles than there are a host may give away.
pub(crate) const CPU_FACTOR: i64 = 2;
const GIB: i64 = 1 << 30;

/// How many of everything there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) zones: usize,
    pub(crate) hosts: usize,
    pub(crate) vms: usize,
    pub(crate) volumes: usize,
}

/// All that a cloud has. Alerts, events and jobs are in order, the newest first.
pub(crate) struct Cloud {
    pub(crate) dice: Dice,
    pub(crate) zones: Vec<Zone>,
    pub(crate) pods: Vec<Pod>,
    pub(crate) clusters: Vec<Cluster>,
    pub(crate) hosts: Vec<Host>,
    pub(crate) dedicated_hosts: Vec<DedicatedHost>,
    pub(crate) pools: Vec<StoragePool>,
    pub(crate) image_stores: Vec<ImageStore>,
    pub(crate) vms: Vec<Vm>,
    pub(crate) volumes: Vec<Volume>,
    pub(crate) snapshots: Vec<Snapshot>,
    pub(crate) templates: Vec<Template>,
    pub(crate) system_vms: Vec<SystemVm>,
    pub(crate) routers: Vec<Router>,
    pub(crate) networks: Vec<Network>,
    pub(crate) vpcs: Vec<Vpc>,
    pub(crate) addresses: Vec<PublicIp>,
    pub(crate) vlans: Vec<VlanRange>,
    pub(crate) domains: Vec<Domain>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) projects: Vec<Project>,
    pub(crate) limits: Vec<ResourceLimit>,
    pub(crate) management_servers: Vec<ManagementServer>,
    pub(crate) database: Database,
    pub(crate) usage_server: UsageServer,
    pub(crate) jobs: Vec<Job>,
    pub(crate) events: Vec<Event>,
    pub(crate) alerts: Vec<Alert>,
}

impl Cloud {
    /// Adds up anew what VMs take of hosts and tenants.
    pub(crate) fn settle(&mut self) {
        let mut taken = vec![(0_i64, 0_i64, 0_i64); self.hosts.len()];
        let mut tenants: HashMap<&str, [i64; 4]> = HashMap::new();
        for vm in &self.vms {
            let (cores, memory) = (i64::from(vm.cpunumber), i64::from(vm.memory));
            if let Some(host) = vm.host {
                taken[host].0 += cores * i64::from(vm.cpuspeed);
                taken[host].1 += memory << 20;
                taken[host].2 += cores;
            }
            let running = i64::from(vm.host.is_some());
            for tenant in [vm.owner.account.as_ref(), vm.owner.project.as_ref()] {
                let Some(sums) = tenant.map(|name| tenants.entry(name).or_default()) else {
                    continue;
                };
                for (sum, add) in sums.iter_mut().zip([1, running, cores, memory]) {
                    *sum += add;
                }
            }
        }
        for (host, (mhz, bytes, cores)) in self.hosts.iter_mut().zip(taken) {
            if let Some(hypervisor) = &mut host.hypervisor {
                hypervisor.allocate(mhz, bytes, cores);
            }
        }
        let set = |resources: &mut Resources, [all, _, cores, memory]: [i64; 4]| {
            for (name, total) in [("vm", all), ("cpu", cores), ("memory", memory)] {
                resources.of(name).total = total;
            }
        };
        let mut domains: HashMap<&str, [i64; 4]> = HashMap::new();
        for account in &mut self.accounts {
            let sums = tenants.get(&*account.name).copied().unwrap_or_default();
            set(&mut account.resources, sums);
            (account.vmrunning, account.vmstopped) = running_and_stopped(sums);
            let domain = domains.entry(&account.domainid).or_default();
            domain.iter_mut().zip(sums).for_each(|(sum, add)| *sum += add);
        }
        for project in &mut self.projects {
            let sums = tenants.get(&*project.name).copied().unwrap_or_default();
            set(&mut project.resources, sums);
            (project.vmrunning, project.vmstopped) = running_and_stopped(sums);
            let domain = domains.entry(&project.domainid).or_default();
            domain.iter_mut().zip(sums).for_each(|(sum, add)| *sum += add);
        }
        for domain in &mut self.domains {
            let sums = domains.get(&*domain.id).copied().unwrap_or_default();
            set(&mut domain.resources, sums);
        }
    }

    /// What there is of everything, by zone or, if it is asked so, by pod or by cluster.
    pub(crate) fn capacities(&self, level: Level) -> Vec<Capacity> {
        let clusters = self.clusters.iter();
        match level {
            Level::Zone => self.zones.iter().flat_map(|zone| self.of_zone(zone)).collect(),
            Level::Pod => self
                .pods
                .iter()
                .flat_map(|pod| {
                    let sums = self.sums(|place| place.pod.podid == pod.id);
                    let private = (5, "PRIVATE_IP", 40, 40, 200);
                    let capacity = move |sum| Capacity {
                        podid: Some(pod.id.clone()),
                        podname: Some(pod.name.clone()),
                        ..capacity(pod.zone.clone(), sum)
                    };
                    sums.into_iter().chain([private]).map(capacity)
                })
                .collect(),
            Level::Cluster => clusters
                .flat_map(|cluster| {
                    let id = Some(&cluster.id);
                    let sums = self.sums(|place| place.clusterid.as_ref() == id);
                    sums.into_iter().map(|sum| Capacity {
                        podid: Some(cluster.pod.podid.clone()),
                        podname: Some(cluster.pod.podname.clone()),
                        clusterid: Some(cluster.id.clone()),
                        clustername: Some(cluster.name.clone()),
                        ..capacity(cluster.pod.zone.clone(), sum)
                    })
                })
                .collect(),
        }
    }

    fn of_zone(&self, zone: &Zone) -> impl Iterator<Item = Capacity> {
        let here = InZone { zoneid: zone.id.clone(), zonename: zone.name.clone() };
        let stores = self.image_stores.iter().filter(|store| store.zone.zoneid == zone.id);
        let (used, total) = stores
            .fold((0, 0), |sum, store| (sum.0 + store.disksizeused, sum.1 + store.disksizetotal));
        let addresses = self.addresses.iter().filter(|ip| ip.zone.zoneid == zone.id).count() as i64;
        let pods = self.pods.iter().filter(|pod| pod.zone.zoneid == zone.id).count() as i64;
        let isolated = self.networks.iter().filter(|network| network.zone.zoneid == zone.id);
        let vlans = isolated.count() as i64;
        let further = [
            (4, "VIRTUAL_NETWORK_PUBLIC_IP", addresses, addresses, addresses.max(100) * 5 / 4),
            (5, "PRIVATE_IP", 40 * pods, 40 * pods, 200 * pods),
            (6, "SECONDARY_STORAGE", used, used, total),
            (7, "VLAN", vlans, vlans, 1000),
            (8, "DIRECT_ATTACHED_PUBLIC_IP", 12, 12, 100),
            (9, "LOCAL_STORAGE", 0, 0, 0),
            (19, "GPU", 0, 0, 0),
        ];
        let sums = self.sums(|place| place.pod.zone.zoneid == zone.id);
        sums.into_iter().chain(further).map(move |sum| capacity(here.clone(), sum))
    }

    /// Type, name, allocated, used and total of what hosts and storage of a place have together.
    fn sums(&self, here: impl Fn(&HostPlace) -> bool) -> [Sum; 5] {
        let (mut memory, mut cpu, mut cores) = ((0, 0), (0, 0), (0, 0));
        let up = |host: &&Host| host.state == "Up" && here(&host.place);
        for host in self.hosts.iter().filter(up).filter_map(|host| host.hypervisor.as_ref()) {
            memory = (memory.0 + host.memoryallocatedbytes, memory.1 + host.memorytotal);
            cpu = (cpu.0 + host.cpuallocatedvalue, cpu.1 + host.cpu_total);
            cores = (cores.0 + host.cores_allocated, cores.1 + i64::from(host.cpunumber));
        }
        let (mut used, mut allocated, mut total, mut promised) = (0, 0, 0, 0);
        for pool in &self.pools {
            let place = HostPlace {
                pod: pool.cluster.pod.clone(),
                clusterid: Some(pool.cluster.clusterid.clone()),
                clustername: None,
                clustertype: None,
            };
            if here(&place) {
                used += pool.disksizeused;
                allocated += pool.disksizeallocated;
                total += pool.disksizetotal;
                promised += pool.disksizetotal * 2;
            }
        }
        [
            (0, "MEMORY", memory.0, memory.0, memory.1),
            (1, "CPU", cpu.0, cpu.0, cpu.1),
            (2, "STORAGE", 0, used, total),
            (3, "STORAGE_ALLOCATED", allocated, allocated, promised),
            (90, "CPU_CORE", cores.0, cores.0, cores.1 * CPU_FACTOR),
        ]
    }

    pub(crate) fn infrastructure(&self) -> Infrastructure {
        let hypervisors = self.hosts.iter().filter_map(|host| host.hypervisor.as_ref());
        Infrastructure {
            zones: self.zones.len(),
            pods: self.pods.len(),
            clusters: self.clusters.len(),
            hosts: hypervisors.clone().count(),
            storagepools: self.pools.len(),
            imagestores: self.image_stores.len(),
            systemvms: self.system_vms.len(),
            routers: self.routers.len(),
            cpusockets: hypervisors.map(|host| host.cpusockets).sum(),
            managementservers: self.management_servers.len(),
            alerts: self.alerts.len(),
            ilbvms: 0,
        }
    }

    /// Moves the times that a living server moves.
    pub(crate) fn touch(&mut self) {
        let now = clock::now();
        for host in self.hosts.iter_mut().filter(|host| host.state == "Up") {
            host.lastpinged.clone_from(&now);
        }
        for server in &mut self.management_servers {
            server.collectiontime.clone_from(&now);
        }
        self.database.collectiontime.clone_from(&now);
        self.usage_server.collectiontime.clone_from(&now);
        if self.usage_server.state == "Up" {
            self.usage_server.lastheartbeat = now;
        }
    }
}

/// Where capacities are added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Zone,
    Pod,
    Cluster,
}

/// Type, name, allocated, used, total.
type Sum = (i16, &'static str, i64, i64, i64);

fn capacity(zone: InZone, (number, name, allocated, used, total): Sum) -> Capacity {
    let percent = if total == 0 { 0.0 } else { 100.0 * used as f64 / total as f64 };
    Capacity {
        number: number.to_string(),
        r#type: number,
        name,
        zone,
        podid: None,
        podname: None,
        clusterid: None,
        clustername: None,
        capacityallocated: allocated,
        capacityused: used,
        capacitytotal: total,
        percentused: format!("{percent:.2}"),
    }
}

fn running_and_stopped([all, running, ..]: [i64; 4]) -> (i32, i32) {
    (running as i32, (all - running) as i32)
}

impl Hypervisor {
    /// Takes over what its VMs have together.
    fn allocate(&mut self, mhz: i64, bytes: i64, cores: i64) {
        let all = f64::from(self.cpunumber) * self.cpuspeed as f64;
        let share = |part: i64, whole: f64| 100.0 * part as f64 / whole;
        self.cpu_total = all as i64 * CPU_FACTOR;
        self.cores_allocated = cores;
        self.cpuallocatedvalue = mhz;
        self.cpuallocated = format!("{:.2}%", share(mhz, all * CPU_FACTOR as f64));
        self.cpuallocatedpercentage.clone_from(&self.cpuallocated);
        self.cpuallocatedwithoverprovisioning.clone_from(&self.cpuallocated);
        self.cpuwithoverprovisioning = format!("{:.1}", all * CPU_FACTOR as f64);
        self.memoryallocated = bytes;
        self.memoryallocatedbytes = bytes;
        self.memoryallocatedpercentage = format!("{:.2}%", share(bytes, self.memorytotal as f64));
        self.memorywithoverprovisioning = java_double(self.memorytotal as f64 * MEMORY_FACTOR);
        self.memoryused = (bytes * 7 / 10 + 4 * GIB).min(self.memorytotal);
        self.hasenoughcapacity = bytes < self.memorytotal;
    }
}

/// As Java writes it: `5.49755813888E11`.
fn java_double(number: f64) -> String {
    format!("{number:E}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_java_does() {
        assert_eq!(java_double(549_755_813_888.0), "5.49755813888E11");
    }
}
