//! A suite started by `wisemonitor up` in a folder and on an address of its own.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{BufRead as _, BufReader};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::{Instant, sleep, timeout};

const START_LIMIT: Duration = Duration::from_secs(60);
const WAIT_LIMIT: Duration = Duration::from_secs(60);
/// As many as `configuration/nagios-objects.cfg` has.
const SERVICES: usize = 7;
pub(crate) const PAUSE: Duration = Duration::from_millis(10);

/// A running suite. Dropped, it ends in order.
pub(crate) struct Suite {
    process: Option<Child>,
    dir: TempDir,
    address: Ipv4Addr,
    pub(crate) client: reqwest::Client,
}

impl Suite {
    /// Starts a suite whose Nagios checks each second.
    pub(crate) async fn start() -> Self {
        Self::start_with("1s").await
    }

    pub(crate) async fn start_with(check_interval: &str) -> Self {
        let dir = tempfile::Builder::new().prefix("road").tempdir().unwrap();
        let address = free_address();
        // Through the guard, so that nothing runs on when the tests themselves are killed.
        let program = env!("CARGO_BIN_EXE_wisemonitor");
        let mut process = Command::new(program)
            .args(["guard", &std::process::id().to_string(), program, "up", "--dir"])
            .arg(dir.path())
            .args(["--address", &address.to_string(), "--check-interval", check_interval])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (lines, seen) = mpsc::channel();
        forward(process.stdout.take().unwrap(), lines.clone());
        forward(process.stderr.take().unwrap(), lines);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let suite = Suite { process: Some(process), dir, address, client };
        let deadline = Instant::now() + START_LIMIT;
        let mut said = String::new();
        while !said.contains("Ctrl-C stops everything") {
            match seen.try_recv() {
                Ok(line) => said = said + &line + "\n",
                Err(mpsc::TryRecvError::Disconnected) => panic!("`up` ended:\n{said}"),
                Err(mpsc::TryRecvError::Empty) => {
                    assert!(Instant::now() < deadline, "`up` is not ready:\n{said}");
                    sleep(PAUSE).await;
                }
            }
        }
        // Nagios has checked everything once: what follows is caused by the test.
        suite.until("first checks", async || suite.has_begun().await).await;
        suite
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn address(&self) -> Ipv4Addr {
        self.address
    }

    pub(crate) fn process(&self) -> u32 {
        self.process.as_ref().unwrap().id()
    }

    pub(crate) fn url(&self, port: u16, path: &str) -> String {
        format!("http://{}:{port}{path}", self.address)
    }

    /// Runs a subcommand against this suite; it must succeed.
    pub(crate) async fn command(&self, subcommand: &str, arguments: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.try_command(subcommand, arguments).await;
        assert!(
            status.success(),
            "{subcommand} {arguments:?}: {}",
            String::from_utf8_lossy(&stderr)
        );
        String::from_utf8(stdout).unwrap()
    }

    pub(crate) async fn try_command(&self, subcommand: &str, arguments: &[&str]) -> Output {
        let mut command = wisemonitor(subcommand, self.dir());
        command.args(arguments);
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }

    /// Process ids of the parts that run.
    pub(crate) async fn pids(&self) -> BTreeMap<String, i32> {
        let parts: Value =
            serde_json::from_str(&self.command("status", &["--json"]).await).unwrap();
        let parts = parts.as_array().unwrap().iter();
        parts
            .filter_map(|part| {
                Some((
                    part["name"].as_str()?.to_owned(),
                    i32::try_from(part["pid"].as_u64()?).ok()?,
                ))
            })
            .collect()
    }

    pub(crate) async fn signal(&self, part: &str, signal: Signal) {
        kill(Pid::from_raw(self.pids().await[part]), signal).unwrap();
    }

    /// GETs JSON; none while the server does not answer with success.
    pub(crate) async fn json(&self, port: u16, path: &str) -> Option<Value> {
        let answer = self
            .client
            .get(self.url(port, path))
            .timeout(Duration::from_secs(5))
            .send()
            .await
            .ok()?;
        answer.error_for_status().ok()?.json().await.ok()
    }

    /// The first value of a PromQL query, asked of the suite's Prometheus.
    pub(crate) async fn query(&self, query: &str) -> Option<f64> {
        let url =
            reqwest::Url::parse_with_params(&self.url(9090, "/api/v1/query"), [("query", query)])
                .unwrap();
        let answer: Value = self.client.get(url).send().await.ok()?.json().await.ok()?;
        answer["data"]["result"][0]["value"][1].as_str()?.parse().ok()
    }

    /// Waits for a condition.
    pub(crate) async fn until(&self, what: &str, condition: impl AsyncFn() -> bool) {
        let met = timeout(WAIT_LIMIT, async {
            while !condition().await {
                sleep(PAUSE).await;
            }
        });
        assert!(met.await.is_ok(), "waited in vain for: {what}\n{}", self.logs());
    }

    /// The texts of all messages that contain `part`, oldest first.
    pub(crate) async fn messages_about(&self, part: &str) -> Vec<String> {
        let mut found: Vec<_> = ["outbox", "sent"]
            .iter()
            .flat_map(|folder| messages(&self.dir().join("gammu-smsd").join(folder)))
            .filter(|(_, text)| text.contains(part))
            .collect();
        found.sort();
        // Between the two folders gammu may move one while we look.
        found.dedup();
        found.into_iter().map(|(_, text)| text).collect()
    }

    /// Ends the suite as Ctrl-C does.
    pub(crate) async fn stop(&mut self) {
        let mut process = self.process.take().unwrap();
        kill(Pid::from_raw(process.id().try_into().unwrap()), Signal::SIGINT).unwrap();
        let status = tokio::task::spawn_blocking(move || process.wait().unwrap()).await.unwrap();
        assert!(status.success(), "{status}");
    }

    /// All values of a metric on nagios-exporter's own page.
    pub(crate) async fn exporter_values(&self, metric: &str) -> Vec<f64> {
        let request = self.client.get(self.url(10190, "/metrics"));
        let Ok(answer) = request.send().await else { return Vec::new() };
        let page = answer.text().await.unwrap_or_default();
        let samples = page.lines().filter(|line| line.split(['{', ' ']).next() == Some(metric));
        samples.filter_map(|line| line.rsplit(' ').next()?.parse().ok()).collect()
    }

    /// Whether everything has been checked, and the web server found well. How this machine fares besides is
    /// not the tests' affair.
    async fn has_begun(&self) -> bool {
        let web = self.json(10190, "/api/v1/services?host=web&service=http&state=ok").await;
        web.is_some_and(|page| page["total"] == 1)
            && self.exporter_values("nagios_service_state").await.len() == SERVICES
    }

    fn logs(&self) -> String {
        ["nagios-exporter", "alert-bridge", "alertmanager"]
            .iter()
            .map(|part| {
                let log = std::fs::read_to_string(self.dir().join(part).join("output.log"))
                    .unwrap_or_default();
                let last = log.lines().rev().take(15).collect::<Vec<_>>();
                format!("{part}:\n{}\n", last.into_iter().rev().collect::<Vec<_>>().join("\n"))
            })
            .collect()
    }
}

impl Drop for Suite {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            // Killed by force it would leave parts that still write while the folder is removed.
            let _ = kill(Pid::from_raw(process.id().try_into().unwrap()), Signal::SIGTERM);
            let _ = process.wait();
        }
    }
}

/// `wisemonitor SUBCOMMAND --dir DIR`
pub(crate) fn wisemonitor(subcommand: &str, dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wisemonitor"));
    command.arg(subcommand).arg("--dir").arg(dir).stdin(Stdio::null());
    command
}

/// File name and text of each message in one of gammu's folders.
pub(crate) fn messages(folder: &Path) -> Vec<(String, String)> {
    let Ok(files) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths: Vec<PathBuf> = files.filter_map(|file| Some(file.ok()?.path())).collect();
    let name = |path: &Path| Some(path.file_name()?.to_str()?.to_owned());
    paths
        .iter()
        .filter_map(|path| Some((name(path)?, utf16(&std::fs::read(path).ok()?))))
        .filter(|(name, _)| name.starts_with("OUTC"))
        .collect()
}

fn utf16(bytes: &[u8]) -> String {
    let units: Vec<u16> =
        bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    String::from_utf16_lossy(&units)
}

/// Somewhere in 127.0.0.0/8, away from where people start suites.
fn free_address() -> Ipv4Addr {
    let [a, b, c, ..] = RandomState::new().hash_one(std::process::id()).to_be_bytes();
    Ipv4Addr::new(127, a.clamp(1, 254), b, c.clamp(1, 254))
}

fn forward(pipe: impl std::io::Read + Send + 'static, lines: mpsc::Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            // Read on when nobody listens, so that `up` never blocks.
            let _ = lines.send(line);
        }
    });
}
