//! The old product's three HTTP calls, for programs that have them built in. Off unless addresses are listed, and
//! then for these alone; they ask for no login.
//!
//! | call | answer |
//! |---|---|
//! | `GET /serv/listfile?host=&vm_uuid=` | `{status, data: [{id, filename, filesize, starttime, endtime, duration, client}]}`; 404 when there is none |
//! | `/serv/deletefile?filename=` | `{status}`; 404 when there is none, 409 when it may not be deleted |
//! | WebSocket `/serv/playback?filename=` | the recording as an RFB server; texts 800 close, 801 pause, 802 resume |
//!
//! `vm_uuid` is the id inside of the VM's reference. Times are Unix seconds, the duration is in seconds.

use std::net::SocketAddr;

use access::audit::{Entry, Log};
use axum::extract::{ConnectInfo, Query, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use ipnet::IpNet;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::warn;
use uuid::Uuid;

use crate::recording::store::{ChangeError, Filter, State as Stage, Store, Summary};
use crate::replay::{self, Command, Output};
use crate::session::console::Consoles;
use crate::websocket::{self, Received, WebSocket};

/// Pictures that may wait for a viewer.
const PICTURES: usize = 2;

#[derive(Clone)]
struct Old {
    store: Store,
    log: Log,
    stop: CancellationToken,
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    host: String,
    #[serde(default)]
    vm_uuid: String,
}

#[derive(Deserialize)]
struct Named {
    filename: String,
}

/// The calls, for callers of these networks; none without a network.
pub(crate) fn routes(sources: &[IpNet], consoles: &Consoles) -> Router {
    if sources.is_empty() {
        return Router::new();
    }
    let Consoles { store, log, stop, .. } = consoles.clone();
    Router::new()
        .route("/serv/listfile", get(list))
        .route("/serv/deletefile", get(delete).post(delete))
        .route("/serv/playback", get(playback))
        .with_state(Old { store, log, stop })
        .route_layer(middleware::from_fn_with_state(sources.to_vec(), listed))
}

/// Lets listed addresses through: those of the connection, whatever its headers say.
async fn listed(State(sources): State<Vec<IpNet>>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    match peer.is_some_and(|peer| sources.iter().any(|net| net.contains(&peer.to_canonical()))) {
        true => next.run(request).await,
        false => {
            warn!(peer = ?peer, path = request.uri().path(), "refused");
            StatusCode::FORBIDDEN.into_response()
        }
    }
}

async fn list(State(old): State<Old>, Query(wanted): Query<Wanted>) -> Response {
    let Wanted { host, vm_uuid } = wanted;
    let fits = |summary: &Summary| {
        let member = summary.begin.reference.as_deref();
        let member = member.map(|reference| reference.trim_start_matches("OpaqueRef:"));
        summary.state != Stage::Running
            && (host.is_empty() || summary.begin.host.as_deref() == Some(&host))
            && (vm_uuid.is_empty() || member == Some(&vm_uuid))
    };
    let found: Vec<_> = old.store.list(&Filter::default()).into_iter().filter(fits).collect();
    if found.is_empty() {
        return (StatusCode::NOT_FOUND, Json(json!({"status": 404, "data": []}))).into_response();
    }
    let data = found.iter().enumerate().map(|(number, summary)| {
        let begin = &summary.begin;
        let seconds = summary.duration_ms / 1000;
        let start = begin.started.as_second();
        json!({
            "id": number + 1,
            "filename": begin.id,
            "filesize": summary.size,
            "starttime": start,
            "endtime": summary.ended.map_or(start + i64::from(seconds), Timestamp::as_second),
            "duration": seconds,
            "client": begin.client,
        })
    });
    Json(json!({"status": 200, "data": data.collect::<Vec<_>>()})).into_response()
}

async fn delete(
    State(old): State<Old>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Query(Named { filename }): Query<Named>,
) -> Response {
    // A name that is no id of ours is nothing's name: no path is made of it.
    let id = Uuid::try_parse(&filename).ok();
    let store = old.store.clone();
    let deleted = match id {
        None => Err(ChangeError::NotThere),
        Some(id) => {
            let delete = tokio::task::spawn_blocking(move || store.delete(id)).await;
            delete.unwrap_or_else(|error| Err(std::io::Error::other(error).into()))
        }
    };
    let status = match &deleted {
        Ok(_) => StatusCode::OK,
        Err(ChangeError::NotThere) => StatusCode::NOT_FOUND,
        Err(ChangeError::Running | ChangeError::Held(_)) => StatusCode::CONFLICT,
        Err(ChangeError::Io(_)) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    if let Ok(deleted) = deleted {
        let details = format!("recording {}", deleted.begin.id);
        note(&old.log, peer, "delete", deleted.begin.target, details).await;
    }
    (status, Json(json!({"status": status.as_u16()}))).into_response()
}

async fn playback(
    State(old): State<Old>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Query(Named { filename }): Query<Named>,
    request: Request,
) -> Response {
    let Ok(id) = Uuid::try_parse(&filename) else { return StatusCode::NOT_FOUND.into_response() };
    let store = old.store.clone();
    let Ok(opened) = tokio::task::spawn_blocking(move || store.reader(id)).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let reader = match opened {
        Ok(Some(reader)) => reader,
        Ok(None) => return StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            return (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response();
        }
    };
    let begin = reader.index().begin;
    let details = format!("recording {id}");
    note(&old.log, peer, "replay", begin.target.clone(), details).await;
    websocket::upgrade(request, move |socket| async move {
        let (commands, inbox) = mpsc::channel(PICTURES);
        let (outputs, output) = mpsc::channel(PICTURES);
        replay::play(reader, inbox, outputs);
        let greeting = replay::greeting(&begin);
        old.stop.run_until_cancelled(carry(socket, greeting, commands, output)).await;
    })
}

async fn carry(
    socket: WebSocket,
    greeting: bytes::Bytes,
    commands: mpsc::Sender<Command>,
    mut output: mpsc::Receiver<Output>,
) {
    let (mut sender, mut receiver) = socket.split();
    let show = async {
        sender.binary(greeting).await.ok()?;
        loop {
            match output.recv().await? {
                Output::Picture(picture) => sender.binary(picture).await.ok()?,
                Output::Position(_) => {}
                Output::Failed(_) => return Some(()),
            }
        }
    };
    let obey = async {
        while let Some(received) = receiver.next().await {
            // What else comes are the viewer's own messages, to a server that is not there.
            let Received::Text(text) = received else { continue };
            let command = match text.trim() {
                "800" => return,
                "801" => Command::Pause,
                "802" => Command::Resume,
                _ => continue,
            };
            if commands.send(command).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        _ = show => {}
        () = obey => {}
    }
    sender.close(1000, "").await;
}

async fn note(log: &Log, peer: SocketAddr, action: &str, subject: String, details: String) {
    let entry = Entry {
        at: Timestamp::now(),
        who: format!("old call from {}", peer.ip().to_canonical()),
        action: action.to_owned(),
        subject,
        details,
    };
    if let Err(error) = log.record(entry).await {
        warn!(%error, action, "not written to the audit log");
    }
}
