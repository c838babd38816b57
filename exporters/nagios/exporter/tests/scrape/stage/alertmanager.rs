//! A real Alertmanager.

use std::process::Stdio;

use serde_json::Value;
use tokio::process::{Child, Command};

use super::{eventually, free_port};

/// A running Alertmanager. Killed when dropped.
pub(crate) struct Alertmanager {
    port: u16,
    folder: tempfile::TempDir,
    process: Option<Child>,
}

impl Alertmanager {
    pub(crate) async fn start() -> Self {
        let mut alertmanager = Self::reserve();
        alertmanager.launch().await;
        alertmanager
    }

    /// An address at which nothing answers yet.
    pub(crate) fn reserve() -> Self {
        Alertmanager { port: free_port(), folder: tempfile::tempdir().unwrap(), process: None }
    }

    /// Starts it at its address.
    pub(crate) async fn launch(&mut self) {
        let file = self.folder.path().join("alertmanager.yml");
        std::fs::write(&file, "route: {receiver: none}\nreceivers: [{name: none}]\n").unwrap();
        let log = std::fs::File::create(self.folder.path().join("log")).unwrap();
        let process = Command::new("prometheus-alertmanager")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.path={}", self.folder.path().join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{}", self.port))
            .arg("--cluster.listen-address=")
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("prometheus-alertmanager, from the Debian package of that name");
        self.process = Some(process);
        eventually("Alertmanager", async || self.read("status").await).await;
    }

    /// Kills it.
    pub(crate) async fn kill(&mut self) {
        self.process.take().unwrap().kill().await.unwrap();
    }

    /// The key of the exporter's configuration that names it.
    pub(crate) fn config(&self) -> String {
        format!("alertmanagers: [{{url: 'http://127.0.0.1:{}'}}]\n", self.port)
    }

    /// All alerts that it holds, silenced ones too.
    pub(crate) async fn alerts(&self) -> Vec<Value> {
        let Some(Value::Array(alerts)) = self.read("alerts").await else { panic!("no alerts") };
        alerts
    }

    /// The silences that stand.
    pub(crate) async fn silences(&self) -> Vec<Value> {
        let Some(Value::Array(silences)) = self.read("silences").await else {
            panic!("no silences")
        };
        silences.into_iter().filter(|silence| silence["status"]["state"] == "active").collect()
    }

    /// Waits until it holds exactly these alerts, each `host service severity`, and `!` when silenced.
    pub(crate) async fn holds(&self, expected: &[&str]) -> Vec<Value> {
        let what = format!("alerts {expected:?}");
        eventually(&what, async || {
            let alerts = self.alerts().await;
            let mut found: Vec<String> = alerts.iter().map(describe).collect();
            found.sort();
            (found == expected).then_some(alerts)
        })
        .await
    }

    async fn read(&self, what: &str) -> Option<Value> {
        let url = format!("http://127.0.0.1:{}/api/v2/{what}", self.port);
        reqwest::get(url).await.ok()?.json().await.ok()
    }
}

fn describe(alert: &Value) -> String {
    let label = |name: &str| alert["labels"][name].as_str().unwrap_or("-").to_owned();
    let silenced = alert["status"]["state"] == "suppressed";
    format!(
        "{} {} {}{}",
        label("host"),
        label("service"),
        label("severity"),
        if silenced { " !" } else { "" }
    )
}
