//! Watching a session that runs: read-only, and shown to whom it is of.
//!
//! A watcher is sent the newest picture whenever it can take one, at most [`RATE`] a second: a slow one misses what
//! was between, and nobody waits for it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, interval, sleep_until, timeout};
use tracing::info;

use super::console::Consoles;
use super::pump::greet;
use super::{CloseReason, Session};
use crate::recording::Event;
use crate::recording::recorder::View;
use crate::rfb::painter::Painter;
use crate::websocket::{Receiver, Sender, WebSocket};

/// Pictures a second at most.
const RATE: u32 = 30;

/// A watcher must take a picture within this.
const SEND_LIMIT: Duration = Duration::from_secs(30);

/// Whether a watcher's login still holds is asked this often.
const LOGIN_CHECK: Duration = Duration::from_secs(5);

impl Consoles {
    /// Shows a session to `user` until one of them ends.
    pub async fn watch(
        &self,
        socket: WebSocket,
        session: Arc<Session>,
        user: &str,
        allowed: &(dyn Fn() -> bool + Send + Sync),
    ) -> CloseReason {
        let (mut sender, mut receiver) = socket.split();
        let subject = format!("session {} of {}", session.id, session.user);
        self.log(user, "watch", &subject, String::new()).await;
        let reason = match session.join(user, self.limits.watchers) {
            Err(reason) => reason,
            Ok(watching) => {
                session.tell(Event::WatchBegan { user: user.to_owned() }).await;
                let shown = show(&mut sender, &mut receiver, &watching, &session);
                let reason = tokio::select! {
                    reason = shown => reason,
                    () = session.ended.cancelled() => CloseReason::Target,
                    () = self.stop.cancelled() => CloseReason::Stopping,
                    () = until_not(allowed) => CloseReason::LoginEnded,
                };
                drop(watching);
                session.tell(Event::WatchEnded { user: user.to_owned() }).await;
                reason
            }
        };
        info!(session = %session.id, user, reason = reason.label(), "watching ended");
        self.log(user, "watch-end", &subject, reason.words()).await;
        let _ = timeout(SEND_LIMIT, sender.close(reason.code(), &reason.words())).await;
        reason
    }
}

/// Somebody who watches, in the session's list until dropped.
struct Watching {
    session: Arc<Session>,
    view: Arc<View>,
    user: String,
}

impl Session {
    fn join(self: &Arc<Self>, user: &str, most: usize) -> Result<Watching, CloseReason> {
        let unwatchable = || {
            CloseReason::Unreachable(
                "this session cannot be watched: it is not recorded".to_owned(),
            )
        };
        let view = self.view.clone().ok_or_else(unwatchable)?;
        let joined = self.watchers.send_if_modified(|watchers| {
            let room = watchers.len() < most;
            if room {
                watchers.push(user.to_owned());
            }
            room
        });
        match joined {
            true => Ok(Watching { session: Arc::clone(self), view, user: user.to_owned() }),
            false => Err(CloseReason::TooMany("watching this one")),
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.session.watchers.send_modify(|watchers| {
            if let Some(at) = watchers.iter().position(|user| *user == self.user) {
                watchers.remove(at);
            }
        });
    }
}

async fn until_not(allowed: &(dyn Fn() -> bool + Send + Sync)) {
    let mut check = interval(LOGIN_CHECK);
    while allowed() {
        check.tick().await;
    }
}

async fn show(
    sender: &mut Sender,
    receiver: &mut Receiver,
    watching: &Watching,
    session: &Session,
) -> CloseReason {
    let (width, height) = {
        let screen = watching.view.screen();
        (screen.width() as u16, screen.height() as u16)
    };
    let greeting = greet(sender, receiver, (width, height, &session.target.name));
    match timeout(SEND_LIMIT, greeting).await {
        Ok(Ok(_)) => {}
        Ok(Err(reason)) => return reason,
        Err(_) => {
            return CloseReason::Protocol("the viewer did not finish its handshake".to_owned());
        }
    }
    tokio::select! {
        reason = paint(sender, &watching.view) => reason,
        // Whatever a watcher does goes nowhere.
        () = async { while receiver.next().await.is_some() {} } => CloseReason::User,
    }
}

async fn paint(sender: &mut Sender, view: &View) -> CloseReason {
    let mut changes = view.changes();
    let mut painter = Painter::default();
    loop {
        let next = Instant::now() + Duration::from_secs(1) / RATE;
        let update = painter.paint(&view.screen());
        if let Some(update) = update {
            match timeout(SEND_LIMIT, sender.binary(Bytes::from(update))).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return CloseReason::User,
                Err(_) => return CloseReason::Protocol("the viewer takes no pictures".to_owned()),
            }
        }
        sleep_until(next).await;
        match changes.changed().await {
            Ok(()) if *changes.borrow_and_update() => {}
            Ok(()) => return CloseReason::Unreachable("the screen cannot be drawn".to_owned()),
            Err(_) => return CloseReason::Target,
        }
    }
}
