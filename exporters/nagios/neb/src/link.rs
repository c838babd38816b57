//! One connection to nagios-exporter: bytes out, acknowledgements in, never waiting.
//!
//! Refuses to know what it sends. Any error ends the connection; the caller makes a new one.

use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;

use nagios_event::{Ack, Frame, MAX_FRAME, Split, encode, split};

use crate::abi::system::Connection;

/// The buffer is topped up to this many bytes, so that little is lost with a connection.
const ENOUGH: usize = 64 * 1024;

/// A buffer that a snapshot made longer than this is given back.
const KEPT: usize = 1 << 20;

/// A connection with what is on its way out and in.
pub(crate) struct Link {
    connection: Connection,
    out: Vec<u8>,
    written: usize,
    input: Vec<u8>,
}

impl Link {
    /// Connects at once or fails.
    ///
    /// # Errors
    /// As `connect(2)`.
    pub(crate) fn open(path: &Path) -> io::Result<Link> {
        let connection = Connection::open(path)?;
        Ok(Link { connection, out: Vec::new(), written: 0, input: Vec::new() })
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Whether nothing waits to be written.
    pub(crate) fn is_idle(&self) -> bool {
        self.written == self.out.len()
    }

    /// Whether so much waits that more should be kept back.
    pub(crate) fn is_busy(&self) -> bool {
        self.out.len() - self.written >= ENOUGH
    }

    /// Adds a small frame.
    pub(crate) fn put(&mut self, frame: &Frame) {
        let mut bytes = vec![0; ENOUGH];
        if let Some(size) = encode(&mut bytes, frame) {
            self.put_bytes(&bytes[..size]);
        }
    }

    /// Adds a frame that is encoded already.
    pub(crate) fn put_bytes(&mut self, frame: &[u8]) {
        self.out.extend_from_slice(frame);
    }

    /// Where a snapshot is written to.
    pub(crate) fn out(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// Writes what the peer takes now.
    ///
    /// # Errors
    /// The peer is gone.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        while !self.is_idle() {
            match self.connection.stream().write(&self.out[self.written..]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(size) => self.written += size,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if self.is_idle() {
            self.out.clear();
            self.out.shrink_to(KEPT);
            self.written = 0;
        } else if self.written >= self.out.len() / 2 {
            self.out.drain(..self.written);
            self.written = 0;
        }
        Ok(())
    }

    /// Reads what has come, and sets `highest` to epoch and number of the newest event acknowledged, also when
    /// the peer has hung up after it.
    ///
    /// # Errors
    /// The peer is gone, or says what is not ours.
    pub(crate) fn hear(&mut self, highest: &mut Option<(u64, u64)>) -> io::Result<()> {
        let mut bytes = [0; 4096];
        loop {
            match self.connection.stream().read(&mut bytes) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(size) => self.input.extend_from_slice(&bytes[..size]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            let mut used = 0;
            while let Split::Frame(frame, size) =
                split(&self.input[used..]).map_err(io::Error::other)?
            {
                used += size;
                if let Ok(Frame::Ack(Ack { epoch, seq })) = frame {
                    *highest = (*highest).max(Some((epoch, seq)));
                }
            }
            self.input.drain(..used);
            debug_assert!(self.input.len() < MAX_FRAME, "split refuses longer frames");
        }
    }
}
