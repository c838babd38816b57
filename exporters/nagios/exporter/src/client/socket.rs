//! The Unix socket: who may connect, and the module's introduction.

use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use nagios_event::{DecodeError, Frame, PROTOCOL, Split, split};
use tokio::io::AsyncReadExt as _;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{sleep, timeout};
use tracing::warn;

use super::connection::Connection;
use super::refusals::Refusals;
use crate::config::Config;
use crate::counters::Refused;

/// A peer that does not introduce itself within this time is no module.
const GREETING_LIMIT: Duration = Duration::from_secs(5);

/// Most peers that may be introducing themselves at once.
const GREETINGS: usize = 8;

/// The longest introduction, in bytes.
const LONGEST_GREETING: usize = 256 * 1024;

/// Owner and group may read and write, which is what connecting asks for.
const MODE: u32 = 0o660;

/// The listening socket. Its file is removed when it is dropped.
#[derive(Debug)]
pub(crate) struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

/// Why a peer is not taken as a module.
#[derive(Debug, thiserror::Error)]
enum Unwelcome {
    #[error("it said nothing within {} s", GREETING_LIMIT.as_secs())]
    Late,
    #[error("it closed the connection")]
    Closed,
    #[error("it cannot be read: {0}")]
    Io(#[from] std::io::Error),
    #[error("its first bytes are no introduction: {0}")]
    Garbage(#[from] DecodeError),
    #[error("its first frame is no introduction")]
    NoHello,
    #[error(
        "it speaks version {got} of the protocol, expected {PROTOCOL}: install module and exporter of one release"
    )]
    Protocol { got: u16 },
}

impl Socket {
    /// Listens on `path`. A file that a former process left there is removed; one that somebody answers on,
    /// or that is no socket, is not.
    pub(crate) fn bind(path: &Path) -> anyhow::Result<Self> {
        let name = path.display();
        remove_leftover(path)?;
        let listener = UnixListener::bind(path).with_context(|| {
            format!(
                "socket: cannot listen on {name}; its folder must exist and be ours to write to"
            )
        })?;
        let socket = Socket { listener, path: path.to_owned() };
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(MODE))
            .with_context(|| format!("socket: cannot set the mode of {name} to {MODE:o}"))?;
        Ok(socket)
    }

    /// Hands on every peer that is allowed and introduces itself.
    pub(super) async fn receive(
        self,
        config: watch::Receiver<Arc<Config>>,
        refusals: Arc<Refusals>,
        newcomers: mpsc::Sender<Connection>,
    ) {
        let places = Arc::new(Semaphore::new(GREETINGS));
        loop {
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    warn!(%error, "cannot accept a connection on the Nagios socket");
                    sleep(Duration::from_secs(1)).await;
                    continue;
                }
            };
            if let Err(error) = allowed(&stream, &config.borrow()) {
                refusals.refuse(Refused::User, &error);
                continue;
            }
            let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                refusals.refuse(Refused::Crowded, &"too many peers are introducing themselves");
                continue;
            };
            let (refusals, newcomers) = (Arc::clone(&refusals), newcomers.clone());
            tokio::spawn(async move {
                let greeted = timeout(GREETING_LIMIT, greet(stream)).await;
                drop(place);
                match greeted.unwrap_or(Err(Unwelcome::Late)) {
                    Ok(connection) => {
                        let _ = newcomers.send(connection).await;
                    }
                    Err(error @ Unwelcome::Protocol { .. }) => {
                        refusals.refuse(Refused::Protocol, &error);
                    }
                    Err(error) => refusals.refuse(Refused::Hello, &error),
                }
            });
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

fn remove_leftover(path: &Path) -> anyhow::Result<()> {
    let name = path.display();
    let Ok(found) = std::fs::symlink_metadata(path) else { return Ok(()) };
    anyhow::ensure!(
        found.file_type().is_socket(),
        "socket: {name} exists and is no socket, expected a free name"
    );
    match std::os::unix::net::UnixStream::connect(path) {
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path)
                .with_context(|| format!("socket: cannot remove the unused {name}"))
        }
        Ok(_) => anyhow::bail!(
            "socket: another process listens on {name}; stop it or choose another --nagios.socket"
        ),
        Err(error) => {
            Err(error).with_context(|| format!("socket: cannot tell whether {name} is in use"))
        }
    }
}

fn allowed(stream: &UnixStream, config: &Config) -> anyhow::Result<()> {
    let user = stream.peer_cred().context("the peer's user is unknown")?.uid();
    anyhow::ensure!(
        config.allowed_users.contains(&user),
        "user {user} is not among allowed_users {:?}",
        config.allowed_users
    );
    Ok(())
}

/// Reads the introduction.
async fn greet(mut stream: UnixStream) -> Result<Connection, Unwelcome> {
    let mut received = Vec::with_capacity(4096);
    loop {
        match split(&received)? {
            Split::Frame(Ok(Frame::Hello(hello)), _) if hello.protocol != PROTOCOL => {
                return Err(Unwelcome::Protocol { got: hello.protocol });
            }
            Split::Frame(Ok(Frame::Hello(hello)), size) => {
                received.drain(..size);
                return Ok(Connection::new(stream, hello, received));
            }
            Split::Frame(Ok(_), _) => return Err(Unwelcome::NoHello),
            Split::Frame(Err(error), _) => return Err(Unwelcome::Garbage(error)),
            Split::Incomplete if received.len() >= LONGEST_GREETING => {
                return Err(Unwelcome::NoHello);
            }
            Split::Incomplete => {}
        }
        if stream.read_buf(&mut received).await? == 0 {
            return Err(Unwelcome::Closed);
        }
    }
}
