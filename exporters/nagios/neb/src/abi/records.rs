//! The records that Nagios hands to a callback, as they lie in memory.
//!
//! Nagios 4.2.3 to 4.5.12 lay them out alike. Every size and offset that we rely on was printed by a C
//! program compiled against Nagios 4.4.6 (x86_64), and stands below as an assertion.

use std::ffi::{c_char, c_double, c_int, c_void};
use std::mem::offset_of;

/// `struct timeval`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Timeval {
    pub(super) seconds: i64,
    pub(super) microseconds: i64,
}

impl Timeval {
    /// Microseconds since the Unix epoch.
    pub(super) fn micros(self) -> i64 {
        self.seconds.wrapping_mul(1_000_000).wrapping_add(self.microseconds)
    }
}

/// What every record begins with, and all that a process record has.
#[repr(C)]
pub(super) struct Heading {
    pub(super) kind: c_int,
    flags: c_int,
    attributes: c_int,
    pub(super) timestamp: Timeval,
}
const _: () = assert!(size_of::<Heading>() == 32 && offset_of!(Heading, timestamp) == 16);

/// Callback 13 and 12: a service or host status changed, or may have.
#[repr(C)]
pub(super) struct Status {
    pub(super) heading: Heading,
    pub(super) object: *const c_void,
}
const _: () = assert!(size_of::<Status>() == 40 && offset_of!(Status, object) == 32);

/// Callback 6.
#[repr(C)]
pub(super) struct ServiceCheck {
    pub(super) heading: Heading,
    pub(super) host_name: *const c_char,
    pub(super) service_description: *const c_char,
    pub(super) check_type: c_int,
    pub(super) current_attempt: c_int,
    pub(super) max_attempts: c_int,
    pub(super) state_type: c_int,
    pub(super) state: c_int,
    timeout: c_int,
    command_name: *const c_char,
    command_args: *const c_char,
    command_line: *const c_char,
    pub(super) start_time: Timeval,
    end_time: Timeval,
    early_timeout: c_int,
    pub(super) execution_time: c_double,
    pub(super) latency: c_double,
    return_code: c_int,
    pub(super) output: *const c_char,
    long_output: *const c_char,
    pub(super) perf_data: *const c_char,
    check_result: *const c_void,
    pub(super) object: *const c_void,
}
const _: () = assert!(
    size_of::<ServiceCheck>() == 200
        && offset_of!(ServiceCheck, check_type) == 48
        && offset_of!(ServiceCheck, state) == 64
        && offset_of!(ServiceCheck, start_time) == 96
        && offset_of!(ServiceCheck, execution_time) == 136
        && offset_of!(ServiceCheck, output) == 160
        && offset_of!(ServiceCheck, perf_data) == 176
        && offset_of!(ServiceCheck, object) == 192
);

/// Callback 7.
#[repr(C)]
pub(super) struct HostCheck {
    pub(super) heading: Heading,
    pub(super) host_name: *const c_char,
    pub(super) current_attempt: c_int,
    pub(super) check_type: c_int,
    pub(super) max_attempts: c_int,
    pub(super) state_type: c_int,
    pub(super) state: c_int,
    timeout: c_int,
    command_name: *const c_char,
    command_args: *const c_char,
    command_line: *const c_char,
    pub(super) start_time: Timeval,
    end_time: Timeval,
    early_timeout: c_int,
    pub(super) execution_time: c_double,
    pub(super) latency: c_double,
    return_code: c_int,
    pub(super) output: *const c_char,
    long_output: *const c_char,
    pub(super) perf_data: *const c_char,
    check_result: *const c_void,
    pub(super) object: *const c_void,
}
const _: () = assert!(
    size_of::<HostCheck>() == 192
        && offset_of!(HostCheck, check_type) == 44
        && offset_of!(HostCheck, state) == 56
        && offset_of!(HostCheck, start_time) == 88
        && offset_of!(HostCheck, execution_time) == 128
        && offset_of!(HostCheck, output) == 152
        && offset_of!(HostCheck, perf_data) == 168
        && offset_of!(HostCheck, object) == 184
);

/// Callback 23.
#[repr(C)]
pub(super) struct StateChange {
    pub(super) heading: Heading,
    change_type: c_int,
    pub(super) host_name: *const c_char,
    pub(super) service_description: *const c_char,
    pub(super) state: c_int,
    pub(super) state_type: c_int,
    pub(super) current_attempt: c_int,
    pub(super) max_attempts: c_int,
    pub(super) output: *const c_char,
    object: *const c_void,
    long_output: *const c_char,
}
const _: () = assert!(
    size_of::<StateChange>() == 96
        && offset_of!(StateChange, host_name) == 40
        && offset_of!(StateChange, state) == 56
        && offset_of!(StateChange, current_attempt) == 64
        && offset_of!(StateChange, output) == 72
);

/// Callback 5.
#[repr(C)]
pub(super) struct Notification {
    pub(super) heading: Heading,
    notification_type: c_int,
    start_time: Timeval,
    end_time: Timeval,
    pub(super) host_name: *const c_char,
    pub(super) service_description: *const c_char,
    pub(super) reason_type: c_int,
    pub(super) state: c_int,
    output: *const c_char,
    pub(super) ack_author: *const c_char,
    pub(super) ack_data: *const c_char,
    escalated: c_int,
    pub(super) contacts_notified: c_int,
    object: *const c_void,
}
const _: () = assert!(
    size_of::<Notification>() == 136
        && offset_of!(Notification, host_name) == 72
        && offset_of!(Notification, reason_type) == 88
        && offset_of!(Notification, ack_author) == 104
        && offset_of!(Notification, contacts_notified) == 124
);
