//! A lab that runs, and how the tests ask it: over HTTPS as a client of XenAPI, and over its control interface.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Certificate, Client, Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long a test waits for anything: the machine may be loaded.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// A lab that dies with its owner.
pub(crate) struct Lab {
    process: Child,
    folder: TempDir,
    pub(crate) hosts: Vec<SocketAddr>,
    pub(crate) fingerprints: Vec<String>,
    control: SocketAddr,
    pub(crate) client: Client,
}

impl Lab {
    /// Starts a lab on addresses of its own.
    pub(crate) fn start(flags: &[&str]) -> Lab {
        let folder = tempfile::tempdir().unwrap();
        // Tests run at once, and a port is tried on addresses that differ from test to test.
        let address = format!("127.{}.{}.1:0", 66 + std::process::id() % 100, next_number());
        let mut process = Command::new(env!("CARGO_BIN_EXE_lab-xapi"))
            .args(["--xapi.listen-address", &address, "--xapi.wrong-password-delay", "0.01"])
            .arg("--tls.directory")
            .arg(folder.path())
            .args(flags)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut hosts, mut fingerprints) = (Vec::new(), Vec::new());
        for line in BufReader::new(process.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["pool", _] => {}
                ["host", _, address, fingerprint] => {
                    hosts.push(address.parse().unwrap());
                    fingerprints.push(fingerprint.to_owned());
                }
                ["control", control] => {
                    let control = control.parse().unwrap();
                    let client = client(&folder.path().join("ca.pem"));
                    return Lab { process, folder, hosts, fingerprints, control, client };
                }
                ref other => panic!("lab-xapi says {other:?}"),
            }
        }
        panic!("lab-xapi ended: {:?}", process.wait());
    }

    pub(crate) fn authority(&self) -> std::path::PathBuf {
        self.folder.path().join("ca.pem")
    }

    pub(crate) fn url(&self, host: usize, path: &str) -> String {
        format!("https://{}{path}", self.hosts[host])
    }

    /// Asks the control interface.
    pub(crate) async fn control(&self, method: Method, path: &str) -> (StatusCode, String) {
        let url = format!("http://{}{path}", self.control);
        let response = self.client.request(method, url).send().await.unwrap();
        (response.status(), response.text().await.unwrap())
    }

    pub(crate) async fn begin(&self, fault: &str) {
        let (status, text) = self.control(Method::PUT, &format!("/faults/{fault}")).await;
        assert_eq!(status, 204, "{fault}: {text}");
    }

    pub(crate) async fn end(&self, fault: &str) {
        let (status, text) = self.control(Method::DELETE, &format!("/faults/{fault}")).await;
        assert_eq!(status, 204, "{fault}: {text}");
    }

    /// Calls a method in JSON-RPC 2.0. The error is XenAPI's, its code first.
    pub(crate) async fn call(
        &self,
        host: usize,
        method: &str,
        parameters: Value,
    ) -> Result<Value, Vec<String>> {
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": parameters });
        let response = self.client.post(self.url(host, "/jsonrpc")).json(&call).send().await;
        let answer: Value = response.unwrap().json().await.unwrap();
        let Some(error) = answer.get("error") else { return Ok(answer["result"].clone()) };
        let details = error["data"].as_array().unwrap();
        let words = [&error["message"]].into_iter().chain(details);
        Err(words.map(|word| word.as_str().unwrap().to_owned()).collect())
    }

    /// A session of the pool, from its master.
    pub(crate) async fn login(&self, host: usize) -> String {
        let parameters = json!(["root", "lab", "1.0", "tests"]);
        let session = self.call(host, "session.login_with_password", parameters).await.unwrap();
        session.as_str().unwrap().to_owned()
    }

    /// How often a method was called, at all hosts together.
    pub(crate) async fn count(&self, method: &str) -> u64 {
        let (_, lines) = self.control(Method::GET, "/counts").await;
        let lines = lines.lines().map(|line| line.split(' ').collect::<Vec<_>>());
        lines.filter(|words| words[2] == method).map(|words| words[3].parse::<u64>().unwrap()).sum()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A client that trusts only this authority.
pub(crate) fn client(authority: &Path) -> Client {
    let authority = Certificate::from_pem(&std::fs::read(authority).unwrap()).unwrap();
    Client::builder()
        .tls_built_in_root_certs(false)
        .add_root_certificate(authority)
        .timeout(DEADLINE)
        .build()
        .unwrap()
}

/// Waits until something has come about.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !holds().await {
        assert!(start.elapsed() < DEADLINE, "still not: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn next_number() -> usize {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed) % 250
}
