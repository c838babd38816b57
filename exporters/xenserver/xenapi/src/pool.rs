//! A pool: one task that keeps a session and an inventory, and a handle to it.
//!
//! Promises: the inventory follows the pool by its events; a new master, a session that ended or events that were
//! lost lead to a new login or a new inventory by themselves. Only the task logs in, once at a time, with pauses
//! after failures: a wrong password is tried again after minutes, never at once. A call whose session has ended
//! is made again once with the next session; XAPI had refused it, so nothing is done twice.

mod connection;
mod following;

use std::sync::Arc;

use jiff::Timestamp;
use reqwest::Response;
use serde_json::{Value, json};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::{
    Address, Error, Inventory, PoolSettings, Ref, Session, Stats, Tls, TrustError,
    counters::Counters,
    record::Message,
    rpc::{Dialect, Transport},
};

/// Messages that a receiver may be behind before it loses the oldest.
const MESSAGES: usize = 1024;

/// Reports of lost sessions that may wait.
const REPORTS: usize = 64;

/// A handle to a pool. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Pool {
    shared: Arc<Shared>,
    reports: mpsc::Sender<Report>,
}

/// How the pool is.
#[derive(Debug, Clone)]
pub enum State {
    /// Nothing is known yet.
    Connecting,
    /// There is a session, and the inventory is followed.
    Connected(Connected),
    /// There is no session.
    Failed {
        /// Why.
        error: Arc<Error>,
        /// Since when.
        since: Timestamp,
    },
}

/// A pool that is followed.
#[derive(Debug, Clone)]
pub struct Connected {
    /// What it consists of now.
    pub inventory: Arc<Inventory>,
    /// The master, as it was reached.
    pub master: Address,
    /// How the master is spoken to.
    pub dialect: Dialect,
    /// When the session began.
    pub since: Timestamp,
}

/// A message that came or went.
#[derive(Debug, Clone)]
pub enum MessageEvent {
    /// XAPI has a new message.
    Raised(Ref, Arc<Message>),
    /// A message was destroyed.
    Ended(Ref, Arc<Message>),
}

/// What handle and task share.
#[derive(Debug)]
struct Shared {
    settings: PoolSettings,
    transport: Transport,
    seat: watch::Sender<Seat>,
    state: watch::Sender<Arc<State>>,
    messages: broadcast::Sender<MessageEvent>,
    stopped: CancellationToken,
}

/// Where calls find their session.
#[derive(Debug, Clone)]
enum Seat {
    Waiting,
    Open(Arc<Session>),
    Failed(Arc<Error>),
}

/// A session that was refused, for the task to look at. `done` is dropped when it has.
#[derive(Debug)]
struct Report {
    number: u64,
    #[expect(dead_code, reason = "it is the drop that tells")]
    done: oneshot::Sender<()>,
}

impl Pool {
    /// Starts the task, which runs until `stop` is cancelled.
    ///
    /// # Errors
    /// The certificates to trust cannot be used.
    pub fn connect(settings: PoolSettings, stop: CancellationToken) -> Result<Self, TrustError> {
        let tls = Tls::new(&settings.trust)?;
        let transport = Transport::new(tls, settings.deadlines, Arc::<Counters>::default())?;
        let shared = Arc::new(Shared {
            settings,
            transport,
            seat: watch::Sender::new(Seat::Waiting),
            state: watch::Sender::new(Arc::new(State::Connecting)),
            messages: broadcast::Sender::new(MESSAGES),
            stopped: CancellationToken::new(),
        });
        let (reports, inbox) = mpsc::channel(REPORTS);
        tokio::spawn(connection::run(shared.clone(), inbox, stop));
        Ok(Self { shared, reports })
    }

    /// How the pool is, each time that changes.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Arc<State>> {
        self.shared.state.subscribe()
    }

    /// Messages that come and go from now on. Those of the first inventory are not told; those that came while
    /// there was no session are. Who is told that it has lost some finds all of them in the inventory.
    #[must_use]
    pub fn messages(&self) -> broadcast::Receiver<MessageEvent> {
        self.shared.messages.subscribe()
    }

    /// What the client has done so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.shared.transport.counters().read()
    }

    /// Connections with the pool's trust, for consoles.
    #[must_use]
    pub fn tls(&self) -> &Tls {
        self.shared.transport.tls()
    }

    /// The settings it was made with.
    #[must_use]
    pub fn settings(&self) -> &PoolSettings {
        &self.shared.settings
    }

    /// Waits until the task has ended and its session with it.
    pub async fn stopped(&self) {
        self.shared.stopped.cancelled().await;
    }

    /// Calls a method at the master. The session is added as the first parameter.
    ///
    /// # Errors
    /// Any [`Error`]; the reason why there is no session, while there is none.
    pub async fn call(&self, method: &str, parameters: &[Value]) -> Result<Value, Error> {
        let deadline = self.shared.settings.deadlines.call;
        self.with_session(|session| async move {
            let mut all = vec![session.parameter()];
            all.extend_from_slice(parameters);
            self.shared.transport.call(session.endpoint(), method, &all, deadline).await
        })
        .await
    }

    /// Sets or removes one key of an object's `other_config`, and leaves the others as they are.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn set_other_config(
        &self,
        class: &str,
        object: &Ref,
        key: &str,
        value: Option<&str>,
    ) -> Result<(), Error> {
        let object = json!(object.to_string());
        let remove = format!("{class}.remove_from_other_config");
        self.call(&remove, &[object.clone(), json!(key)]).await?;
        if let Some(value) = value {
            let add = format!("{class}.add_to_other_config");
            self.call(&add, &[object, json!(key), json!(value)]).await?;
        }
        Ok(())
    }

    /// The session, for what is no call. Waits for one while none was tried.
    ///
    /// # Errors
    /// The reason why there is none.
    pub async fn session(&self) -> Result<Arc<Session>, Error> {
        let mut seats = self.shared.seat.subscribe();
        let taken = seats.wait_for(|seat| !matches!(seat, Seat::Waiting));
        let deadline = self.shared.settings.deadlines.call;
        match tokio::time::timeout(deadline, taken).await {
            Ok(Ok(seat)) => match &*seat {
                Seat::Open(session) => Ok(session.clone()),
                Seat::Failed(error) => Err((**error).clone()),
                Seat::Waiting => Err(Error::Stopped),
            },
            Ok(Err(_)) => Err(Error::Stopped),
            Err(_) => Err(Error::NoMaster { chain: format!("no session within {deadline:?}") }),
        }
    }

    /// The session to use after a host has refused `refused`: the next one, or the same if the master still
    /// takes it.
    ///
    /// # Errors
    /// The reason why there is none.
    pub async fn session_after(&self, refused: &Session) -> Result<Arc<Session>, Error> {
        let (done, looked_at) = oneshot::channel();
        let report = Report { number: refused.number(), done };
        if self.reports.try_send(report).is_ok() {
            let deadline = self.shared.settings.deadlines.call;
            drop(tokio::time::timeout(deadline, looked_at).await);
        }
        self.session().await
    }

    /// A GET at a member of the pool, by the address that its record has.
    pub(crate) async fn get(&self, host: &str, path: &str) -> Result<(Address, Response), Error> {
        let deadline = self.shared.settings.deadlines.rrd;
        self.shared.transport.counters().rrd_requests.count();
        self.with_session(|session| async move {
            let reference = session.reference().expose();
            let address = Address::parse(host, session.address().port()).map_err(|error| {
                let (address, call) = (session.address().clone(), path.to_owned());
                Error::Garbage { address, call, reason: error.to_string() }
            })?;
            let response = self.shared.transport.get(&address, path, reference, deadline).await?;
            Ok((address, response))
        })
        .await
    }

    pub(crate) fn broken(&self, address: &Address, call: &str, error: reqwest::Error) -> Error {
        let deadline = self.shared.settings.deadlines.rrd;
        self.shared.transport.broken(address, call, deadline, error)
    }

    /// Does something with the session, and once more with the next one when this one is over.
    async fn with_session<T, F>(&self, act: impl Fn(Arc<Session>) -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let session = self.session().await?;
        match act(session.clone()).await {
            Err(error) if error.blames_session() => act(self.session_after(&session).await?).await,
            answer => answer,
        }
    }
}
