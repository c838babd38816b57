//! Hosts, each and by tag.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::{self, Write};

use super::{MIB, Page};
use crate::client::lenient::Text;
use crate::metrics::{cpu_allocated, memory_allocated, vms_by_host};
use crate::record::{Capacity, Host};
use crate::snapshot::Snapshot;

/// Types of capacity (`listCapacity`).
const MEMORY: f64 = 0.0;
const CPU: f64 = 1.0;
const CORES: f64 = 90.0;

/// Value of the label `filter`, and the hosts that it counts.
type Filter = (&'static str, fn(&Host) -> bool);

/// What a host has of something: allocated, used and total, where they are known.
struct Use {
    allocated: Option<f64>,
    used: Option<f64>,
    total: Option<f64>,
}

pub(super) fn write<W: Write>(page: &mut Page<'_, W>, snapshot: &Snapshot) -> fmt::Result {
    let hosts = snapshot.hosts.rows();
    dedication(page, snapshot)?;
    page.family("cloudstack_host_missing_info", |put| {
        for host in hosts {
            for (what, known) in [
                ("Host_Stats", host.cpuused.0),
                ("CPU_CAPACITY", host.cpuspeed.0),
                ("MEM_CAPACITY", host.memorytotal.0),
                ("CORE_CAPACITY", host.cpunumber.0),
            ] {
                if known.is_none() {
                    put(
                        &[("zone", &host.zonename), ("hostname", &host.name), ("filter", what)],
                        format_args!("-1"),
                    )?;
                }
            }
        }
        Ok(())
    })?;
    cpu(page, snapshot)?;
    memory(page, snapshot)?;
    cores(page, snapshot)?;
    let vms = vms_by_host(snapshot);
    page.family("cloudstack_host_vms_total", |put| {
        for host in hosts {
            let count = vms.get(&host.id).copied().unwrap_or(0);
            let labels =
                [("zone", &*host.zonename), ("hostname", &host.name), ("address", &host.ipaddress)];
            put(&labels, format_args!("{count}"))?;
        }
        Ok(())
    })?;
    numbers(page, snapshot)
}

fn dedication<W: Write>(page: &mut Page<'_, W>, snapshot: &Snapshot) -> fmt::Result {
    let dedicated = dedicated(snapshot);
    page.family("cloudstack_host_is_dedicated", |put| {
        for host in snapshot.hosts.rows() {
            let is = u8::from(dedicated.contains(&host.id));
            let labels =
                [("zone", &*host.zonename), ("hostname", &host.name), ("ip", &host.ipaddress)];
            put(&labels, format_args!("{is}"))?;
        }
        Ok(())
    })?;
    let account = |id: &Text| snapshot.accounts.rows().iter().find(|account| account.id == *id);
    let domain = |id: &Text| snapshot.domains.rows().iter().find(|domain| domain.id == *id);
    page.family("cloudstack_host_dedicated_to_account", |put| {
        for dedication in snapshot.dedicated_hosts.rows() {
            let mut hosts = snapshot.hosts.rows().iter();
            let Some(host) = hosts.find(|host| host.id == dedication.hostid) else { continue };
            let labels = [
                ("zone", &*host.zonename),
                ("hostname", &host.name),
                ("account", account(&dedication.accountid).map_or("", |account| &account.name)),
                ("domain", domain(&dedication.domainid).map_or("", |domain| &domain.path)),
            ];
            put(&labels, format_args!("1"))?;
        }
        Ok(())
    })
}

fn cpu<W: Write>(page: &mut Page<'_, W>, snapshot: &Snapshot) -> fmt::Result {
    let factors: HashMap<&Text, Option<f64>> =
        snapshot.clusters.rows().iter().map(|c| (&c.id, c.cpuovercommitratio.0)).collect();
    page.family("cloudstack_host_cpu_usage_mhz_total", |put| {
        for host in snapshot.hosts.rows() {
            let factor = factor(&factors, host);
            let mut put = |filter, value: Option<f64>| {
                let labels = [
                    ("zone", &*host.zonename),
                    ("hostname", &host.name),
                    ("ip", &host.ipaddress),
                    ("overprovisioningfactor", &factor),
                    ("filter", filter),
                    ("tags", &host.hosttags),
                ];
                put(&labels, format_args!("{:.2}", value.unwrap_or(0.0)))
            };
            let Use { allocated, used, total } = cpu_use(host);
            put("allocated", allocated)?;
            put("used", used)?;
            put("total", total)?;
        }
        zone_capacity(snapshot, CPU).try_for_each(|row| {
            let labels = [("zone", &*row.zonename), ("filter", "allocated")];
            put(&labels, format_args!("{:.2}", allocated_capacity(row)))
        })
    })?;
    let allocated = |host: &Host| cpu_allocated(host).unwrap_or(0.0);
    page.family("cloudstack_host_cpu_usage_mhz_total_by_tag", |put| {
        by_tag(snapshot, allocated).into_iter().try_for_each(|((zone, tag), sum)| {
            put(&[("zone", zone), ("filter", "allocated"), ("tags", tag)], format_args!("{sum:.2}"))
        })
    })
}

fn memory<W: Write>(page: &mut Page<'_, W>, snapshot: &Snapshot) -> fmt::Result {
    let factors: HashMap<&Text, Option<f64>> =
        snapshot.clusters.rows().iter().map(|c| (&c.id, c.memoryovercommitratio.0)).collect();
    let dedicated = dedicated(snapshot);
    page.family("cloudstack_host_memory_usage_mibs_total", |put| {
        for host in snapshot.hosts.rows() {
            let factor = factor(&factors, host);
            for (filter, bytes) in [
                ("allocated", memory_allocated(host)),
                ("used", host.memoryused.0),
                ("total", host.memorytotal.0),
            ] {
                let labels = [
                    ("zone", &*host.zonename),
                    ("hostname", &host.name),
                    ("ip", &host.ipaddress),
                    ("overprovisioningfactor", &factor),
                    ("filter", filter),
                    ("dedicated", if dedicated.contains(&host.id) { "1" } else { "0" }),
                    ("tags", &host.hosttags),
                ];
                put(&labels, format_args!("{:.2}", bytes.unwrap_or(0.0) / MIB))?;
            }
        }
        zone_capacity(snapshot, MEMORY).try_for_each(|row| {
            let labels = [("zone", &*row.zonename), ("filter", "allocated")];
            put(&labels, format_args!("{:.2}", allocated_capacity(row) / MIB))
        })
    })?;
    let allocated = |host: &Host| memory_allocated(host).unwrap_or(0.0) / MIB;
    page.family("cloudstack_host_memory_usage_mibs_total_by_tag", |put| {
        by_tag(snapshot, allocated).into_iter().try_for_each(|((zone, tag), sum)| {
            put(&[("zone", zone), ("filter", "allocated"), ("tags", tag)], format_args!("{sum:.2}"))
        })
    })
}

fn cores<W: Write>(page: &mut Page<'_, W>, snapshot: &Snapshot) -> fmt::Result {
    let dedicated = dedicated(snapshot);
    let mut used: HashMap<&Text, f64> = HashMap::new();
    for vm in snapshot.machines.rows() {
        *used.entry(&vm.hostid).or_default() += vm.cpunumber.0.unwrap_or(0.0);
    }
    let used = |host: &Host| used.get(&host.id).copied().unwrap_or(0.0);
    page.family("cloudstack_host_vms_cores_total", |put| {
        for host in snapshot.hosts.rows() {
            for (filter, cores) in
                [("used", used(host)), ("total", host.cpunumber.0.unwrap_or(0.0))]
            {
                let labels = [
                    ("zone", &*host.zonename),
                    ("hostname", &host.name),
                    ("ip", &host.ipaddress),
                    ("filter", filter),
                    ("dedicated", if dedicated.contains(&host.id) { "1" } else { "0" }),
                    ("tags", &host.hosttags),
                ];
                put(&labels, format_args!("{cores}"))?;
            }
        }
        zone_capacity(snapshot, CORES).try_for_each(|row| {
            let labels = [("zone", &*row.zonename), ("filter", "allocated")];
            put(&labels, format_args!("{}", allocated_capacity(row)))
        })
    })?;
    page.family("cloudstack_host_vms_cores_total_by_tag", |put| {
        by_tag(snapshot, used).into_iter().try_for_each(|((zone, tag), sum)| {
            put(&[("zone", zone), ("filter", "allocated"), ("tags", tag)], format_args!("{sum}"))
        })
    })
}

/// Hosts that are online and offline.
fn numbers<W: Write>(page: &mut Page<'_, W>, snapshot: &Snapshot) -> fmt::Result {
    let filters: [Filter; 3] = [("online", online), ("offline", offline), ("total", |_| true)];
    page.family("cloudstack_hosts_total", |put| {
        for zone in snapshot.zones.rows() {
            let hosts = || snapshot.hosts.rows().iter().filter(|host| host.zoneid == zone.id);
            for (filter, counts) in filters {
                let count = hosts().filter(|host| counts(host)).count();
                put(&[("zone", &zone.name), ("filter", filter)], format_args!("{count}"))?;
            }
        }
        Ok(())
    })?;
    page.family("cloudstack_hosts_total_by_tag", |put| {
        for (filter, counts) in filters {
            let one = |host: &Host| f64::from(u8::from(counts(host)));
            for ((zone, tag), count) in by_tag(snapshot, one) {
                put(&[("zone", zone), ("filter", filter), ("tags", tag)], format_args!("{count}"))?;
            }
        }
        Ok(())
    })
}

fn cpu_use(host: &Host) -> Use {
    let total = host.cpunumber.0.zip(host.cpuspeed.0).map(|(cores, mhz)| cores * mhz);
    let used = total.zip(host.cpuused.ratio()).map(|(total, ratio)| total * ratio);
    Use { allocated: cpu_allocated(host), used, total }
}

fn online(host: &Host) -> bool {
    &*host.state == "Up" && !in_maintenance(host)
}

fn offline(host: &Host) -> bool {
    in_maintenance(host) || matches!(&*host.state, "Disconnected" | "Down")
}

fn in_maintenance(host: &Host) -> bool {
    host.resourcestate.contains("Maintenance")
}

fn dedicated(snapshot: &Snapshot) -> HashSet<&Text> {
    snapshot.dedicated_hosts.rows().iter().map(|dedication| &dedication.hostid).collect()
}

fn factor(factors: &HashMap<&Text, Option<f64>>, host: &Host) -> String {
    // As Java writes a float.
    format!("{:?}", factors.get(&host.clusterid).copied().flatten().unwrap_or(1.0))
}

/// The sums of a type of capacity, one a zone.
fn zone_capacity(snapshot: &Snapshot, kind: f64) -> impl Iterator<Item = &Capacity> {
    snapshot.capacities.rows().iter().filter(move |row| {
        row.kind.0 == Some(kind)
            && row.tag.known().is_none()
            && row.podid.known().is_none()
            && row.clusterid.known().is_none()
    })
}

/// Old servers tell what is allocated as used.
fn allocated_capacity(row: &Capacity) -> f64 {
    row.capacityallocated.0.or(row.capacityused.0).unwrap_or(0.0)
}

/// A sum over the hosts of each zone and tag.
pub(super) fn by_tag(
    snapshot: &Snapshot,
    read: impl Fn(&Host) -> f64,
) -> BTreeMap<(&str, &str), f64> {
    let mut sums = BTreeMap::new();
    for host in snapshot.hosts.rows() {
        for tag in tags(host) {
            *sums.entry((&*host.zonename, tag)).or_insert(0.0) += read(host);
        }
    }
    sums
}

/// The tags of a host.
pub(super) fn tags(host: &Host) -> impl Iterator<Item = &str> {
    host.hosttags.split(',').map(str::trim).filter(|tag| !tag.is_empty())
}
