//! The real alert-bridge.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;
use tokio::process::{Child, Command};

use crate::until;

/// The bearer token of the source.
pub(crate) const TOKEN: &str = "a-token-of-a-source";

/// A running alert-bridge. Killed when dropped.
pub(crate) struct Bridge {
    port: u16,
    folder: tempfile::TempDir,
    process: Option<Child>,
}

impl Bridge {
    pub(crate) async fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut bridge = Bridge { port, folder: tempfile::tempdir().unwrap(), process: None };
        bridge.launch().await;
        bridge
    }

    /// Starts it at its address.
    pub(crate) async fn launch(&mut self) {
        let file = self.folder.path().join("bridge.yml");
        let tokens = format!(
            "tokens: [{{name: am, token: another}}]\nevent_tokens: [{{name: nagios, token: {TOKEN}}}]\n"
        );
        std::fs::write(&file, tokens).unwrap();
        let log = std::fs::File::create(self.folder.path().join("log")).unwrap();
        let process = Command::new(program())
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.path={}", self.folder.path().join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{}", self.port))
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("alert-bridge, from `cargo build -p alert-bridge`");
        self.process = Some(process);
        until("alert-bridge", async || {
            let answer = reqwest::get(format!("{}/-/ready", self.url())).await.ok()?;
            answer.status().is_success().then_some(())
        })
        .await;
    }

    /// Ends it as `kill -9` does.
    pub(crate) async fn kill(&mut self) {
        self.process.take().unwrap().kill().await.unwrap();
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The sequence numbers of all events that it holds.
    pub(crate) async fn sequences(&self) -> Vec<u64> {
        let mut found = Vec::new();
        let mut cursor = String::new();
        loop {
            let url = format!("{}/api/v1/events?limit=1000&cursor={cursor}", self.url());
            let page: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
            let events = page["events"].as_array().unwrap().iter();
            found.extend(events.map(|event| event["sequence"].as_u64().unwrap()));
            match page["next"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => return found,
            }
        }
    }
}

/// Built beside this test.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().and_then(|deps| deps.parent()).unwrap().join("alert-bridge")
}
