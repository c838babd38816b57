//! One listener: connections in, TLS where it is configured, HTTP/1.1 or HTTP/2 as the handshake chose.
//!
//! Promises: the connections of one listener are bounded, and starve no other listener; a client that does not
//! finish its handshake or its request's headers is cut off; a connection gets the TLS settings that are in
//! force when it comes. Refuses to know routes.

use std::io;
use std::net::SocketAddr;
use std::num::NonZero;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::{Extension, Router};
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::Layer as _;
use tracing::{debug, info, warn};

use super::Encrypted;
use super::security::Current;
use crate::STOP_LIMIT;

/// Connections of one listener at once, unless the flags say otherwise; more wait in the kernel's queue.
pub(super) const CONNECTIONS: NonZero<usize> = NonZero::new(1024).unwrap();

/// A client that has not finished its TLS handshake by then is cut off.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

/// A client that has not sent its request's headers by then is cut off.
const HEADER_LIMIT: Duration = Duration::from_secs(10);

/// A request whose headers are larger, in bytes, or more is answered 431. hyper looks at its buffer after each
/// read, so headers that come in one piece may be twice as large.
const HEADER_BYTES: u32 = 64 << 10;
const HEADERS: usize = 100;

/// Requests at once on one HTTP/2 connection.
const STREAMS: u32 = 100;

/// An HTTP/2 client is asked for a sign of life this often, and has as long to give it.
const PING: Duration = Duration::from_secs(20);

/// Pause after the system refused a connection, for want of file descriptors say.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until `shutdown`, then lets requests that run finish within [`STOP_LIMIT`].
///
/// # Errors
/// When the listener cannot be used.
pub(super) async fn serve(
    listener: std::net::TcpListener,
    connections: NonZero<usize>,
    security: Arc<Current>,
    app: Router,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let slots = Arc::new(Semaphore::new(connections.get()));
    let mut running = JoinSet::new();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => break,
            Some(_) = running.join_next() => {}
            (slot, accepted) = accept(&listener, &slots) => match accepted {
                Ok((stream, peer)) => {
                    let (security, app) = (Arc::clone(&security), app.clone());
                    let connection = connect(stream, peer, security, app, shutdown.clone());
                    running.spawn(async move {
                        connection.await;
                        drop(slot);
                    });
                }
                Err(error) => {
                    warn!(%error, "cannot accept a connection");
                    sleep(PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    let end = async { while running.join_next().await.is_some() {} };
    let _ = timeout(STOP_LIMIT, end).await; // the rest is cut off where `running` is dropped
    Ok(())
}

async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> (Option<OwnedSemaphorePermit>, io::Result<(TcpStream, SocketAddr)>) {
    let slot = Arc::clone(slots).acquire_owned().await.ok(); // nobody closes it
    (slot, listener.accept().await)
}

async fn connect(
    stream: TcpStream,
    peer: SocketAddr,
    security: Arc<Current>,
    app: Router,
    shutdown: CancellationToken,
) {
    let _ = stream.set_nodelay(true); // a matter of speed only
    let Some(tls) = security.now().await.tls.clone() else {
        return answer(stream, peer, Encrypted(false), Protocol::Http1, app, shutdown).await;
    };
    match timeout(HANDSHAKE_LIMIT, TlsAcceptor::from(tls).accept(stream)).await {
        Ok(Ok(stream)) => {
            let protocol = match stream.get_ref().1.alpn_protocol() {
                Some(b"h2") => Protocol::Http2,
                _ => Protocol::Http1,
            };
            answer(stream, peer, Encrypted(true), protocol, app, shutdown).await;
        }
        // Whoever only looks whether the port is open goes away like this.
        Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
            debug!(%peer, "TLS handshake not begun or broken off");
        }
        Ok(Err(error)) => info!(%peer, %error, "TLS handshake failed"),
        Err(_) => debug!(%peer, "TLS handshake took too long"),
    }
}

enum Protocol {
    Http1,
    Http2,
}

async fn answer(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    encrypted: Encrypted,
    protocol: Protocol,
    app: Router,
    shutdown: CancellationToken,
) {
    let stream = TokioIo::new(stream);
    let service =
        TowerToHyperService::new((Extension(ConnectInfo(peer)), Extension(encrypted)).layer(app));
    let outcome = match protocol {
        Protocol::Http1 => {
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_LIMIT)
                .max_headers(HEADERS)
                .max_buf_size(HEADER_BYTES as usize)
                .serve_connection(stream, service)
                .with_upgrades();
            run(connection, |connection| connection.graceful_shutdown(), shutdown).await
        }
        Protocol::Http2 => {
            let connection = http2::Builder::new(TokioExecutor::new())
                .timer(TokioTimer::new())
                .keep_alive_interval(PING)
                .keep_alive_timeout(PING)
                .max_concurrent_streams(STREAMS)
                .max_header_list_size(HEADER_BYTES)
                .serve_connection(stream, service);
            run(connection, |connection| connection.graceful_shutdown(), shutdown).await
        }
    };
    if let Err(error) = outcome {
        debug!(%peer, %error, "connection failed");
    }
}

/// Runs a connection to its end; at `shutdown` it is told to finish what it has begun.
async fn run<C: Future<Output = hyper::Result<()>>>(
    connection: C,
    finish: fn(Pin<&mut C>),
    shutdown: CancellationToken,
) -> hyper::Result<()> {
    let mut connection = pin!(connection);
    tokio::select! {
        outcome = connection.as_mut() => return outcome,
        () = shutdown.cancelled() => finish(connection.as_mut()),
    }
    connection.await
}
