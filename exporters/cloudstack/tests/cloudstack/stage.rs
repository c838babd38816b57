//! The exporter in the test's own process.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use cloudstack_exporter::{ABOUT, Config, Flags};
use exporter_kit::Service;
use tempfile::TempDir;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::page::{self, Series};

const PATIENCE: Duration = Duration::from_secs(60);

/// A running exporter. Stopped when dropped.
pub(crate) struct Exporter {
    address: SocketAddr,
    http: reqwest::Client,
    _stop: DropGuard,
}

impl Exporter {
    /// Starts one whose book of alerts is in `folder`, with these lines in its file.
    pub(crate) async fn start(folder: &TempDir, lines: &str) -> Self {
        let path = folder.path().join("exporter.yml");
        let refresh =
            "refresh: {alerts: 200ms, infrastructure: 300ms, machines: 300ms, slow: 300ms}";
        std::fs::write(&path, format!("state_dir: state\n{refresh}\n{lines}\n")).unwrap();
        let config: Config = exporter_kit::config::load(Some(&path)).unwrap();
        let service = Service::for_test(ABOUT, Flags {}, config).await.unwrap();
        let (address, shutdown) = (service.web.address(), service.shutdown.clone());
        tokio::spawn(async move { cloudstack_exporter::run(service).await.unwrap() });
        Exporter { address, http: reqwest::Client::new(), _stop: shutdown.drop_guard() }
    }

    /// The same, once it is ready.
    pub(crate) async fn ready(folder: &TempDir, lines: &str) -> Self {
        let exporter = Self::start(folder, lines).await;
        eventually("readiness", async || {
            exporter.status("/-/ready").await.then_some(()).ok_or_else(String::new)
        })
        .await;
        exporter
    }

    pub(crate) async fn text(&self, path: &str) -> String {
        let answer = self.http.get(format!("http://{}{path}", self.address)).send().await.unwrap();
        answer.text().await.unwrap()
    }

    pub(crate) async fn status(&self, path: &str) -> bool {
        let answer = self.http.get(format!("http://{}{path}", self.address)).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    pub(crate) async fn metrics(&self) -> Vec<Series> {
        page::read(&self.text("/metrics").await)
    }

    /// Waits until the page has what `check` wants.
    pub(crate) async fn until(&self, what: &str, check: impl Fn(&[Series]) -> bool) -> Vec<Series> {
        eventually(what, async || {
            let page = self.metrics().await;
            if check(&page) { Ok(page) } else { Err(told(&page)) }
        })
        .await
    }
}

/// How the collectors fare, for a test that fails.
fn told(page: &[Series]) -> String {
    let own = page.iter().filter(|series| series.name.starts_with("cloudstack_collector_"));
    own.map(|series| format!("{} {:?} {}\n", series.name, series.labels, series.value)).collect()
}

/// Tries until it succeeds.
pub(crate) async fn eventually<T>(
    what: &str,
    mut attempt: impl AsyncFnMut() -> Result<T, String>,
) -> T {
    let begin = Instant::now();
    loop {
        match attempt().await {
            Ok(value) => return value,
            Err(last) if begin.elapsed() > PATIENCE => panic!("no {what} in time: {last}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// A token that is cancelled when the guard goes.
pub(crate) fn stop() -> (CancellationToken, DropGuard) {
    let token = CancellationToken::new();
    (token.clone(), token.drop_guard())
}
