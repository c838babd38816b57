//! The series of performance data. Which family a value belongs to follows from its unit.

use std::fmt;

use exporter_kit::Metric;
use exporter_kit::families::{begin, write_counter, write_gauge};
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder};

use super::families as f;
use super::objects::{Names, Shown, shown_hosts, shown_services};
use crate::config::{Optional, Series};
use crate::perfdata::{Bounds, Measurement, Quantity, Range};
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

/// Every value, and thresholds and limits where they are asked for.
pub(super) fn perfdata(
    e: &mut DescriptorEncoder<'_>,
    snapshot: &Snapshot,
    series: &Series,
) -> fmt::Result {
    for (metric, wanted) in [
        (&f::PERFDATA_SECONDS, Family::Seconds),
        (&f::PERFDATA_BYTES, Family::Bytes),
        (&f::PERFDATA_RATIO, Family::Ratio),
        (&f::PERFDATA_VALUE, Family::Value),
        (&f::PERFDATA_TOTAL, Family::Total),
    ] {
        let mut family = begin(e, metric)?;
        for (names, measurement) in measurements(snapshot) {
            if Family::of(&measurement.quantity) == wanted {
                let uom = match &measurement.quantity {
                    Quantity::Unknown(unit) => Some(("uom", &**unit)),
                    _ => None,
                };
                let labels = (names, ([("label", &*measurement.label)], uom.as_slice()));
                let mut series = family.encode_family(&labels)?;
                match wanted {
                    Family::Total => write_counter(&mut series, &measurement.value)?,
                    _ => write_gauge(&mut series, measurement.value)?,
                }
            }
        }
    }
    let write_limit = |limit: fn(&Bounds) -> Option<f64>| {
        move |family: &mut MetricEncoder<'_>, labels: BoundLabels<'_>, bounds: &Bounds| {
            let Some(value) = limit(bounds) else { return Ok(()) };
            write_gauge(&mut family.encode_family(&labels)?, value)
        }
    };
    let (thresholds, limits) = (Optional::PerfdataThresholds, Optional::PerfdataLimits);
    let metrics = f::PERFDATA_THRESHOLDS;
    write_bounds(e, metrics, snapshot, series.asks(thresholds), write_thresholds)?;
    let asked = series.asks(limits);
    write_bounds(e, f::PERFDATA_MIN, snapshot, asked, write_limit(|bounds| bounds.min))?;
    write_bounds(e, f::PERFDATA_MAX, snapshot, asked, write_limit(|bounds| bounds.max))
}

impl Family {
    /// Of what stands behind a value. A bound of a counter does not count: it is a plain value.
    const OF_BOUNDS: [Family; 4] = [Family::Seconds, Family::Bytes, Family::Ratio, Family::Value];

    fn of(quantity: &Quantity) -> Self {
        match quantity {
            Quantity::Seconds => Family::Seconds,
            Quantity::Bytes => Family::Bytes,
            Quantity::Ratio => Family::Ratio,
            Quantity::Total => Family::Total,
            Quantity::Value | Quantity::Unknown(_) => Family::Value,
        }
    }

    fn of_bounds(quantity: &Quantity) -> Self {
        match Family::of(quantity) {
            Family::Total => Family::Value,
            other => other,
        }
    }
}

/// Names, the measurement's label and its unit where it has none of ours.
type BoundLabels<'a> = (Names<'a>, ([(&'static str, &'a str); 1], &'a [(&'static str, &'a str)]));

fn write_bounds(
    e: &mut DescriptorEncoder<'_>,
    metrics: [&'static Metric; 4],
    snapshot: &Snapshot,
    asked: bool,
    write: impl Fn(&mut MetricEncoder<'_>, BoundLabels<'_>, &Bounds) -> fmt::Result,
) -> fmt::Result {
    for (metric, wanted) in metrics.into_iter().zip(Family::OF_BOUNDS) {
        let mut family = begin(e, metric)?;
        for (names, Measurement { label, quantity, bounds, .. }) in
            measurements(snapshot).filter(|_| asked)
        {
            let Some(bounds) = bounds.as_deref() else { continue };
            if Family::of_bounds(quantity) == wanted {
                let uom = match quantity {
                    Quantity::Unknown(unit) => Some(("uom", &**unit)),
                    Quantity::Total => Some(("uom", "c")),
                    _ => None,
                };
                write(&mut family, (names, ([("label", label)], uom.as_slice())), bounds)?;
            }
        }
    }
    Ok(())
}

fn write_thresholds(
    family: &mut MetricEncoder<'_>,
    labels: BoundLabels<'_>,
    Bounds { warning, critical, .. }: &Bounds,
) -> fmt::Result {
    for (kind, range) in [("warn", warning), ("crit", critical)] {
        let Some(Range { low, high, inside }) = range else { continue };
        let inside = if *inside { "1" } else { "0" };
        for (bound, end) in [("low", low), ("high", high)] {
            let Some(value) = end else { continue };
            let labels = (labels, [("type", kind), ("bound", bound), ("inside", inside)]);
            write_gauge(&mut family.encode_family(&labels)?, *value)?;
        }
    }
    Ok(())
}

/// Every measurement with the names of its object; the service is empty for a host.
fn measurements(snapshot: &Snapshot) -> impl Iterator<Item = (Names<'_>, &Measurement)> {
    let of_hosts = shown_hosts(snapshot).filter_map(|Shown { names, status, .. }| {
        Some((Names { service: Some(""), ..names }, &status?.perfdata))
    });
    let of_services = shown_services(snapshot)
        .filter_map(|Shown { names, status, .. }| Some((names, &status?.perfdata)));
    of_hosts.chain(of_services).flat_map(|(names, measurements)| {
        measurements.iter().map(move |measurement| (names, measurement))
    })
}
