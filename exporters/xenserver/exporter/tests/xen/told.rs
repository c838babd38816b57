//! Who is told of alarms: a real Alertmanager, and a server that takes events as alert-bridge does.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde_json::Value;
use tempfile::TempDir;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::stage::PATIENCE;

/// An Alertmanager that dies with its owner.
pub(crate) struct Alertmanager {
    process: Child,
    pub(crate) url: String,
    _folder: TempDir,
}

impl Alertmanager {
    /// Starts it on a free port.
    pub(crate) async fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("alertmanager.yml");
        std::fs::write(&file, "route: {receiver: none}\nreceivers: [{name: none}]\n").unwrap();
        let process = Command::new("prometheus-alertmanager")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--cluster.listen-address=")
            .stderr(Stdio::null())
            .spawn()
            .expect("prometheus-alertmanager, from the Debian package of that name");
        let url = format!("http://127.0.0.1:{port}");
        let started = Alertmanager { process, url, _folder: folder };
        started.until("that it starts", |_| true).await;
        started
    }

    /// Waits until the active alerts are as they should be.
    pub(crate) async fn until(&self, what: &str, fits: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let url = format!("{}/api/v2/alerts?active=true", self.url);
        eventually(what, async || {
            let answer = async { reqwest::get(&url).await?.error_for_status()?.text().await };
            let text = answer.await.map_err(|error| error.to_string())?;
            let alerts: Vec<Value> = serde_json::from_str(&text).map_err(|_| text)?;
            if fits(&alerts) { Ok(alerts) } else { Err(format!("{alerts:#?}")) }
        })
        .await
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What takes the history; stops with its owner.
pub(crate) struct Bridge {
    pub(crate) url: String,
    events: Arc<Mutex<Vec<Value>>>,
    _stop: DropGuard,
}

impl Bridge {
    /// Starts it on a free port.
    pub(crate) async fn start() -> Self {
        async fn take(State(events): State<Arc<Mutex<Vec<Value>>>>, body: String) {
            let body: Value = serde_json::from_str(&body).unwrap();
            events.lock().unwrap().extend(body["events"].as_array().unwrap().iter().cloned());
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let events = Arc::<Mutex<Vec<Value>>>::default();
        let app = Router::new().route("/api/v1/events", post(take)).with_state(Arc::clone(&events));
        let stop = CancellationToken::new();
        let served = async { axum::serve(listener, app).await };
        tokio::spawn(stop.clone().run_until_cancelled_owned(served));
        Bridge { url, events, _stop: stop.drop_guard() }
    }

    /// Waits until what it was told is as it should be.
    pub(crate) async fn until(&self, what: &str, fits: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        eventually(what, async || {
            let events = self.events.lock().unwrap().clone();
            if fits(&events) { Ok(events) } else { Err(format!("{events:#?}")) }
        })
        .await
    }
}

async fn eventually<T>(what: &str, check: impl AsyncFn() -> Result<T, String>) -> T {
    let begin = Instant::now();
    loop {
        match check().await {
            Ok(found) => return found,
            Err(seen) => assert!(begin.elapsed() < PATIENCE, "no {what} in time: {seen}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
