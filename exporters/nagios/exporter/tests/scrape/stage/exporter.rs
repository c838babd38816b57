//! The exporter's own `run`, in the test's process.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use exporter_kit::Service;
use nagios_exporter::{ABOUT, Config, Flags};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::eventually;

/// A running exporter. Stops when dropped.
pub(crate) struct Exporter {
    url: String,
    socket: PathBuf,
    config: watch::Sender<Arc<Config>>,
    shutdown: CancellationToken,
    task: Option<JoinHandle<anyhow::Result<()>>>,
    folder: tempfile::TempDir,
}

impl Exporter {
    /// Starts one with this configuration, under the name `test`.
    pub(crate) async fn start(config: &str) -> Self {
        Self::start_as("test", config).await
    }

    /// Starts one with this configuration and name.
    pub(crate) async fn start_as(name: &str, config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = load(folder.path(), name, config);
        let socket = folder.path().join("nagios.sock");
        let flags = Flags { socket: Some(socket.clone()), ..Flags::default() };
        let service = Service::for_test(ABOUT, flags, config.clone()).await.unwrap();
        let (sender, config) = watch::channel(Arc::new(config));
        let service = Service { config, ..service };
        let url = format!("http://{}", service.web.address());
        let shutdown = service.shutdown.clone();
        let task = tokio::spawn(nagios_exporter::run(service));
        let exporter = Exporter { url, socket, config: sender, shutdown, task: Some(task), folder };
        // Its mode is the last thing that is set.
        let ready = async || {
            let mode = std::fs::metadata(&exporter.socket).ok()?.permissions().mode();
            (mode & 0o777 == 0o660).then_some(())
        };
        eventually("the socket", ready).await;
        exporter
    }

    /// Puts another configuration in force, as a reload does.
    pub(crate) fn reconfigure(&self, config: &str) {
        self.config.send_replace(Arc::new(load(self.folder.path(), "test", config)));
    }

    /// Stops it in order and waits until it has.
    pub(crate) async fn stop(mut self) {
        self.shutdown.cancel();
        self.task.take().unwrap().await.unwrap().unwrap();
        assert!(!self.socket.exists(), "the socket's file is left behind");
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Status and body of a page.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let answer = reqwest::get(format!("{}{path}", self.url)).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// A page that must be there, as JSON.
    pub(crate) async fn json(&self, path: &str) -> serde_json::Value {
        let (status, body) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// The value of one series on the metrics page.
    pub(crate) async fn metric(&self, series: &str) -> Option<f64> {
        let (_, page) = self.get("/metrics").await;
        let line = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
        Some(line.parse().unwrap())
    }

    /// Waits until a series has this value.
    pub(crate) async fn reaches(&self, series: &str, value: f64) {
        let what = format!("{series} {value}");
        eventually(&what, async || (self.metric(series).await == Some(value)).then_some(())).await;
    }
}

/// Reads a configuration under a name.
fn load(folder: &Path, name: &str, config: &str) -> Config {
    let file = folder.join("nagios-exporter.yml");
    std::fs::write(&file, format!("instance: {name}\n{config}")).unwrap();
    exporter_kit::config::load(Some(&file)).unwrap()
}

impl Drop for Exporter {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}
