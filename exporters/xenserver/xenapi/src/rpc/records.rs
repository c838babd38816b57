//! Carries a body, as it comes, to a reader that waits for it.
//!
//! Parsers of JSON and XML pull; HTTP pushes. The parser runs in a thread for blocking work and gets chunks over
//! a short queue, so neither side holds more than a few of them.

use std::io::{self, BufReader, Read};

use bytes::{Buf as _, Bytes};
use reqwest::Response;
use tokio::sync::mpsc;

/// Longest body, in bytes. The VMs of a pool of 5,000 take 25 MB.
const LONGEST: usize = 1 << 30;

/// Chunks between the two sides.
const QUEUE: usize = 16;

/// Why a body did not come whole.
pub(super) enum Broken {
    Transfer(reqwest::Error),
    TooLong(usize),
}

/// Reads a body with `parse` and gives its result.
pub(super) async fn stream<T: Send + 'static>(
    mut response: Response,
    parse: impl FnOnce(BufReader<Chunks>) -> Result<T, String> + Send + 'static,
) -> Result<Result<T, String>, Broken> {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let chunks = Chunks { receiver, chunk: Bytes::new() };
    let parsing = tokio::task::spawn_blocking(move || parse(BufReader::new(chunks)));
    let mut length = 0;
    while let Some(chunk) = response.chunk().await.map_err(Broken::Transfer)? {
        length += chunk.len();
        if length > LONGEST {
            return Err(Broken::TooLong(LONGEST));
        }
        if sender.send(chunk).await.is_err() {
            break; // The parser has seen enough.
        }
    }
    drop(sender);
    Ok(parsing.await.unwrap_or_else(|error| Err(error.to_string())))
}

/// The beginning of a body, for an error.
pub(super) async fn beginning(mut response: Response) -> Bytes {
    response.chunk().await.ok().flatten().unwrap_or_default()
}

/// The reading side. Ends when the sender is gone, be it at the end or in the middle.
pub(super) struct Chunks {
    receiver: mpsc::Receiver<Bytes>,
    chunk: Bytes,
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.receiver.blocking_recv() {
                Some(chunk) => self.chunk = chunk,
                None => return Ok(0),
            }
        }
        let length = buffer.len().min(self.chunk.len());
        self.chunk.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}
