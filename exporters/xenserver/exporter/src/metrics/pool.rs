//! Pools as a whole, their messages, certificates and alarm settings.

use std::collections::BTreeMap;
use std::fmt;

use prometheus_client::encoding::DescriptorEncoder;
use xenapi::record::Pool;

use super::families as f;
use super::{Family, Row, text};
use crate::perfmon::{self, Variable};
use crate::snapshot::Snapshot;

/// The families of pools.
pub(super) fn pools(e: &mut DescriptorEncoder<'_>, pools: &[Snapshot]) -> fmt::Result {
    let records = || {
        let known = pools.iter().filter_map(|pool| Some((pool, pool.inventory.pool()?)));
        known.map(|(pool, record)| (pool, &**record))
    };
    let mut family = Family::begin(e, &f::POOL)?;
    for (pool, record) in records() {
        let uuid = text(record.uuid);
        let master = pool.inventory.master().map(|host| text(host.uuid)).unwrap_or_default();
        family.info(&[
            ("pool", &*pool.pool),
            ("uuid", &uuid),
            ("name", &record.name_label),
            ("description", &record.name_description),
            ("master", &master),
        ])?;
    }
    let mut family = Family::begin(e, &f::POOL_MEMBERS)?;
    for (pool, _) in records() {
        family.count(&[("pool", &*pool.pool)], pool.inventory.hosts.len())?;
    }
    let families: [Row<Pool, i64>; 4] = [
        (&f::POOL_HA_ENABLED, |pool| i64::from(pool.ha_enabled)),
        (&f::POOL_HA_TOLERATED, |pool| pool.ha_host_failures_to_tolerate),
        (&f::POOL_HA_PLANNED, |pool| pool.ha_plan_exists_for),
        (&f::POOL_HA_OVERCOMMITTED, |pool| i64::from(pool.ha_overcommitted)),
    ];
    for (metric, read) in families {
        let mut family = Family::begin(e, metric)?;
        for (pool, record) in records() {
            family.number(&[("pool", &*pool.pool)], read(record))?;
        }
    }
    messages(e, pools)?;
    certificates(e, pools)?;
    alarm_settings(e, pools)
}

fn messages(e: &mut DescriptorEncoder<'_>, pools: &[Snapshot]) -> fmt::Result {
    let mut family = Family::begin(e, &f::MESSAGES)?;
    for pool in pools {
        let mut counts = BTreeMap::<(&str, i64), usize>::new();
        for message in pool.inventory.messages.values() {
            *counts.entry((&*message.name, message.priority)).or_default() += 1;
        }
        for ((name, priority), count) in counts {
            let priority = priority.to_string();
            family
                .count(&[("pool", &*pool.pool), ("name", name), ("priority", &priority)], count)?;
        }
    }
    Ok(())
}

fn certificates(e: &mut DescriptorEncoder<'_>, pools: &[Snapshot]) -> fmt::Result {
    let mut family = Family::begin(e, &f::CERTIFICATE_EXPIRY)?;
    for pool in pools {
        for certificate in pool.inventory.certificates.values() {
            let host = pool.inventory.hosts.get(&certificate.host);
            let host = host.map(|host| text(host.uuid)).unwrap_or_default();
            let uuid = text(certificate.uuid);
            let labels = [
                ("pool", &*pool.pool),
                ("host", &host),
                ("uuid", &uuid),
                ("type", &certificate.kind),
                ("name", &certificate.name),
            ];
            family.time(&labels, certificate.not_after)?;
        }
    }
    Ok(())
}

/// A watched variable, and whose it is: the label's name and the UUID.
struct Watched<'a> {
    pool: &'a str,
    class: &'static str,
    uuid: String,
    variable: Variable,
}

fn alarm_settings(e: &mut DescriptorEncoder<'_>, pools: &[Snapshot]) -> fmt::Result {
    let all: Vec<_> = pools.iter().flat_map(watched).collect();
    let families: [Row<Variable, f64>; 2] = [
        (&f::ALARM_THRESHOLD, |variable| variable.level),
        (&f::ALARM_PERIOD, |variable| variable.period.as_secs_f64()),
    ];
    for (metric, read) in families {
        let mut family = Family::begin(e, metric)?;
        for Watched { pool, class, uuid, variable } in &all {
            let labels = [
                ("pool", *pool),
                (*class, uuid),
                ("variable", &*variable.name),
                ("sense", variable.sense.name()),
            ];
            family.gauge(&labels, read(variable))?;
        }
    }
    Ok(())
}

fn watched(pool: &Snapshot) -> Vec<Watched<'_>> {
    let vms = pool.inventory.vms.values().map(|vm| ("vm", vm.uuid, &vm.perfmon));
    let hosts = pool.inventory.hosts.values().map(|host| ("host", host.uuid, &host.perfmon));
    let srs = pool.inventory.srs.values().map(|sr| ("sr", sr.uuid, &sr.perfmon));
    let mut found = Vec::new();
    for (class, uuid, setting) in vms.chain(hosts).chain(srs) {
        let Some(setting) = setting else { continue };
        let mut variables = perfmon::variables(setting);
        // Of two settings of one variable the last counts, and a series is there once.
        variables.reverse();
        variables.sort_by(|a, b| a.name.cmp(&b.name));
        variables.dedup_by(|a, b| a.name == b.name);
        found.extend(variables.into_iter().map(|variable| Watched {
            pool: &pool.pool,
            class,
            uuid: text(uuid),
            variable,
        }));
    }
    found
}
