//! WebSockets, on the connection itself where that is possible: hyper's wrapper costs a third of the throughput.
//!
//! Promises: a message of a browser has a bound; every send to a browser that does not read has the deadline of
//! its caller; nothing is queued. Who may connect, and from which origin, is the routes' matter.

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use hyper::upgrade::{OnUpgrade, Parts, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use tracing::debug;

use crate::rfb::client_message::LONGEST_CUT_TEXT;
use crate::rfb::upstream::Connection;

/// Bytes of a message at most: a clipboard with its head.
const LONGEST_MESSAGE: usize = LONGEST_CUT_TEXT + 1024;

/// Bytes read at once; browsers send little.
const READ_BUFFER: usize = 4 << 10;

/// Bytes of a reason in a close frame at most.
const LONGEST_REASON: usize = 123;

type Stream = WebSocketStream<Box<dyn Connection>>;

/// A connected browser.
pub struct WebSocket(Stream);

/// What is sent to the browser.
pub struct Sender(SplitSink<Stream, Message>);

/// What the browser sends.
pub struct Receiver(SplitStream<Stream>);

/// A message of a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// Bytes.
    Binary(Bytes),
    /// Text.
    Text(String),
}

/// Answers a request to become a WebSocket, and runs `serve` with it.
pub fn upgrade<F: Future<Output = ()> + Send>(
    mut request: Request,
    serve: impl FnOnce(WebSocket) -> F + Send + 'static,
) -> Response {
    let headers = request.headers();
    let has = |name, wanted: &str| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        let mut words = values.flat_map(|value| value.split(','));
        words.any(|word| word.trim().eq_ignore_ascii_case(wanted))
    };
    let asked = has(header::CONNECTION, "upgrade")
        && has(header::UPGRADE, "websocket")
        && has(header::SEC_WEBSOCKET_VERSION, "13");
    let key = headers.get(header::SEC_WEBSOCKET_KEY).filter(|_| asked);
    let accepted = key.map(|key| derive_accept_key(key.as_bytes()));
    let (Some(accepted), Some(upgrade)) =
        (accepted, request.extensions_mut().remove::<OnUpgrade>())
    else {
        let expected = [(header::UPGRADE, "websocket")];
        return (StatusCode::UPGRADE_REQUIRED, expected, "expected a WebSocket\n").into_response();
    };
    tokio::spawn(async move {
        match upgrade.await {
            Ok(upgraded) => serve(accept(upgraded).await).await,
            Err(error) => debug!(%error, "a WebSocket was not opened"),
        }
    });
    let headers = [
        (header::CONNECTION, "upgrade".to_owned()),
        (header::UPGRADE, "websocket".to_owned()),
        (header::SEC_WEBSOCKET_ACCEPT, accepted),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

async fn accept(upgraded: Upgraded) -> WebSocket {
    let (stream, early) = match upgraded.downcast::<TokioIo<TcpStream>>() {
        Ok(Parts { io, read_buf, .. }) => (boxed(io.into_inner()), read_buf),
        Err(upgraded) => match upgraded.downcast::<TokioIo<TlsStream<TcpStream>>>() {
            Ok(Parts { io, read_buf, .. }) => (boxed(io.into_inner()), read_buf),
            Err(upgraded) => (boxed(TokioIo::new(upgraded)), Bytes::new()),
        },
    };
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_message_size(Some(LONGEST_MESSAGE))
        .max_frame_size(Some(LONGEST_MESSAGE));
    let (role, early) = (Role::Server, early.to_vec());
    WebSocket(WebSocketStream::from_partially_read(stream, early, role, Some(config)).await)
}

fn boxed(stream: impl Connection + 'static) -> Box<dyn Connection> {
    Box::new(stream)
}

impl WebSocket {
    /// Its two directions.
    #[must_use]
    pub fn split(self) -> (Sender, Receiver) {
        let (sink, stream) = self.0.split();
        (Sender(sink), Receiver(stream))
    }
}

impl Sender {
    /// Sends bytes.
    ///
    /// # Errors
    /// When the browser is gone.
    pub async fn binary(&mut self, bytes: Bytes) -> Result<(), Error> {
        self.0.send(Message::Binary(bytes)).await
    }

    /// Sends a text.
    ///
    /// # Errors
    /// When the browser is gone.
    pub async fn text(&mut self, text: String) -> Result<(), Error> {
        self.0.send(Message::Text(text.into())).await
    }

    /// Ends the connection, and says why: a code of the program's own (4000 to 4999) and words.
    pub async fn close(mut self, code: u16, reason: &str) {
        let mut end = reason.len().min(LONGEST_REASON);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        let frame = CloseFrame { code: CloseCode::from(code), reason: reason[..end].into() };
        if let Err(error) = self.0.send(Message::Close(Some(frame))).await {
            debug!(%error, "the browser was gone before it could be told why");
        }
    }
}

impl Receiver {
    /// The next message; none once the browser is gone.
    pub async fn next(&mut self) -> Option<Received> {
        loop {
            match self.0.next().await?.ok()? {
                Message::Binary(bytes) => return Some(Received::Binary(bytes)),
                Message::Text(text) => return Some(Received::Text(text.as_str().to_owned())),
                Message::Close(_) => return None,
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }
}
