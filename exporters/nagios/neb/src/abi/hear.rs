//! The records that Nagios hands to a callback, as what they mean: [`Heard`].
//!
//! Allocates nothing: all strings stay Nagios' own.

mod state;

use std::ffi::{c_char, c_int, c_void};

use nagios_event::{
    Acknowledgement, AcknowledgementStep, Body, Comment, CommentKind, CommentStep,
    ContactNotification, Downtime, DowntimeChange, DowntimeStep, Flapping, FlappingStep, Modes,
    Notification, Program, StateChange,
};

use super::layout::Kind;
use super::nagios::Nagios;
use super::objects::{Object, clamped, text};
use super::records;
use crate::module::Heard;
use state::{host_check, service_check, status};

/// Numbers of `nebcallbacks.h`: what the module asks for.
pub(super) const CALLBACKS: [c_int; 13] = [
    PROCESS,
    NOTIFICATION,
    SERVICE_CHECK,
    HOST_CHECK,
    COMMENT,
    DOWNTIME,
    FLAPPING,
    PROGRAM_STATUS,
    HOST_STATUS,
    SERVICE_STATUS,
    CONTACT_NOTIFICATION_METHOD,
    ACKNOWLEDGEMENT,
    STATE_CHANGE,
];
const PROCESS: c_int = 0;
const NOTIFICATION: c_int = 5;
const SERVICE_CHECK: c_int = 6;
const HOST_CHECK: c_int = 7;
const COMMENT: c_int = 8;
const DOWNTIME: c_int = 9;
const FLAPPING: c_int = 10;
const PROGRAM_STATUS: c_int = 11;
const HOST_STATUS: c_int = 12;
const SERVICE_STATUS: c_int = 13;
const CONTACT_NOTIFICATION_METHOD: c_int = 21;
const ACKNOWLEDGEMENT: c_int = 22;
const STATE_CHANGE: c_int = 23;

/// Kinds of record (`NEBTYPE_*`) that mean something to us. A downtime's `LOAD` (1102) is not among them:
/// Nagios sends it before each `ADD`, and at a start, when the inventory tells of the downtime.
const PROCESS_SHUTDOWN: c_int = 103;
const PROCESS_LOOP_START: c_int = 105;
const NOTIFICATION_END: c_int = 601;
const CONTACT_NOTIFICATION_METHOD_END: c_int = 605;
const SERVICE_CHECK_PROCESSED: c_int = 701;
const HOST_CHECK_PROCESSED: c_int = 801;
const COMMENT_ADD: c_int = 900;
const COMMENT_DELETE: c_int = 901;
const FLAPPING_START: c_int = 1000;
const FLAPPING_STOP: c_int = 1001;
const DOWNTIME_ADD: c_int = 1100;
const DOWNTIME_DELETE: c_int = 1101;
const DOWNTIME_START: c_int = 1103;
const DOWNTIME_STOP: c_int = 1104;
const ACKNOWLEDGEMENT_ADD: c_int = 1700;

/// Attributes (`NEBATTR_*`) of a downtime's and of flapping's end.
const DOWNTIME_CANCELLED: c_int = 2;
const FLAPPING_DISABLED: c_int = 2;

/// Reads a record; `None` for one that means nothing to us.
///
/// # Safety
/// `record` is null or the record of a callback of this kind, valid during `'a`; its object, if it has one,
/// too.
pub(super) unsafe fn hear<'a>(
    kind: c_int,
    record: *const c_void,
    nagios: &Nagios,
) -> Option<Heard<'a>> {
    if record.is_null() {
        return None;
    }
    // SAFETY: the caller's promise, for each cast below; `records` asserts the layouts.
    unsafe {
        let heading = &*record.cast::<records::Heading>();
        let at_us = heading.timestamp.micros();
        let body = match (kind, heading.kind) {
            (SERVICE_CHECK, SERVICE_CHECK_PROCESSED) => {
                return service_check(&*record.cast(), at_us, nagios);
            }
            (HOST_CHECK, HOST_CHECK_PROCESSED) => {
                return host_check(&*record.cast(), at_us, nagios);
            }
            (SERVICE_STATUS, _) => return status(&*record.cast(), at_us, nagios, Kind::Service),
            (HOST_STATUS, _) => return status(&*record.cast(), at_us, nagios, Kind::Host),
            (PROCESS, PROCESS_LOOP_START) => return Some(Heard::LoopStart { at_us }),
            (PROCESS, PROCESS_SHUTDOWN) => return Some(Heard::Shutdown),
            (PROGRAM_STATUS, _) => {
                let program = program(&*record.cast(), nagios);
                return Some(Heard::Tick { at_us, program });
            }
            (STATE_CHANGE, _) => state_change(&*record.cast()),
            (NOTIFICATION, NOTIFICATION_END) => notification(&*record.cast(), nagios),
            (CONTACT_NOTIFICATION_METHOD, CONTACT_NOTIFICATION_METHOD_END) => {
                contact_notification(&*record.cast(), nagios)
            }
            (DOWNTIME, step) => downtime(&*record.cast(), downtime_step(step, heading.attributes)?),
            (ACKNOWLEDGEMENT, ACKNOWLEDGEMENT_ADD) => acknowledgement(&*record.cast()),
            (FLAPPING, step) => flapping(&*record.cast(), flapping_step(step, heading.attributes)?),
            (COMMENT, COMMENT_ADD) => comment(&*record.cast(), CommentStep::Added)?,
            (COMMENT, COMMENT_DELETE) => comment(&*record.cast(), CommentStep::Deleted)?,
            _ => return None,
        };
        Some(Heard::Event { at_us, body })
    }
}

fn program(record: &records::ProgramStatus, nagios: &Nagios) -> Program {
    let switches = [
        (Modes::NOTIFICATIONS, record.notifications_enabled),
        (Modes::ACTIVE_SERVICE_CHECKS, record.active_service_checks_enabled),
        (Modes::PASSIVE_SERVICE_CHECKS, record.passive_service_checks_enabled),
        (Modes::ACTIVE_HOST_CHECKS, record.active_host_checks_enabled),
        (Modes::PASSIVE_HOST_CHECKS, record.passive_host_checks_enabled),
        (Modes::EVENT_HANDLERS, record.event_handlers_enabled),
        (Modes::FLAP_DETECTION, record.flap_detection_enabled),
        (Modes::PERFORMANCE_DATA, record.process_performance_data),
        (Modes::OBSESS_HOSTS, record.obsess_over_hosts),
        (Modes::OBSESS_SERVICES, record.obsess_over_services),
    ];
    let (running_host_checks, running_service_checks) = nagios.running_checks();
    Program {
        start: record.program_start,
        last_log_rotation: record.last_log_rotation,
        pid: counted(record.pid),
        daemon: record.daemon_mode != 0,
        modes: switches.into_iter().fold(Modes(0), |modes, (mode, on)| modes.with(mode, on != 0)),
        running_host_checks,
        running_service_checks,
    }
}

/// # Safety
/// As [`hear`].
unsafe fn state_change<'a>(record: &records::StateChange) -> Body<&'a [u8]> {
    // SAFETY: the caller's promise.
    Body::StateChange(unsafe {
        StateChange {
            host: text(record.host_name),
            service: text(record.service_description),
            state: record.state as u8,
            hard: record.state_type == 1,
            attempt: clamped(record.current_attempt),
            max_attempts: clamped(record.max_attempts),
            output: text(record.output),
            long_output: text(record.long_output),
        }
    })
}

/// # Safety
/// As [`hear`].
unsafe fn notification<'a>(record: &records::Notification, nagios: &Nagios) -> Body<&'a [u8]> {
    // SAFETY: the caller's promise.
    Body::Notification(unsafe {
        Notification {
            host: text(record.host_name),
            service: text(record.service_description),
            reason: record.reason_type as u8,
            state: record.state as u8,
            contacts: counted(record.contacts_notified),
            number: notification_number(record.object, record.service_description, nagios),
            escalated: record.escalated != 0,
            output: text(record.output),
            author: text(record.ack_author),
            comment: text(record.ack_data),
        }
    })
}

/// # Safety
/// As [`hear`].
unsafe fn contact_notification<'a>(
    record: &records::ContactNotificationMethod,
    nagios: &Nagios,
) -> Body<&'a [u8]> {
    // SAFETY: the caller's promise.
    Body::ContactNotification(unsafe {
        ContactNotification {
            host: text(record.host_name),
            service: text(record.service_description),
            contact: text(record.contact_name),
            method: text(record.command_name),
            reason: record.reason_type as u8,
            state: record.state as u8,
            number: notification_number(record.object, record.service_description, nagios),
            escalated: record.escalated != 0,
            author: text(record.ack_author),
            comment: text(record.ack_data),
        }
    })
}

/// # Safety
/// As [`hear`]; `object` is a host where `service` is null, else a service.
unsafe fn notification_number(
    object: *const c_void,
    service: *const c_char,
    nagios: &Nagios,
) -> u32 {
    let kind = if service.is_null() { Kind::Host } else { Kind::Service };
    // SAFETY: the caller's promise.
    let object = unsafe { Object::at(object, kind) };
    object.zip(nagios.layout()).map_or(0, |(object, layout)| object.notification_number(layout))
}

/// # Safety
/// As [`hear`].
unsafe fn downtime<'a>(record: &records::Downtime, step: DowntimeStep) -> Body<&'a [u8]> {
    // SAFETY: the caller's promise.
    let downtime = unsafe {
        Downtime {
            id: record.downtime_id,
            host: text(record.host_name),
            service: text(record.service_description),
            author: text(record.author_name),
            comment: text(record.comment_data),
            entered: record.entry_time,
            start: record.start_time,
            end: record.end_time,
            fixed: record.fixed != 0,
            duration: record.duration,
            triggered_by: record.triggered_by,
            in_effect: step == DowntimeStep::Started,
        }
    };
    Body::Downtime(DowntimeChange { step, downtime })
}

fn downtime_step(kind: c_int, attributes: c_int) -> Option<DowntimeStep> {
    match kind {
        DOWNTIME_ADD => Some(DowntimeStep::Scheduled),
        DOWNTIME_DELETE => Some(DowntimeStep::Deleted),
        DOWNTIME_START => Some(DowntimeStep::Started),
        DOWNTIME_STOP if attributes == DOWNTIME_CANCELLED => Some(DowntimeStep::Cancelled),
        DOWNTIME_STOP => Some(DowntimeStep::Ended),
        _ => None,
    }
}

/// # Safety
/// As [`hear`].
unsafe fn acknowledgement<'a>(record: &records::Acknowledgement) -> Body<&'a [u8]> {
    // SAFETY: the caller's promise.
    Body::Acknowledgement(unsafe {
        Acknowledgement {
            step: AcknowledgementStep::Set,
            host: text(record.host_name),
            service: text(record.service_description),
            state: record.state as u8,
            author: text(record.author_name),
            comment: text(record.comment_data),
            sticky: record.is_sticky != 0,
            persistent: record.persistent_comment != 0,
            notify: record.notify_contacts != 0,
        }
    })
}

/// # Safety
/// As [`hear`].
unsafe fn flapping<'a>(record: &records::Flapping, step: FlappingStep) -> Body<&'a [u8]> {
    // SAFETY: the caller's promise.
    Body::Flapping(unsafe {
        Flapping {
            step,
            host: text(record.host_name),
            service: text(record.service_description),
            percent_state_change: record.percent_change,
            high_threshold: record.high_threshold,
            low_threshold: record.low_threshold,
        }
    })
}

fn flapping_step(kind: c_int, attributes: c_int) -> Option<FlappingStep> {
    match kind {
        FLAPPING_START => Some(FlappingStep::Started),
        FLAPPING_STOP if attributes == FLAPPING_DISABLED => Some(FlappingStep::Disabled),
        FLAPPING_STOP => Some(FlappingStep::Stopped),
        _ => None,
    }
}

/// # Safety
/// As [`hear`].
unsafe fn comment<'a>(record: &records::Comment, step: CommentStep) -> Option<Body<&'a [u8]>> {
    let kind = match record.entry_type {
        1 => CommentKind::User,
        2 => CommentKind::Downtime,
        3 => CommentKind::Flapping,
        4 => CommentKind::Acknowledgement,
        _ => return None,
    };
    // SAFETY: the caller's promise.
    Some(Body::Comment(unsafe {
        Comment {
            step,
            kind,
            id: record.comment_id,
            host: text(record.host_name),
            service: text(record.service_description),
            author: text(record.author_name),
            text: text(record.comment_data),
            entered: record.entry_time,
            expires: if record.expires == 0 { 0 } else { record.expire_time },
            persistent: record.persistent != 0,
        }
    }))
}

/// A number that is not negative.
fn counted(number: c_int) -> u32 {
    number.try_into().unwrap_or(0)
}
