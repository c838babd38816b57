//! Nagios' C side of the module: its entry points, and the translation of what Nagios hands to a callback
//! into [`Heard`]. All `unsafe` of the crate is here and below.
//!
//! Promises to Nagios: no panic and no error ever reaches it, every function returns 0; nothing happens in
//! a forked child; callbacks are never deregistered by us, because Nagios 4.4's
//! `neb_deregister_callback` empties the whole list when it removes the first entry, and Nagios drops its
//! lists by itself before it unloads a module.

pub(crate) mod layout;
pub(crate) mod nagios;
pub(crate) mod objects;
mod records;
pub(crate) mod system;

use std::cell::{Cell, RefCell};
use std::ffi::{c_char, c_int, c_void};
use std::panic::AssertUnwindSafe;
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

use nagios_event::{Flags, Notification, State, StateChange};

use crate::module::{Heard, Module};
use layout::{Kind, Layout};
use nagios::{MissingSymbol, Nagios, log};
use objects::{Object, clamped, text};

/// The broker interface's version, which Nagios compares with its own before it calls us.
#[unsafe(no_mangle)]
pub(crate) static __neb_api_version: c_int = 4;

/// Numbers of `nebcallbacks.h`.
const CALLBACKS: [c_int; 8] = [
    PROCESS,
    NOTIFICATION,
    SERVICE_CHECK,
    HOST_CHECK,
    PROGRAM_STATUS,
    HOST_STATUS,
    SERVICE_STATUS,
    STATE_CHANGE,
];
const PROCESS: c_int = 0;
const NOTIFICATION: c_int = 5;
const SERVICE_CHECK: c_int = 6;
const HOST_CHECK: c_int = 7;
const PROGRAM_STATUS: c_int = 11;
const HOST_STATUS: c_int = 12;
const SERVICE_STATUS: c_int = 13;
const STATE_CHANGE: c_int = 23;

/// Kinds of record (`NEBTYPE_*`) that mean something to us.
const PROCESS_SHUTDOWN: c_int = 103;
const PROCESS_LOOP_START: c_int = 105;
const NOTIFICATION_END: c_int = 601;
const SERVICE_CHECK_PROCESSED: c_int = 701;
const HOST_CHECK_PROCESSED: c_int = 801;

static PANICS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// The module's state, on Nagios' main thread. It outlives a reload, because the library stays mapped.
    static MODULE: RefCell<Option<Module>> = const { RefCell::new(None) };
    /// Whether a panic on this thread, now, is ours and is to be silent.
    static OURS: Cell<bool> = const { Cell::new(false) };
}

/// Called by Nagios when it loads the module, at its start and after each reload.
///
/// # Safety
/// Nagios' contract: `arguments` is null or a C string, `handle` is this module's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn nebmodule_init(
    _flags: c_int,
    arguments: *const c_char,
    handle: *mut c_void,
) -> c_int {
    // SAFETY: Nagios keeps the string during the call.
    let arguments = String::from_utf8_lossy(unsafe { text(arguments) });
    guarded(|| {
        system::watch_forks();
        silence_our_panics();
        if let Err(refusal) = load(&arguments, handle) {
            log(&format!("the module does nothing: {refusal}"));
        }
    });
    0
}

/// Called by Nagios before it unloads the module, at its end and before each reload.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn nebmodule_deinit(_flags: c_int, _reason: c_int) -> c_int {
    guarded(|| with_module(Module::unload));
    0
}

/// Panics caught so far.
pub(crate) fn panics() -> u64 {
    PANICS.load(Ordering::Relaxed)
}

/// Runs a piece of the module; a panic inside is counted, silent, and gives `None`.
pub(crate) fn guarded<T>(piece: impl FnOnce() -> T) -> Option<T> {
    if system::is_forked_child() {
        return None;
    }
    let before = OURS.replace(true);
    let result = std::panic::catch_unwind(AssertUnwindSafe(piece));
    OURS.set(before);
    result.inspect_err(|_| _ = PANICS.fetch_add(1, Ordering::Relaxed)).ok()
}

fn load(arguments: &str, handle: *mut c_void) -> Result<(), Box<dyn std::fmt::Display>> {
    let arguments = crate::arguments::parse(arguments).map_err(boxed)?;
    let nagios = Nagios::find().map_err(|missing: MissingSymbol| boxed(missing))?;
    for kind in CALLBACKS {
        if !nagios.register(kind, handle, on_event) {
            log(&format!("Nagios refused callback {kind}"));
        }
    }
    MODULE.with_borrow_mut(|slot| match slot {
        Some(module) => module.reload(arguments, nagios),
        None => *slot = Some(Module::new(arguments, nagios)),
    });
    Ok(())
}

fn boxed(reason: impl std::fmt::Display + 'static) -> Box<dyn std::fmt::Display> {
    Box::new(reason)
}

/// The callback. 0 always: other values would cancel the event for Nagios or other modules.
extern "C" fn on_event(kind: c_int, record: *mut c_void) -> c_int {
    guarded(|| {
        with_module(|module| {
            // SAFETY: Nagios hands the record that belongs to the callback, valid during the call.
            if let Some(heard) = unsafe { hear(kind, record, module.nagios()) } {
                module.hear(heard);
            }
        });
    });
    0
}

/// A callback within a callback (Nagios may log from what we ask of it) finds the module busy, and passes.
fn with_module(piece: impl FnOnce(&mut Module)) {
    MODULE.with(|slot| {
        if let Ok(mut slot) = slot.try_borrow_mut()
            && let Some(module) = slot.as_mut()
        {
            piece(module);
        }
    });
}

/// Reads a record; `None` for one that means nothing to us.
///
/// # Safety
/// `record` is null or the record of a callback of this kind, valid during `'a`; its object, if it has one,
/// too.
unsafe fn hear<'a>(kind: c_int, record: *const c_void, nagios: &Nagios) -> Option<Heard<'a>> {
    if record.is_null() {
        return None;
    }
    // SAFETY: the caller's promise, for each cast below; `records` asserts the layouts.
    unsafe {
        let heading = &*record.cast::<records::Heading>();
        let at_us = heading.timestamp.micros();
        match (kind, heading.kind) {
            (PROCESS, PROCESS_LOOP_START) => Some(Heard::LoopStart { at_us }),
            (PROCESS, PROCESS_SHUTDOWN) => Some(Heard::Shutdown),
            (PROGRAM_STATUS, _) => Some(Heard::Tick { at_us }),
            (SERVICE_CHECK, SERVICE_CHECK_PROCESSED) => {
                service_check(&*record.cast(), at_us, nagios)
            }
            (HOST_CHECK, HOST_CHECK_PROCESSED) => host_check(&*record.cast(), at_us, nagios),
            (SERVICE_STATUS, _) => status(&*record.cast(), at_us, nagios, Kind::Service),
            (HOST_STATUS, _) => status(&*record.cast(), at_us, nagios, Kind::Host),
            (STATE_CHANGE, _) => Some(state_change(&*record.cast(), at_us)),
            (NOTIFICATION, NOTIFICATION_END) => Some(notification(&*record.cast(), at_us)),
            _ => None,
        }
    }
}

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
            perfdata: text($record.perf_data),
            ..State::default()
        }
    };
}

/// # Safety
/// As [`hear`].
unsafe fn service_check<'a>(
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
        Some(Heard::Check { at_us, id: object.id(), state })
    }
}

/// # Safety
/// As [`hear`].
unsafe fn host_check<'a>(
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
        Some(Heard::Check { at_us, id: object.id(), state })
    }
}

/// Nagios marks an object as checked only after it has told us of its first check.
fn after_check<'a>(object: Object<'a>, layout: Layout, nagios: &Nagios) -> State<&'a [u8]> {
    let state = object.state(layout, nagios.notifications_enabled());
    State { flags: state.flags.with(Flags::CHECKED, true), ..state }
}

/// # Safety
/// As [`hear`].
unsafe fn status<'a>(
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

/// # Safety
/// As [`hear`].
unsafe fn state_change<'a>(record: &records::StateChange, at_us: i64) -> Heard<'a> {
    // SAFETY: the caller's promise.
    let change = unsafe {
        StateChange {
            host: text(record.host_name),
            service: text(record.service_description),
            state: record.state as u8,
            hard: record.state_type == 1,
            attempt: clamped(record.current_attempt),
            max_attempts: clamped(record.max_attempts),
            output: text(record.output),
        }
    };
    Heard::StateChange { at_us, change }
}

/// # Safety
/// As [`hear`].
unsafe fn notification<'a>(record: &records::Notification, at_us: i64) -> Heard<'a> {
    // SAFETY: the caller's promise.
    let notification = unsafe {
        Notification {
            host: text(record.host_name),
            service: text(record.service_description),
            reason: record.reason_type as u8,
            state: record.state as u8,
            contacts: record.contacts_notified.try_into().unwrap_or(0),
            author: text(record.ack_author),
            comment: text(record.ack_data),
        }
    };
    Heard::Notification { at_us, notification }
}

/// The default hook prints, and with `RUST_BACKTRACE` set it stalls Nagios for up to a second. Panics that
/// are not ours go on to the hook that was there before.
fn silence_our_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !OURS.get() {
                before(panic);
            }
        }));
    });
}
