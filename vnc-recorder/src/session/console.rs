//! One user at one target, from the opening to the last line in the audit log.
//!
//! Admission, connection, recording and the audit log are here; the bytes are [`pump`](super::pump)'s.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use access::audit;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use uuid::Uuid;

use super::pump::Pump;
use super::{CloseReason, Session, Sessions, new_id};
use crate::config::Limits;
use crate::metrics::Metrics;
use crate::recording::recorder::{Recorder, Status};
use crate::recording::store::Store;
use crate::recording::{Begin, OnFullDisk, Origin};
use crate::target::{Target, Targets};
use crate::websocket::{Receiver, Sender, WebSocket};

/// A browser must take a close frame within this.
const CLOSE_LIMIT: Duration = Duration::from_secs(15);

/// What sessions need. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Consoles {
    /// What there is to look at.
    pub targets: Targets,
    /// Where sessions are recorded.
    pub store: Store,
    /// Sessions that run.
    pub sessions: Sessions,
    /// How many there may be.
    pub limits: Limits,
    /// What is counted.
    pub metrics: Metrics,
    /// Where is written who did what.
    pub log: audit::Log,
    /// Cancelled when the program stops.
    pub stop: CancellationToken,
}

/// Who opens a console, and which.
pub struct Opening {
    /// What to look at.
    pub target: Target,
    /// Who.
    pub user: String,
    /// From where.
    pub client: IpAddr,
    /// Whether the user may still be here; asked every few seconds.
    pub allowed: Box<dyn Fn() -> bool + Send + Sync>,
}

impl Consoles {
    /// Carries a session from its beginning to its end, and answers why it ended.
    pub async fn serve(&self, socket: WebSocket, opening: Opening) -> CloseReason {
        let (sender, receiver) = socket.split();
        let (mut sender, id) = (sender, new_id());
        let Opening { target, user, client, .. } = &opening;
        let subject = format!("{} ({})", target.id, target.name);
        let (user, client) = (user.clone(), *client);
        self.log(&user, "open", &subject, format!("session {id} from {client}")).await;
        let (reason, details) = self.run(id, &mut sender, receiver, opening).await;
        info!(session = %id, target = %subject, %user, reason = reason.label(), words = reason.words(), "session ended");
        self.metrics.ended(&reason);
        let said = format!("session {id}: {}{details}", reason.words());
        self.log(&user, "close", &subject, said).await;
        let _ = timeout(CLOSE_LIMIT, sender.close(reason.code(), &reason.words())).await;
        reason
    }

    async fn run(
        &self,
        id: Uuid,
        sender: &mut Sender,
        receiver: Receiver,
        opening: Opening,
    ) -> (CloseReason, String) {
        let Opening { target, user, client, allowed } = opening;
        let nothing = String::new;
        if let Err(reason) = self.sessions.admit(&self.limits, &user, &target.id) {
            return (reason, nothing());
        }
        let upstream = match self.targets.connect(&target.id).await {
            Ok(upstream) => upstream,
            Err(failure) => return (CloseReason::Unreachable(failure.to_string()), nothing()),
        };
        let started = Timestamp::now();
        let begin = Begin {
            id,
            started,
            target: target.id.to_string(),
            name: target.name.clone(),
            host: target.host.clone(),
            reference: target.reference.clone(),
            user: user.clone(),
            client: client.to_string(),
            width: upstream.width,
            height: upstream.height,
            desktop: upstream.name.clone(),
            origin: Origin::Console,
            blue_first: false,
        };
        let (recorder, refused) = match self.record(&target, begin) {
            Ok(recorder) => (recorder, None),
            Err(why) => match self.store.settings().on_full_disk {
                OnFullDisk::Terminate => return (CloseReason::NotRecorded(why), nothing()),
                OnFullDisk::ContinueUnrecorded => (None, Some(why)),
            },
        };
        if let Some(why) = &refused {
            self.log(&user, "unrecorded", &target.id.to_string(), format!("session {id}: {why}"))
                .await;
        }
        let status = match (&recorder, refused) {
            (Some(recorder), _) => recorder.status.clone(),
            (None, Some(reason)) => watch::channel(Status::Failed { reason }).1,
            (None, None) => watch::channel(Status::Off).1,
        };
        let session = Session {
            id,
            target,
            user,
            client,
            started,
            view: recorder.as_ref().map(|recorder| Arc::clone(&recorder.view)),
            status,
            events: recorder.as_ref().map(Recorder::events),
            watchers: watch::Sender::default(),
            terminated: watch::Sender::default(),
            ended: CancellationToken::new(),
            bytes: super::Bytes::default(),
        };
        let running = match self.sessions.add(&self.limits, session) {
            Ok(registered) => {
                let pump =
                    Pump { consoles: self, recorder: recorder.as_ref(), registered: &registered };
                pump.run(sender, receiver, upstream, &*allowed).await
            }
            Err(reason) => reason,
        };
        (running.clone(), self.finish(recorder, &running).await)
    }

    /// Begins the recording, where there is to be one.
    fn record(&self, target: &Target, begin: Begin) -> Result<Option<Recorder>, String> {
        if !self.targets.is_recorded(&target.id) {
            return Ok(None);
        }
        self.store.start(begin).map(Some).map_err(|error| {
            warn!(target = %target.id, %error, "a session cannot be recorded");
            self.metrics.recording_failures.inc();
            error.to_string()
        })
    }

    /// Ends the recording; answers its last hash for the audit log.
    async fn finish(&self, recorder: Option<Recorder>, reason: &CloseReason) -> String {
        let Some(recorder) = recorder else { return String::new() };
        let time = recorder.time();
        let finished = self.store.finish(recorder, time, reason.words()).await;
        match finished.and_then(|finished| finished.hash) {
            Some(hash) => format!(", recording {hash}"),
            None => ", recording incomplete".to_owned(),
        }
    }

    pub(super) async fn log(&self, who: &str, action: &str, subject: &str, details: String) {
        let entry = audit::Entry {
            at: Timestamp::now(),
            who: who.to_owned(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            details,
        };
        if let Err(error) = self.log.record(entry).await {
            warn!(%error, action, subject, "not written to the audit log");
        }
    }
}
