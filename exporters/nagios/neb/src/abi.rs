//! Nagios' C side of the module: its entry points. All `unsafe` of the crate is here and below.
//!
//! Promises to Nagios: no panic and no error ever reaches it, every function returns 0; nothing happens in
//! a forked child; callbacks are never deregistered by us, because Nagios 4.4's
//! `neb_deregister_callback` empties the whole list when it removes the first entry, and Nagios drops its
//! lists by itself before it unloads a module.

mod hear;
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

use crate::module::Module;
use nagios::{MissingSymbol, Nagios, log};
use objects::text;

/// The broker interface's version, which Nagios compares with its own before it calls us.
#[unsafe(no_mangle)]
pub(crate) static __neb_api_version: c_int = 4;

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
    for kind in hear::CALLBACKS {
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
            if let Some(heard) = unsafe { hear::hear(kind, record, module.nagios()) } {
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
