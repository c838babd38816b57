//! Repositories, how hosts reach them, and disks.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use prometheus_client::encoding::DescriptorEncoder;
use xenapi::Ref;
use xenapi::record::{Sr, Vdi};

use super::families as f;
use super::{Family, Row, text};
use crate::config::Optional;
use crate::snapshot::Snapshot;

/// A repository and where it stands.
struct Repository<'a> {
    pool: &'a str,
    uuid: String,
    sr: &'a Sr,
    /// How many disks it holds.
    disks: usize,
}

impl Repository<'_> {
    /// Repositories without a size of their own say -1 or 0.
    fn sized(&self, bytes: i64) -> Option<f64> {
        (self.sr.physical_size > 0).then_some(bytes as f64)
    }
}

/// The families of storage.
pub(super) fn storage(
    e: &mut DescriptorEncoder<'_>,
    pools: &[Snapshot],
    groups: &BTreeSet<Optional>,
) -> fmt::Result {
    repositories(e, pools)?;
    connections(e, pools)?;
    let shown = if groups.contains(&Optional::Vdi) { pools } else { &[] };
    disks(e, shown)
}

fn repositories(e: &mut DescriptorEncoder<'_>, pools: &[Snapshot]) -> fmt::Result {
    let mut shown = Vec::new();
    for pool in pools {
        let mut disks = HashMap::<&Ref, usize>::new();
        for vdi in pool.inventory.vdis.values() {
            *disks.entry(&vdi.sr).or_default() += 1;
        }
        for (reference, sr) in pool.inventory.srs.iter() {
            let disks = disks.get(reference).copied().unwrap_or_default();
            shown.push(Repository { pool: &pool.pool, uuid: text(sr.uuid), sr, disks });
        }
    }
    let mut family = Family::begin(e, &f::SR)?;
    for Repository { pool, uuid, sr, .. } in &shown {
        family.info(&[
            ("pool", *pool),
            ("sr", uuid),
            ("name", &sr.name_label),
            ("description", &sr.name_description),
            ("type", &sr.kind),
            ("content", &sr.content_type),
            ("shared", if sr.shared { "true" } else { "false" }),
        ])?;
    }
    let families: [Row<Repository<'_>, Option<f64>>; 4] = [
        (&f::SR_SIZE, |r| r.sized(r.sr.physical_size)),
        (&f::SR_USED, |r| r.sized(r.sr.physical_utilisation)),
        (&f::SR_ALLOCATED, |r| Some(r.sr.virtual_allocation as f64)),
        (&f::SR_VDIS, |r| Some(r.disks as f64)),
    ];
    for (metric, read) in families {
        let mut family = Family::begin(e, metric)?;
        for repository in &shown {
            if let Some(value) = read(repository) {
                family.gauge(&[("pool", repository.pool), ("sr", &repository.uuid)], value)?;
            }
        }
    }
    Ok(())
}

fn connections(e: &mut DescriptorEncoder<'_>, pools: &[Snapshot]) -> fmt::Result {
    let mut shown = Vec::new();
    for pool in pools {
        for pbd in pool.inventory.pbds.values() {
            let host = pool.inventory.hosts.get(&pbd.host);
            let sr = pool.inventory.srs.get(&pbd.sr);
            if let (Some(host), Some(sr)) = (host, sr) {
                let uuids = [text(host.uuid), text(sr.uuid), text(pbd.uuid)];
                shown.push((&*pool.pool, uuids, &**pbd));
            }
        }
    }
    fn labels<'a>(pool: &'a str, uuids: &'a [String; 3]) -> [(&'static str, &'a str); 4] {
        let [host, sr, pbd] = uuids;
        [("pool", pool), ("host", host), ("sr", sr), ("pbd", pbd)]
    }
    let mut family = Family::begin(e, &f::PBD)?;
    for (pool, uuids, pbd) in &shown {
        let device: Vec<(String, &str)> = pbd
            .device_config
            .0
            .iter()
            .map(|(key, value)| (format!("device_{}", key.to_lowercase()), value))
            .collect();
        family.info(&(labels(pool, uuids), device.as_slice()))?;
    }
    let mut family = Family::begin(e, &f::PBD_ATTACHED)?;
    for (pool, uuids, pbd) in &shown {
        family.truth(&labels(pool, uuids), pbd.currently_attached)?;
    }
    for (metric, up) in [(&f::PBD_PATHS, false), (&f::PBD_PATHS_UP, true)] {
        let mut family = Family::begin(e, metric)?;
        for (pool, uuids, pbd) in &shown {
            for (id, active, all) in pbd.paths.iter() {
                let labels = (labels(pool, uuids), [("scsi_id", id)]);
                family.gauge(&labels, f64::from(if up { active } else { all }))?;
            }
        }
    }
    Ok(())
}

fn disks(e: &mut DescriptorEncoder<'_>, pools: &[Snapshot]) -> fmt::Result {
    let mut shown = Vec::new();
    for pool in pools {
        for vdi in pool.inventory.vdis.values().filter(|vdi| !vdi.is_a_snapshot) {
            if let Some(sr) = pool.inventory.srs.get(&vdi.sr) {
                shown.push((&*pool.pool, [text(sr.uuid), text(vdi.uuid)], &**vdi));
            }
        }
    }
    let families: [Row<Vdi, i64>; 2] =
        [(&f::VDI_SIZE, |vdi| vdi.virtual_size), (&f::VDI_USED, |vdi| vdi.physical_utilisation)];
    for (metric, read) in families {
        let mut family = Family::begin(e, metric)?;
        for (pool, [sr, uuid], vdi) in &shown {
            family.number(&[("pool", *pool), ("sr", sr), ("vdi", uuid)], read(vdi))?;
        }
    }
    let mut family = Family::begin(e, &f::VDI)?;
    for (pool, [sr, uuid], vdi) in &shown {
        family.info(&[
            ("pool", *pool),
            ("sr", sr),
            ("vdi", uuid),
            ("name", &vdi.name_label),
            ("type", &vdi.kind),
        ])?;
    }
    Ok(())
}
