//! The program under test, in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use futures_util::StreamExt as _;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::wait::until;

/// The bearer token in every configuration here.
pub(crate) const TOKEN: &str = "a-token-for-tests";

/// One phone behind a gammu spool, without digests; `{folder}` is the test's folder.
pub(crate) const ONE_PHONE: &str = "
tokens: [{name: am, token: a-token-for-tests}]
time_zone: UTC
digest_after: 1000000
transports: [{name: modem, gammu: {spool: '{folder}/spool'}}]
contacts: [{name: duty, phone: '+8613800000000', language: zh, transport: modem}]
routes: [{contacts: [duty]}]
";

/// A running alert-bridge; killed when dropped.
pub(crate) struct Bridge {
    pub(crate) folder: PathBuf,
    pub(crate) address: String,
    child: Child,
    client: reqwest::Client,
    _owned: Option<tempfile::TempDir>,
}

impl Bridge {
    /// Starts with a configuration in a new folder.
    pub(crate) async fn start(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        let mut bridge = Self::start_in(&path, &path.join("data"), config).await;
        bridge._owned = Some(folder);
        bridge
    }

    /// Starts with a configuration in `folder` and the store in `data`.
    pub(crate) async fn start_in(folder: &Path, data: &Path, config: &str) -> Self {
        for name in ["outbox", "sent", "error", "inbox"] {
            std::fs::create_dir_all(folder.join("spool").join(name)).unwrap();
        }
        let config = config.replace("{folder}", folder.to_str().unwrap());
        std::fs::write(folder.join("bridge.yml"), config).unwrap();
        let (child, address) = spawn(folder, data, "127.0.0.1:0").await;
        let client =
            reqwest::Client::builder().timeout(Duration::from_secs(60)).no_proxy().build().unwrap();
        Bridge { folder: folder.to_owned(), address, child, client, _owned: None }
    }

    /// Ends it as `kill -9` does.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Starts it again after [`Bridge::kill`], at the same address.
    pub(crate) async fn start_again(&mut self) {
        let (child, address) = spawn(&self.folder, &self.folder.join("data"), &self.address).await;
        assert_eq!(address, self.address);
        self.child = child;
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id().unwrap()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn get(&self, path: &str) -> reqwest::Response {
        self.client.get(self.url(path)).send().await.unwrap()
    }

    pub(crate) async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    }

    /// Asks it to read its configuration again.
    pub(crate) async fn reload(&self) -> reqwest::StatusCode {
        self.client.post(self.url("/-/reload")).send().await.unwrap().status()
    }

    /// A request to the webhook, with the right token.
    pub(crate) fn webhook(&self) -> reqwest::RequestBuilder {
        self.client.post(self.url("/api/v1/webhook")).bearer_auth(TOKEN)
    }

    /// Sends a notification as Alertmanager does; none when the program was killed under it.
    pub(crate) async fn notify(&self, alerts: &[Value]) -> Option<reqwest::StatusCode> {
        Some(self.webhook().json(&notification(alerts)).send().await.ok()?.status())
    }

    /// The messages' texts with their states, oldest first.
    pub(crate) async fn deliveries(&self) -> Vec<(String, String)> {
        let deliveries = self.json("/api/v1/deliveries?limit=1000").await;
        let field = |delivery: &Value, name: &str| delivery[name].as_str().unwrap().to_owned();
        let deliveries = deliveries["deliveries"].as_array().unwrap().iter().rev();
        deliveries.map(|delivery| (field(delivery, "text"), field(delivery, "state"))).collect()
    }

    /// What the feed has told so far: transition and severity, oldest first.
    pub(crate) async fn story(&self) -> Vec<String> {
        let polled = self.json("/api/v1/feed/poll?since=0").await;
        let events = polled["events"].as_array().unwrap().iter();
        events
            .map(|event| {
                format!(
                    "{} {}",
                    event["transition"].as_str().unwrap(),
                    event["episode"]["severity"].as_str().unwrap()
                )
            })
            .collect()
    }

    /// Listens to the feed after `last_id`.
    pub(crate) async fn listen(&self, last_id: u64) -> Listener {
        let request = self.client.get(self.url("/api/v1/feed")).header("last-event-id", last_id);
        let answer = request.timeout(Duration::from_secs(3600)).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Listener { chunks: Box::pin(answer.bytes_stream()), buffer: Vec::new() }
    }
}

/// A client of the event stream, independent of the program's own code.
pub(crate) struct Listener {
    chunks:
        std::pin::Pin<Box<dyn futures_util::Stream<Item = reqwest::Result<bytes::Bytes>> + Send>>,
    buffer: Vec<u8>,
}

impl Listener {
    /// The next event's id and data; none when the connection has ended.
    pub(crate) async fn next(&mut self) -> Option<(u64, Value)> {
        loop {
            while let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = self.buffer.drain(..end + 2).collect();
                let block = String::from_utf8(block).unwrap();
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
                if let (Some(id), Some(data)) = (field("id: "), field("data: ")) {
                    return Some((id.parse().unwrap(), serde_json::from_str(data).unwrap()));
                }
            }
            let chunk =
                tokio::time::timeout(Duration::from_secs(60), self.chunks.next()).await.unwrap()?;
            self.buffer.extend_from_slice(&chunk.ok()?);
        }
    }
}

/// A notification as Alertmanager writes it.
pub(crate) fn notification(alerts: &[Value]) -> Value {
    json!({
        "version": "4", "groupKey": "{}:{}", "truncatedAlerts": 0, "status": "firing", "receiver": "people",
        "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://am:9093",
        "alerts": alerts,
    })
}

/// An alert that fires since `starts`.
pub(crate) fn firing(host: &str, severity: &str, starts: Timestamp) -> Value {
    json!({
        "status": "firing", "fingerprint": "0",
        "labels": {"alertname": "NagiosServiceProblem", "host": host, "service": "http", "severity": severity},
        "annotations": {"output": format!("{severity} on {host}")},
        "startsAt": starts.to_string(), "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "http://nagios/",
    })
}

/// The end of such an alert.
pub(crate) fn resolved(host: &str, severity: &str, starts: Timestamp, ends: Timestamp) -> Value {
    let mut alert = firing(host, severity, starts);
    alert["status"] = "resolved".into();
    alert["endsAt"] = ends.to_string().into();
    alert
}

async fn spawn(folder: &Path, data: &Path, address: &str) -> (Child, String) {
    let log = folder.join("bridge.log");
    let output = std::fs::File::create(&log).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_alert-bridge"))
        .arg(format!("--config.file={}", folder.join("bridge.yml").display()))
        .arg(format!("--storage.path={}", data.display()))
        .arg(format!("--web.listen-address={address}"))
        .stdout(output.try_clone().unwrap())
        .stderr(Stdio::from(output))
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let address = until("the program's address", || {
        let written = std::fs::read_to_string(&log).unwrap();
        assert!(child.try_wait().unwrap().is_none(), "it has ended: {written}");
        let address = written
            .split_once("address=")
            .map(|(_, rest)| rest.lines().next().unwrap_or_default().trim().to_owned());
        async move { address.filter(|address| !address.is_empty()) }
    })
    .await;
    until("the program to be ready", || async {
        let answer = reqwest::get(format!("http://{address}/-/ready")).await.ok()?;
        answer.status().is_success().then_some(())
    })
    .await;
    (child, address)
}
