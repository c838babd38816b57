//! What zones hold: VMs, volumes, storage, addresses.

use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Write};

use super::hosts::tags;
use super::{GIB, Page};
use crate::client::lenient::Text;
use crate::metrics::vms_by_size;
use crate::record::{Host, Zone};
use crate::snapshot::Snapshot;

/// The states of a VM.
const STATES: [&str; 11] = [
    "Starting",
    "Running",
    "Stopping",
    "Stopped",
    "Destroyed",
    "Expunging",
    "Migrating",
    "Error",
    "Unknown",
    "Shutdown",
    "Restoring",
];

/// Families of addresses, and the types of capacity that count them (`listCapacity`).
const ADDRESSES: [(&str, f64); 4] = [
    ("cloudstack_private_ips_total", 5.0),
    ("cloudstack_public_ips_total", 4.0),
    ("cloudstack_shared_network_ips_total", 8.0),
    ("cloudstack_vlans_total", 7.0),
];

pub(super) fn write<W: Write>(page: &mut Page<'_, W>, snapshot: &Snapshot) -> fmt::Result {
    vms(page, snapshot)?;
    volumes(page, snapshot)?;
    storage(page, snapshot)?;
    for (name, kind) in ADDRESSES {
        page.family(name, |put| {
            let rows = snapshot.capacities.rows().iter();
            let mine = |kind_of: Option<f64>| kind_of == Some(kind);
            for row in rows.filter(|row| mine(row.kind.0) && row.podid.known().is_none()) {
                for (filter, count) in
                    [("allocated", row.capacityused), ("total", row.capacitytotal)]
                {
                    let count = count.0.unwrap_or(0.0);
                    put(&[("zone", &row.zonename), ("filter", filter)], format_args!("{count}"))?;
                }
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn vms<W: Write>(page: &mut Page<'_, W>, snapshot: &Snapshot) -> fmt::Result {
    page.family("cloudstack_vms_total", |put| {
        let mut counts: HashMap<(&Text, &Text), u64> = HashMap::new();
        let user = snapshot.machines.rows().iter().map(|vm| (&vm.zoneid, &vm.state));
        let system = snapshot.system_vms.rows().iter().map(|vm| (&vm.zoneid, &vm.state));
        let routers = snapshot.routers.rows().iter().map(|vm| (&vm.zoneid, &vm.state));
        for key in user.chain(system).chain(routers) {
            *counts.entry(key).or_default() += 1;
        }
        for zone in snapshot.zones.rows() {
            for state in STATES {
                let count = counts.get(&(&zone.id, &Text::from(state))).copied().unwrap_or(0);
                let filter = state.to_lowercase();
                put(&[("zone", &zone.name), ("filter", &filter)], format_args!("{count}"))?;
            }
        }
        Ok(())
    })?;
    let hosts: HashMap<&Text, &Host> =
        snapshot.hosts.rows().iter().map(|host| (&host.id, host)).collect();
    page.family("cloudstack_vms_total_by_tag", |put| {
        let mut counts: BTreeMap<(&str, &str, &str), u64> = BTreeMap::new();
        for host in snapshot.hosts.rows() {
            for tag in tags(host) {
                for state in STATES {
                    counts.insert((&host.zonename, state, tag), 0);
                }
            }
        }
        for vm in snapshot.machines.rows() {
            let tags = hosts.get(&vm.hostid).into_iter().flat_map(|host| tags(host));
            tags.for_each(|tag| *counts.entry((&vm.zonename, &vm.state, tag)).or_default() += 1);
        }
        for ((zone, state, tag), count) in counts {
            let filter = state.to_lowercase();
            put(&[("zone", zone), ("filter", &filter), ("tags", tag)], format_args!("{count}"))?;
        }
        Ok(())
    })?;
    page.family("cloudstack_vms_total_by_size", |put| {
        for ((zone, cpus, memory), count) in vms_by_size(snapshot) {
            let (cpus, memory) = (cpus.to_string(), memory.to_string());
            let labels = [("zone", name(snapshot, zone)), ("cpu", &cpus), ("memory", &memory)];
            put(&labels, format_args!("{count}"))?;
        }
        Ok(())
    })
}

fn volumes<W: Write>(page: &mut Page<'_, W>, snapshot: &Snapshot) -> fmt::Result {
    page.family("cloudstack_volumes_total", |put| {
        for row in snapshot.volumes.rows().iter().filter(|row| !row.zone_id.is_empty()) {
            let filter = match row.state {
                "" => "total".to_owned(),
                state => state.to_lowercase(),
            };
            let zone = name(snapshot, &row.zone_id);
            put(&[("zone", zone), ("filter", &filter)], format_args!("{}", row.count))?;
        }
        Ok(())
    })
}

fn storage<W: Write>(page: &mut Page<'_, W>, snapshot: &Snapshot) -> fmt::Result {
    page.family("cloudstack_storage_pool_gibs_total", |put| {
        for pool in snapshot.pools.rows() {
            let address = format!("{}:{}", pool.ipaddress, pool.path);
            let factor = pool.overprovisionfactor.0.unwrap_or(1.0);
            let total = pool.disksizetotal.0.unwrap_or(0.0);
            let allocated = pool.disksizeallocated.0.unwrap_or(0.0);
            for (filter, bytes) in [
                ("used", pool.disksizeused.0.unwrap_or(0.0)),
                ("allocated", allocated),
                ("unallocated", factor * total - allocated),
                ("total", total),
            ] {
                let labels = [
                    ("zone", &*pool.zonename),
                    ("name", &pool.name),
                    ("address", &address),
                    ("type", "primary"),
                    ("overprovisioningfactor", &format!("{factor:?}")),
                    ("filter", filter),
                ];
                put(&labels, format_args!("{:.2}", bytes / GIB))?;
            }
        }
        for store in snapshot.image_stores.rows() {
            for (filter, bytes) in [("used", store.disksizeused), ("total", store.disksizetotal)] {
                let labels = [
                    ("zone", &*store.zonename),
                    ("name", &store.name),
                    ("address", &store.url),
                    ("type", "secondary"),
                    ("filter", filter),
                ];
                put(&labels, format_args!("{:.2}", bytes.0.unwrap_or(0.0) / GIB))?;
            }
        }
        Ok(())
    })
}

/// The name of a zone, its id where it has none.
fn name<'a>(snapshot: &'a Snapshot, zone: &'a str) -> &'a str {
    let found: Option<&Zone> = snapshot.zones.rows().iter().find(|known| &*known.id == zone);
    found.map_or(zone, |zone| &zone.name)
}
