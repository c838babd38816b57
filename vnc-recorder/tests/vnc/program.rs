//! The program under test, in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use tokio::process::{Child, Command};

/// Whatever is awaited comes within this time.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// A running vnc-recorder; killed when dropped.
pub(crate) struct Program {
    pub(crate) folder: PathBuf,
    pub(crate) address: String,
    client: Client,
    _child: Child,
    _owned: tempfile::TempDir,
}

impl Program {
    /// Starts with a configuration in a new folder; `{folder}` in it is that folder.
    pub(crate) async fn start(configuration: &str) -> Self {
        let owned = tempfile::tempdir().unwrap();
        let folder = owned.path().to_owned();
        let configuration = configuration.replace("{folder}", folder.to_str().unwrap());
        std::fs::write(folder.join("vnc-recorder.yml"), configuration).unwrap();
        let (child, address) = spawn(&folder).await;
        let client = Client::builder().timeout(DEADLINE).no_proxy().build().unwrap();
        Program { folder, address, client, _child: child, _owned: owned }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(path))
    }

    /// As a program does, with a token.
    pub(crate) fn with(&self, token: &str, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path).bearer_auth(token)
    }

    pub(crate) async fn json(&self, path: &str) -> Value {
        let answer = self.request(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    }

    /// Waits until what the API answers there is as wanted.
    pub(crate) async fn until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let found = self.json(path).await;
            if wanted(&found) {
                return found;
            }
            assert!(begun.elapsed() < DEADLINE, "still waiting at {path}: {found}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn spawn(folder: &Path) -> (Child, String) {
    let log = folder.join("program.log");
    let output = std::fs::File::create(&log).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_vnc-recorder"))
        .arg(format!("--config.file={}", folder.join("vnc-recorder.yml").display()))
        .arg(format!("--storage.path={}", folder.join("data").display()))
        .arg("--web.listen-address=127.0.0.1:0")
        .stdout(output.try_clone().unwrap())
        .stderr(Stdio::from(output))
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let begun = Instant::now();
    loop {
        let written = std::fs::read_to_string(&log).unwrap();
        assert!(child.try_wait().unwrap().is_none(), "it has ended: {written}");
        let address = written.split_once("address=").and_then(|(_, rest)| rest.lines().next());
        if let Some(address) = address.map(str::trim).filter(|address| !address.is_empty())
            && let Ok(answer) = reqwest::get(format!("http://{address}/-/ready")).await
            && answer.status() == 200
        {
            return (child, address.to_owned());
        }
        assert!(begun.elapsed() < DEADLINE, "it is not ready: {written}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
