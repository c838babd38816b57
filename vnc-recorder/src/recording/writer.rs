//! The thread of one recording that waits for the disk, so that nobody else does.
//!
//! Each record is written whole; at least every second what is written is on disk. When the disk refuses, what
//! was written of the last record is taken away again, and the recording has failed: nothing more is written but,
//! if there is room by then, how it ended.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};
use tracing::error;

use super::container::{self, Chain, HEAD, Kind};
use super::index::Index;
use super::recorder::Status;
use super::{Begin, End};
use crate::metrics::Metrics;

/// Records that may wait for the disk. One is written each second at least, so a disk may stand still for about as
/// many seconds before a gap begins.
const QUEUE: usize = 16;

/// How often what is written is brought to disk.
const SYNC: Duration = Duration::from_secs(1);

/// A recording as far as it is on disk.
#[derive(Debug)]
pub struct Live {
    index: Mutex<Index>,
    /// Bytes up to the end of the last record.
    length: watch::Sender<u64>,
}

impl Live {
    /// What was recorded so far.
    #[must_use]
    pub fn index(&self) -> Index {
        self.lock().clone()
    }

    /// The file's length up to the end of the last whole record, each time that it grows. Ends with the recording.
    #[must_use]
    pub fn length(&self) -> watch::Receiver<u64> {
        self.length.subscribe()
    }

    /// Time of the last record so far, in milliseconds since the start.
    #[must_use]
    pub fn duration(&self) -> u32 {
        self.lock().duration_ms
    }

    /// Whether it has not ended yet.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.lock().end.is_none()
    }

    fn lock(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a recording amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The hash of its last record, in hexadecimal, to be kept elsewhere; none when it failed.
    pub hash: Option<String>,
}

/// The way to the thread.
#[derive(Debug)]
pub(super) struct Writer {
    queue: SyncSender<Order>,
    pub(super) live: Arc<Live>,
    pub(super) status: watch::Receiver<Status>,
}

enum Order {
    Write { kind: Kind, time: u32, payload: Vec<u8>, at: Instant },
    Finish { time: u32, end: End, done: oneshot::Sender<Finished> },
}

impl Writer {
    /// Makes the file and starts the thread.
    ///
    /// # Errors
    /// When the file cannot be made, or its first record not written.
    pub(super) fn start(path: &Path, begin: Begin, metrics: Metrics) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).append(true).create_new(true).open(path)?;
        let live =
            Arc::new(Live { index: Mutex::new(Index::new(begin)), length: watch::Sender::new(0) });
        let (queue, orders) = sync_channel(QUEUE);
        let (told, status) = watch::channel(Status::Recording);
        let mut disk = Disk {
            file,
            chain: Chain::start(),
            length: 0,
            synced: Instant::now(),
            dirty: None,
            live: Arc::clone(&live),
            status: told,
            metrics,
        };
        if let Err(error) = disk.begin() {
            let _ = std::fs::remove_file(path); // it holds nothing
            return Err(error);
        }
        std::thread::Builder::new()
            .name("recording".to_owned())
            .spawn(move || disk.run(&orders))?;
        Ok(Writer { queue, live, status })
    }

    /// Hands over a record; whether there was room for it.
    pub(super) fn write(&self, kind: Kind, time: u32, payload: Vec<u8>) -> bool {
        let order = Order::Write { kind, time, payload, at: Instant::now() };
        !matches!(self.queue.try_send(order), Err(TrySendError::Full(_)))
    }

    /// Ends the recording, and tells when that is on disk. Waits for room.
    pub(super) fn finish(self, time: u32, end: End) -> oneshot::Receiver<Finished> {
        let (done, finished) = oneshot::channel();
        let _ = self.queue.send(Order::Finish { time, end, done }); // a thread that is gone tells so itself
        finished
    }
}

struct Disk {
    file: File,
    chain: Chain,
    /// Bytes of whole records.
    length: u64,
    synced: Instant,
    /// When the oldest record was handed over that is not known to be on disk.
    dirty: Option<Instant>,
    live: Arc<Live>,
    status: watch::Sender<Status>,
    metrics: Metrics,
}

impl Disk {
    fn begin(&mut self) -> io::Result<()> {
        self.file.write_all(&HEAD)?;
        self.length = HEAD.len() as u64;
        let begin = serde_json::to_vec(&self.live.lock().begin)?;
        self.append(Kind::Begin, 0, &begin)?;
        self.file.sync_all()
    }

    fn run(mut self, orders: &Receiver<Order>) {
        loop {
            match orders.recv_timeout(SYNC.saturating_sub(self.synced.elapsed())) {
                Ok(Order::Write { kind, time, payload, at }) => {
                    self.dirty.get_or_insert(at);
                    self.attempt(|disk| disk.append(kind, time, &payload));
                }
                Ok(Order::Finish { time, end, done }) => {
                    let finished = self.finish(time, end);
                    let _ = done.send(finished); // nobody may be waiting any more
                    return;
                }
                Err(RecvTimeoutError::Timeout) => {}
                // The recorder is gone without a word: the recording is as after a crash.
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if self.synced.elapsed() >= SYNC {
                self.attempt(Disk::sync);
            }
        }
    }

    /// Does something, unless the recording has failed, and tells when it fails.
    fn attempt(&mut self, act: impl FnOnce(&mut Disk) -> io::Result<()>) {
        if *self.status.borrow() != Status::Recording {
            self.synced = Instant::now();
            return;
        }
        if let Err(failure) = act(self) {
            error!(session = %self.live.lock().begin.id, error = %failure, "recording failed");
            self.metrics.recording_failures.inc();
            self.status.send_replace(Status::Failed { reason: failure.to_string() });
            let _ = self.file.set_len(self.length); // what was written of the last record
        }
    }

    fn append(&mut self, kind: Kind, time: u32, payload: &[u8]) -> io::Result<()> {
        let mut chain = self.chain.clone();
        let mut bytes = Vec::with_capacity(payload.len() + 64);
        chain.seal(&mut bytes, kind, time, payload);
        self.file.write_all(&bytes)?;
        self.chain = chain;
        self.live.lock().note(kind, time, self.length, payload);
        self.length += bytes.len() as u64;
        self.live.length.send_replace(self.length);
        self.metrics.recorded_bytes.inc_by(bytes.len() as u64);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.synced = Instant::now();
        if let Some(since) = self.dirty.take() {
            self.file.sync_data()?;
            self.metrics.recording_lag.set(since.elapsed().as_secs_f64());
        }
        Ok(())
    }

    fn finish(&mut self, time: u32, end: End) -> Finished {
        let _ = self.file.set_len(self.length); // after a failure, if that was not possible then
        let finished = self.seal(time, &end).map(|()| Some(self.chain.hash().to_hex().to_string()));
        Finished {
            hash: finished.unwrap_or_else(|failure| {
                error!(session = %self.live.lock().begin.id, error = %failure, "recording not finished");
                let _ = self.file.set_len(self.length);
                None
            }),
        }
    }

    fn seal(&mut self, time: u32, end: &End) -> io::Result<()> {
        self.append(Kind::End, time, &serde_json::to_vec(end)?)?;
        let (offset, index) = (self.length, self.live.lock().payload()?);
        self.append(Kind::Index, time, &index)?;
        self.file.write_all(&container::trailer(offset))?;
        self.file.sync_all()
    }
}

/// Ends a recording that a crash has cut off: takes away what is torn, and writes how it ended and its index.
///
/// # Errors
/// When the file cannot be read or written, or not even its first record is whole.
pub(super) fn mend(path: &Path) -> Result<Index, container::Damage> {
    let file = OpenOptions::new().read(true).append(true).open(path)?;
    let scan = Index::scan(&file)?;
    file.set_len(scan.length)?;
    let time = scan.index.duration_ms;
    let length = Duration::from_millis(time.into());
    let end = scan.index.end.clone().unwrap_or_else(|| End {
        ended: scan.index.begin.started + length,
        interrupted: true,
        reason: "cut off".to_owned(),
    });
    let mut bytes = Vec::new();
    let (mut chain, mut index) = (scan.chain, scan.index);
    if index.end.is_none() {
        chain.seal(
            &mut bytes,
            Kind::End,
            time,
            &serde_json::to_vec(&end).map_err(io::Error::from)?,
        );
        index.end = Some(end);
    }
    let offset = scan.length + bytes.len() as u64;
    chain.seal(&mut bytes, Kind::Index, time, &index.payload()?);
    bytes.extend(container::trailer(offset));
    let mut writer = &file;
    if let Err(failure) = writer.write_all(&bytes).and_then(|()| file.sync_all()) {
        let _ = file.set_len(scan.length);
        return Err(failure.into());
    }
    Ok(index)
}
