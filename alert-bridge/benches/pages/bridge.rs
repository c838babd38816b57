//! The program, in a folder of its own.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::json;

const CONFIG: &str = "tokens: [{name: am, token: '1'}]\nretention: 400d\n";

/// A running alert-bridge. Killed when dropped.
pub(crate) struct Bridge {
    process: Child,
    pub(crate) address: String,
    client: reqwest::Client,
}

impl Bridge {
    pub(crate) fn start(folder: &Path) -> Self {
        let config = folder.join("bridge.yml");
        std::fs::write(&config, CONFIG).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_alert-bridge"))
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.path={}", folder.display()))
            .args([
                "--web.listen-address=127.0.0.1:0",
                "--web.max-connections=15000",
                "--log.level=info",
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap()).lines();
        let address =
            log.by_ref().find_map(|line| Some(line.unwrap().split_once("address=")?.1.to_owned()));
        // Nobody else reads what it logs, and a full pipe would stop it.
        std::thread::spawn(move || log.for_each(drop));
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Bridge { process, address: address.unwrap().trim().to_owned(), client }
    }

    /// The answer to a request, and how long it took, in milliseconds.
    pub(crate) async fn get(&self, path: &str) -> (serde_json::Value, f64) {
        let begun = std::time::Instant::now();
        let answer =
            self.client.get(format!("http://{}{path}", self.address)).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
        let bytes = answer.bytes().await.unwrap();
        let taken = begun.elapsed().as_secs_f64() * 1e3;
        (serde_json::from_slice(&bytes).unwrap(), taken)
    }

    /// Tells of problems of as many hosts.
    pub(crate) async fn notify(&self, hosts: impl Iterator<Item = String>) {
        let alert = |host| {
            json!({
                "status": "firing", "labels": {"alertname": "Problem", "host": host, "service": "http"},
                "annotations": {"output": "HTTP CRITICAL - connection refused"},
                "startsAt": "2026-01-01T00:00:00Z", "endsAt": "0001-01-01T00:00:00Z",
            })
        };
        let body = json!({"receiver": "people", "alerts": hosts.map(alert).collect::<Vec<_>>()});
        let request = self.client.post(format!("http://{}/api/v1/webhook", self.address));
        assert_eq!(request.bearer_auth("1").json(&body).send().await.unwrap().status(), 200);
    }

    /// Kilobytes of memory that it uses now.
    pub(crate) fn kilobytes(&self) -> f64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
