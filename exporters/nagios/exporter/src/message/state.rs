//! How states are written: one shape for each of `nagios-event`'s records, and bits by their names.

use nagios_event::{Flags, Modes};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(remote = "nagios_event::State::<String>")]
pub(super) struct StateShape {
    host: String,
    service: String,
    state: u8,
    #[serde(with = "flags")]
    flags: Flags,
    attempt: u16,
    max_attempts: u16,
    downtime_depth: u16,
    notification_number: u32,
    last_check: i64,
    next_check: i64,
    last_state_change: i64,
    last_hard_state_change: i64,
    last_notification: i64,
    latency: f64,
    execution_time: f64,
    percent_state_change: f64,
    output: String,
    long_output: String,
    perfdata: String,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "nagios_event::Program")]
pub(super) struct ProgramShape {
    start: i64,
    last_log_rotation: i64,
    pid: u32,
    daemon: bool,
    #[serde(with = "modes")]
    modes: Modes,
    running_host_checks: u32,
    running_service_checks: u32,
}

/// A set of bits as a list of their names. A name that is not known is a newer module's and is left out.
macro_rules! names_of_bits {
    ($module:ident, $bits:ident: $($name:literal => $bit:ident,)*) => {
        pub(super) mod $module {
            use nagios_event::$bits;
            use serde::{Deserialize as _, Deserializer, Serializer};

            const NAMES: &[(&str, $bits)] = &[$(($name, $bits::$bit)),*];

            pub(in crate::message) fn serialize<S: Serializer>(bits: &$bits, to: S) -> Result<S::Ok, S::Error> {
                to.collect_seq(NAMES.iter().filter(|(_, bit)| bits.has(*bit)).map(|(name, _)| name))
            }

            pub(in crate::message) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<$bits, D::Error> {
                let names = Vec::<String>::deserialize(from)?;
                let known = |bits: $bits, (name, bit): &(&str, $bits)| {
                    bits.with(*bit, names.iter().any(|found| found == name))
                };
                Ok(NAMES.iter().fold($bits::default(), known))
            }
        }
    };
}

names_of_bits! { flags, Flags:
    "checked" => CHECKED,
    "hard" => HARD,
    "acknowledged" => ACKNOWLEDGED,
    "flapping" => FLAPPING,
    "notifications" => NOTIFICATIONS,
    "active_checks" => ACTIVE_CHECKS,
    "passive_checks" => PASSIVE_CHECKS,
    "passive_result" => PASSIVE_RESULT,
    "truncated" => TRUNCATED,
    "layout_known" => LAYOUT_KNOWN,
    "sticky" => STICKY,
    "event_handler" => EVENT_HANDLER,
    "flap_detection" => FLAP_DETECTION,
    "freshness" => FRESHNESS,
    "volatile" => VOLATILE,
}

names_of_bits! { modes, Modes:
    "notifications" => NOTIFICATIONS,
    "active_service_checks" => ACTIVE_SERVICE_CHECKS,
    "passive_service_checks" => PASSIVE_SERVICE_CHECKS,
    "active_host_checks" => ACTIVE_HOST_CHECKS,
    "passive_host_checks" => PASSIVE_HOST_CHECKS,
    "event_handlers" => EVENT_HANDLERS,
    "flap_detection" => FLAP_DETECTION,
    "performance_data" => PERFORMANCE_DATA,
    "obsess_hosts" => OBSESS_HOSTS,
    "obsess_services" => OBSESS_SERVICES,
}
