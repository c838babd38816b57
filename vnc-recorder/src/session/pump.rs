//! The bytes of one session, to and fro, each recorded before it is seen.
//!
//! What the target sends goes to the browser as it is. What the browser sends is read strictly. Text messages are
//! ours: [`Notice`] in JSON, for the page around the screen.

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use serde::Serialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::time::{interval, timeout};
use uuid::Uuid;

use super::console::Consoles;
use super::{CloseReason, Registered};
use crate::recording::OnFullDisk;
use crate::recording::recorder::{Recorder, Status};
use crate::rfb::client_message::{self, Meaning, Read};
use crate::rfb::upstream::{Connection, Upstream};
use crate::rfb::viewer::{Greeting, VERSION};
use crate::websocket::{Received, Receiver, Sender};

/// Bytes read from a target at once.
const READ: usize = 64 << 10;

/// A buffer with less room than this is not read into.
const LEAST_ROOM: usize = 8 << 10;

/// A browser must finish the handshake within this.
const GREETING_LIMIT: Duration = Duration::from_secs(15);

/// Who takes nothing for so long is gone.
const SEND_LIMIT: Duration = Duration::from_secs(60);

/// Whether a user's login still holds is asked this often.
const LOGIN_CHECK: Duration = Duration::from_secs(5);

/// What the page around the screen is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// The session.
    pub session: Uuid,
    /// Who watches.
    pub watchers: Vec<String>,
    /// How the recording goes.
    pub recording: Status,
}

/// A session whose two sides are connected.
pub(super) struct Pump<'a> {
    pub(super) consoles: &'a Consoles,
    pub(super) recorder: Option<&'a Recorder>,
    pub(super) registered: &'a Registered,
}

impl Pump<'_> {
    /// Carries bytes until one side, or something else, ends it.
    pub(super) async fn run(
        &self,
        sender: &mut Sender,
        mut receiver: Receiver,
        upstream: Upstream,
        allowed: &(dyn Fn() -> bool + Send + Sync),
    ) -> CloseReason {
        self.consoles.metrics.sessions_opened.inc();
        let Upstream { stream, width, height, name } = upstream;
        let (from_target, to_target) = tokio::io::split(stream);
        let greeting = greet(sender, &mut receiver, (width, height, &name));
        match timeout(GREETING_LIMIT, greeting).await {
            Err(_) => CloseReason::Protocol("the viewer did not finish its handshake".to_owned()),
            Ok(Err(reason)) => reason,
            Ok(Ok(early)) => tokio::select! {
                reason = self.watch_over(allowed) => reason,
                reason = self.to_user(from_target, sender) => reason,
                reason = self.to_target(early, receiver, to_target) => reason,
            },
        }
    }

    /// Ends for whatever is neither the user's nor the target's doing.
    async fn watch_over(&self, allowed: &(dyn Fn() -> bool + Send + Sync)) -> CloseReason {
        let session = &self.registered.session;
        let mut terminated = session.terminated.subscribe();
        let mut status = session.status.clone();
        let mut check = interval(LOGIN_CHECK);
        let policy = self.consoles.store.settings().on_full_disk;
        // A session that began without a recording was written down when it began.
        let mut written = matches!(*status.borrow(), Status::Failed { .. });
        loop {
            if let Some(by) = terminated.borrow_and_update().clone() {
                return CloseReason::Terminated { by };
            }
            let now = status.borrow_and_update().clone();
            if let Status::Failed { reason } = now
                && !written
            {
                let details = format!("session {}: {reason}", session.id);
                let subject = session.target.id.to_string();
                self.consoles.log(&session.user, "unrecorded", &subject, details).await;
                if policy == OnFullDisk::Terminate {
                    return CloseReason::NotRecorded(reason);
                }
                written = true;
            }
            tokio::select! {
                () = self.consoles.stop.cancelled() => return CloseReason::Stopping,
                Ok(()) = terminated.changed() => {}
                Ok(()) = status.changed() => {}
                _ = check.tick() => if !allowed() {
                    return CloseReason::LoginEnded;
                }
            }
        }
    }

    async fn to_user(
        &self,
        mut from: ReadHalf<Box<dyn Connection>>,
        sender: &mut Sender,
    ) -> CloseReason {
        let session = &self.registered.session;
        let (mut watchers, mut status) = (session.watchers.subscribe(), session.status.clone());
        let mut told = None;
        let mut buffer = BytesMut::new();
        loop {
            let notice = Notice {
                session: session.id,
                watchers: watchers.borrow_and_update().clone(),
                recording: status.borrow_and_update().clone(),
            };
            if told.as_ref() != Some(&notice) {
                let text = serde_json::to_string(&notice).unwrap_or_default(); // names and texts alone
                if sender.text(text).await.is_err() {
                    return CloseReason::User;
                }
                told = Some(notice);
            }
            if buffer.capacity() < LEAST_ROOM {
                buffer.reserve(READ);
            }
            tokio::select! {
                biased;
                read = from.read_buf(&mut buffer) => match read {
                    Ok(0) | Err(_) => return CloseReason::Target,
                    Ok(count) => {
                        let bytes = buffer.split().freeze();
                        if let Some(recorder) = self.recorder {
                            recorder.server(bytes.clone()).await;
                        }
                        match timeout(SEND_LIMIT, sender.binary(bytes)).await {
                            Ok(Ok(())) => {}
                            Ok(Err(_)) => return CloseReason::User,
                            Err(_) => return CloseReason::Protocol(format!("the viewer took nothing for {SEND_LIMIT:?}")),
                        }
                        session.bytes.to_user.fetch_add(count as u64, Ordering::Relaxed);
                        self.consoles.metrics.upstream_bytes.inc_by(count as u64);
                    }
                },
                Ok(()) = watchers.changed() => {}
                Ok(()) = status.changed() => {}
            }
        }
    }

    async fn to_target(
        &self,
        early: BytesMut,
        mut receiver: Receiver,
        mut to: WriteHalf<Box<dyn Connection>>,
    ) -> CloseReason {
        let session = &self.registered.session;
        let mut buffer = early;
        loop {
            let mut passed = BytesMut::new();
            loop {
                match client_message::read(&buffer) {
                    Err(error) => return CloseReason::Protocol(error.to_string()),
                    Ok(Read::Short(_)) => break,
                    Ok(Read::Whole(meaning, length)) => {
                        let message = buffer.split_to(length);
                        if meaning != Meaning::Pinned {
                            passed.extend_from_slice(&message);
                        }
                        if let (Meaning::Input, Some(recorder)) = (meaning, self.recorder) {
                            recorder.user(message.freeze()).await;
                        }
                    }
                }
            }
            if !passed.is_empty() {
                let sent =
                    async { to.write_all(&passed).await.is_ok() && to.flush().await.is_ok() };
                if !timeout(SEND_LIMIT, sent).await.unwrap_or(false) {
                    return CloseReason::Target;
                }
                session.bytes.to_target.fetch_add(passed.len() as u64, Ordering::Relaxed);
            }
            match receiver.next().await {
                Some(Received::Binary(bytes)) => buffer.extend_from_slice(&bytes),
                Some(Received::Text(_)) => {
                    return CloseReason::Protocol(
                        "the viewer sent a text, expected RFB".to_owned(),
                    );
                }
                None => return CloseReason::User,
            }
        }
    }
}

/// Goes through the handshake with a viewer; answers what it has sent beyond.
pub(super) async fn greet(
    sender: &mut Sender,
    receiver: &mut Receiver,
    desktop: (u16, u16, &str),
) -> Result<BytesMut, CloseReason> {
    let gone = |_| CloseReason::User;
    sender.binary(Bytes::from_static(VERSION)).await.map_err(gone)?;
    let (mut greeting, mut buffer) = (Greeting::Version, BytesMut::new());
    while greeting != Greeting::Done {
        let advanced = greeting.advance(&buffer, desktop);
        let (used, answer) = advanced.map_err(|error| CloseReason::Protocol(error.to_string()))?;
        let _ = buffer.split_to(used);
        if !answer.is_empty() {
            sender.binary(answer.into()).await.map_err(gone)?;
        }
        if used == 0 {
            match receiver.next().await {
                Some(Received::Binary(bytes)) => buffer.extend_from_slice(&bytes),
                Some(Received::Text(_)) => {}
                None => return Err(CloseReason::User),
            }
        }
    }
    Ok(buffer)
}
