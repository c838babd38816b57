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
    pub(super) attributes: c_int,
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
    pub(super) end_time: Timeval,
    pub(super) early_timeout: c_int,
    pub(super) execution_time: c_double,
    pub(super) latency: c_double,
    pub(super) return_code: c_int,
    pub(super) output: *const c_char,
    pub(super) long_output: *const c_char,
    pub(super) perf_data: *const c_char,
    check_result: *const c_void,
    pub(super) object: *const c_void,
}
const _: () = assert!(
    size_of::<ServiceCheck>() == 200
        && offset_of!(ServiceCheck, check_type) == 48
        && offset_of!(ServiceCheck, state) == 64
        && offset_of!(ServiceCheck, start_time) == 96
        && offset_of!(ServiceCheck, end_time) == 112
        && offset_of!(ServiceCheck, early_timeout) == 128
        && offset_of!(ServiceCheck, execution_time) == 136
        && offset_of!(ServiceCheck, return_code) == 152
        && offset_of!(ServiceCheck, output) == 160
        && offset_of!(ServiceCheck, long_output) == 168
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
    pub(super) end_time: Timeval,
    pub(super) early_timeout: c_int,
    pub(super) execution_time: c_double,
    pub(super) latency: c_double,
    pub(super) return_code: c_int,
    pub(super) output: *const c_char,
    pub(super) long_output: *const c_char,
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
    pub(super) long_output: *const c_char,
}
const _: () = assert!(
    size_of::<StateChange>() == 96
        && offset_of!(StateChange, host_name) == 40
        && offset_of!(StateChange, state) == 56
        && offset_of!(StateChange, current_attempt) == 64
        && offset_of!(StateChange, output) == 72
        && offset_of!(StateChange, long_output) == 88
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
    pub(super) output: *const c_char,
    pub(super) ack_author: *const c_char,
    pub(super) ack_data: *const c_char,
    pub(super) escalated: c_int,
    pub(super) contacts_notified: c_int,
    pub(super) object: *const c_void,
}
const _: () = assert!(
    size_of::<Notification>() == 136
        && offset_of!(Notification, host_name) == 72
        && offset_of!(Notification, reason_type) == 88
        && offset_of!(Notification, output) == 96
        && offset_of!(Notification, ack_author) == 104
        && offset_of!(Notification, object) == 128
        && offset_of!(Notification, contacts_notified) == 124
);

/// Callback 21.
#[repr(C)]
pub(super) struct ContactNotificationMethod {
    pub(super) heading: Heading,
    notification_type: c_int,
    start_time: Timeval,
    end_time: Timeval,
    pub(super) host_name: *const c_char,
    pub(super) service_description: *const c_char,
    pub(super) contact_name: *const c_char,
    pub(super) command_name: *const c_char,
    command_args: *const c_char,
    pub(super) reason_type: c_int,
    pub(super) state: c_int,
    output: *const c_char,
    pub(super) ack_author: *const c_char,
    pub(super) ack_data: *const c_char,
    pub(super) escalated: c_int,
    pub(super) object: *const c_void,
    contact: *const c_void,
}
const _: () = assert!(
    size_of::<ContactNotificationMethod>() == 168
        && offset_of!(ContactNotificationMethod, host_name) == 72
        && offset_of!(ContactNotificationMethod, command_name) == 96
        && offset_of!(ContactNotificationMethod, reason_type) == 112
        && offset_of!(ContactNotificationMethod, ack_author) == 128
        && offset_of!(ContactNotificationMethod, escalated) == 144
        && offset_of!(ContactNotificationMethod, object) == 152
);

/// Callback 9.
#[repr(C)]
pub(super) struct Downtime {
    pub(super) heading: Heading,
    downtime_type: c_int,
    pub(super) host_name: *const c_char,
    pub(super) service_description: *const c_char,
    pub(super) entry_time: i64,
    pub(super) author_name: *const c_char,
    pub(super) comment_data: *const c_char,
    pub(super) start_time: i64,
    pub(super) end_time: i64,
    pub(super) fixed: c_int,
    pub(super) duration: u64,
    pub(super) triggered_by: u64,
    pub(super) downtime_id: u64,
    object: *const c_void,
}
const _: () = assert!(
    size_of::<Downtime>() == 136
        && offset_of!(Downtime, host_name) == 40
        && offset_of!(Downtime, start_time) == 80
        && offset_of!(Downtime, duration) == 104
        && offset_of!(Downtime, downtime_id) == 120
);

/// Callback 22.
#[repr(C)]
pub(super) struct Acknowledgement {
    pub(super) heading: Heading,
    acknowledgement_type: c_int,
    pub(super) host_name: *const c_char,
    pub(super) service_description: *const c_char,
    pub(super) state: c_int,
    pub(super) author_name: *const c_char,
    pub(super) comment_data: *const c_char,
    pub(super) is_sticky: c_int,
    pub(super) persistent_comment: c_int,
    pub(super) notify_contacts: c_int,
    object: *const c_void,
}
const _: () = assert!(
    size_of::<Acknowledgement>() == 104
        && offset_of!(Acknowledgement, state) == 56
        && offset_of!(Acknowledgement, author_name) == 64
        && offset_of!(Acknowledgement, is_sticky) == 80
        && offset_of!(Acknowledgement, notify_contacts) == 88
);

/// Callback 10.
#[repr(C)]
pub(super) struct Flapping {
    pub(super) heading: Heading,
    flapping_type: c_int,
    pub(super) host_name: *const c_char,
    pub(super) service_description: *const c_char,
    pub(super) percent_change: c_double,
    pub(super) high_threshold: c_double,
    pub(super) low_threshold: c_double,
    comment_id: u64,
    object: *const c_void,
}
const _: () = assert!(
    size_of::<Flapping>() == 96
        && offset_of!(Flapping, host_name) == 40
        && offset_of!(Flapping, percent_change) == 56
        && offset_of!(Flapping, low_threshold) == 72
);

/// Callback 8.
#[repr(C)]
pub(super) struct Comment {
    pub(super) heading: Heading,
    comment_type: c_int,
    pub(super) host_name: *const c_char,
    pub(super) service_description: *const c_char,
    pub(super) entry_time: i64,
    pub(super) author_name: *const c_char,
    pub(super) comment_data: *const c_char,
    pub(super) persistent: c_int,
    source: c_int,
    pub(super) entry_type: c_int,
    pub(super) expires: c_int,
    pub(super) expire_time: i64,
    pub(super) comment_id: u64,
    object: *const c_void,
}
const _: () = assert!(
    size_of::<Comment>() == 120
        && offset_of!(Comment, entry_time) == 56
        && offset_of!(Comment, persistent) == 80
        && offset_of!(Comment, entry_type) == 88
        && offset_of!(Comment, expire_time) == 96
        && offset_of!(Comment, comment_id) == 104
);

/// Callback 11.
#[repr(C)]
pub(super) struct ProgramStatus {
    pub(super) heading: Heading,
    pub(super) program_start: i64,
    pub(super) pid: c_int,
    pub(super) daemon_mode: c_int,
    pub(super) last_log_rotation: i64,
    pub(super) notifications_enabled: c_int,
    pub(super) active_service_checks_enabled: c_int,
    pub(super) passive_service_checks_enabled: c_int,
    pub(super) active_host_checks_enabled: c_int,
    pub(super) passive_host_checks_enabled: c_int,
    pub(super) event_handlers_enabled: c_int,
    pub(super) flap_detection_enabled: c_int,
    pub(super) process_performance_data: c_int,
    pub(super) obsess_over_hosts: c_int,
    pub(super) obsess_over_services: c_int,
    modified_host_attributes: u64,
    modified_service_attributes: u64,
    global_host_event_handler: *const c_char,
    global_service_event_handler: *const c_char,
}
const _: () = assert!(
    size_of::<ProgramStatus>() == 128
        && offset_of!(ProgramStatus, pid) == 40
        && offset_of!(ProgramStatus, last_log_rotation) == 48
        && offset_of!(ProgramStatus, notifications_enabled) == 56
        && offset_of!(ProgramStatus, obsess_over_services) == 92
        && offset_of!(ProgramStatus, modified_host_attributes) == 96
);
