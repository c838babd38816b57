//! Scrapes over HTTP of agents on real sockets, and the pages beside them.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use exporter_kit::Service;
use reqwest::{Response, StatusCode};
use snmp_exporter::config::Config;
use snmp_exporter::flags::Flags;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::device;
use crate::lab::Lab;

/// Whatever a test waits for must have happened by then.
const DEADLINE: Duration = Duration::from_secs(60);

/// A configuration with a table, a scalar that is got, an enumeration, and a column that has duplicates.
const CONFIG: &str = "
auths: {public_v2: {}, public_v1: {version: 1}, other: {community: t0ps3cret}}
modules:
  table:
    walk: [1.3.6.1.2.1.2.2.1]
    get: [1.3.6.1.2.1.1.3.0, 1.3.6.1.2.1.1.99.0]
    metrics:
    - {name: uptime, oid: 1.3.6.1.2.1.1.3, type: gauge, help: Ticks}
    - name: status
      oid: 1.3.6.1.2.1.2.2.1.8
      type: EnumAsStateSet
      help: State
      indexes: [{labelname: index, type: gauge}]
      lookups: [{labels: [index], labelname: port, oid: 1.3.6.1.2.1.2.2.1.2, type: DisplayString}]
      enum_values: {1: up, 2: down}
  twice:
    walk: [1.3.6.1.2.1.2.2.1]
    metrics:
    - name: status
      oid: 1.3.6.1.2.1.2.2.1.8
      type: gauge
      help: State
      indexes: [{labelname: index, type: gauge}]
      lookups: [{labels: [], labelname: index}]
  impatient:
    walk: [1.3.6.1.2.1.2.2.1]
    timeout: 50ms
    retries: 1
  some:
    walk: [1.3.6.1.2.1.2.2.1.8]
    filters: [{oid: 1.3.6.1.2.1.2.2.1.2, targets: [1.3.6.1.2.1.2.2.1.8], values: ['^eth.1']}]
    metrics:
    - {name: some, oid: 1.3.6.1.2.1.2.2.1.8, type: gauge, help: State, indexes: [{labelname: index, type: gauge}]}
";

const RECORDING: &str = "1.3.6.1.2.1.1.3.0|67|4711
1.3.6.1.2.1.2.2.1.2.1|4|eth 1
1.3.6.1.2.1.2.2.1.2.2|4x|657468ff32
1.3.6.1.2.1.2.2.1.8.1|2|1
1.3.6.1.2.1.2.2.1.8.2|2|7
";

const PAGE: &str = "# HELP status State (EnumAsStateSet)
# TYPE status gauge
status{index=\"1\",port=\"eth 1\",status=\"down\"} 0
status{index=\"1\",port=\"eth 1\",status=\"up\"} 1
status{index=\"2\",port=\"eth\u{fffd}2\",status=\"7\"} 1
status{index=\"2\",port=\"eth\u{fffd}2\",status=\"down\"} 0
status{index=\"2\",port=\"eth\u{fffd}2\",status=\"up\"} 0
# HELP uptime Ticks
# TYPE uptime gauge
uptime 4711
";

/// An exporter in this process.
pub(crate) struct Exporter {
    url: String,
    shutdown: CancellationToken,
    running: JoinHandle<anyhow::Result<()>>,
}

impl Exporter {
    pub(crate) async fn start(config: Config, flags: Flags) -> Self {
        let service = Service::for_test(snmp_exporter::ABOUT, flags, config).await.unwrap();
        let url = format!("http://{}", service.web.address());
        let shutdown = service.shutdown.clone();
        Exporter { url, shutdown, running: tokio::spawn(snmp_exporter::run(service)) }
    }

    async fn with(flags: Flags) -> Self {
        Exporter::start(device::config(CONFIG), flags).await
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.url.trim_start_matches("http://").parse().unwrap()
    }

    async fn get(&self, path: &str) -> Response {
        let request = reqwest::Client::new().get(format!("{}{path}", self.url));
        request.timeout(DEADLINE).send().await.unwrap()
    }

    pub(crate) async fn text(&self, path: &str) -> (StatusCode, String) {
        let response = self.get(path).await;
        (response.status(), response.text().await.unwrap())
    }

    /// Scrapes; the page without what it tells about the scrape itself.
    pub(crate) async fn scrape(&self, lab: &Lab, query: &str) -> (StatusCode, String) {
        let (status, page) = self.text(&format!("/snmp?target={}&{query}", lab.agent)).await;
        (status, without_scrape(&page))
    }

    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        tokio::time::timeout(DEADLINE, self.running).await.unwrap().unwrap().unwrap();
    }
}

pub(crate) fn without_scrape(page: &str) -> String {
    let about = |line: &&str| {
        !line
            .trim_start_matches("# HELP ")
            .trim_start_matches("# TYPE ")
            .starts_with("snmp_scrape_")
    };
    page.split_inclusive('\n').filter(about).collect()
}

/// An agent that answers from a recording.
pub(crate) fn agent(dir: &Path, recording: &str) -> Lab {
    let path = dir.join("device.snmprec");
    std::fs::write(&path, recording).unwrap();
    Lab::start(&["--snmp.recording", path.to_str().unwrap()])
}

#[tokio::test]
async fn a_device_becomes_a_page() {
    let dir = tempfile::tempdir().unwrap();
    let lab = agent(dir.path(), RECORDING);
    for parallelism in [1, 8] {
        let exporter = Exporter::with(Flags { parallelism, ..Flags::default() }).await;
        for query in ["module=table", "module=table&auth=public_v1"] {
            assert_eq!(
                exporter.scrape(&lab, query).await,
                (StatusCode::OK, PAGE.to_owned()),
                "{query}"
            );
        }
        let rows = exporter.scrape(&lab, "module=some").await.1;
        assert!(rows.ends_with("\nsome{index=\"1\"} 1\n"), "{rows}");
        let (_, page) =
            exporter.text(&format!("/snmp?target=udp://{}&module=table,some", lab.agent)).await;
        for line in [
            "snmp_scrape_pdus_returned{module=\"table\"} 5\n",
            "snmp_scrape_packets_retried{module=\"some\"} 0\n",
            "# HELP snmp_scrape_walk_duration_seconds Time SNMP walk/bulkwalk took.\n",
        ] {
            assert!(page.contains(line), "{line}\n{page}");
        }
        let tcp = exporter.text(&format!("/snmp?target=tcp://{}&module=table", lab.agent)).await;
        assert_eq!((tcp.0, without_scrape(&tcp.1)), (StatusCode::OK, PAGE.to_owned()));
        exporter.stop().await;
    }
}

#[tokio::test]
async fn the_page_is_text_and_gzipped_on_request() {
    let dir = tempfile::tempdir().unwrap();
    let lab = agent(dir.path(), RECORDING);
    let exporter = Exporter::with(Flags::default()).await;
    let page = exporter.get(&format!("/snmp?target={}&module=table", lab.agent)).await;
    let kind = page.headers()["content-type"].to_str().unwrap().to_owned();
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    let url = format!("{}/snmp?target={}&module=table", exporter.url, lab.agent);
    let plain = reqwest::Client::builder().no_gzip().build().unwrap();
    let zipped = plain.get(url).header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(zipped.headers()["content-encoding"], "gzip");
    exporter.stop().await;
}

#[tokio::test]
async fn a_wrong_request_is_refused_and_counted() {
    let exporter = Exporter::with(Flags::default()).await;
    for (query, expected) in [
        ("", "'target' parameter must be specified once\n"),
        ("?target=a&target=b", "'target' parameter must be specified once\n"),
        ("?target=a&auth=x", "Unknown auth 'x'\n"),
        ("?target=a&module=x", "Unknown module 'x'\n"),
        ("?target=a&module=", "'module' parameter must contain at least one module name\n"),
    ] {
        let answer = exporter.text(&format!("/snmp{query}")).await;
        assert_eq!(answer, (StatusCode::BAD_REQUEST, expected.to_owned()));
    }
    let (_, metrics) = exporter.text("/metrics").await;
    assert!(metrics.contains("\nsnmp_request_errors_total 5\n"), "{metrics}");
    exporter.stop().await;
}

#[tokio::test]
async fn a_failure_names_target_module_and_reason() {
    let dir = tempfile::tempdir().unwrap();
    let lab = agent(dir.path(), RECORDING);
    let exporter = Exporter::with(Flags::default()).await;
    let (status, text) = exporter.scrape(&lab, "module=twice").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(text.contains(&format!("target {}, module twice: ", lab.agent)), "{text}");
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let silent = silent.local_addr().unwrap();
    let (status, text) = exporter.text(&format!("/snmp?target={silent}&module=impatient")).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(text.contains(&format!("module impatient: target {silent}: ")), "{text}");
    exporter.stop().await;
}

#[tokio::test]
async fn duplicates_can_be_dropped_and_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let lab = agent(dir.path(), RECORDING);
    let exporter = Exporter::with(Flags { drop_duplicates: true, ..Flags::default() }).await;
    let (status, page) = exporter.scrape(&lab, "module=twice").await;
    assert_eq!(
        (status, page.ends_with("# TYPE status gauge\nstatus 1\n")),
        (StatusCode::OK, true),
        "{page}"
    );
    let (_, metrics) = exporter.text("/metrics").await;
    assert!(metrics.contains("\nsnmp_duplicates_dropped_total 1\n"), "{metrics}");
    exporter.stop().await;
}

#[tokio::test]
async fn partial_results_tell_which_modules_came_through() {
    let dir = tempfile::tempdir().unwrap();
    let lab = agent(dir.path(), RECORDING);
    // Slower than one module's patience, and not than the other's.
    lab.set("delay=200").await;
    let flags = Flags { partial_results: true, parallelism: 1, ..Flags::default() };
    let exporter = Exporter::with(flags).await;
    let (status, page) = exporter.scrape(&lab, "module=table,impatient").await;
    assert_eq!(status, StatusCode::OK, "{page}");
    assert!(page.contains("\nuptime 4711\n"), "{page}");
    assert!(page.contains("\nsnmp_module_success{module=\"impatient\"} 0\nsnmp_module_success{module=\"table\"} 1\n"), "{page}");
    let (status, _) = exporter.scrape(&lab, "module=impatient").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    exporter.stop().await;
    let exporter = Exporter::with(Flags { parallelism: 1, ..Flags::default() }).await;
    let (status, _) = exporter.scrape(&lab, "module=table,impatient").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    exporter.stop().await;
}

#[tokio::test]
async fn the_pages_for_people_hide_secrets() {
    let exporter = Exporter::with(Flags::default()).await;
    let (status, config) = exporter.text("/config").await;
    assert_eq!(status, StatusCode::OK);
    assert!(config.contains("community: <secret>") && !config.contains("t0ps3cret"), "{config}");
    let (_, landing) = exporter.text("/").await;
    for part in
        ["action=\"/snmp\"", "name=\"target\"", "<option value=\"twice\">", "href=\"/config\""]
    {
        assert!(landing.contains(part), "{part}\n{landing}");
    }
    assert!(!landing.contains('{') || !landing.contains("{modules}"), "{landing}");
    exporter.stop().await;
}

#[tokio::test]
async fn own_metrics_have_the_peers_names_from_the_start() {
    let exporter = Exporter::with(Flags::default()).await;
    let (_, metrics) = exporter.text("/metrics").await;
    for line in [
        "snmp_request_errors_total 0",
        "snmp_collection_duration_seconds_count{module=\"table\"} 0",
        "snmp_packet_duration_seconds_count 0",
        "snmp_packets_total 0",
        "snmp_packet_retries_total 0",
        "snmp_request_in_flight 0",
        "snmp_unexpected_pdu_type_total 0",
        "snmp_exporter_build_info{",
    ] {
        assert!(metrics.lines().any(|found| found.starts_with(line)), "{line}\n{metrics}");
    }
    exporter.stop().await;
}
