//! Interfaces of hosts, bonds and networks.

use std::fmt;

use prometheus_client::encoding::DescriptorEncoder;
use xenapi::record::{Pif, PifMetrics};

use super::families as f;
use super::{Family, Row, text};
use crate::snapshot::Snapshot;

/// Bytes a second in one Mbit/s.
const MBIT: f64 = 125_000.0;

/// An interface and where it stands.
struct Shown<'a> {
    pool: &'a Snapshot,
    pif: &'a Pif,
    metrics: Option<&'a PifMetrics>,
    host: String,
    uuid: String,
}

impl Shown<'_> {
    fn labels(&self) -> [(&'static str, &str); 4] {
        [
            ("pool", &self.pool.pool),
            ("host", &self.host),
            ("pif", &self.uuid),
            ("device", &self.pif.device),
        ]
    }
}

/// The families of networks.
pub(super) fn networks(e: &mut DescriptorEncoder<'_>, pools: &[Snapshot]) -> fmt::Result {
    let shown: Vec<_> = pools.iter().flat_map(of_pool).collect();
    infos(e, &shown)?;
    let families: [Row<Shown<'_>, Option<f64>>; 3] = [
        (&f::PIF_ATTACHED, |s| Some(f64::from(u8::from(s.pif.currently_attached)))),
        (&f::PIF_CARRIER, |s| Some(f64::from(u8::from(s.metrics?.carrier)))),
        (&f::PIF_SPEED, |s| s.metrics.map(|metrics| metrics.speed as f64 * MBIT)),
    ];
    for (metric, read) in families {
        let mut family = Family::begin(e, metric)?;
        for pif in &shown {
            if let Some(value) = read(pif) {
                family.gauge(&pif.labels(), value)?;
            }
        }
    }
    bonds(e, pools)?;
    let mut family = Family::begin(e, &f::NETWORK)?;
    for pool in pools {
        for network in pool.inventory.networks.values() {
            let uuid = text(network.uuid);
            family.info(&[
                ("pool", &*pool.pool),
                ("network", &uuid),
                ("name", &network.name_label),
                ("bridge", &network.bridge),
            ])?;
        }
    }
    Ok(())
}

fn of_pool(pool: &Snapshot) -> Vec<Shown<'_>> {
    let pifs = pool.inventory.pifs.values();
    let shown = pifs.filter_map(|pif| {
        let host = pool.inventory.hosts.get(&pif.host)?;
        let metrics = pool.inventory.pif_metrics.get(&pif.metrics).map(|metrics| &**metrics);
        Some(Shown { pool, pif, metrics, host: text(host.uuid), uuid: text(pif.uuid) })
    });
    shown.collect()
}

fn infos(e: &mut DescriptorEncoder<'_>, shown: &[Shown<'_>]) -> fmt::Result {
    let mut family = Family::begin(e, &f::PIF)?;
    for known in shown {
        let [pool, host, uuid, device] = known.labels();
        let Pif { mac, ip, netmask, gateway, vlan, physical, management, mtu, .. } = known.pif;
        let network = known.pool.inventory.networks.get(&known.pif.network);
        let (vlan, mtu) = (vlan.to_string(), mtu.to_string());
        let ipv6: Vec<&str> = known.pif.ipv6.iter().map(|address| &**address).collect();
        let ipv6 = ipv6.join(" ");
        let metrics = |read: fn(&PifMetrics) -> &str| known.metrics.map_or("", read);
        family.info(&[
            pool,
            host,
            uuid,
            device,
            ("mac", mac),
            ("ip", ip),
            ("netmask", netmask),
            ("gateway", gateway),
            ("ipv6", &ipv6),
            ("vlan", &vlan),
            ("mtu", &mtu),
            ("mode", known.pif.ip_configuration_mode.name()),
            ("physical", truth(*physical)),
            ("management", truth(*management)),
            ("network", network.map_or("", |network| &network.name_label)),
            ("vendor", metrics(|metrics| &metrics.vendor_name)),
            ("card", metrics(|metrics| &metrics.device_name)),
            ("pci", metrics(|metrics| &metrics.pci_bus_path)),
        ])?;
    }
    Ok(())
}

fn bonds(e: &mut DescriptorEncoder<'_>, pools: &[Snapshot]) -> fmt::Result {
    let all: Vec<_> = pools
        .iter()
        .flat_map(|pool| {
            pool.inventory.bonds.values().filter_map(move |bond| {
                let pif = pool.inventory.pifs.get(&bond.master)?;
                let host = pool.inventory.hosts.get(&pif.host)?;
                Some((pool, &**bond, &*pif.device, text(host.uuid)))
            })
        })
        .collect();
    for (metric, up) in [(&f::BOND_LINKS, true), (&f::BOND_SIZE, false)] {
        let mut family = Family::begin(e, metric)?;
        for (pool, bond, device, host) in &all {
            let labels =
                [("pool", &*pool.pool), ("host", host), ("device", *device), ("mode", &bond.mode)];
            let links = if up { bond.links_up } else { bond.slaves.len() as i64 };
            family.number(&labels, links)?;
        }
    }
    Ok(())
}

fn truth(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}
