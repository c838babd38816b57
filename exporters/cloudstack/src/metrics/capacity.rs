//! Capacity of zones, pods and clusters, by type and tag.

use std::collections::HashSet;
use std::fmt;

use exporter_kit::Metric;

use crate::client::lenient::Text;
use crate::record::Capacity;
use crate::snapshot::Snapshot;

use super::Page;
use super::families as f;

const MEGA: f64 = 1e6;

pub(super) fn zones(page: &mut Page<'_, '_>) -> fmt::Result {
    let of_zones = |snapshot: &Snapshot, write: &mut WriteCapacity<'_>| {
        // Rows of a pod or a cluster would be counted twice in the zone's.
        let rows = snapshot.capacities.rows().iter();
        let rows =
            rows.filter(|row| row.podid.known().is_none() && row.clusterid.known().is_none());
        let mut seen = HashSet::new();
        for row in rows.filter(|row| row.zoneid.known().is_some()) {
            if seen.insert((&row.zoneid, type_name(row), &row.tag)) {
                write(&row.zoneid, row)?;
            }
        }
        Ok(())
    };
    let families = [
        &f::ZONE_CAPACITY_USED,
        &f::ZONE_CAPACITY_ALLOCATED,
        &f::ZONE_CAPACITY,
        &f::ZONE_CAPACITY_RATIO,
    ];
    capacity(page, "zone_id", families, of_zones)
}

pub(super) fn pods(page: &mut Page<'_, '_>) -> fmt::Result {
    let families = [
        &f::POD_CAPACITY_USED,
        &f::POD_CAPACITY_ALLOCATED,
        &f::POD_CAPACITY,
        &f::POD_CAPACITY_RATIO,
    ];
    capacity(page, "pod_id", families, |snapshot, write| {
        let mut pods = snapshot.pods.rows().iter();
        pods.try_for_each(|pod| once_each(&pod.id, &pod.capacity.0, write))
    })
}

pub(super) fn clusters(page: &mut Page<'_, '_>) -> fmt::Result {
    let families = [
        &f::CLUSTER_CAPACITY_USED,
        &f::CLUSTER_CAPACITY_ALLOCATED,
        &f::CLUSTER_CAPACITY,
        &f::CLUSTER_CAPACITY_RATIO,
    ];
    capacity(page, "cluster_id", families, |snapshot, write| {
        let mut clusters = snapshot.clusters.rows().iter();
        clusters.try_for_each(|cluster| once_each(&cluster.id, &cluster.capacity.0, write))
    })
}

/// Takes the id of what has this capacity, and the capacity.
type WriteCapacity<'a> = dyn FnMut(&Text, &Capacity) -> fmt::Result + 'a;

/// The four families of the capacity of zones, pods or clusters: used, allocated, total and used part.
fn capacity(
    page: &mut Page<'_, '_>,
    id: &'static str,
    families: [&'static Metric; 4],
    rows: impl Fn(&Snapshot, &mut WriteCapacity<'_>) -> fmt::Result,
) -> fmt::Result {
    let readings: [fn(&Capacity) -> Option<f64>; 4] = [
        |row| row.capacityused.times(unit(row)),
        |row| row.capacityallocated.times(unit(row)),
        |row| row.capacitytotal.times(unit(row)),
        |row| {
            let total = row.capacitytotal.0.filter(|total| *total > 0.0)?;
            Some(row.capacityused.0? / total)
        },
    ];
    for (metric, read) in families.into_iter().zip(readings) {
        page.family(metric, |snapshot, write| {
            rows(snapshot, &mut |owner, row| match read(row) {
                Some(value) => {
                    write([(id, owner), ("type", type_name(row)), ("tag", &row.tag)], value)
                }
                None => Ok(()),
            })
        })?;
    }
    Ok(())
}

fn once_each(id: &Text, rows: &[Capacity], write: &mut WriteCapacity<'_>) -> fmt::Result {
    let mut seen = HashSet::new();
    let mut rows = rows.iter().filter(|row| seen.insert((type_name(row), &row.tag)));
    rows.try_for_each(|row| write(id, row))
}

/// Value of the label `type` (`Capacity` of the API).
fn type_name(row: &Capacity) -> &'static str {
    match row.kind.0.map(|kind| kind as i64) {
        Some(0) => "memory",
        Some(1) => "cpu",
        Some(2) => "storage",
        Some(3) => "storage_allocated",
        Some(4) => "virtual_network_public_ip",
        Some(5) => "private_ip",
        Some(6) => "secondary_storage",
        Some(7) => "vlan",
        Some(8) => "direct_attached_public_ip",
        Some(9) => "local_storage",
        Some(10) => "ipv6_subnet",
        Some(19) => "gpu",
        Some(20) => "object_storage",
        Some(21) => "backup_storage",
        Some(90) => "cpu_core",
        _ => "other",
    }
}

/// CPU comes in MHz; all else in bytes or pieces.
fn unit(row: &Capacity) -> f64 {
    if row.kind.0 == Some(1.0) { MEGA } else { 1.0 }
}
