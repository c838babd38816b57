//! Zones, pods, clusters, hosts, storage, system VMs and routers; their capacity is in `capacity`.

use std::collections::{HashMap, HashSet};
use std::fmt;

use crate::client::lenient::Text;
use crate::record::{Cluster, DedicatedHost, Host, ImageStore, Pod, Pool, Router, SystemVm, Zone};
use crate::snapshot::Snapshot;
use crate::time;

use super::families as f;
use super::{Page, capacity};

const MEGA: f64 = 1e6;
const KIB: f64 = 1024.0;

pub(super) fn write(page: &mut Page<'_, '_>) -> fmt::Result {
    zones(page)?;
    pods_and_clusters(page)?;
    hosts(page)?;
    storage(page)?;
    system_vms(page)?;
    routers(page)
}

fn zones(page: &mut Page<'_, '_>) -> fmt::Result {
    page.infos(
        &f::ZONE_INFO,
        "zone_id",
        |s| &s.zones,
        |zone| {
            [
                ("zone", &zone.name),
                ("network_type", &zone.networktype),
                ("guest_cidr", &zone.guestcidraddress),
                ("dhcp_provider", &zone.dhcpprovider),
                ("dns", &zone.dns1),
                ("internal_dns", &zone.internaldns1),
                ("domain", &zone.domain),
                ("type", &zone.kind),
            ]
        },
    )?;
    page.gauges::<Zone>(
        "zone_id",
        |s| &s.zones,
        &[
            (&f::ZONE_ALLOCATION, |zone| is(&zone.allocationstate, "Enabled")),
            (&f::ZONE_SECURITY_GROUPS, |zone| zone.securitygroupsenabled.gauge()),
            (&f::ZONE_LOCAL_STORAGE, |zone| zone.localstorageenabled.gauge()),
        ],
    )?;
    capacity::zones(page)
}

fn pods_and_clusters(page: &mut Page<'_, '_>) -> fmt::Result {
    page.infos(
        &f::POD_INFO,
        "pod_id",
        |s| &s.pods,
        |pod| {
            [
                ("pod", &pod.name),
                ("zone_id", &pod.zoneid),
                ("zone", &pod.zonename),
                ("gateway", &pod.gateway),
                ("netmask", &pod.netmask),
            ]
        },
    )?;
    page.gauges::<Pod>(
        "pod_id",
        |s| &s.pods,
        &[(&f::POD_ALLOCATION, |pod| is(&pod.allocationstate, "Enabled"))],
    )?;
    capacity::pods(page)?;
    page.infos(
        &f::CLUSTER_INFO,
        "cluster_id",
        |s| &s.clusters,
        |cluster| {
            [
                ("cluster", &cluster.name),
                ("pod", &cluster.podname),
                ("pod_id", &cluster.podid),
                ("zone_id", &cluster.zoneid),
                ("zone", &cluster.zonename),
                ("hypervisor", &cluster.hypervisortype),
                ("type", &cluster.clustertype),
            ]
        },
    )?;
    page.gauges::<Cluster>(
        "cluster_id",
        |s| &s.clusters,
        &[
            (&f::CLUSTER_ALLOCATION, |cluster| is(&cluster.allocationstate, "Enabled")),
            (&f::CLUSTER_MANAGED, |cluster| is(&cluster.managedstate, "Managed")),
            (&f::CLUSTER_CPU_OVERCOMMIT, |cluster| cluster.cpuovercommitratio.0),
            (&f::CLUSTER_MEMORY_OVERCOMMIT, |cluster| cluster.memoryovercommitratio.0),
        ],
    )?;
    capacity::clusters(page)
}

fn hosts(page: &mut Page<'_, '_>) -> fmt::Result {
    page.infos(
        &f::HOST_INFO,
        "host_id",
        |s| &s.hosts,
        |host| {
            [
                ("host", &host.name),
                ("ip", &host.ipaddress),
                ("hypervisor", &host.hypervisor),
                ("hypervisor_version", &host.hypervisorversion),
                ("version", &host.version),
                ("cluster_id", &host.clusterid),
                ("cluster", &host.clustername),
                ("pod", &host.podname),
                ("zone_id", &host.zoneid),
                ("zone", &host.zonename),
                ("tags", &host.hosttags),
            ]
        },
    )?;
    page.states::<Host>(
        "host_id",
        |s| &s.hosts,
        &[
            (&f::HOST_STATE, |host| &host.state),
            (&f::HOST_RESOURCE_STATE, |host| &host.resourcestate),
        ],
    )?;
    page.family(&f::HOST_HA_STATE, |snapshot, write| {
        for host in snapshot.hosts.rows() {
            if let Some(state) = host.hostha.0.first().and_then(|ha| ha.hastate.known()) {
                write([("host_id", &host.id), ("state", state)], 1.0)?;
            }
        }
        Ok(())
    })?;
    page.gauges::<Host>(
        "host_id",
        |s| &s.hosts,
        &[
            (&f::HOST_HA, |host| host.hostha.0.first().and_then(|ha| ha.haenable.gauge())),
            (&f::HOST_CPUS, |host| host.cpunumber.0),
            (&f::HOST_SOCKETS, |host| host.cpusockets.0),
            (&f::HOST_CPU_SPEED, |host| host.cpuspeed.times(MEGA)),
            (&f::HOST_CPU_CAPACITY, |host| host.cpuwithoverprovisioning.times(MEGA)),
            (&f::HOST_CPU_ALLOCATED, |host| cpu_allocated(host).map(|mhz| mhz * MEGA)),
            (&f::HOST_CPU_USED, |host| host.cpuused.ratio()),
            (&f::HOST_LOAD, |host| host.cpuloadaverage.0),
            (&f::HOST_MEMORY, |host| host.memorytotal.0),
            (&f::HOST_MEMORY_CAPACITY, |host| host.memorywithoverprovisioning.0),
            (&f::HOST_MEMORY_ALLOCATED, memory_allocated),
            (&f::HOST_MEMORY_USED, |host| host.memoryused.0),
            (&f::HOST_NETWORK_READ, |host| host.networkkbsread.times(KIB)),
            (&f::HOST_NETWORK_WRITE, |host| host.networkkbswrite.times(KIB)),
            (&f::HOST_LAST_PING, |host| time::last_ping(&host.lastpinged)),
        ],
    )?;
    page.family(&f::HOST_VMS, |snapshot, write| {
        if !snapshot.machines.known() {
            return Ok(());
        }
        let vms = vms_by_host(snapshot);
        for host in snapshot.hosts.rows() {
            write([("host_id", &host.id)], vms.get(&host.id).copied().unwrap_or(0) as f64)?;
        }
        Ok(())
    })?;
    page.gauges::<DedicatedHost>(
        "host_id",
        |s| &s.dedicated_hosts,
        &[(&f::HOST_DEDICATED, |_| Some(1.0))],
    )
}

/// How many user VMs each host has, by its id.
pub(crate) fn vms_by_host(snapshot: &Snapshot) -> HashMap<&Text, u64> {
    let mut vms = HashMap::new();
    for machine in snapshot.machines.rows() {
        *vms.entry(&machine.hostid).or_insert(0) += 1;
    }
    vms
}

/// CPU of a host that is allocated, in MHz; old servers tell a part of the whole only.
pub(crate) fn cpu_allocated(host: &Host) -> Option<f64> {
    let of_whole = || Some(host.cpuallocated.ratio()? * host.cpuwithoverprovisioning.0?);
    host.cpuallocatedvalue.0.or_else(of_whole)
}

/// Memory of a host that is allocated, in bytes.
pub(crate) fn memory_allocated(host: &Host) -> Option<f64> {
    host.memoryallocatedbytes.0.or(host.memoryallocated.0)
}

fn storage(page: &mut Page<'_, '_>) -> fmt::Result {
    page.infos(
        &f::POOL_INFO,
        "pool_id",
        |s| &s.pools,
        |pool| {
            [
                ("pool", &pool.name),
                ("type", &pool.kind),
                ("scope", &pool.scope),
                ("ip", &pool.ipaddress),
                ("path", &pool.path),
                ("cluster", &pool.clustername),
                ("pod", &pool.podname),
                ("zone_id", &pool.zoneid),
                ("zone", &pool.zonename),
                ("tags", &pool.tags),
            ]
        },
    )?;
    page.states::<Pool>("pool_id", |s| &s.pools, &[(&f::POOL_STATE, |pool| &pool.state)])?;
    page.gauges::<Pool>(
        "pool_id",
        |s| &s.pools,
        &[
            (&f::POOL_SIZE, |pool| pool.disksizetotal.0),
            (&f::POOL_ALLOCATED, |pool| pool.disksizeallocated.0),
            (&f::POOL_USED, |pool| pool.disksizeused.0),
            (&f::POOL_OVERPROVISION, |pool| pool.overprovisionfactor.0),
        ],
    )?;
    page.infos(
        &f::IMAGE_STORE_INFO,
        "image_store_id",
        |s| &s.image_stores,
        |store| {
            [
                ("image_store", &store.name),
                ("url", &store.url),
                ("protocol", &store.protocol),
                ("provider", &store.providername),
                ("scope", &store.scope),
                ("zone_id", &store.zoneid),
                ("zone", &store.zonename),
            ]
        },
    )?;
    page.gauges::<ImageStore>(
        "image_store_id",
        |s| &s.image_stores,
        &[
            (&f::IMAGE_STORE_READ_ONLY, |store| store.readonly.gauge()),
            (&f::IMAGE_STORE_SIZE, |store| store.disksizetotal.0),
            (&f::IMAGE_STORE_USED, |store| store.disksizeused.0),
        ],
    )
}

fn system_vms(page: &mut Page<'_, '_>) -> fmt::Result {
    page.infos(
        &f::SYSTEM_VM_INFO,
        "system_vm_id",
        |s| &s.system_vms,
        |vm| {
            [
                ("system_vm", &vm.name),
                ("type", &vm.systemvmtype),
                ("host", &vm.hostname),
                ("pod", &vm.podname),
                ("zone_id", &vm.zoneid),
                ("zone", &vm.zonename),
                ("version", &vm.version),
            ]
        },
    )?;
    page.states::<SystemVm>(
        "system_vm_id",
        |s| &s.system_vms,
        &[(&f::SYSTEM_VM_STATE, |vm| &vm.state), (&f::SYSTEM_VM_AGENT, |vm| &vm.agentstate)],
    )?;
    page.gauges::<SystemVm>(
        "system_vm_id",
        |s| &s.system_vms,
        &[(&f::SYSTEM_VM_SESSIONS, |vm| vm.activeviewersessions.0)],
    )
}

fn routers(page: &mut Page<'_, '_>) -> fmt::Result {
    page.infos(
        &f::ROUTER_INFO,
        "router_id",
        |s| &s.routers,
        |router| {
            [
                ("router", &router.name),
                ("role", &router.role),
                ("host", &router.hostname),
                ("zone_id", &router.zoneid),
                ("zone", &router.zonename),
                ("network", &router.guestnetworkname),
                ("vpc", &router.vpcname),
                ("account", &router.account),
                ("domain", &router.domain),
                ("project", &router.project),
                ("version", &router.version),
            ]
        },
    )?;
    page.states::<Router>(
        "router_id",
        |s| &s.routers,
        &[
            (&f::ROUTER_STATE, |router| &router.state),
            (&f::ROUTER_REDUNDANT_STATE, |router| &router.redundantstate),
        ],
    )?;
    page.gauges::<Router>(
        "router_id",
        |s| &s.routers,
        &[
            (&f::ROUTER_HEALTH_FAILED, |router| router.healthchecksfailed.gauge()),
            (&f::ROUTER_UPGRADE, |router| router.requiresupgrade.gauge()),
        ],
    )?;
    page.family(&f::ROUTER_HEALTH, |snapshot, write| {
        for router in snapshot.routers.rows() {
            let mut seen = HashSet::new();
            for check in &router.healthcheckresults.0 {
                if let (Some(success), true) =
                    (check.success.gauge(), seen.insert(&check.checkname))
                {
                    let labels = [("router_id", &*router.id), ("check", &check.checkname)];
                    write(labels, success)?;
                }
            }
        }
        Ok(())
    })
}

/// Whether a state is this one; `None` when it is not told.
fn is(state: &Text, expected: &str) -> Option<f64> {
    state.known().map(|state| f64::from(u8::from(state == expected)))
}
