//! Runs the example service as a process with files of its own.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use reqwest::{RequestBuilder, StatusCode};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::timeout;

/// Whatever a test waits for must have happened by then.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// A running service, killed when dropped.
pub(crate) struct Minimal<A = SocketAddr> {
    pub(crate) address: A,
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
    seen: String,
    dir: TempDir,
}

impl Minimal {
    pub(crate) async fn start(config: &str, web: Option<&str>) -> Self {
        Self::start_with(config, web, &[]).await
    }

    pub(crate) async fn start_with(
        config: &str,
        web: Option<&str>,
        files: &[(&str, String)],
    ) -> Self {
        let mut service = Minimal::spawn(config, web, files, &["--web.listen-address=127.0.0.1:0"]);
        let address = service.next_address().await;
        let Minimal { address: (), child, log, seen, dir } = service;
        let service = Minimal { address, child, log, seen, dir };
        if web.is_none() {
            service.wait_for_metric("minimal_number").await;
        }
        service
    }

    pub(crate) fn request(&self, path: &str) -> RequestBuilder {
        reqwest::Client::new().get(format!("http://{}{path}", self.address)).timeout(DEADLINE)
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, String) {
        let answer = self.request(path).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    pub(crate) async fn post(&self, path: &str) -> (StatusCode, String) {
        let url = format!("http://{}{path}", self.address);
        let answer = reqwest::Client::new().post(url).timeout(DEADLINE).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    pub(crate) async fn wait_for_metric(&self, line: &str) {
        let scrape = async {
            while !self.get("/metrics").await.1.contains(line) {
                tokio::task::yield_now().await;
            }
        };
        timeout(DEADLINE, scrape).await.unwrap_or_else(|_| panic!("{line} never came"));
    }
}

impl Minimal<()> {
    pub(crate) fn spawn(
        config: &str,
        web: Option<&str>,
        files: &[(&str, String)],
        flags: &[&str],
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("minimal.yml"), config).unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        let mut command = Command::new(program());
        command.arg("--config.file").arg(dir.path().join("minimal.yml")).args(flags);
        if let Some(web) = web {
            std::fs::write(dir.path().join("web.yml"), web).unwrap();
            command.arg("--web.config.file").arg(dir.path().join("web.yml"));
        }
        let mut child = command
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap()).lines();
        Minimal { address: (), child, log, seen: String::new(), dir }
    }
}

impl<A> Minimal<A> {
    pub(crate) fn write(&self, config: &str) {
        self.write_file("minimal.yml", config);
    }

    /// Replaces a file at once, as careful writers do.
    pub(crate) fn write_file(&self, name: &str, text: &str) {
        let new = self.path("new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, self.path(name)).unwrap();
    }

    /// The next address in the log.
    pub(crate) async fn next_address(&mut self) -> SocketAddr {
        let line = self.log_line("address=").await;
        let address = line.split("address=").nth(1).unwrap();
        address.split(' ').next().unwrap().parse().unwrap()
    }

    /// Waits for a line that contains this.
    pub(crate) async fn log_line(&mut self, text: &str) -> String {
        loop {
            let line = timeout(DEADLINE, self.log.next_line()).await.unwrap().unwrap();
            let line = line.unwrap_or_else(|| panic!("ended without {text}: {}", self.seen));
            self.seen += &line;
            self.seen.push('\n');
            if line.contains(text) {
                break line;
            }
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// All that it has logged until now.
    pub(crate) async fn seen_so_far(&mut self) -> &str {
        while let Ok(Ok(Some(line))) = timeout(Duration::ZERO, self.log.next_line()).await {
            self.seen += &line;
            self.seen.push('\n');
        }
        &self.seen
    }

    /// Another one with the same files, only to check them.
    pub(crate) async fn check(&self) -> (Option<i32>, String) {
        let mut command = Command::new(program());
        command.arg("--web.config.file").arg(self.path("web.yml")).arg("--config.check");
        let output = timeout(DEADLINE, command.output()).await.unwrap().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().unwrap().to_string();
        assert!(
            std::process::Command::new("kill").args(["-s", name, &pid]).status().unwrap().success()
        );
    }

    /// Waits for the end; its exit code and all that it logged.
    pub(crate) async fn wait(mut self) -> (Option<i32>, String) {
        let end = async {
            while let Some(line) = self.log.next_line().await.unwrap() {
                self.seen += &line;
                self.seen.push('\n');
            }
            self.child.wait().await.unwrap().code()
        };
        let code = timeout(DEADLINE, end).await.expect("the service did not stop");
        (code, self.seen)
    }
}

/// The example that cargo builds beside this test.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().parent().unwrap().join("examples/minimal")
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !so().await {
            tokio::task::yield_now().await;
        }
    };
    timeout(DEADLINE, wait).await.unwrap_or_else(|_| panic!("{what}: not in time"));
}

/// Asks Prometheus' own linter.
pub(crate) fn promtool_check(page: &str) {
    let mut promtool = std::process::Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is needed: run `make install-deps`");
    promtool.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned()
        + &String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.is_empty(), "{said}");
}

/// Whether promtool accepts a web configuration file.
pub(crate) fn promtool_accepts(web: &Path) -> bool {
    let mut promtool = std::process::Command::new("promtool");
    promtool.args(["check", "web-config"]).arg(web).output().unwrap().status.success()
}
