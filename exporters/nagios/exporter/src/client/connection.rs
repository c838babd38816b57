//! One module's connection: bytes in, acknowledgements out.

use std::time::{Duration, Instant};

use nagios_event::{Ack, Frame, Hello, MAX_FRAME, encode};
use tokio::io::AsyncReadExt as _;
use tokio::net::UnixStream;
use tokio::time::timeout_at;

use super::End;
use crate::store::SILENCE_LIMIT;

/// Most bytes taken in at one go: what they change becomes one batch.
const BATCH: usize = 256 * 1024;

/// A module that has introduced itself.
#[derive(Debug)]
pub(super) struct Connection {
    stream: UnixStream,
    hello: Hello,
    received: Vec<u8>,
    heard: Instant,
    acknowledged: u64,
    unsent: Vec<u8>,
}

impl Connection {
    /// `received`: what came behind the introduction.
    pub(super) fn new(stream: UnixStream, hello: Hello, received: Vec<u8>) -> Self {
        let (heard, unsent) = (Instant::now(), Vec::new());
        Connection { stream, hello, received, heard, acknowledged: 0, unsent }
    }

    pub(super) fn hello(&self) -> &Hello {
        &self.hello
    }

    /// Time since the last whole frame.
    pub(super) fn silence(&self) -> Duration {
        self.heard.elapsed()
    }

    /// Whether the module has hung up, as far as can be told without waiting.
    pub(super) fn is_closed(&mut self) -> bool {
        self.received.reserve(BATCH);
        match self.stream.try_read_buf(&mut self.received) {
            Ok(read) => read == 0,
            Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
        }
    }

    /// Waits for more bytes. May be dropped while it waits: nothing is lost.
    pub(super) async fn read(&mut self) -> Result<(), End> {
        self.received.reserve(BATCH);
        let deadline = (self.heard + SILENCE_LIMIT).into();
        let mut part = (&mut self.stream).take(BATCH as u64);
        match timeout_at(deadline, part.read_buf(&mut self.received)).await {
            Ok(Ok(0)) => Err(End::Closed),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(End::Io(error)),
            Err(_) => Err(End::Silent),
        }
    }

    /// The bytes not yet consumed: at most one incomplete frame and what was read last.
    pub(super) fn received(&self) -> &[u8] {
        &self.received
    }

    /// Forgets the first bytes, which were whole frames.
    pub(super) fn consume(&mut self, used: usize) {
        if used > 0 {
            self.heard = Instant::now();
            self.received.drain(..used);
        }
        // A snapshot makes the buffer large; it need not stay so.
        if self.received.capacity() > MAX_FRAME + BATCH {
            self.received.shrink_to(MAX_FRAME);
        }
    }

    /// Acknowledges every event up to `seq`. Never waits: a module that does not read gets the newest
    /// acknowledgement when it does.
    pub(super) fn acknowledge(&mut self, seq: u64) {
        loop {
            if self.unsent.is_empty() && seq > self.acknowledged {
                let mut frame = [0; 32];
                let ack = Ack { epoch: self.hello.epoch, seq };
                let Some(size) = encode(&mut frame, &Frame::Ack(ack)) else { return };
                self.unsent.extend_from_slice(frame.get(..size).unwrap_or_default());
                self.acknowledged = seq;
            }
            if self.unsent.is_empty() {
                return;
            }
            match self.stream.try_write(&self.unsent) {
                Ok(written) => drop(self.unsent.drain(..written)),
                // Full, or gone: the next call or the reader finds out.
                Err(_) => return,
            }
        }
    }
}
