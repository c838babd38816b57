//! `/metrics/compat`: the names and labels of CloudStack's own Prometheus plugin (4.22), so that dashboards made for
//! it keep working. What differs is listed in docs/cloudstack.md.
//!
//! Promises: every family has help and type, labels are escaped, no series is there twice. Refuses everything that
//! the plugin does not have, the label `cloud` too: a page shows one cloud.

mod hosts;
mod zones;

use std::collections::BTreeSet;
use std::fmt::{self, Write};

use crate::record::{self, Tenant, Zone};
use crate::snapshot::Snapshot;

/// Bytes in a MiB and in a GiB.
const MIB: f64 = 1024.0 * 1024.0;
const GIB: f64 = MIB * 1024.0;

/// Names, helps and order of the plugin's families.
pub const FAMILIES: [(&str, &str); 27] = [
    ("cloudstack_host_is_dedicated", "Whether a host is dedicated"),
    ("cloudstack_host_dedicated_to_account", "The account that a host is dedicated to"),
    ("cloudstack_host_missing_info", "What CloudStack does not tell of a host"),
    ("cloudstack_host_cpu_usage_mhz_total", "CPU of a host, or allocated in a zone, in MHz"),
    ("cloudstack_host_cpu_usage_mhz_total_by_tag", "Allocated CPU of hosts with a tag, in MHz"),
    ("cloudstack_host_memory_usage_mibs_total", "Memory of a host, or allocated in a zone, in MiB"),
    (
        "cloudstack_host_memory_usage_mibs_total_by_tag",
        "Allocated memory of hosts with a tag, in MiB",
    ),
    ("cloudstack_host_vms_cores_total", "Cores of a host, or allocated in a zone"),
    ("cloudstack_host_vms_cores_total_by_tag", "Allocated cores of hosts with a tag"),
    ("cloudstack_host_vms_total", "User VMs on a host"),
    ("cloudstack_hosts_total", "Hosts of a zone"),
    ("cloudstack_hosts_total_by_tag", "Hosts of a zone with a tag"),
    ("cloudstack_vms_total", "VMs of a zone by state, system VMs and routers too"),
    ("cloudstack_vms_total_by_tag", "User VMs by state, on hosts with a tag"),
    ("cloudstack_vms_total_by_size", "User VMs of a zone by cores and MiB"),
    ("cloudstack_volumes_total", "Volumes of a zone"),
    ("cloudstack_storage_pool_gibs_total", "Primary and secondary storage, in GiB"),
    ("cloudstack_private_ips_total", "Private addresses of a zone"),
    ("cloudstack_public_ips_total", "Public addresses of a zone"),
    ("cloudstack_shared_network_ips_total", "Addresses of shared networks of a zone"),
    ("cloudstack_vlans_total", "Guest VLANs of a zone"),
    ("cloudstack_active_domains_total", "Domains that are active"),
    ("cloudstack_active_accounts_total", "Accounts with a VM in a zone"),
    (
        "cloudstack_domain_limit_cpu_cores_total",
        "Sum of the limits of cores of the domains below ROOT",
    ),
    (
        "cloudstack_domain_limit_memory_mibs_total",
        "Sum of the limits of memory of the domains below ROOT, in MiB",
    ),
    ("cloudstack_domain_resource_limit", "What a domain below ROOT may use; -1 is no limit"),
    ("cloudstack_domain_resource_count", "What a domain uses"),
];

/// Writes the page of one cloud.
///
/// # Errors
/// When the writer fails.
pub fn write(page: &mut impl Write, snapshot: &Snapshot) -> fmt::Result {
    let mut page = Page { out: page };
    hosts::write(&mut page, snapshot)?;
    zones::write(&mut page, snapshot)?;
    domains(&mut page, snapshot)
}

/// A page under way.
struct Page<'a, W> {
    out: &'a mut W,
}

/// Where a family's series are put: labels, and the value as it is written.
type Series<'a> = dyn FnMut(&[(&str, &str)], fmt::Arguments<'_>) -> fmt::Result + 'a;

impl<W: Write> Page<'_, W> {
    /// A family: its head, and what `write` puts.
    fn family(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut Series<'_>) -> fmt::Result,
    ) -> fmt::Result {
        let help = FAMILIES.iter().find(|(known, _)| *known == name).map_or("", |(_, help)| help);
        writeln!(self.out, "# HELP {name} {help}\n# TYPE {name} gauge")?;
        let mut seen = BTreeSet::new();
        write(&mut |labels, value| {
            let mut text = String::new();
            for (index, (label, value)) in labels.iter().enumerate() {
                let comma = if index == 0 { "" } else { "," };
                write!(text, "{comma}{label}=\"{}\"", Escaped(value))?;
            }
            let (open, close) = if labels.is_empty() { ("", "") } else { ("{", "}") };
            // Names are no ids: two objects may have the same.
            if seen.insert(text.clone()) {
                writeln!(self.out, "{name}{open}{text}{close} {value}")?;
            }
            Ok(())
        })
    }
}

/// A label's value, written as the text format wants it.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '\\' => f.write_str(r"\\"),
            '"' => f.write_str("\\\""),
            '\n' => f.write_str(r"\n"),
            other => f.write_char(other),
        })
    }
}

fn domains<W: Write>(page: &mut Page<'_, W>, snapshot: &Snapshot) -> fmt::Result {
    let domains = snapshot.domains.rows();
    let active = domains.iter().filter(|domain| &*domain.state != "Inactive").count();
    page.family("cloudstack_active_domains_total", |put| {
        let mut zones = snapshot.zones.rows().iter();
        zones.try_for_each(|zone| put(&[("zone", &zone.name)], format_args!("{active}")))
    })?;
    page.family("cloudstack_active_accounts_total", |put| {
        for zone in snapshot.zones.rows() {
            let accounts = active_accounts(snapshot, zone);
            put(&[("zone", &zone.name)], format_args!("{accounts}"))?;
        }
        Ok(())
    })?;
    let below_root = || domains.iter().filter(|domain| domain.level.0 == Some(1.0));
    for (name, resource) in [
        ("cloudstack_domain_limit_cpu_cores_total", "cpu"),
        ("cloudstack_domain_limit_memory_mibs_total", "memory"),
    ] {
        let limits = below_root().filter_map(|domain| quota(domain, resource).1);
        let sum: f64 = limits.filter(|limit| *limit > 0.0).sum();
        page.family(name, |put| put(&[], format_args!("{sum}")))?;
    }
    page.family("cloudstack_domain_resource_limit", |put| {
        for domain in below_root() {
            for resource in RESOURCES {
                let limit = quota(domain, resource).1.unwrap_or(-1.0);
                put(&[("domain", &domain.name), ("type", resource)], format_args!("{limit}"))?;
            }
        }
        Ok(())
    })?;
    page.family("cloudstack_domain_resource_count", |put| {
        for domain in domains {
            for resource in RESOURCES {
                let used = quota(domain, resource).0.unwrap_or(0.0);
                put(&[("domain", &domain.name), ("type", resource)], format_args!("{used}"))?;
            }
        }
        Ok(())
    })
}

/// The resources of domains that the plugin shows: memory in MiB, storage in bytes.
const RESOURCES: [&str; 5] = ["cpu", "memory", "gpu", "primary_storage", "secondary_storage"];

/// Use and limit of a resource; no limit is none.
fn quota(domain: &Tenant, resource: &str) -> (Option<f64>, Option<f64>) {
    let quotas = domain.quotas.all();
    let found = record::RESOURCES.iter().zip(quotas).find(|(known, _)| known.name == resource);
    let Some((known, quota)) = found else { return (None, None) };
    let unit = if resource == "memory" { 1.0 } else { known.unit };
    let limit = quota.limit.times(unit).filter(|limit| limit.is_finite());
    (quota.used.times(unit), limit)
}

/// Accounts of a zone with a VM that runs, or is about to or ceasing to.
fn active_accounts(snapshot: &Snapshot, zone: &Zone) -> usize {
    let vms = snapshot.machines.rows().iter().filter(|vm| vm.zoneid == zone.id);
    let running =
        vms.filter(|vm| matches!(&*vm.state, "Running" | "Starting" | "Stopping" | "Migrating"));
    running.map(|vm| (&vm.account, &vm.domainid)).collect::<BTreeSet<_>>().len()
}
