//! Hosts, as the inventory has them.

use std::collections::HashMap;
use std::fmt;

use jiff::Timestamp;
use prometheus_client::encoding::DescriptorEncoder;
use xenapi::Ref;
use xenapi::record::Host;

use super::families as f;
use super::{Family, Row, text};
use crate::snapshot::Snapshot;

/// A host and where it stands.
struct Shown<'a> {
    pool: &'a Snapshot,
    reference: &'a Ref,
    host: &'a Host,
    uuid: String,
    /// VMs that run on it.
    vms: usize,
}

impl Shown<'_> {
    fn labels(&self) -> [(&'static str, &str); 2] {
        [("pool", &self.pool.pool), ("host", &self.uuid)]
    }
}

/// The families of hosts.
pub(super) fn hosts(e: &mut DescriptorEncoder<'_>, pools: &[Snapshot]) -> fmt::Result {
    let shown: Vec<_> = pools.iter().flat_map(of_pool).collect();
    texts(e, &shown)?;
    let families: [Row<Shown<'_>, Option<f64>>; 15] = [
        (&f::HOST_MASTER, |s| Some(truth(s.pool.master() == Some(s.reference)))),
        (&f::HOST_ENABLED, |s| Some(truth(s.host.enabled))),
        (&f::HOST_LIVE, |s| {
            let metrics = s.pool.inventory.host_metrics.get(&s.host.metrics)?;
            Some(truth(metrics.live))
        }),
        (&f::HOST_SAMPLE_TIME, |s| Some(s.pool.samples.get(&s.host.uuid)?.ended())),
        (&f::HOST_BOOT_TIME, |s| unix_time(s.host.boot_time.as_deref()?)),
        (&f::HOST_CPUS, |s| s.host.cpu_info.get("cpu_count")?.parse().ok()),
        (&f::HOST_SOCKETS, |s| s.host.cpu_info.get("socket_count")?.parse().ok()),
        (&f::HOST_CPU_FREQUENCY, |s| {
            Some(s.host.cpu_info.get("speed")?.parse::<f64>().ok()? * 1e6)
        }),
        (&f::HOST_MULTIPATHING, |s| Some(truth(s.host.is_multipathing()))),
        (&f::HOST_LICENSE_EXPIRY, |s| s.host.license_expiry.map(super::seconds)),
        (&f::HOST_UPDATES_MISSING, |s| Some(missing_updates(s) as f64)),
        (&f::HOST_UPDATES_REBOOT, |s| Some(s.host.updates_requiring_reboot.len() as f64)),
        (&f::HOST_VMS, |s| Some(s.vms as f64)),
        (&f::HOST_MEMORY_OVERHEAD, |s| Some(s.host.memory_overhead as f64)),
        // Old hosts do not measure it; the inventory knows it as well.
        (&f::HOST_MEMORY, |s| {
            let metrics = s.pool.inventory.host_metrics.get(&s.host.metrics)?;
            Some(metrics.memory_total as f64)
        }),
    ];
    for (metric, read) in families {
        let mut family = Family::begin(e, metric)?;
        for host in &shown {
            if let Some(value) = read(host) {
                family.gauge(&host.labels(), value)?;
            }
        }
    }
    let mut family = Family::begin(e, &f::HOST_GUIDANCE)?;
    for host in &shown {
        let [pool, uuid] = host.labels();
        for guidance in &host.host.pending_guidances {
            family.gauge(&[pool, uuid, ("guidance", guidance)], 1.0)?;
        }
    }
    Ok(())
}

fn of_pool(pool: &Snapshot) -> Vec<Shown<'_>> {
    let mut vms = HashMap::<&Ref, usize>::new();
    for (vm, _) in pool.resident().filter(|(vm, _)| !vm.is_control_domain) {
        *vms.entry(&vm.resident_on).or_default() += 1;
    }
    let hosts = pool.inventory.hosts.iter();
    let shown = hosts.map(|(reference, host)| Shown {
        pool,
        reference,
        host,
        uuid: text(host.uuid),
        vms: vms.get(reference).copied().unwrap_or_default(),
    });
    shown.collect()
}

fn texts(e: &mut DescriptorEncoder<'_>, shown: &[Shown<'_>]) -> fmt::Result {
    let mut family = Family::begin(e, &f::HOST)?;
    for known in shown {
        let [pool, uuid] = known.labels();
        let host = known.host;
        family.info(&[
            pool,
            uuid,
            ("name", &host.name_label),
            ("hostname", &host.hostname),
            ("address", &host.address),
            ("description", &host.name_description),
            ("manufacturer", &host.system_manufacturer),
            ("product", &host.system_product_name),
            ("serial_number", &host.system_serial_number),
            ("bios_version", &host.bios_version),
            ("brand", &host.product_brand),
            ("version", &host.product_version),
            ("version_text", &host.product_version_text),
            ("build", &host.build_number),
            ("xen_version", &host.xen_version),
            ("linux_version", &host.linux_version),
            ("edition", &host.edition),
        ])?;
    }
    let mut family = Family::begin(e, &f::HOST_CPU)?;
    for known in shown {
        let [pool, uuid] = known.labels();
        let info = |key| known.host.cpu_info.get(key).unwrap_or_default();
        family.info(&[pool, uuid, ("model", info("modelname")), ("vendor", info("vendor"))])?;
    }
    Ok(())
}

/// Updates of both kinds that the pool knows and the host does not have.
fn missing_updates(shown: &Shown<'_>) -> usize {
    let inventory = &shown.pool.inventory;
    let updates = inventory.pool_updates.values();
    let new = updates.filter(|update| !update.hosts.contains(shown.reference)).count();
    let applied = |patch: &Ref| {
        let mut of_host = inventory.host_patches.values();
        of_host.any(|known| {
            known.host == *shown.reference && known.pool_patch == *patch && known.applied
        })
    };
    new + inventory.pool_patches.iter().filter(|(patch, _)| !applied(patch)).count()
}

/// Seconds since 1970 as XAPI writes them: `1411129914.`.
fn unix_time(text: &str) -> Option<f64> {
    let seconds = text.trim().parse::<f64>().ok()?;
    (seconds.is_finite() && seconds > 0.0 && seconds < Timestamp::MAX.as_second() as f64)
        .then_some(seconds)
}

fn truth(value: bool) -> f64 {
    f64::from(u8::from(value))
}
