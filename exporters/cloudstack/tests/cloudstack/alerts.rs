//! CloudStack's alerts on their way to a real Alertmanager and to the history.

use std::net::TcpListener;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::lab::Lab;
use crate::stage::{eventually, stop};

/// A running Alertmanager. Killed when dropped.
struct Alertmanager {
    port: u16,
    _folder: TempDir,
    _process: Child,
}

impl Alertmanager {
    async fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("alertmanager.yml");
        std::fs::write(&file, "route: {receiver: none}\nreceivers: [{name: none}]\n").unwrap();
        let process = Command::new("prometheus-alertmanager")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--cluster.listen-address=")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("prometheus-alertmanager, from the Debian package of that name");
        let started = Alertmanager { port, _folder: folder, _process: process };
        eventually("Alertmanager", async || started.alerts().await).await;
        started
    }

    /// All alerts that it holds as active.
    async fn alerts(&self) -> Result<Vec<Value>, String> {
        let url = format!("http://127.0.0.1:{}/api/v2/alerts?active=true", self.port);
        let text = async { reqwest::get(url).await?.error_for_status()?.text().await };
        let text = text.await.map_err(|error| error.to_string())?;
        serde_json::from_str(&text).map_err(|error| error.to_string())
    }

    async fn until(&self, what: &str, check: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        eventually(what, async || {
            let alerts = self.alerts().await?;
            if check(&alerts) { Ok(alerts) } else { Err(format!("{alerts:?}")) }
        })
        .await
    }
}

/// The program, because a restart in the test's own process would be none. Killed when dropped.
struct Program {
    process: Child,
}

impl Program {
    async fn start(folder: &TempDir, lines: &str) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let file = folder.path().join("exporter.yml");
        std::fs::write(&file, format!("state_dir: state\nrefresh: {{alerts: 200ms}}\n{lines}\n"))
            .unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_cloudstack-exporter"))
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--web.listen-address={address}"))
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        eventually("readiness", async || {
            let answer = reqwest::get(format!("http://{address}/-/ready")).await;
            let answer = answer.map_err(|error| error.to_string())?;
            if answer.status().is_success() { Ok(()) } else { Err(answer.status().to_string()) }
        })
        .await;
        Program { process }
    }

    async fn kill(mut self) {
        self.process.kill().await.unwrap();
    }
}

type Events = Arc<Mutex<Vec<Value>>>;

/// Takes events as alert-bridge does.
async fn bridge(events: Events) -> (String, tokio_util::sync::DropGuard) {
    async fn take(State(events): State<Events>, body: String) {
        let body: Value = serde_json::from_str(&body).unwrap();
        events.lock().unwrap().extend(body["events"].as_array().unwrap().iter().cloned());
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().route("/api/v1/events", post(take)).with_state(events);
    let (token, guard) = stop();
    tokio::spawn(token.run_until_cancelled_owned(async { axum::serve(listener, app).await }));
    (url, guard)
}

fn has(alerts: &[Value], id: &str) -> bool {
    alerts.iter().any(|alert| alert["labels"]["alert_id"] == id)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_told_once_and_ends_when_it_is_archived_also_over_a_restart() {
    let (lab, alertmanager) = (Lab::start(&[]), Alertmanager::start().await);
    let events = Events::default();
    let (bridge, _bridge) = bridge(Arc::clone(&events)).await;
    let folder = tempfile::tempdir().unwrap();
    let config = format!(
        "{}alertmanagers: [{{url: 'http://127.0.0.1:{}'}}]\nhistory: {{url: '{bridge}', token: t, spool: spool}}",
        lab.config("read-only"),
        alertmanager.port
    );
    let exporter = Program::start(&folder, &config).await;
    let id = lab.write_alert(7, "down").await;
    let held = alertmanager.until("the alert", |alerts| has(alerts, &id)).await;
    let alert = held.iter().find(|alert| alert["labels"]["alert_id"] == *id).unwrap();
    for (label, value) in [
        ("alertname", "CloudStackAlert"),
        ("source", "cloudstack"),
        ("instance", "lab"),
        ("road", "fast"),
        ("type", "host"),
        ("severity", "critical"),
    ] {
        assert_eq!(alert["labels"][label], value);
    }
    assert_eq!(alert["annotations"]["summary"], "down");
    exporter.kill().await;

    let exporter = Program::start(&folder, &config).await;
    let second = lab.write_alert(0, "full").await;
    let held = alertmanager.until("the second", |alerts| has(alerts, &second)).await;
    assert!(has(&held, &id), "a restart ends no alert");
    lab.archive_alert(&id).await;
    alertmanager.until("the end", |alerts| !has(alerts, &id) && has(alerts, &second)).await;
    let told = |id: &str| -> Vec<u64> {
        let events = events.lock().unwrap();
        let mine = events.iter().filter(|event| event["epoch"] == *id);
        mine.map(|event| event["sequence"].as_u64().unwrap()).collect()
    };
    eventually("the history", async || match (told(&id), told(&second)) {
        (first, second) if first == [0, 1] && second == [0] => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
    exporter.kill().await;
}
