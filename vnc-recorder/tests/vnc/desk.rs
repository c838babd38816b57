//! The part of the program under test: consoles of some targets, over real WebSockets, without logins.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use access::audit::Log;
use axum::Router;
use axum::extract::{self, Request, State};
use axum::response::Response;
use axum::routing::get;
use exporter_kit::config;
use tempfile::TempDir;
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;
use vnc_recorder::Config;
use vnc_recorder::metrics::Metrics;
use vnc_recorder::recording::store::Store;
use vnc_recorder::session::Sessions;
use vnc_recorder::session::console::{Consoles, Opening};
use vnc_recorder::target::Targets;
use vnc_recorder::websocket;

/// Serves consoles until dropped.
pub(crate) struct Desk {
    pub(crate) consoles: Consoles,
    pub(crate) address: SocketAddr,
    pub(crate) folder: Arc<TempDir>,
    _stop: DropGuard,
}

impl Desk {
    /// With this configuration, in a new folder.
    pub(crate) async fn start(yaml: &str) -> Desk {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let at = folder.path().to_owned();
        Desk::start_in(folder, &at, yaml).await
    }

    /// With recordings in `storage`.
    pub(crate) async fn start_in(folder: Arc<TempDir>, storage: &Path, yaml: &str) -> Desk {
        let file = folder.path().join("vnc-recorder.yml");
        std::fs::write(&file, yaml).unwrap();
        let config: Config = config::load(Some(&file)).unwrap();
        let (stop, metrics) = (CancellationToken::new(), Metrics::default());
        let recordings = storage.join("recordings");
        let consoles = Consoles {
            targets: Targets::start(&config, &stop).unwrap(),
            store: Store::open(&recordings, config.recording.clone(), metrics.clone()).unwrap(),
            sessions: Sessions::default(),
            limits: config.limits,
            metrics,
            log: Log::open(&folder.path().join("audit.log")).unwrap(),
            stop: stop.clone(),
        };
        let routes = Router::new()
            .route("/console/{group}/{member}/{user}", get(console))
            .route("/watch/{session}/{user}", get(watch))
            .with_state(consoles.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stopped = stop.clone().cancelled_owned();
        tokio::spawn(async move {
            axum::serve(listener, routes).with_graceful_shutdown(stopped).await.unwrap();
        });
        Desk { consoles, address, folder, _stop: stop.drop_guard() }
    }

    /// The audit log's lines.
    pub(crate) fn audit(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("audit.log")).unwrap()
    }
}

async fn console(
    State(consoles): State<Consoles>,
    extract::Path((group, member, user)): extract::Path<(String, String, String)>,
    request: Request,
) -> Response {
    let id = format!("{group}/{member}").parse().unwrap();
    let target = consoles.targets.find(&id).unwrap();
    let client = [127, 0, 0, 1].into();
    let opening = Opening { target, user, client, allowed: Box::new(|| true) };
    websocket::upgrade(request, |socket| async move {
        consoles.serve(socket, opening).await;
    })
}

async fn watch(
    State(consoles): State<Consoles>,
    extract::Path((session, user)): extract::Path<(Uuid, String)>,
    request: Request,
) -> Response {
    let session = consoles.sessions.find(session).unwrap();
    websocket::upgrade(request, |socket| async move {
        consoles.watch(socket, session, &user, &|| true).await;
    })
}
