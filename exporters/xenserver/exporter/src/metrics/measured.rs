//! What hosts measure, by the table in `snapshot::measure`.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet};
use xenapi::Uuid;

use super::{Family, text};
use crate::config::Optional;
use crate::snapshot::Snapshot;
use crate::snapshot::measure::{Fold, MEASURES, Measure, Part, Subject};
use crate::snapshot::sample::Measurements;

/// What is measured of one pool.
struct Measured<'a> {
    pool: &'a str,
    /// Hosts and VMs, each once, with the measurements that count.
    hosts: Vec<Subjected<'a>>,
    vms: Vec<Subjected<'a>>,
    /// UUIDs of repositories by their first eight letters.
    srs: HashMap<String, String>,
}

struct Subjected<'a> {
    uuid: String,
    measurements: Measurements<'a>,
}

/// The families of the table.
pub(super) fn measured(
    e: &mut DescriptorEncoder<'_>,
    pools: &[Snapshot],
    groups: &BTreeSet<Optional>,
) -> fmt::Result {
    let pools: Vec<Measured<'_>> = pools.iter().map(of_pool).collect();
    for (place, measure) in MEASURES.iter().enumerate() {
        let mut family = Family::begin(e, measure.metric)?;
        if !measure.is_wanted(groups) {
            continue;
        }
        for pool in &pools {
            let (label, subjects) = match measure.subject {
                Subject::Host => ("host", &pool.hosts),
                Subject::Vm => ("vm", &pool.vms),
            };
            for subject in subjects {
                let labels = [("pool", pool.pool), (label, &subject.uuid)];
                one(&mut family, (place, measure), pool, subject, labels)?;
            }
        }
    }
    Ok(())
}

fn of_pool(pool: &Snapshot) -> Measured<'_> {
    let measured = pool.measured();
    let subject = |uuid: Uuid| {
        Some(Subjected { uuid: text(uuid), measurements: measured.get(&uuid)?.of(&uuid)? })
    };
    let vms = pool.resident().filter(|(vm, _)| !vm.is_control_domain);
    let srs = pool.inventory.srs.values().map(|sr| text(sr.uuid));
    Measured {
        pool: &pool.pool,
        hosts: pool.inventory.hosts.values().filter_map(|host| subject(host.uuid)).collect(),
        vms: vms.filter_map(|(vm, _)| subject(vm.uuid)).collect(),
        srs: srs.map(|uuid| (uuid[..8].to_owned(), uuid)).collect(),
    }
}

/// The series of one host or VM in one family.
fn one(
    family: &mut Family<'_>,
    (place, measure): (usize, &Measure),
    pool: &Measured<'_>,
    subject: &Subjected<'_>,
    labels: [(&str, &str); 2],
) -> fmt::Result {
    let mut values = subject.measurements.values(place);
    if measure.fold != Fold::Each {
        let (sum, count) =
            values.fold((0.0, 0.0), |(sum, count), (_, value)| (sum + value, count + 1.0));
        return match (measure.fold, count > 0.0) {
            (_, false) => Ok(()),
            (Fold::Mean, true) => write(family, measure, &labels, sum / count),
            (_, true) => write(family, measure, &labels, sum),
        };
    }
    values.try_for_each(|(column, value)| {
        let part = column.part();
        let more = match measure.part {
            Part::Whole => return write(family, measure, &labels, value),
            Part::Cpu => ("cpu", part),
            Part::Device => ("device", part),
            Part::State => ("state", part),
            Part::Sr => ("sr", pool.srs.get(part).map_or(part, String::as_str)),
            Part::CpuState => {
                let (cpu, state) = part.split_once('-').unwrap_or((part, ""));
                let labels = (labels, [("cpu", cpu), ("state", state)]);
                return write(family, measure, &labels, value);
            }
        };
        write(family, measure, &(labels, [more]), value)
    })
}

fn write(
    family: &mut Family<'_>,
    measure: &Measure,
    labels: &impl EncodeLabelSet,
    value: f64,
) -> fmt::Result {
    family.of_kind(measure.metric, labels, value * measure.scale)
}
