//! Tickets, and the one WebSocket that they open: a console, a look at somebody else's, a replay.
//!
//! A browser sends no proof with a WebSocket, so a page asks for a ticket by a request that has it. The ticket is
//! worth nothing without the same user's login, and the guard has seen to the origin.

use std::sync::Arc;
use std::time::{Duration, Instant};

use access::{Caller, Refusal};
use axum::Json;
use axum::extract::{Query, Request, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::{interval, timeout};
use uuid::Uuid;

use super::recordings::{blocking, broken};
use super::{Api, ApiError};
use crate::recording::reader::Reader;
use crate::replay::{self, Command, Output};
use crate::rights::{Right, Role};
use crate::session::console::Opening;
use crate::session::{CloseReason, Session};
use crate::target::{Target, TargetId};
use crate::websocket::{self, Received, Receiver, Sender, WebSocket};

/// The path on which tickets are used.
const PATH: &str = "/api/v1/stream";

/// Pictures and positions that may wait for a viewer of a replay.
const QUEUE: usize = 2;

/// A viewer takes what it is sent within this.
const SEND_LIMIT: Duration = Duration::from_secs(30);

/// Whether a viewer's login still holds is asked this often.
const LOGIN_CHECK: Duration = Duration::from_secs(5);

/// What somebody asks a ticket for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Asked {
    Console(String),
    Watch(Uuid),
    Replay(Uuid),
}

/// What a ticket is for.
#[derive(Debug)]
pub(crate) enum Wanted {
    Console(Target),
    Watch(Arc<Session>),
    Replay(Uuid),
}

pub(super) async fn give(
    State(api): State<Arc<Api>>,
    caller: Caller<Role>,
    Json(asked): Json<Asked>,
) -> Result<Json<Value>, ApiError> {
    let wanted = match asked {
        Asked::Console(id) => {
            allow(&caller, Right::Open)?;
            let id: TargetId = id.parse().map_err(|_| ApiError::Gone)?;
            let target = api.consoles.targets.find(&id);
            let target = target.filter(|target| api.covers(&caller, &target.id));
            Wanted::Console(target.ok_or(ApiError::Gone)?)
        }
        Asked::Watch(id) => {
            allow(&caller, Right::Watch)?;
            Wanted::Watch(api.session(&caller, id)?)
        }
        Asked::Replay(id) => {
            allow(&caller, Right::Replay)?;
            Wanted::Replay(api.recording(&caller, id)?.begin.id)
        }
    };
    let ticket = api.tickets.give(caller.name(), wanted, Instant::now());
    Ok(Json(json!({ "ticket": ticket, "path": PATH })))
}

fn allow(caller: &Caller<Role>, right: Right) -> Result<(), ApiError> {
    if caller.may(right) { Ok(()) } else { Err(Refusal::NotAllowed.into()) }
}

#[derive(Debug, Deserialize)]
pub(super) struct Ticket {
    ticket: String,
}

pub(super) async fn open(
    State(api): State<Arc<Api>>,
    caller: Caller<Role>,
    Query(Ticket { ticket }): Query<Ticket>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let client = api.access.client(&parts).ok_or(Refusal::Unknown)?;
    let wanted = api.tickets.take(&ticket, caller.name(), Instant::now()).ok_or(ApiError::Gone)?;
    let request = Request::from_parts(parts, body);
    let (access, known) = (api.access.clone(), caller.clone());
    let allowed = move || access.still(&known);
    let user = caller.name().to_owned();
    Ok(match wanted {
        Wanted::Console(target) => {
            let opening = Opening { target, user, client, allowed: Box::new(allowed) };
            websocket::upgrade(request, async move |socket| {
                api.consoles.serve(socket, opening).await;
            })
        }
        Wanted::Watch(session) => websocket::upgrade(request, async move |socket| {
            api.consoles.watch(socket, session, &user, &allowed).await;
        }),
        Wanted::Replay(id) => {
            let recording = api.recording(&caller, id)?;
            api.audit(&caller, "replay", &recording.begin.target, &format!("recording {id}"))
                .await?;
            let store = api.consoles.store.clone();
            let reader = blocking(move || store.reader(id)).await?.map_err(broken)?;
            let reader = reader.ok_or(ApiError::Gone)?;
            websocket::upgrade(request, async move |socket| {
                let stopped = api.consoles.stop.clone();
                stopped.run_until_cancelled(replayed(socket, reader, &allowed)).await;
            })
        }
    })
}

/// A replay until its viewer has gone.
async fn replayed(socket: WebSocket, reader: Reader, allowed: &(dyn Fn() -> bool + Send + Sync)) {
    let (mut sender, mut receiver) = socket.split();
    let greeting = replay::greeting(&reader.index().begin);
    if sender.binary(greeting).await.is_err() {
        return;
    }
    let (command, commands) = mpsc::channel(QUEUE);
    let (output, mut outputs) = mpsc::channel(QUEUE);
    replay::play(reader, commands, output);
    let reason = tokio::select! {
        reason = show(&mut sender, &mut outputs) => reason,
        reason = obey(&mut receiver, &command) => reason,
        reason = login_ends(allowed) => reason,
    };
    let _ = timeout(SEND_LIMIT, sender.close(reason.code(), &reason.words())).await;
}

async fn show(sender: &mut Sender, outputs: &mut mpsc::Receiver<Output>) -> CloseReason {
    while let Some(output) = outputs.recv().await {
        let sending = async {
            match output {
                Output::Picture(bytes) => sender.binary(bytes).await,
                Output::Position(position) => sender.text(json!(position).to_string()).await,
                Output::Failed(why) => sender.text(json!({ "failed": why }).to_string()).await,
            }
        };
        match timeout(SEND_LIMIT, sending).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return CloseReason::User,
            Err(_) => return CloseReason::Protocol("the viewer takes no pictures".to_owned()),
        }
    }
    CloseReason::Stopping
}

/// noVNC's own messages are not expected: its page keeps them back.
async fn obey(receiver: &mut Receiver, commands: &mpsc::Sender<Command>) -> CloseReason {
    while let Some(received) = receiver.next().await {
        let Received::Text(text) = received else {
            return CloseReason::Protocol("bytes came, expected a command".to_owned());
        };
        let Ok(command) = serde_json::from_str(&text) else {
            return CloseReason::Protocol("what came is no command".to_owned());
        };
        if commands.send(command).await.is_err() {
            return CloseReason::Stopping;
        }
    }
    CloseReason::User
}

async fn login_ends(allowed: &(dyn Fn() -> bool + Send + Sync)) -> CloseReason {
    let mut check = interval(LOGIN_CHECK);
    while allowed() {
        check.tick().await;
    }
    CloseReason::LoginEnded
}
