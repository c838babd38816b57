//! A real Alertmanager with a webhook that hears what it delivers, and a wire tap in front of it.

use std::{
    future::Future,
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use alertmanager::{Address, Alert, Auth, Client, Generation, Keeper, LabelSet, Settings, Wanted};
use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{Method, StatusCode, Uri},
    routing::post,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    sync::mpsc,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

/// How long a test waits for anything. A cluster takes 10 seconds to settle before it delivers.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A real Alertmanager, killed when dropped.
pub(crate) struct Alertmanager {
    pub(crate) url: String,
    port: u16,
    cluster: Vec<String>,
    folder: TempDir,
    child: Child,
    delivered: mpsc::UnboundedReceiver<Value>,
    _webhook: JoinSet<()>,
}

impl Alertmanager {
    pub(crate) async fn start() -> Self {
        Self::start_in(vec!["--cluster.listen-address=".to_owned()]).await
    }

    /// Two that know each other.
    pub(crate) async fn start_pair() -> [Self; 2] {
        let ports = [free_port().await, free_port().await];
        let cluster = |own: u16, other: u16| {
            vec![
                format!("--cluster.listen-address=127.0.0.1:{own}"),
                format!("--cluster.advertise-address=127.0.0.1:{own}"),
                format!("--cluster.peer=127.0.0.1:{other}"),
                "--cluster.peer-timeout=1s".to_owned(),
            ]
        };
        let [a, b] = ports;
        [Self::start_in(cluster(a, b)).await, Self::start_in(cluster(b, a)).await]
    }

    async fn start_in(cluster: Vec<String>) -> Self {
        let (sender, delivered) = mpsc::unbounded_channel();
        let hear = |State(sender): State<mpsc::UnboundedSender<Value>>, Json(body): Json<Value>| async move {
            for alert in body["alerts"].as_array().unwrap() {
                sender.send(alert.clone()).ok();
            }
        };
        let (webhook, tasks) = serve(Router::new().route("/", post(hear)).with_state(sender)).await;
        let folder = TempDir::new().unwrap();
        let config = format!(
            "route: {{receiver: tap, group_by: ['...'], group_wait: 0s, group_interval: 1s}}\n\
             receivers: [{{name: tap, webhook_configs: [{{url: '{webhook}', send_resolved: true}}]}}]\n"
        );
        std::fs::write(folder.path().join("alertmanager.yml"), config).unwrap();
        let port = free_port().await;
        let child = spawn(&folder, port, &cluster);
        let url = format!("http://127.0.0.1:{port}");
        let started = Self { url, port, cluster, folder, child, delivered, _webhook: tasks };
        started.is_ready().await;
        started
    }

    pub(crate) fn client(&self) -> Client {
        client(&self.url)
    }

    /// Kills it as a crash would, so that it saves nothing.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Starts it again at the same port and with the same storage.
    pub(crate) async fn start_again(&mut self) {
        self.child = spawn(&self.folder, self.port, &self.cluster);
        self.is_ready().await;
    }

    /// The next delivery, as `firing web/critical`.
    pub(crate) async fn delivery(&mut self) -> (String, Value) {
        let alert = timeout(PATIENCE, self.delivered.recv()).await.expect("a delivery").unwrap();
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let labels = &alert["labels"];
        let (host, severity) = (text(&labels["host"]), text(&labels["severity"]));
        (format!("{} {host}/{severity}", text(&alert["status"])), alert)
    }

    /// Waits for the next deliveries, in any order.
    pub(crate) async fn delivers<const N: usize>(&mut self, expected: [&str; N]) {
        let mut heard = Vec::new();
        for _ in 0..N {
            heard.push(self.delivery().await.0);
        }
        heard.sort();
        assert_eq!(heard, expected);
    }

    /// Waits until exactly these are active, as `web/critical`.
    pub(crate) async fn holds<const N: usize>(&self, expected: [&str; N]) {
        let client = self.client();
        eventually("the active alerts", async || {
            (active(&client).await? == expected).then_some(())
        })
        .await;
    }

    async fn is_ready(&self) {
        let client = self.client();
        eventually("a ready Alertmanager", async || client.ready().await.ok()).await;
    }
}

fn spawn(folder: &TempDir, port: u16, cluster: &[String]) -> Child {
    let path = folder.path();
    Command::new("prometheus-alertmanager")
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .args(cluster)
        .arg(format!("--storage.path={}", path.join("data").display()))
        .arg(format!("--config.file={}", path.join("alertmanager.yml").display()))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("Debian's package prometheus-alertmanager")
}

/// A proxy that notes what passes.
pub(crate) struct Tap {
    pub(crate) url: String,
    calls: Calls,
    _task: JoinSet<()>,
}

type Calls = Arc<Mutex<Vec<(String, Value)>>>;

impl Tap {
    pub(crate) async fn before(alertmanager: &Alertmanager) -> Self {
        let (calls, http) = (Calls::default(), reqwest::Client::new());
        let state = (Arc::clone(&calls), http, alertmanager.url.clone());
        let (url, task) = serve(Router::new().fallback(pass).with_state(state)).await;
        Self { url, calls, _task: task }
    }

    /// Bodies of the POSTs of alerts so far.
    pub(crate) fn posts(&self) -> Vec<Value> {
        let calls = self.calls.lock().unwrap();
        let posts = calls.iter().filter(|(call, _)| call == "POST /api/v2/alerts");
        posts.map(|(_, body)| body.clone()).collect()
    }

    /// Calls that change something, in their order.
    pub(crate) fn changes(&self) -> Vec<String> {
        let calls = self.calls.lock().unwrap();
        calls.iter().map(|(call, _)| call.clone()).filter(|call| !call.starts_with("GET")).collect()
    }

    /// Forgets what has passed.
    pub(crate) fn forget(&self) {
        self.calls.lock().unwrap().clear();
    }
}

async fn pass(
    State((calls, http, target)): State<(Calls, reqwest::Client, String)>,
    method: Method,
    uri: Uri,
    body: Bytes,
) -> (StatusCode, Bytes) {
    let json = serde_json::from_slice(&body).unwrap_or(Value::Null);
    calls.lock().unwrap().push((format!("{method} {}", uri.path()), json));
    let request = http
        .request(method, format!("{target}{uri}"))
        .header("content-type", "application/json")
        .body(body);
    let response = request.send().await.unwrap();
    (response.status(), response.bytes().await.unwrap())
}

/// A keeper, stopped when dropped.
pub(crate) struct Kept {
    pub(crate) keeper: Keeper,
    pub(crate) shutdown: CancellationToken,
}

/// Keeps at these addresses, as [`settings`] say.
pub(crate) fn keep(urls: &[&str], settings: Settings) -> Kept {
    let addresses = urls.iter().map(|url| Address::new(url, Auth::None).unwrap()).collect();
    let shutdown = CancellationToken::new();
    Kept { keeper: Keeper::start(addresses, settings, &shutdown).unwrap(), shutdown }
}

impl Kept {
    /// Sets and waits until it is accepted.
    pub(crate) async fn set<const N: usize>(&self, wanted: [Wanted; N]) {
        let generation = self.keeper.set(wanted);
        self.accepts(generation).await;
    }

    pub(crate) async fn accepts(&self, generation: Generation) {
        let mut accepted = self.keeper.accepted();
        let waiting = accepted.wait_for(|accepted| *accepted >= generation);
        timeout(PATIENCE, waiting).await.expect("to be accepted").unwrap();
    }
}

/// The usual times, but a restart is noticed fast.
pub(crate) fn settings() -> Settings {
    let mut settings = Settings::new("test-exporter", &["host", "source"], ours());
    settings.probe = Duration::from_millis(200);
    settings.timeout = Duration::from_secs(2);
    settings
}

pub(crate) fn ours() -> LabelSet {
    LabelSet::new([("source", "test")]).unwrap()
}

pub(crate) fn alert(host: &str, severity: &str) -> Alert {
    let labels = [("host", host), ("severity", severity), ("source", "test")];
    Alert {
        labels: LabelSet::new(labels).unwrap(),
        annotations: LabelSet::new([("output", "it is broken")]).unwrap(),
        starts_at: ago(60),
        generator_url: None,
    }
}

pub(crate) fn wanted(host: &str, severity: &str) -> Wanted {
    Wanted { alert: alert(host, severity), silenced: None }
}

pub(crate) fn silenced(host: &str, severity: &str) -> Wanted {
    Wanted { alert: alert(host, severity), silenced: Some("in downtime".to_owned()) }
}

/// A whole second, so many before now.
pub(crate) fn ago(seconds: i64) -> Timestamp {
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
    now - SignedDuration::from_secs(seconds)
}

pub(crate) fn client(url: &str) -> Client {
    Client::new(Address::new(url, Auth::None).unwrap(), Duration::from_secs(2)).unwrap()
}

/// The active alerts of ours, as `web/critical`; `None` when they cannot be had.
pub(crate) async fn active(client: &Client) -> Option<Vec<String>> {
    let alerts = client.alerts(&ours()).await.ok()?;
    let name = |alert: &Alert| {
        let (host, severity) = (alert.labels.get("host"), alert.labels.get("severity"));
        format!("{}/{}", host.unwrap_or("-"), severity.unwrap_or("-"))
    };
    let mut names: Vec<String> = alerts.iter().map(name).collect();
    names.sort();
    Some(names)
}

/// Asks again and again until there is an answer.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    ask: impl Fn() -> F,
) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("no sign of {what}"))
}

/// Serves until the task is dropped; the address as a URL.
pub(crate) async fn serve(router: Router) -> (String, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut task = JoinSet::new();
    task.spawn(async { axum::serve(listener, router).await.unwrap() });
    (url, task)
}

/// A port on which nobody listens.
pub(crate) async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}
