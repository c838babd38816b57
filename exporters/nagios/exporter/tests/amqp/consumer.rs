//! An exporter behind RabbitMQ, in the test's process.

use exporter_kit::Service;
use nagios_exporter::{ABOUT, Config, Flags, Source};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::until;

/// A running consumer. Stops when dropped.
pub(crate) struct Consumer {
    url: String,
    shutdown: CancellationToken,
    task: Option<JoinHandle<anyhow::Result<()>>>,
}

impl Consumer {
    /// Starts one with this broker and more configuration.
    pub(crate) async fn start(broker: &str, config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("nagios-exporter.yml");
        std::fs::write(&file, format!("instance: consumer\n{config}")).unwrap();
        let config: Config = exporter_kit::config::load(Some(&file)).unwrap();
        let flags =
            Flags { source: Source::Amqp, amqp_url: Some(broker.to_owned()), ..Flags::default() };
        let service = Service::for_test(ABOUT, flags, config).await.unwrap();
        let url = format!("http://{}", service.web.address());
        let shutdown = service.shutdown.clone();
        let task = Some(tokio::spawn(nagios_exporter::run(service)));
        Consumer { url, shutdown, task }
    }

    /// Stops it in order and waits until it has.
    pub(crate) async fn stop(mut self) {
        self.shutdown.cancel();
        self.task.take().unwrap().await.unwrap().unwrap();
    }

    /// Status and body of a page.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let answer = reqwest::get(format!("{}{path}", self.url)).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// The value of one series: of the exporter's own page, or of a site's.
    pub(crate) async fn metric(&self, site: Option<&str>, series: &str) -> Option<f64> {
        let path = site.map_or("/metrics".to_owned(), |site| format!("/sites/{site}/metrics"));
        let (_, page) = self.get(&path).await;
        let line = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
        Some(line.parse().unwrap())
    }

    /// Waits until a series has this value.
    pub(crate) async fn reaches(&self, site: Option<&str>, series: &str, value: f64) {
        let what = format!("{series} {value} of {site:?}");
        until(&what, async || (self.metric(site, series).await == Some(value)).then_some(())).await;
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}
