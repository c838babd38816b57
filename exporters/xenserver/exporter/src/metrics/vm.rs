//! VMs, as the inventory has them. dom0s and driver domains are left out.

use std::collections::BTreeSet;
use std::fmt;

use prometheus_client::encoding::DescriptorEncoder;
use xenapi::record::{PowerState, VbdType, Vm, VmGuestMetrics, VmMetrics};

use super::families as f;
use super::{Family, Row, text};
use crate::config::Optional;
use crate::snapshot::Snapshot;

/// A VM and where it stands.
struct Shown<'a> {
    pool: &'a Snapshot,
    vm: &'a Vm,
    metrics: Option<&'a VmMetrics>,
    guest: Option<&'a VmGuestMetrics>,
    uuid: String,
}

impl Shown<'_> {
    fn labels(&self) -> [(&'static str, &str); 2] {
        [("pool", &self.pool.pool), ("vm", &self.uuid)]
    }

    fn runs(&self) -> bool {
        matches!(self.vm.power_state, PowerState::Running | PowerState::Paused)
    }
}

/// The families of VMs.
pub(super) fn vms(
    e: &mut DescriptorEncoder<'_>,
    pools: &[Snapshot],
    groups: &BTreeSet<Optional>,
) -> fmt::Result {
    let shown: Vec<_> = pools.iter().flat_map(of_pool).collect();
    texts(e, &shown)?;
    let mut family = Family::begin(e, &f::VM_RESIDENT)?;
    for vm in shown.iter().filter(|vm| vm.runs()) {
        if let Some(host) = vm.pool.inventory.hosts.get(&vm.vm.resident_on) {
            let [pool, uuid] = vm.labels();
            family.info(&[pool, uuid, ("host", &text(host.uuid))])?;
        }
    }
    let always: [Row<Shown<'_>, Option<f64>>; 3] = [
        (&f::VM_VCPUS, |s| {
            let running = s.metrics.map(|metrics| metrics.vcpus_number).filter(|_| s.runs());
            Some(running.unwrap_or(s.vm.vcpus_at_startup) as f64)
        }),
        (&f::VM_START_TIME, |s| s.metrics?.start_time.filter(|_| s.runs()).map(super::seconds)),
        (&f::VM_TOOLS, |s| {
            Some(f64::from(u8::from(s.guest.is_some_and(|guest| guest.tools_up_to_date))))
        }),
    ];
    numbers(e, &shown, &always)?;
    let memory: [Row<Shown<'_>, Option<f64>>; 3] = [
        (&f::VM_MEMORY_STATIC_MAX, |s| Some(s.vm.memory_static_max as f64)),
        (&f::VM_MEMORY_DYNAMIC_MAX, |s| Some(s.vm.memory_dynamic_max as f64)),
        (&f::VM_MEMORY_DYNAMIC_MIN, |s| Some(s.vm.memory_dynamic_min as f64)),
    ];
    let asked: &[Shown<'_>] = if groups.contains(&Optional::VmMemory) { &shown } else { &[] };
    numbers(e, asked, &memory)?;
    let asked = if groups.contains(&Optional::Devices) { pools } else { &[] };
    interfaces(e, asked)?;
    disks(e, asked)
}

fn of_pool(pool: &Snapshot) -> Vec<Shown<'_>> {
    let inventory = &pool.inventory;
    let shown = pool.vms().map(|vm| Shown {
        pool,
        vm,
        metrics: inventory.vm_metrics.get(&vm.metrics).map(|metrics| &**metrics),
        guest: inventory.vm_guest_metrics.get(&vm.guest_metrics).map(|guest| &**guest),
        uuid: text(vm.uuid),
    });
    shown.collect()
}

fn texts(e: &mut DescriptorEncoder<'_>, shown: &[Shown<'_>]) -> fmt::Result {
    let mut family = Family::begin(e, &f::VM)?;
    for known in shown {
        let [pool, uuid] = known.labels();
        let guest = known.guest;
        family.info(&[
            pool,
            uuid,
            ("name", &known.vm.name_label),
            ("os", guest.map_or("", |guest| &guest.os_name)),
            ("distribution", guest.map_or("", |guest| &guest.os_distribution)),
            ("kernel", guest.map_or("", |guest| &guest.os_kernel)),
            ("addresses", &guest.map(addresses).unwrap_or_default()),
            ("tools", &guest.map(tools).unwrap_or_default()),
            ("tags", &known.vm.tags.join(" ")),
        ])?;
    }
    let mut family = Family::begin(e, &f::VM_POWER_STATE)?;
    for known in shown {
        let [pool, uuid] = known.labels();
        family.gauge(&[pool, uuid, ("state", known.vm.power_state.name())], 1.0)?;
    }
    Ok(())
}

/// Each address once, the first interface's first.
fn addresses(guest: &VmGuestMetrics) -> String {
    let mut addresses: Vec<&str> = Vec::new();
    for (_, address) in guest.networks.iter().filter(|(key, _)| key.contains("/ip")) {
        if !address.is_empty() && !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    addresses.join(" ")
}

/// The tools' version: `9.3.1`.
fn tools(guest: &VmGuestMetrics) -> String {
    let parts = ["major", "minor", "micro"];
    let parts: Vec<_> = parts.iter().filter_map(|part| guest.tools_version.get(part)).collect();
    parts.join(".")
}

fn numbers<'a>(
    e: &mut DescriptorEncoder<'_>,
    shown: &[Shown<'a>],
    families: &[Row<Shown<'a>, Option<f64>>],
) -> fmt::Result {
    for (metric, read) in families {
        let mut family = Family::begin(e, metric)?;
        for vm in shown {
            if let Some(value) = read(vm) {
                family.gauge(&vm.labels(), value)?;
            }
        }
    }
    Ok(())
}

fn interfaces(e: &mut DescriptorEncoder<'_>, pools: &[Snapshot]) -> fmt::Result {
    let mut family = Family::begin(e, &f::VIF)?;
    for pool in pools {
        for vif in pool.inventory.vifs.values() {
            // Templates and snapshots have interfaces too.
            let Some(vm) = pool.inventory.vms.get(&vif.vm) else { continue };
            let network = pool.inventory.networks.get(&vif.network);
            family.info(&[
                ("pool", &*pool.pool),
                ("vm", &text(vm.uuid)),
                ("device", &vif.device),
                ("mac", &vif.mac),
                ("network", network.map_or("", |network| &network.name_label)),
            ])?;
        }
    }
    Ok(())
}

fn disks(e: &mut DescriptorEncoder<'_>, pools: &[Snapshot]) -> fmt::Result {
    let mut family = Family::begin(e, &f::VBD)?;
    for pool in pools {
        let inventory = &pool.inventory;
        for vbd in inventory.vbds.values().filter(|vbd| vbd.kind == VbdType::Disk) {
            let Some(vm) = inventory.vms.get(&vbd.vm) else { continue };
            let vdi = inventory.vdis.get(&vbd.vdi);
            let sr = vdi.and_then(|vdi| inventory.srs.get(&vdi.sr));
            family.info(&[
                ("pool", &*pool.pool),
                ("vm", &text(vm.uuid)),
                ("device", &vbd.device),
                ("position", &vbd.userdevice),
                ("vdi", &vdi.map(|vdi| text(vdi.uuid)).unwrap_or_default()),
                ("sr", &sr.map(|sr| text(sr.uuid)).unwrap_or_default()),
            ])?;
        }
    }
    Ok(())
}
