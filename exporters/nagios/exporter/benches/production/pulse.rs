//! How long Nagios' main loop makes others wait: its query handler answers between two events of the loop.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::PATIENCE;
use crate::daemon::Nagios;

const PAUSE: Duration = Duration::from_millis(10);

/// Asks every few milliseconds until it is told to stop.
pub(crate) struct Pulse {
    stopped: Arc<AtomicBool>,
    thread: JoinHandle<Vec<f64>>,
}

impl Pulse {
    pub(crate) fn take(nagios: &Nagios) -> Pulse {
        let socket = query_socket(nagios);
        let stopped = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let stopped = Arc::clone(&stopped);
            move || {
                let mut times = Vec::new();
                while !stopped.load(Ordering::Relaxed) {
                    let asked = Instant::now();
                    if echo(&socket).is_ok() {
                        times.push(asked.elapsed().as_secs_f64() * 1e3);
                    }
                    std::thread::sleep(PAUSE);
                }
                times
            }
        });
        Pulse { stopped, thread }
    }

    /// The times in milliseconds.
    pub(crate) fn stop(self) -> Vec<f64> {
        self.stopped.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

/// Where Nagios answers questions.
pub(crate) fn query_socket(nagios: &Nagios) -> PathBuf {
    nagios.file("nagios.qh")
}

/// Has Nagios' main loop say a word.
pub(crate) fn echo(socket: &Path) -> io::Result<()> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"#echo here\0")?;
    stream.read_exact(&mut [0; 4])
}
