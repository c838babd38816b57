//! Virtual machines, networks, and numbers of volumes and the like.

use std::collections::BTreeMap;
use std::fmt;

use exporter_kit::Metric;

use crate::record::{Count, Machine, Network, Vpc};
use crate::snapshot::{Part, Snapshot};

use super::Page;
use super::families as f;

const KIB: f64 = 1024.0;
const MIB: f64 = 1024.0 * 1024.0;

pub(super) fn write(page: &mut Page<'_, '_>, statistics: bool) -> fmt::Result {
    networks(page)?;
    numbers_of_vms(page)?;
    vms(page)?;
    vm_statistics(page, statistics)?;
    counts(page)
}

fn networks(page: &mut Page<'_, '_>) -> fmt::Result {
    page.infos(
        &f::NETWORK_INFO,
        "network_id",
        |s| &s.networks,
        |network| {
            [
                ("network", &network.name),
                ("type", &network.kind),
                ("cidr", &network.cidr),
                ("zone_id", &network.zoneid),
                ("zone", &network.zonename),
                ("account", &network.account),
                ("domain", &network.domain),
                ("project", &network.project),
            ]
        },
    )?;
    page.states::<Network>(
        "network_id",
        |s| &s.networks,
        &[(&f::NETWORK_STATE, |network| &network.state)],
    )?;
    page.gauges::<Network>(
        "network_id",
        |s| &s.networks,
        &[(&f::NETWORK_RESTART, |network| network.restartrequired.gauge())],
    )?;
    page.infos(
        &f::VPC_INFO,
        "vpc_id",
        |s| &s.vpcs,
        |vpc| {
            [
                ("vpc", &vpc.name),
                ("cidr", &vpc.cidr),
                ("zone_id", &vpc.zoneid),
                ("zone", &vpc.zonename),
                ("account", &vpc.account),
                ("domain", &vpc.domain),
                ("project", &vpc.project),
            ]
        },
    )?;
    page.states::<Vpc>("vpc_id", |s| &s.vpcs, &[(&f::VPC_STATE, |vpc| &vpc.state)])?;
    page.gauges::<Vpc>(
        "vpc_id",
        |s| &s.vpcs,
        &[(&f::VPC_RESTART, |vpc| vpc.restartrequired.gauge())],
    )?;
    page.infos(
        &f::VLAN_RANGE_INFO,
        "vlan_range_id",
        |s| &s.vlans,
        |range| {
            [
                ("vlan", &range.vlan),
                ("zone_id", &range.zoneid),
                ("gateway", &range.gateway),
                ("netmask", &range.netmask),
                ("first", &range.startip),
                ("last", &range.endip),
            ]
        },
    )
}

fn numbers_of_vms(page: &mut Page<'_, '_>) -> fmt::Result {
    page.family(&f::VMS, |snapshot, write| {
        let mut vms = BTreeMap::new();
        for vm in snapshot.machines.rows() {
            *vms.entry((&vm.zoneid, &vm.state)).or_insert(0_u64) += 1;
        }
        for ((zone, state), count) in vms {
            write([("zone_id", zone), ("state", state)], count as f64)?;
        }
        Ok(())
    })?;
    page.family(&f::VMS_BY_SIZE, |snapshot, write| {
        for ((zone, cpus, memory), count) in vms_by_size(snapshot) {
            let (cpus, memory) = (cpus.to_string(), (memory * MIB as u64).to_string());
            write([("zone_id", zone), ("cpus", &cpus), ("memory_bytes", &memory)], count as f64)?;
        }
        Ok(())
    })
}

/// User VMs by zone, cores and MiB, without those that are gone or never came to be.
pub(crate) fn vms_by_size(snapshot: &Snapshot) -> BTreeMap<(&str, u64, u64), u64> {
    let mut vms = BTreeMap::new();
    for vm in snapshot.machines.rows() {
        let there = !matches!(&*vm.state, "Destroyed" | "Error" | "Expunging");
        if let (true, Some(cpus), Some(memory)) = (there, vm.cpunumber.0, vm.memory.0) {
            *vms.entry((&*vm.zoneid, cpus as u64, memory as u64)).or_insert(0) += 1;
        }
    }
    vms
}

fn vms(page: &mut Page<'_, '_>) -> fmt::Result {
    page.infos(
        &f::VM_INFO,
        "vm_id",
        |s| &s.machines,
        |vm| {
            [
                ("vm", vm.displayname.known().unwrap_or(&vm.name)),
                ("instance_name", &vm.instancename),
                ("host_id", &vm.hostid),
                ("host", &vm.hostname),
                ("zone_id", &vm.zoneid),
                ("zone", &vm.zonename),
                ("account", &vm.account),
                ("domain", &vm.domain),
                ("project", &vm.project),
                ("offering", &vm.serviceofferingname),
                ("template", &vm.templatename),
                ("hypervisor", &vm.hypervisor),
            ]
        },
    )?;
    page.states::<Machine>("vm_id", |s| &s.machines, &[(&f::VM_STATE, |vm| &vm.state)])
}

fn vm_statistics(page: &mut Page<'_, '_>, statistics: bool) -> fmt::Result {
    /// Stands in for the machines where statistics are off: every family is there, and empty.
    static NONE: Part<Machine> = Part::new();
    let machines: fn(&Snapshot) -> &Part<_> = if statistics { |s| &s.machines } else { |_| &NONE };
    page.gauges::<Machine>(
        "vm_id",
        machines,
        &[
            (&f::VM_CPUS, |vm| vm.cpunumber.0),
            (&f::VM_MEMORY, |vm| vm.memory.times(MIB)),
            (&f::VM_MEMORY_FREE, |vm| vm.memoryintfreekbs.times(KIB)),
            (&f::VM_CPU_USED, |vm| vm.cpuused.ratio()),
            (&f::VM_NETWORK_READ, |vm| vm.networkkbsread.times(KIB)),
            (&f::VM_NETWORK_WRITE, |vm| vm.networkkbswrite.times(KIB)),
            (&f::VM_DISK_READ, |vm| vm.diskkbsread.times(KIB)),
            (&f::VM_DISK_WRITE, |vm| vm.diskkbswrite.times(KIB)),
            (&f::VM_DISK_READS, |vm| vm.diskioread.0),
            (&f::VM_DISK_WRITES, |vm| vm.diskiowrite.0),
        ],
    )
}

/// A family, and the part that has its number.
type Counted = (&'static Metric, fn(&Snapshot) -> &Part<Count>);

fn counts(page: &mut Page<'_, '_>) -> fmt::Result {
    page.family(&f::VOLUMES, |snapshot, write| {
        let mut all = snapshot.volumes.rows().iter().filter(|row| row.state.is_empty());
        all.try_for_each(|row| write([("zone_id", &row.zone_id)], row.count as f64))
    })?;
    page.family(&f::VOLUMES_BY_STATE, |snapshot, write| {
        let rows = snapshot.volumes.rows();
        let (all, named): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.state.is_empty());
        for states in named.chunk_by(|one, next| one.zone_id == next.zone_id) {
            let zone_id = &states[0].zone_id;
            let within = |row: &&&Count| zone_id.is_empty() || row.zone_id == *zone_id;
            let mut rest: u64 = all.iter().filter(within).map(|row| row.count).sum();
            for Count { state, count, .. } in states {
                rest = rest.saturating_sub(*count);
                write([("zone_id", zone_id), ("state", state)], *count as f64)?;
            }
            write([("zone_id", zone_id), ("state", "other")], rest as f64)?;
        }
        Ok(())
    })?;
    let counts: [Counted; 3] = [
        (&f::SNAPSHOTS, |s| &s.snapshots),
        (&f::BACKUPS, |s| &s.backups),
        (&f::TEMPLATES, |s| &s.templates),
    ];
    for (metric, part) in counts {
        page.family(metric, |snapshot, write| {
            part(snapshot).rows().iter().try_for_each(|row| write([], row.count as f64))
        })?;
    }
    Ok(())
}
