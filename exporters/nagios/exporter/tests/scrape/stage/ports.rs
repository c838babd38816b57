//! Ports for programs that come later or come back.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// A port that stays free while the program is down: none that the kernel gives to connections, for one of a client
/// that tries to connect to it would hold it, connected to itself.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let begin = std::process::id() as u16 % 1000 * 10;
    loop {
        let port = 12_000 + (begin + NEXT.fetch_add(1, Ordering::Relaxed)) % 18_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
