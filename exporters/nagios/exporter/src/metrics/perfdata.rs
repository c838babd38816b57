//! The series of performance data. Which family a value belongs to follows from its unit.

use std::fmt;

use prometheus_client::encoding::DescriptorEncoder;

use super::families::{self as f, Metric};
use super::{begin, write_counter, write_gauge};
use crate::perfdata::{Measurement, Quantity};
use crate::snapshot::Snapshot;

/// The families of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Seconds,
    Bytes,
    Ratio,
    Value,
    Total,
}

/// Every value.
pub(super) fn perfdata(e: &mut DescriptorEncoder<'_>, snapshot: &Snapshot) -> fmt::Result {
    const FAMILIES: [(&Metric, Family); 5] = [
        (&f::PERFDATA_SECONDS, Family::Seconds),
        (&f::PERFDATA_BYTES, Family::Bytes),
        (&f::PERFDATA_RATIO, Family::Ratio),
        (&f::PERFDATA_VALUE, Family::Value),
        (&f::PERFDATA_TOTAL, Family::Total),
    ];
    for (metric, wanted) in FAMILIES {
        let mut family = begin(e, metric)?;
        for (host, service, Measurement { label, quantity, value, .. }) in measurements(snapshot) {
            if Family::of(quantity) != wanted {
                continue;
            }
            let labels = [("host", host), ("service", service), ("label", label)];
            let uom = match quantity {
                Quantity::Unknown(unit) => Some(("uom", &**unit)),
                _ => None,
            };
            let labels = (labels, uom.as_slice());
            let mut series = family.encode_family(&labels)?;
            match wanted {
                Family::Total => write_counter(&mut series, value)?,
                _ => write_gauge(&mut series, *value)?,
            }
        }
    }
    Ok(())
}

impl Family {
    fn of(quantity: &Quantity) -> Self {
        match quantity {
            Quantity::Seconds => Family::Seconds,
            Quantity::Bytes => Family::Bytes,
            Quantity::Ratio => Family::Ratio,
            Quantity::Total => Family::Total,
            Quantity::Value | Quantity::Unknown(_) => Family::Value,
        }
    }
}

/// Every measurement with its host and service; the service is empty for the host itself.
fn measurements(snapshot: &Snapshot) -> impl Iterator<Item = (&str, &str, &Measurement)> {
    let of_hosts = snapshot.hosts.iter().filter_map(|host| {
        Some((host.inventory.name.as_str(), "", &host.status.as_ref()?.perfdata))
    });
    let of_services = snapshot.services.iter().filter_map(|service| {
        let nagios_event::Service { host, name, .. } = &*service.inventory;
        Some((host.as_str(), name.as_str(), &service.status.as_ref()?.perfdata))
    });
    of_hosts.chain(of_services).flat_map(|(host, service, measurements)| {
        measurements.iter().map(move |measurement| (host, service, measurement))
    })
}
