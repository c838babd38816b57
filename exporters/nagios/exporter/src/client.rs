//! The conversation with the Nagios module.
//!
//! One task reads what the module says, applies it, lets the alerts follow and acknowledges. Promises: an
//! event is acknowledged only when its effects are and every output has made it safe; reading never waits for
//! Alertmanager or an output, and what waits for them is bounded (the events themselves wait at the module).
//! Of two connections of one Nagios the newer wins; a second Nagios is refused as long as the first one speaks.

mod connection;
mod intake;
mod refusals;
mod socket;

use std::future::pending;
use std::path::PathBuf;
use std::sync::Arc;

use exporter_kit::Ready;
use nagios_event::{DecodeError, Frame, Split, split};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::config::Config;
use crate::counters::{Counters, Refused};
use crate::outputs::Outputs;
use crate::road::Road;
use crate::store::{SILENCE_LIMIT, Store};
use connection::Connection;
pub(crate) use intake::Intake;
use intake::Misfit;
use refusals::Refusals;
pub(crate) use socket::Socket;

/// The owner of the conversation.
pub(crate) struct Client {
    intake: Intake,
    store: Arc<Store>,
    refusals: Arc<Refusals>,
    road: Road,
    outputs: Outputs,
    ready: Ready,
    connection: Option<Connection>,
}

/// Why a connection came to its end.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("closed by the module")]
    Closed,
    #[error("silent for {} s", SILENCE_LIMIT.as_secs())]
    Silent,
    #[error("cannot be read: {0}")]
    Io(#[from] std::io::Error),
    #[error("does not speak our protocol: {0}")]
    Garbage(#[from] DecodeError),
    #[error("cannot be followed: {0}")]
    Misfit(#[from] Misfit),
}

/// A second Nagios on one socket.
#[derive(Debug, thiserror::Error)]
#[error("Nagios {1} came while Nagios {0} is connected; give each its own exporter and socket")]
struct Occupied(u32, u32);

impl Client {
    pub(crate) fn new(
        store: Arc<Store>,
        counters: Arc<Counters>,
        config: &Config,
        road: Road,
        outputs: Outputs,
        ready: Ready,
    ) -> Self {
        let intake = Intake::new(Arc::clone(&store), Arc::clone(&counters), config);
        let refusals = Arc::new(Refusals::new(counters));
        Client { intake, store, refusals, road, outputs, ready, connection: None }
    }

    /// Converses until `shutdown`.
    pub(crate) async fn run(
        mut self,
        socket: Socket,
        mut config: watch::Receiver<Arc<Config>>,
        shutdown: CancellationToken,
    ) {
        let configured_socket = config.borrow_and_update().socket.clone();
        let (sender, mut newcomers) = mpsc::channel(1);
        let door = socket.receive(config.clone(), Arc::clone(&self.refusals), sender);
        let door = tokio::spawn(shutdown.clone().run_until_cancelled_owned(door));
        loop {
            tokio::select! {
                () = shutdown.cancelled() => break,
                Some(newcomer) = newcomers.recv() => self.welcome(newcomer),
                read = read(&mut self.connection) => self.after_reading(read),
                () = self.road.wait() => {}
                () = self.outputs.wait() => {}
                Ok(()) = config.changed() => {
                    let config = Arc::clone(&config.borrow_and_update());
                    self.reconfigure(&config, &configured_socket, &shutdown);
                }
            }
            self.road.proceed(self.store.snapshot().as_deref());
            self.acknowledge();
        }
        self.store.disconnected();
        // Stopped already; only waits until the socket's file is gone.
        let _ = door.await;
    }

    fn welcome(&mut self, newcomer: Connection) {
        let hello = newcomer.hello();
        if let Some(current) = &mut self.connection {
            let other = current.hello().epoch != hello.epoch;
            if other && current.silence() < SILENCE_LIMIT && !current.is_closed() {
                let error = Occupied(current.hello().pid, hello.pid);
                self.refusals.refuse(Refused::Occupied, &error);
                return;
            }
            info!(pid = current.hello().pid, "module replaced by a newer connection");
        }
        info!(
            pid = hello.pid,
            nagios = hello.nagios_version,
            module = hello.module_version,
            "module connected"
        );
        for warning in &hello.warnings {
            warn!(warning, "the module cannot see everything");
        }
        self.outputs.connected(hello);
        if self.intake.begin(hello.clone()) {
            self.road.restart_acknowledging();
        }
        self.connection = Some(newcomer);
        // Frames may have come together with the introduction.
        self.after_reading(Ok(()));
    }

    fn after_reading(&mut self, read: Result<(), End>) {
        let outcome = read.and_then(|()| self.take_frames());
        if let Err(end) = outcome {
            if let Some(gone) = self.connection.take() {
                warn!(pid = gone.hello().pid, reason = %end, "module gone");
            }
            self.store.disconnected();
            self.outputs.disconnected();
        }
    }

    /// Applies every whole frame that has come.
    fn take_frames(&mut self) -> Result<(), End> {
        let Some(connection) = &mut self.connection else { return Ok(()) };
        let mut touched = Vec::new();
        let mut used = 0;
        let outcome = loop {
            match split(connection.received().get(used..).unwrap_or_default()) {
                Ok(Split::Frame(frame, size)) => {
                    used += size;
                    if let Ok(frame) = &frame {
                        self.outputs.see(frame);
                    }
                    if let Ok(Frame::Event(event)) = &frame
                        && self.intake.is_new(event)
                    {
                        self.outputs.tell(event);
                    }
                    if let Err(misfit) = self.intake.take(frame, &mut touched) {
                        break Err(End::Misfit(misfit));
                    }
                }
                Ok(Split::Incomplete) => break Ok(()),
                Err(garbage) => break Err(End::Garbage(garbage)),
            }
        };
        connection.consume(used);
        if used > 0 {
            self.store.heard();
        }
        if let (false, Some(snapshot)) = (touched.is_empty(), self.store.snapshot()) {
            self.ready.yes();
            self.road.follow(&snapshot, &touched);
        }
        self.road.applied(self.intake.seen());
        outcome
    }

    fn acknowledge(&mut self) {
        if let Some(connection) = &mut self.connection {
            connection.acknowledge(self.road.acknowledged().min(self.outputs.acknowledged()));
        }
    }

    fn reconfigure(&mut self, config: &Config, socket: &PathBuf, shutdown: &CancellationToken) {
        if config.socket != *socket {
            warn!(configured = %config.socket.display(), "a change of socket needs a restart");
        }
        self.intake.configure(config);
        if let Err(error) = self.road.reconfigure(config, shutdown) {
            warn!(%error, "alertmanagers not changed, the old ones stay");
        }
    }
}

/// More bytes from the module, or why there are none; never without a connection.
async fn read(connection: &mut Option<Connection>) -> Result<(), End> {
    match connection {
        Some(connection) => connection.read().await,
        None => pending().await,
    }
}
