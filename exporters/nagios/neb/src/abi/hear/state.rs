//! Checks and statuses: what tells the whole state of an object.

use nagios_event::{Check, Flags, State};

use super::records;
use crate::abi::layout::{Kind, Layout};
use crate::abi::nagios::Nagios;
use crate::abi::objects::{Object, clamped, text};
use crate::module::Heard;

/// The state as far as the record of a check tells it; the records of both kinds name their fields alike.
macro_rules! state_told_by {
    ($record:expr, $service:expr) => {
        State {
            host: text($record.host_name),
            service: $service,
            state: $record.state as u8,
            flags: Flags::CHECKED
                .with(Flags::HARD, $record.state_type == 1)
                .with(Flags::PASSIVE_RESULT, $record.check_type == 1),
            attempt: clamped($record.current_attempt),
            max_attempts: clamped($record.max_attempts),
            last_check: $record.start_time.seconds,
            latency: $record.latency,
            execution_time: $record.execution_time,
            output: text($record.output),
            long_output: text($record.long_output),
            perfdata: text($record.perf_data),
            ..State::default()
        }
    };
}

/// What the record of a check tells besides the state.
macro_rules! check_told_by {
    ($record:expr, $state:expr) => {
        Check {
            state: $state,
            return_code: $record.return_code,
            timed_out: $record.early_timeout != 0,
            started_us: $record.start_time.micros(),
            ended_us: $record.end_time.micros(),
        }
    };
}

/// # Safety
/// As [`hear`](super::hear).
pub(super) unsafe fn service_check<'a>(
    record: &records::ServiceCheck,
    at_us: i64,
    nagios: &Nagios,
) -> Option<Heard<'a>> {
    // SAFETY: the caller's promise.
    unsafe {
        let object = Object::at(record.object, Kind::Service)?;
        let state = match nagios.layout() {
            Some(layout) => after_check(object, layout, nagios),
            None => state_told_by!(record, text(record.service_description)),
        };
        Some(Heard::Check { at_us, id: object.id(), check: check_told_by!(record, state) })
    }
}

/// # Safety
/// As [`hear`](super::hear).
pub(super) unsafe fn host_check<'a>(
    record: &records::HostCheck,
    at_us: i64,
    nagios: &Nagios,
) -> Option<Heard<'a>> {
    // SAFETY: the caller's promise.
    unsafe {
        let object = Object::at(record.object, Kind::Host)?;
        let state = match nagios.layout() {
            Some(layout) => after_check(object, layout, nagios),
            None => state_told_by!(record, b""),
        };
        Some(Heard::Check { at_us, id: object.id(), check: check_told_by!(record, state) })
    }
}

/// Nagios marks an object as checked only after it has told us of its first check.
fn after_check<'a>(object: Object<'a>, layout: Layout, nagios: &Nagios) -> State<&'a [u8]> {
    let state = object.state(layout, nagios.notifications_enabled());
    State { flags: state.flags.with(Flags::CHECKED, true), ..state }
}

/// # Safety
/// As [`hear`](super::hear).
pub(super) unsafe fn status<'a>(
    record: &records::Status,
    at_us: i64,
    nagios: &Nagios,
    kind: Kind,
) -> Option<Heard<'a>> {
    // SAFETY: the caller's promise.
    let object = unsafe { Object::at(record.object, kind) }?;
    let state = object.state(nagios.layout()?, nagios.notifications_enabled());
    Some(Heard::Status { at_us, id: object.id(), state })
}
