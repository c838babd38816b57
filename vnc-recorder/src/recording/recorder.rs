//! A running session's recorder: a thread that draws what the server sends, for keyframes and for watchers, and
//! compresses it for the [`writer`](super::writer).
//!
//! The session waits for this thread when it is slower than the server, never for the disk: when that stands
//! still for longer than the writer's queue lasts, a gap begins, and it ends with a keyframe.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;
use tracing::warn;
use uuid::Uuid;

use super::container::Kind;
use super::stream::Compressor;
use super::writer::Writer;
use super::{Begin, End, Event, InputKey, keyframe};
use crate::metrics::Metrics;
use crate::rfb::decoder::Decoder;
use crate::rfb::screen::Screen;

pub use super::writer::{Finished, Live};

/// Pieces that may wait for the thread; then the session waits.
const QUEUE: usize = 32;

/// What was sent is in a record after this at the latest.
const FLUSH: u32 = 1000;

/// A record of the stream is ended when it holds so many bytes.
const RECORD: u32 = 256 << 10;

/// A keyframe comes after so many milliseconds with something in them, or so many bytes.
const KEYFRAME_MS: u32 = 60_000;
const KEYFRAME_BYTES: u64 = 2 << 20;

/// How a recording goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Status {
    /// Nothing is recorded, as configured.
    Off,
    /// It goes well.
    Recording,
    /// It cannot go on.
    Failed {
        /// Why.
        reason: String,
    },
}

/// The screen of a running session, for watchers.
#[derive(Debug)]
pub struct View {
    screen: Mutex<Screen>,
    changed: watch::Sender<bool>,
}

impl View {
    /// The screen as it is now. Not to be held across an await.
    pub fn screen(&self) -> MutexGuard<'_, Screen> {
        self.screen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells of each change; false once the screen cannot be drawn any more. Ends with the session.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<bool> {
        self.changed.subscribe()
    }
}

/// The way to a recorder.
#[derive(Debug)]
pub struct Recorder {
    inputs: mpsc::Sender<Input>,
    started: Instant,
    /// What watchers see.
    pub view: Arc<View>,
    /// The recording as far as it is on disk.
    pub live: Arc<Live>,
    /// How it goes.
    pub status: watch::Receiver<Status>,
}

#[derive(Debug)]
enum Input {
    Server(u32, Bytes),
    User(u32, Bytes),
    Event(u32, Event),
    Finish(u32, String, oneshot::Sender<oneshot::Receiver<Finished>>),
}

impl Recorder {
    /// Makes the recording at `path`. Must be called where tokio runs.
    ///
    /// # Errors
    /// When the file cannot be made, or the desktop's size is absurd.
    pub fn start(
        path: &Path,
        begin: Begin,
        input_key: Option<InputKey>,
        metrics: Metrics,
    ) -> std::io::Result<Self> {
        let started = Instant::now();
        let Begin { id, width, height, blue_first, .. } = begin;
        let screen = Screen::new(width.max(1), height.max(1))
            .ok_or_else(|| std::io::Error::other("its screen is too large"))?;
        let compressor = Compressor::new()?;
        let writer = Writer::start(path, begin, metrics.clone())?;
        let (live, status) = (Arc::clone(&writer.live), writer.status.clone());
        let view = Arc::new(View { screen: Mutex::new(screen), changed: watch::Sender::new(true) });
        let (inputs, inbox) = mpsc::channel(QUEUE);
        let work = Work {
            id,
            decoder: Some(Decoder::blue_first(blue_first)),
            view: Arc::clone(&view),
            compressor,
            writer,
            input_key,
            input: Vec::new(),
            flushed: 0,
            keyframe: 0,
            since_keyframe: 0,
            gap: None,
            metrics,
        };
        let runtime = Handle::current();
        std::thread::Builder::new()
            .name("recorder".to_owned())
            .spawn(move || work.run(&runtime, inbox, started))?;
        Ok(Recorder { inputs, started, view, live, status })
    }

    /// Milliseconds since the start.
    #[must_use]
    pub fn time(&self) -> u32 {
        milliseconds(self.started)
    }

    /// Records what the server sent. Waits while the recorder is behind.
    pub async fn server(&self, bytes: Bytes) {
        self.server_at(self.time(), bytes).await;
    }

    /// Records what the server sent at a time that somebody else has measured.
    pub async fn server_at(&self, time: u32, bytes: Bytes) {
        let _ = self.inputs.send(Input::Server(time, bytes)).await; // it ends with its sender only
    }

    /// Records messages of the user, if they are to be.
    pub async fn user(&self, bytes: Bytes) {
        let _ = self.inputs.send(Input::User(self.time(), bytes)).await;
    }

    /// For those who tell what happens.
    #[must_use]
    pub fn events(&self) -> EventSender {
        EventSender { inputs: self.inputs.downgrade(), started: self.started }
    }

    /// Ends the recording, and answers when that is on disk. Waits for the disk for as long as it takes: see
    /// [`Store::finish`](super::store::Store::finish).
    pub async fn finish(self, time: u32, reason: String) -> Option<Finished> {
        let (answer, finished) = oneshot::channel();
        self.inputs.send(Input::Finish(time, reason, answer)).await.ok()?;
        finished.await.ok()?.await.ok()
    }
}

/// Tells a recorder what happens, for as long as it is there.
#[derive(Debug)]
pub struct EventSender {
    inputs: mpsc::WeakSender<Input>,
    started: Instant,
}

impl EventSender {
    /// Records that something happened.
    pub async fn send(&self, event: Event) {
        if let Some(inputs) = self.inputs.upgrade() {
            let _ = inputs.send(Input::Event(milliseconds(self.started), event)).await;
        }
    }
}

fn milliseconds(since: Instant) -> u32 {
    u32::try_from(since.elapsed().as_millis()).unwrap_or(u32::MAX)
}

struct Work {
    id: Uuid,
    /// None once the stream cannot be drawn.
    decoder: Option<Decoder>,
    view: Arc<View>,
    compressor: Compressor,
    writer: Writer,
    input_key: Option<InputKey>,
    /// What the user did since the last flush.
    input: Vec<u8>,
    flushed: u32,
    /// When the last keyframe was, and how many bytes came since.
    keyframe: u32,
    since_keyframe: u64,
    /// Since when nothing can be written.
    gap: Option<u32>,
    metrics: Metrics,
}

impl Work {
    fn run(mut self, runtime: &Handle, mut inbox: mpsc::Receiver<Input>, started: Instant) {
        let wait = Duration::from_millis(FLUSH.into());
        loop {
            let next = runtime.block_on(async { timeout(wait, inbox.recv()).await });
            let outcome = match next {
                Ok(Some(Input::Server(time, bytes))) => self.server(time, &bytes),
                Ok(Some(Input::User(time, bytes))) => self.user(time, &bytes),
                Ok(Some(Input::Event(time, event))) => self.event(time, &event),
                Ok(Some(Input::Finish(time, reason, answer))) => {
                    self.finish(time, reason, answer);
                    return;
                }
                Ok(None) => return,
                Err(_) => self.flush(milliseconds(started)),
            };
            if let Err(error) = outcome {
                warn!(session = %self.id, %error, "a record cannot be made");
            }
        }
    }

    fn server(&mut self, time: u32, bytes: &[u8]) -> std::io::Result<()> {
        let mut rest = bytes;
        let due = self.gap.is_some()
            || self.since_keyframe >= KEYFRAME_BYTES
            || time.saturating_sub(self.keyframe) >= KEYFRAME_MS;
        if due && let Some(decoder) = &mut self.decoder {
            let used = decoder.feed_message(rest, &mut self.view.screen());
            match used {
                Ok(used) => {
                    self.keep(time, &rest[..used])?;
                    rest = &rest[used..];
                    if self.decoder.as_ref().is_some_and(Decoder::is_between_messages) {
                        self.put_keyframe(time)?;
                    }
                }
                Err(error) => self.undrawable(time, &error.to_string())?,
            }
        }
        if let Some(decoder) = &mut self.decoder {
            let drawn = decoder.feed(rest, &mut self.view.screen());
            if let Err(error) = drawn {
                self.undrawable(time, &error.to_string())?;
            }
        }
        self.keep(time, rest)?;
        if self.decoder.as_mut().is_some_and(Decoder::take_resized) {
            let (width, height) = {
                let screen = self.view.screen();
                (screen.width() as u16, screen.height() as u16)
            };
            self.event(time, &Event::Resized { width, height })?;
        }
        self.view.changed.send_replace(self.decoder.is_some());
        let held = self.compressor.held();
        if held >= RECORD || time.saturating_sub(self.flushed) >= FLUSH {
            self.flush(time)?;
        }
        Ok(())
    }

    /// Adds to the stream, unless nothing can be written.
    fn keep(&mut self, time: u32, bytes: &[u8]) -> std::io::Result<()> {
        self.since_keyframe += bytes.len() as u64;
        match self.gap {
            None if !bytes.is_empty() => self.compressor.add(time, bytes),
            // Without a screen there is no keyframe to wait for.
            Some(_) if self.decoder.is_none() => self.end_gap(time).map(drop),
            _ => Ok(()),
        }
    }

    fn user(&mut self, time: u32, bytes: &[u8]) -> std::io::Result<()> {
        if self.input_key.is_some() {
            self.input.extend(time.to_le_bytes());
            self.input.extend((bytes.len() as u32).to_le_bytes());
            self.input.extend(bytes);
        }
        Ok(())
    }

    fn event(&mut self, time: u32, event: &Event) -> std::io::Result<()> {
        // What the stream holds so far was before.
        self.flush(time)?;
        self.write(Kind::Event, time, serde_json::to_vec(event)?);
        Ok(())
    }

    fn undrawable(&mut self, time: u32, why: &str) -> std::io::Result<()> {
        self.decoder = None;
        self.view.changed.send_replace(false);
        self.event(time, &Event::Undrawable { reason: why.to_owned() })
    }

    /// Ends the stream's record, and writes what the user did.
    fn flush(&mut self, time: u32) -> std::io::Result<()> {
        self.flushed = time;
        if self.compressor.held() > 0 {
            let payload = self.compressor.payload()?;
            self.write(Kind::Stream, time, payload);
        }
        if let Some(key) = self.input_key.as_ref().filter(|_| !self.input.is_empty()) {
            let pieces = std::mem::take(&mut self.input);
            let sealed = key.seal(self.id, pieces).map_err(std::io::Error::other)?;
            self.write(Kind::Input, time, sealed);
        }
        Ok(())
    }

    fn put_keyframe(&mut self, time: u32) -> std::io::Result<()> {
        if self.gap.is_some() && !self.end_gap(time)? {
            return Ok(());
        }
        self.flush(time)?;
        let payload = keyframe::write(&self.view.screen())?;
        self.compressor = Compressor::new()?;
        (self.keyframe, self.since_keyframe) = (time, 0);
        self.write(Kind::Keyframe, time, payload);
        Ok(())
    }

    /// Tells of the gap, if there is room again.
    fn end_gap(&mut self, time: u32) -> std::io::Result<bool> {
        let Some(since_ms) = self.gap else { return Ok(true) };
        let event = serde_json::to_vec(&Event::Gap { since_ms })?;
        self.compressor = Compressor::new()?;
        if self.writer.write(Kind::Event, time, event) {
            self.gap = None;
        }
        Ok(self.gap.is_none())
    }

    /// Hands over a record; without room for it, a gap begins.
    fn write(&mut self, kind: Kind, time: u32, payload: Vec<u8>) {
        if self.gap.is_none() && !self.writer.write(kind, time, payload) {
            warn!(session = %self.id, "the disk is too slow: a gap begins in the recording");
            self.metrics.recording_gaps.inc();
            self.gap = Some(time);
        }
    }

    fn finish(
        mut self,
        time: u32,
        reason: String,
        answer: oneshot::Sender<oneshot::Receiver<Finished>>,
    ) {
        if let Err(error) = self.flush(time) {
            warn!(session = %self.id, %error, "the last record cannot be made");
        }
        let end = End { ended: Timestamp::now(), interrupted: false, reason };
        let _ = answer.send(self.writer.finish(time, end)); // whoever asked may wait no longer
    }
}
