//! Whether Nagios keeps up: how old results are, measured in the check intervals of their objects, and what
//! Nagios says of itself. Time passes without anything happening, so this is made for each scrape.

use std::fmt;

use exporter_kit::families::begin;
use jiff::Timestamp;
use nagios_event::{Modes, Program};
use prometheus_client::encoding::DescriptorEncoder;

use super::families as f;
use crate::snapshot::{Object, Settings, Snapshot};

/// How old a result is when it counts as stale: in check intervals, and as a label's value.
const AGES: [(f64, &str); 4] = [(1.5, "1.5"), (2.0, "2"), (5.0, "5"), (10.0, "10")];

/// Program-wide switches by their names in `nagios.cfg`.
const MODES: [(&str, Modes); 10] = [
    ("enable_notifications", Modes::NOTIFICATIONS),
    ("execute_service_checks", Modes::ACTIVE_SERVICE_CHECKS),
    ("accept_passive_service_checks", Modes::PASSIVE_SERVICE_CHECKS),
    ("execute_host_checks", Modes::ACTIVE_HOST_CHECKS),
    ("accept_passive_host_checks", Modes::PASSIVE_HOST_CHECKS),
    ("enable_event_handlers", Modes::EVENT_HANDLERS),
    ("enable_flap_detection", Modes::FLAP_DETECTION),
    ("process_performance_data", Modes::PERFORMANCE_DATA),
    ("obsess_over_hosts", Modes::OBSESS_HOSTS),
    ("obsess_over_services", Modes::OBSESS_SERVICES),
];

/// Staleness and Nagios' own state, as of now.
pub(super) fn scheduling(
    e: &mut DescriptorEncoder<'_>,
    snapshot: Option<&Snapshot>,
) -> fmt::Result {
    let now = Timestamp::now().as_duration().as_secs_f64();
    let ages = snapshot.map(|Snapshot { hosts, services, .. }| {
        let host = hosts.iter().map(|host| age(&host.inventory.settings, host, now));
        let service = services.iter().map(|object| age(&object.inventory.settings, object, now));
        [("host", Ages::of(host)), ("service", Ages::of(service))]
    });
    let mut family = begin(e, &f::SCHEDULED)?;
    for (object, Ages { scheduled, .. }) in ages.iter().flatten() {
        family.encode_family(&[("object", *object)])?.encode_gauge(scheduled)?;
    }
    let mut family = begin(e, &f::STALE)?;
    for (object, Ages { older, .. }) in ages.iter().flatten() {
        for ((_, intervals), count) in AGES.iter().zip(older) {
            let labels = [("object", *object), ("intervals", *intervals)];
            family.encode_family(&labels)?.encode_gauge(count)?;
        }
    }
    program(e, snapshot.and_then(|snapshot| snapshot.program))
}

/// Objects with a schedule, and how many of them have results older than each of [`AGES`].
struct Ages {
    scheduled: u64,
    older: [u64; AGES.len()],
}

impl Ages {
    fn of(ages: impl Iterator<Item = Option<f64>>) -> Self {
        let mut counted = Ages { scheduled: 0, older: [0; AGES.len()] };
        for age in ages.flatten() {
            counted.scheduled += 1;
            for ((limit, _), count) in AGES.iter().zip(&mut counted.older) {
                *count += u64::from(age > *limit);
            }
        }
        counted
    }
}

/// Age of the last result in check intervals; `None` for what is not checked by itself, or has not been yet.
fn age<I, S>(settings: &Settings, object: &Object<I, S>, now: f64) -> Option<f64> {
    let status = object.status.as_ref().filter(|status| status.active_checks)?;
    let interval = settings.check_interval;
    let last_check = status.last_check? as f64;
    (interval > 0.0).then(|| (now - last_check) / interval)
}

fn program(e: &mut DescriptorEncoder<'_>, program: Option<Program>) -> fmt::Result {
    let mut family = begin(e, &f::PROGRAM_START)?;
    if let Some(program) = program {
        family.encode_gauge(&program.start)?;
    }
    let mut family = begin(e, &f::PROGRAM_MODE)?;
    for (name, mode) in MODES.iter().filter(|_| program.is_some()) {
        let on = program.is_some_and(|program| program.modes.has(*mode));
        family.encode_family(&[("mode", *name)])?.encode_gauge(&u64::from(on))?;
    }
    let mut family = begin(e, &f::RUNNING_CHECKS)?;
    let running = program.map(|Program { running_host_checks, running_service_checks, .. }| {
        [("host", running_host_checks), ("service", running_service_checks)]
    });
    for (object, count) in running.into_iter().flatten() {
        family.encode_family(&[("object", object)])?.encode_gauge(&count)?;
    }
    Ok(())
}
