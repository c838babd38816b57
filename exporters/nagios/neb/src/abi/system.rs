//! The few system calls that the standard library does not offer in the form that a guest in Nagios'
//! process needs.

use std::ffi::c_int;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::Duration;

/// Set in a child that Nagios forked without exec, such as its command-file worker.
static FORKED: AtomicBool = AtomicBool::new(false);

/// The open connection, so that a forked child can close its copy; -1 for none.
static CONNECTION: AtomicI32 = AtomicI32::new(-1);

/// Whether this is a forked child, where the module does nothing.
pub(crate) fn is_forked_child() -> bool {
    FORKED.load(Ordering::Relaxed)
}

/// Makes every later fork known to [`is_forked_child`] in the child.
pub(super) fn watch_forks() {
    static WATCH: Once = Once::new();
    extern "C" fn in_child() {
        FORKED.store(true, Ordering::Relaxed);
        let connection = CONNECTION.load(Ordering::Relaxed);
        if connection >= 0 {
            // SAFETY: `close` is safe after fork; the descriptor is the child's copy of ours.
            unsafe { libc::close(connection) };
        }
    }
    WATCH.call_once(|| {
        // SAFETY: the handler is a plain function in a library that is never unmapped (`-z nodelete`).
        unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    });
}

/// Runs `spawn` with all signals blocked, so that the thread it starts never takes one meant for Nagios.
pub(crate) fn with_signals_blocked<T>(spawn: impl FnOnce() -> T) -> T {
    // SAFETY: the sets are plain memory that the calls fill; the old mask is put back on the same thread.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
        let result = spawn();
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
        result
    }
}

/// Locks a file for this process, against other processes. A forked child does not hold the lock, so that a
/// killed Nagios leaves none.
///
/// # Errors
/// As `fcntl(2)`; `WouldBlock` when another process holds it.
pub(crate) fn lock(file: &File) -> io::Result<()> {
    // SAFETY: a zeroed `flock` is valid and means the whole file; the descriptor is open.
    let result = unsafe {
        let mut lock: libc::flock = std::mem::zeroed();
        lock.l_type = libc::F_WRLCK as libc::c_short;
        libc::fcntl(file.as_raw_fd(), libc::F_SETLK, &raw const lock)
    };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// The one connection to nagios-exporter; never blocks, not inherited over exec or fork.
pub(crate) struct Connection {
    stream: UnixStream,
}

impl Connection {
    /// Connects at once or fails: the standard library's `connect` waits while the listener's backlog is
    /// full.
    ///
    /// # Errors
    /// As `connect(2)`; `WouldBlock` for a full backlog.
    pub(crate) fn open(path: &Path) -> io::Result<Connection> {
        // SAFETY: `address` is zeroed plain memory, the path is checked to leave its last byte NUL, and the
        // descriptor is owned by nobody else.
        unsafe {
            let mut address: libc::sockaddr_un = std::mem::zeroed();
            let path = path.as_os_str().as_bytes();
            if path.len() >= address.sun_path.len() {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            address.sun_family = libc::AF_UNIX as libc::sa_family_t;
            for (to, from) in address.sun_path.iter_mut().zip(path) {
                *to = (*from).cast_signed();
            }
            let kind = libc::SOCK_STREAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
            let descriptor = libc::socket(libc::AF_UNIX, kind, 0);
            if descriptor < 0 {
                return Err(io::Error::last_os_error());
            }
            let stream = UnixStream::from(OwnedFd::from_raw_fd(descriptor));
            let size = size_of::<libc::sockaddr_un>() as libc::socklen_t;
            if libc::connect(descriptor, (&raw const address).cast(), size) < 0 {
                return Err(io::Error::last_os_error());
            }
            CONNECTION.store(descriptor, Ordering::Relaxed);
            Ok(Connection { stream })
        }
    }

    /// For reading and writing; a closed peer raises no signal, because the thread blocks them all.
    pub(crate) fn stream(&self) -> &UnixStream {
        &self.stream
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Before the descriptor is closed: a child must never close a stranger's with the same number.
        CONNECTION.store(-1, Ordering::SeqCst);
    }
}

/// Waits until `connection` can be written or read, as asked for, or is closed by its peer; at most `limit`.
/// Without a connection it only waits.
pub(crate) fn wait(connection: Option<&Connection>, writing: bool, reading: bool, limit: Duration) {
    let descriptor = connection.map_or(-1, |connection| connection.stream.as_raw_fd());
    let events = if writing { libc::POLLOUT } else { 0 } | if reading { libc::POLLIN } else { 0 };
    let mut poll = libc::pollfd { fd: descriptor, events, revents: 0 };
    let limit = c_int::try_from(limit.as_millis()).unwrap_or(c_int::MAX);
    // SAFETY: one pollfd on the stack; a negative descriptor is ignored by poll.
    unsafe { libc::poll(&raw mut poll, 1, limit) };
}
