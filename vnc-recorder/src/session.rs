//! Sessions that run now: who uses which console since when, who watches, and how they end.
//!
//! [`console`] carries a session, [`pump`] its bytes; [`watch`] shows one to others. Nobody waits for a watcher.

pub mod console;
pub mod pump;
pub mod watch;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::watch as channel;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::config::Limits;
use crate::recording::Event;
use crate::recording::recorder::{EventSender, Status, View};
use crate::target::{Target, TargetId};

/// All sessions that run. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Sessions(Arc<Mutex<BTreeMap<Uuid, Arc<Session>>>>);

/// A session that runs.
#[derive(Debug)]
pub struct Session {
    /// Its id, and its recording's.
    pub id: Uuid,
    /// What is looked at.
    pub target: Target,
    /// Who looks at it.
    pub user: String,
    /// From where.
    pub client: IpAddr,
    /// Since when.
    pub started: Timestamp,
    /// What watchers see; none when it is not recorded.
    pub(crate) view: Option<Arc<View>>,
    status: channel::Receiver<Status>,
    events: Option<EventSender>,
    watchers: channel::Sender<Vec<String>>,
    terminated: channel::Sender<Option<String>>,
    ended: CancellationToken,
    bytes: Bytes,
}

/// What went through a session.
#[derive(Debug, Default)]
pub(crate) struct Bytes {
    pub(crate) to_user: AtomicU64,
    pub(crate) to_target: AtomicU64,
}

/// A session as the API shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    /// Its id.
    pub id: Uuid,
    /// What is looked at.
    pub target: Target,
    /// Who looks at it.
    pub user: String,
    /// From where.
    pub client: IpAddr,
    /// Since when.
    pub started: Timestamp,
    /// Who watches.
    pub watchers: Vec<String>,
    /// How its recording goes.
    pub recording: Status,
    /// Bytes from the target.
    pub bytes_to_user: u64,
    /// Bytes to the target.
    pub bytes_to_target: u64,
}

/// Why a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CloseReason {
    /// The user closed it.
    User,
    /// The target closed the connection: it was switched off, rebooted or moved.
    Target,
    /// The target could not be reached; in words.
    Unreachable(String),
    /// Somebody ended it.
    Terminated {
        /// Who.
        by: String,
    },
    /// The user's login is over.
    LoginEnded,
    /// The user's program sent what no viewer sends; in words.
    Protocol(String),
    /// The recording cannot go on, and the policy says that the session may not either.
    NotRecorded(String),
    /// As many sessions as there may be.
    TooMany(&'static str),
    /// This program stops.
    Stopping,
}

impl CloseReason {
    /// The code of the WebSocket's close frame.
    #[must_use]
    pub fn code(&self) -> u16 {
        match self {
            CloseReason::User => 1000,
            CloseReason::Stopping => 1001,
            CloseReason::Target => 4000,
            CloseReason::Unreachable(_) => 4001,
            CloseReason::Terminated { .. } => 4002,
            CloseReason::LoginEnded => 4003,
            CloseReason::Protocol(_) => 4004,
            CloseReason::NotRecorded(_) => 4005,
            CloseReason::TooMany(_) => 4006,
        }
    }

    /// As a metric's label.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            CloseReason::User => "user",
            CloseReason::Stopping => "stopping",
            CloseReason::Target => "target",
            CloseReason::Unreachable(_) => "unreachable",
            CloseReason::Terminated { .. } => "terminated",
            CloseReason::LoginEnded => "login_ended",
            CloseReason::Protocol(_) => "protocol",
            CloseReason::NotRecorded(_) => "not_recorded",
            CloseReason::TooMany(_) => "too_many",
        }
    }

    /// In words, for the user, the recording and the audit log.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            CloseReason::User => "closed by the user".to_owned(),
            CloseReason::Stopping => "the console server is stopping".to_owned(),
            CloseReason::Target => "the target closed the connection".to_owned(),
            CloseReason::Unreachable(why) => why.clone(),
            CloseReason::Terminated { by } => format!("ended by {by}"),
            CloseReason::LoginEnded => "your login has ended".to_owned(),
            CloseReason::Protocol(why) => why.clone(),
            CloseReason::NotRecorded(why) => format!("it cannot be recorded: {why}"),
            CloseReason::TooMany(what) => format!("there are too many sessions {what}"),
        }
    }
}

impl Sessions {
    /// All, the oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<Shown> {
        let mut shown: Vec<_> = self.all().values().map(|session| session.shown()).collect();
        shown.sort_by_key(|session| session.started);
        shown
    }

    /// The session of this id.
    #[must_use]
    pub fn find(&self, id: Uuid) -> Option<Arc<Session>> {
        self.all().get(&id).cloned()
    }

    /// Ends a session; whether there was one.
    pub fn terminate(&self, id: Uuid, by: &str) -> bool {
        self.find(id).is_some_and(|session| {
            session.terminated.send_replace(Some(by.to_owned()));
            true
        })
    }

    /// Whether one more may begin.
    ///
    /// # Errors
    /// Which limit is reached.
    pub fn admit(&self, limits: &Limits, user: &str, target: &TargetId) -> Result<(), CloseReason> {
        admit(&self.all(), limits, user, target)
    }

    /// Adds a session, until what this returns is dropped.
    pub(crate) fn add(&self, limits: &Limits, session: Session) -> Result<Registered, CloseReason> {
        let mut all = self.all();
        admit(&all, limits, &session.user, &session.target.id)?;
        let session = Arc::new(session);
        all.insert(session.id, Arc::clone(&session));
        Ok(Registered { session, sessions: self.clone() })
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<Uuid, Arc<Session>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn admit(
    all: &BTreeMap<Uuid, Arc<Session>>,
    limits: &Limits,
    user: &str,
    target: &TargetId,
) -> Result<(), CloseReason> {
    let of_user = all.values().filter(|session| session.user == user).count();
    let of_target = all.values().filter(|session| session.target.id == *target).count();
    for (count, most, what) in [
        (all.len(), limits.sessions, "in all"),
        (of_user, limits.sessions_per_user, "of this user"),
        (of_target, limits.sessions_per_target, "of this target"),
    ] {
        if count >= most {
            return Err(CloseReason::TooMany(what));
        }
    }
    Ok(())
}

/// A session in the list.
pub(crate) struct Registered {
    pub(crate) session: Arc<Session>,
    sessions: Sessions,
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.sessions.all().remove(&self.session.id);
        self.session.ended.cancel();
    }
}

/// An id that nobody can guess.
pub(crate) fn new_id() -> Uuid {
    let mut bytes = [0; 16];
    // Without randomness of the system no session would be safe, so there is nothing to go on with.
    getrandom::fill(&mut bytes)
        .unwrap_or_else(|error| panic!("the system has no randomness: {error}"));
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

impl Session {
    /// As the API shows it.
    #[must_use]
    pub fn shown(&self) -> Shown {
        Shown {
            id: self.id,
            target: self.target.clone(),
            user: self.user.clone(),
            client: self.client,
            started: self.started,
            watchers: self.watchers.borrow().clone(),
            recording: self.status.borrow().clone(),
            bytes_to_user: self.bytes.to_user.load(Ordering::Relaxed),
            bytes_to_target: self.bytes.to_target.load(Ordering::Relaxed),
        }
    }

    async fn tell(&self, event: Event) {
        if let Some(events) = &self.events {
            events.send(event).await;
        }
    }
}
