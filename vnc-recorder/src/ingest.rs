//! Recordings of the old product's proxies, taken in over TCP as its recorder did.
//!
//! ```text
//! header  384 bytes  NUL-padded texts: host 64, VM reference 128, start 64 (Unix seconds), client's address 128
//! answer  i32        0: go on; anything else: refused
//! frame   i32 (0 from the server, 1 from the client), u32 ms since the start, u32 length, payload
//! ```
//!
//! Little-endian. The payload is base64 where the browser of those days had negotiated that: the first frame of
//! the server shows it. The stream begins with the handshake, which is not recorded.
//!
//! Promises: who is not listed is refused before a byte is read; a sender that is silent for [`IDLE_LIMIT`] or
//! sends a frame larger than [`LONGEST_FRAME`] is cut off, and what came until then is kept.

mod opening;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::config::Ingest;
use crate::recording::recorder::Recorder;
use crate::recording::store::Store;
use crate::recording::{Begin, Origin};
use crate::session::new_id;
pub use opening::Opening;

/// Recordings taken in at once.
const SENDERS: usize = 256;

/// Bytes of a frame's payload at most.
pub const LONGEST_FRAME: u32 = 16 << 20;

/// A header must have come within this.
const HEADER_LIMIT: Duration = Duration::from_secs(10);

/// A sender may be silent for so long.
const IDLE_LIMIT: Duration = Duration::from_secs(24 * 60 * 60);

/// What a refused sender is answered.
const REFUSED: i32 = -1;

/// The group of targets whose recordings came from elsewhere.
const GROUP: &str = "ingest";

/// What a sender says of its session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The host's name or address.
    pub host: String,
    /// The VM's reference.
    pub reference: String,
    /// When the session began.
    pub started: Timestamp,
    /// The address of its user.
    pub client: String,
}

/// A piece of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Whether the server sent it.
    pub from_server: bool,
    /// Milliseconds since the start.
    pub time: u32,
    /// Bytes that follow.
    pub length: u32,
}

/// What a sender got wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// The start is no number of seconds.
    #[error("the header's start time is {0:?}, expected Unix seconds")]
    Start(String),
    /// A frame of a kind that there is not.
    #[error("a frame has the type {0}, expected 0 or 1")]
    Kind(i32),
    /// A frame that nobody can have meant.
    #[error("a frame has {0} bytes, expected {LONGEST_FRAME} at most")]
    Length(u32),
    /// A frame that is no base64 after others were.
    #[error("a frame is no base64, as those before it were")]
    Base64,
    /// A stream without a handshake.
    #[error("the stream does not begin as RFB does: {0}")]
    Handshake(&'static str),
}

impl Header {
    /// Bytes of a header.
    pub const LENGTH: usize = 384;

    /// Reads a header.
    ///
    /// # Errors
    /// When its start is no time.
    pub fn parse(bytes: &[u8; Self::LENGTH]) -> Result<Self, FormatError> {
        let text = |range: std::ops::Range<usize>| {
            let field = bytes[range].split(|byte| *byte == 0).next().unwrap_or_default();
            String::from_utf8_lossy(field).into_owned()
        };
        let start = text(192..256);
        let seconds = start.trim().split('.').next().and_then(|seconds| seconds.parse().ok());
        let started = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
        Ok(Header {
            host: text(0..64),
            reference: text(64..192),
            started: started.ok_or(FormatError::Start(start))?,
            client: text(256..384),
        })
    }
}

impl Frame {
    /// Bytes of a frame before its payload.
    pub const LENGTH: usize = 12;

    /// Reads the beginning of a frame.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(bytes: &[u8; Self::LENGTH]) -> Result<Self, FormatError> {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = *bytes;
        let from_server = match i32::from_le_bytes([a, b, c, d]) {
            0 => true,
            1 => false,
            other => return Err(FormatError::Kind(other)),
        };
        let length = u32::from_le_bytes([i, j, k, l]);
        if length > LONGEST_FRAME {
            return Err(FormatError::Length(length));
        }
        Ok(Frame { from_server, time: u32::from_le_bytes([e, f, g, h]), length })
    }
}

/// Listens for senders until `stop`.
///
/// # Errors
/// When it cannot listen.
pub async fn bind(ingest: &Ingest) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(ingest.listen).await;
    listener.with_context(|| format!("ingest.listen: cannot listen on {}", ingest.listen))
}

/// Takes in what senders send until `stop`.
pub async fn serve(listener: TcpListener, ingest: Ingest, store: Store, stop: CancellationToken) {
    let slots = Arc::new(Semaphore::new(SENDERS));
    let mut senders = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = senders.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                warn!(%error, "cannot accept a sender of recordings");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let known = ingest.sources.iter().any(|source| source.contains(&peer.ip().to_canonical()));
        let slot = Arc::clone(&slots).try_acquire_owned();
        let (true, Ok(slot)) = (known, slot) else {
            warn!(%peer, known, "a sender of recordings is refused");
            continue;
        };
        let (store, stop) = (store.clone(), stop.clone());
        senders.spawn(async move {
            if let Err(error) = take_in(stream, peer, &store, &stop).await {
                warn!(%peer, %error, "a recording was not taken in");
            }
            drop(slot);
        });
    }
    while senders.join_next().await.is_some() {}
}

#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Format(#[from] FormatError),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("its header did not come within {HEADER_LIMIT:?}")]
    Late,
    #[error("it cannot be recorded: {0}")]
    Store(#[from] crate::recording::store::StartError),
}

async fn take_in(
    mut stream: TcpStream,
    peer: SocketAddr,
    store: &Store,
    stop: &CancellationToken,
) -> Result<(), Trouble> {
    let mut bytes = [0; Header::LENGTH];
    timeout(HEADER_LIMIT, stream.read_exact(&mut bytes)).await.map_err(|_| Trouble::Late)??;
    let header = match Header::parse(&bytes) {
        Ok(header) => header,
        Err(error) => {
            stream.write_i32_le(REFUSED).await?;
            return Err(error.into());
        }
    };
    stream.write_i32_le(0).await?;
    let mut intake = Intake {
        store,
        header,
        opening: Opening::default(),
        base64: None,
        recorder: None,
        time: 0,
    };
    let copied = tokio::select! {
        copied = intake.copy(&mut stream) => copied,
        () = stop.cancelled() => Ok(()),
    };
    let reason = match &copied {
        Ok(()) => "ended by its sender".to_owned(),
        Err(error) => error.to_string(),
    };
    if let Some(recorder) = intake.recorder.take() {
        let id = intake.id();
        store.finish(recorder, intake.time, reason.clone()).await;
        info!(recording = %id, %peer, reason, "a recording was taken in");
    }
    copied
}

/// A session that is being taken in.
struct Intake<'a> {
    store: &'a Store,
    header: Header,
    opening: Opening,
    /// Whether payloads are base64; not known before the server's first.
    base64: Option<bool>,
    recorder: Option<Recorder>,
    time: u32,
}

impl Intake<'_> {
    async fn copy(&mut self, stream: &mut TcpStream) -> Result<(), Trouble> {
        loop {
            let mut head = [0; Frame::LENGTH];
            let silent = |_| io::Error::from(io::ErrorKind::TimedOut);
            match timeout(IDLE_LIMIT, stream.read_exact(&mut head)).await.map_err(silent)? {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
                Err(error) => return Err(error.into()),
            }
            let frame = Frame::parse(&head)?;
            // Grows with what comes, not with what the head claims.
            let mut payload = Vec::new();
            let mut rest = (&mut *stream).take(frame.length.into());
            let read = rest.read_to_end(&mut payload);
            if timeout(IDLE_LIMIT, read).await.map_err(silent)?? < frame.length as usize {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            self.frame(frame, payload).await?;
        }
    }

    async fn frame(&mut self, frame: Frame, payload: Vec<u8>) -> Result<(), Trouble> {
        self.time = self.time.max(frame.time);
        if frame.from_server && self.base64.is_none() {
            self.base64 = Some(!payload.starts_with(b"RFB "));
        }
        let payload = match self.base64 {
            Some(true) => {
                STANDARD.decode(payload.trim_ascii_end()).map_err(|_| FormatError::Base64)?
            }
            _ => payload,
        };
        if !frame.from_server {
            self.opening.client(&payload);
            return Ok(());
        }
        let messages = self.opening.server(&payload)?.filter(|messages| !messages.is_empty());
        let Some(messages) = messages else { return Ok(()) };
        // Only now: the client has set its pixel format before the first picture.
        if self.recorder.is_none() {
            self.recorder = Some(self.store.start(self.begin())?);
        }
        if let Some(recorder) = &self.recorder {
            recorder.server_at(self.time, Bytes::from(messages)).await;
        }
        Ok(())
    }

    fn id(&self) -> uuid::Uuid {
        self.opening.id
    }

    fn begin(&self) -> Begin {
        let Header { host, reference, started, client } = self.header.clone();
        // The old product knows a VM by the id inside of its reference.
        let member = reference.trim_start_matches("OpaqueRef:");
        Begin {
            id: self.opening.id,
            started,
            target: format!("{GROUP}/{member}"),
            name: self.opening.name.clone(),
            host: Some(host),
            reference: Some(reference),
            user: String::new(),
            client,
            width: self.opening.width,
            height: self.opening.height,
            desktop: self.opening.name.clone(),
            origin: Origin::Ingest,
            blue_first: self.opening.blue_first(),
        }
    }
}

impl Default for Opening {
    fn default() -> Self {
        Opening::new(new_id())
    }
}
