//! Real Alertmanagers.

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::bridge::TOKEN;
use crate::wait::until;

/// A running Alertmanager; killed when dropped.
pub(crate) struct Alertmanager {
    pub(crate) address: String,
    pub(crate) cluster: String,
    child: Child,
}

impl Alertmanager {
    /// Starts one that sends to `webhook` over the fast road. It joins the cluster of `peer` if there is one.
    pub(crate) async fn start(folder: &Path, webhook: &str, peer: Option<&Alertmanager>) -> Self {
        let (address, cluster) = (free_address(), free_address());
        let storage = folder.join(format!("alertmanager-{}", address.replace(':', "-")));
        std::fs::create_dir_all(&storage).unwrap();
        let config = format!(
            "route:\n  receiver: people\n  group_by: ['...']\n  group_wait: 0s\n  group_interval: 1s\n  \
             repeat_interval: 1h\nreceivers:\n  - name: people\n    webhook_configs:\n      - url: {webhook}\n        \
             send_resolved: true\n        http_config:\n          authorization: {{credentials: {TOKEN}}}\n"
        );
        let path = storage.join("alertmanager.yml");
        std::fs::write(&path, config).unwrap();
        let mut command = Command::new("prometheus-alertmanager");
        command
            .arg(format!("--config.file={}", path.display()))
            .arg(format!("--storage.path={}", storage.display()))
            .arg(format!("--web.listen-address={address}"))
            .arg(format!("--cluster.listen-address={cluster}"))
            // The second one waits for the first for this long; a slow answer makes both deliver.
            .arg("--cluster.peer-timeout=200ms")
            .arg("--cluster.gossip-interval=50ms")
            .arg("--cluster.settle-timeout=1s");
        if let Some(peer) = peer {
            command.arg(format!("--cluster.peer={}", peer.cluster));
        }
        let log = std::fs::File::create(storage.join("log")).unwrap();
        let child =
            command.stdout(Stdio::null()).stderr(log).kill_on_drop(true).spawn().expect(
                "prometheus-alertmanager is needed: apt-get install prometheus-alertmanager",
            );
        let alertmanager = Alertmanager { address, cluster, child };
        until("Alertmanager", || async {
            let answer = reqwest::get(alertmanager.url("/-/ready")).await.ok()?;
            let status: Value =
                reqwest::get(alertmanager.url("/api/v2/status")).await.ok()?.json().await.ok()?;
            (answer.status().is_success() && status["cluster"]["status"] == "ready").then_some(())
        })
        .await;
        alertmanager
    }

    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Posts alerts as an exporter does, in one request.
    pub(crate) async fn post(&self, alerts: &[Value]) {
        let answer = reqwest::Client::new()
            .post(self.url("/api/v2/alerts"))
            .json(&alerts)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    }
}

/// An alert as an exporter posts it; without an end it lives for 15 minutes.
pub(crate) fn posted(
    host: &str,
    severity: &str,
    output: &str,
    starts: Timestamp,
    ends: Option<Timestamp>,
) -> Value {
    json!({
        "labels": {
            "alertname": "NagiosServiceProblem", "source": "nagios", "instance": "n1", "road": "fast",
            "host": host, "service": "http", "severity": severity,
        },
        "annotations": {"output": output, "summary": format!("http on {host} is {severity}")},
        "startsAt": starts.to_string(),
        "endsAt": ends.unwrap_or(Timestamp::now() + 15.minutes()).to_string(),
        "generatorURL": "http://nagios.example/",
    })
}

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}
