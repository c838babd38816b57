//! The two exporters, as processes that are scraped.

use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::modules;
use crate::process::Process;

/// How long a program may take until it answers.
const START: Duration = Duration::from_secs(30);

/// Nothing takes longer.
const LONGEST: Duration = Duration::from_secs(300);

/// Whose program it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    Ours,
    Peers,
}

/// An exporter that runs.
pub(crate) struct Exporter {
    pub(crate) process: Process,
    address: String,
    client: reqwest::Client,
    _folder: TempDir,
}

impl Exporter {
    pub(crate) async fn start(whose: Whose) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("snmp.yml");
        let (program, config) = match whose {
            Whose::Ours => (env!("CARGO_BIN_EXE_snmp-exporter"), modules::ours()),
            Whose::Peers => ("prometheus-snmp-exporter", modules::peers()),
        };
        std::fs::write(&file, config).unwrap();
        let address = free_address();
        let process = Process::start(
            Command::new(program)
                .arg(format!("--config.file={}", file.display()))
                .arg(format!("--web.listen-address={address}"))
                .stderr(Stdio::null()),
        );
        let client = reqwest::Client::builder().timeout(LONGEST).build().unwrap();
        let exporter = Self { process, address, client, _folder: folder };
        exporter.wait().await;
        exporter
    }

    async fn wait(&self) {
        let until = Instant::now() + START;
        let mut tries = tokio::time::interval(Duration::from_millis(20));
        while self.client.get(format!("http://{}/", self.address)).send().await.is_err() {
            assert!(Instant::now() < until, "nobody answers on {}", self.address);
            tries.tick().await;
        }
    }

    /// One scrape: seconds that it took, and how many lines have a name that begins so.
    ///
    /// # Errors
    /// When there is no page.
    pub(crate) async fn try_scrape(
        &self,
        target: &str,
        module: &str,
        name: &str,
    ) -> reqwest::Result<(f64, usize)> {
        let start = Instant::now();
        let url = format!("http://{}/snmp?target={target}&module={module}", self.address);
        let page = self.client.get(url).send().await?.error_for_status()?.text().await?;
        let took = start.elapsed().as_secs_f64();
        Ok((took, page.lines().filter(|line| line.starts_with(name)).count()))
    }

    /// One scrape that must bring so many interfaces: seconds that it took.
    pub(crate) async fn scrape(&self, target: &str, module: &str, interfaces: usize) -> f64 {
        let (took, found) = self.try_scrape(target, module, "ifInOctets{").await.unwrap();
        assert_eq!(found, interfaces, "interfaces of {target} as {} tells them", self.address);
        took
    }
}

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}
