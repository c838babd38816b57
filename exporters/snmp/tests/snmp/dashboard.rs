//! What dashboards made for the peer ask of Prometheus: the same answers from both exporters, of one device.
//!
//! The peer is Debian's `prometheus-snmp-exporter`, 0.21; both get the same walks and metrics.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use snmp_exporter::config::Module;
use snmp_exporter::flags::Flags;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use crate::device;
use crate::lab::{Lab, oids};
use crate::scrape::{Exporter, agent};

const DEADLINE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(50);

/// What the panels of a dashboard for if_mib ask; `$by` chooses the exporter. What is worked out of times is
/// compared with a tolerance, for the two are not scraped at the same moment.
const QUERIES: [(&str, f64); 19] = [
    (r#"rate(ifHCInOctets{$by}[1m]) * 8"#, 0.2),
    (r#"topk(3, sum by (ifName) (rate(ifHCInOctets{$by}[1m])))"#, 0.2),
    (
        r#"rate(ifHCInOctets{$by}[1m]) * 8 / on (instance, ifIndex) group_left (ifAlias) (ifHighSpeed{$by} * 1e6) * 100"#,
        0.2,
    ),
    (r#"sum(rate(ifInErrors{$by}[1m]) + rate(ifOutErrors{$by}[1m]))"#, 0.2),
    (r#"max_over_time(ifHCInOctets{$by}[5m]) - min_over_time(ifHCInOctets{$by}[5m])"#, 0.0),
    (r#"ifHCInOctets{$by}"#, 0.0),
    (r#"ifOperStatus{$by} == 1"#, 0.0),
    (r#"count(ifOperStatus{$by} == 2 and on (ifIndex) ifAdminStatus{$by} == 1)"#, 0.0),
    (r#"count by (ifType) (ifType_info{$by})"#, 0.0),
    (r#"ifHighSpeed{$by} * 1e6"#, 0.0),
    (r#"ifSpeed{$by} / on (ifIndex, ifName, ifAlias) group_left () (ifHighSpeed{$by} * 1e6)"#, 0.0),
    (r#"ifPhysAddress{$by}"#, 0.0),
    (r#"ifMtu{$by, ifDescr=~"Gigabit.*"}"#, 0.0),
    (r#"sum by (ifDescr) (ifInDiscards{$by} + ifOutDiscards{$by})"#, 0.0),
    (r#"ifInErrors{$by} > 2"#, 0.0),
    (
        r#"(ifHCInUcastPkts{$by} + ifHCInMulticastPkts{$by} + ifHCInBroadcastPkts{$by}) / ifHCInOctets{$by}"#,
        0.0,
    ),
    (r#"label_replace(ifHCOutOctets{$by}, "port", "$1", "ifName", "Gi.*/(.+)")"#, 0.0),
    (r#"sysUpTime{$by} / 100"#, 0.0),
    (r#"ifNumber{$by}"#, 0.0),
];

#[tokio::test]
async fn a_dashboard_made_for_the_peer_shows_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let module = module();
    let modules = serde_saphyr::to_string(&BTreeMap::from([("if_mib", &module)])).unwrap();
    let lab = agent(dir.path(), &recording(1));

    let indented: String = modules.lines().map(|line| format!("  {line}\n")).collect();
    let config = device::config(&format!("auths: {{public_v2: {{}}}}\nmodules:\n{indented}"));
    let ours = Exporter::start(config, Flags { parallelism: 8, ..Flags::default() }).await;
    // 0.21 knows no auths: its file begins with the modules.
    std::fs::write(path("peer.yml"), &modules).unwrap();
    let (peer, _running_peer) = listening(|address| {
        let mut peer = Command::new("prometheus-snmp-exporter");
        peer.arg(format!("--config.file={}", path("peer.yml").display()));
        peer.arg(format!("--web.listen-address={address}"));
        peer
    })
    .await;
    let scraped = prometheus_config(lab.agent, [("ours", ours.address()), ("peer", peer)]);
    std::fs::write(path("prometheus.yml"), scraped).unwrap();
    let (prometheus, _running_prometheus) = listening(|address| {
        let mut prometheus = Command::new("prometheus");
        prometheus.arg(format!("--config.file={}", path("prometheus.yml").display()));
        prometheus.arg(format!("--storage.tsdb.path={}", path("data").display()));
        prometheus.arg(format!("--web.listen-address={address}"));
        prometheus
    })
    .await;

    let prometheus = Prometheus::ready(prometheus).await;
    prometheus.until("min(count_over_time(sysUpTime[5m])) >= 3 and count(sysUpTime) == 2").await;
    // The same switch, later: its counters have grown.
    let address = lab.agent.to_string();
    drop(lab);
    std::fs::write(path("device.snmprec"), recording(2)).unwrap();
    let recorded = path("device.snmprec");
    let _lab = Lab::start_at(&address, &["--snmp.recording", recorded.to_str().unwrap()]);
    prometheus
        .until("min(changes(sysUpTime[5m])) >= 1 and min(count_over_time(sysUpTime[5m])) >= 10 and min(up) == 1")
        .await;

    let now = prometheus.vector("time()", None).await[""];
    for (query, tolerance) in QUERIES {
        let ask = async |by: &str| {
            prometheus.vector(&query.replace("$by", &format!("job=\"{by}\"")), Some(now)).await
        };
        let (ours, peers) = (ask("ours").await, ask("peer").await);
        assert!(peers.values().any(|value| *value > 0.0), "{query}: the peer shows {peers:?}");
        assert_eq!(ours.keys().collect::<Vec<_>>(), peers.keys().collect::<Vec<_>>(), "{query}");
        for (labels, peers) in &peers {
            let apart = (ours[labels] - peers).abs();
            assert!(apart <= tolerance * peers.abs(), "{query} {labels}: {} {peers}", ours[labels]);
        }
    }
    ours.stop().await;
}

/// The built-in if_mib, with the time that the official one gets beside it.
fn module() -> Module {
    let config = device::config(include_str!("../../snmp.yml"));
    let mut module = Module::clone(&config.modules["if_mib"]);
    let uptime = config.modules["system"].metrics.iter().find(|it| it.name.as_str() == "sysUpTime");
    module.metrics.extend(uptime.cloned());
    module.get = oids(&["1.3.6.1.2.1.1.3.0"]);
    module.timeout = Duration::from_millis(500);
    module
}

/// A switch of twelve interfaces, some of them down, after some rounds of traffic.
fn recording(rounds: u64) -> String {
    let mut lines = format!("1.3.6.1.2.1.1.3.0|67|{}\n1.3.6.1.2.1.2.1.0|2|12\n", rounds * 100_000);
    for row in 1..=12 {
        let grows = |by: u64| (rounds * row * by).to_string();
        let columns = [
            ("2.2.1", 1, 2, row.to_string()),
            ("2.2.1", 2, 4, format!("GigabitEthernet1/{row}")),
            ("2.2.1", 3, 2, if row < 12 { "6" } else { "24" }.to_owned()),
            ("2.2.1", 4, 2, "1500".to_owned()),
            ("2.2.1", 5, 66, "1000000000".to_owned()),
            ("2.2.1", 6, 4, format!("\u{2}0000{row:1x}")),
            ("2.2.1", 7, 2, "1".to_owned()),
            ("2.2.1", 8, 2, (1 + row % 2).to_string()),
            ("2.2.1", 13, 65, grows(3)),
            ("2.2.1", 14, 65, grows(5)),
            ("2.2.1", 19, 65, grows(7)),
            ("2.2.1", 20, 65, grows(11)),
            ("31.1.1.1", 1, 4, format!("Gi1/{row}")),
            ("31.1.1.1", 6, 70, grows(1_000_000_007)),
            ("31.1.1.1", 7, 70, grows(1_000_003)),
            ("31.1.1.1", 8, 70, grows(101)),
            ("31.1.1.1", 9, 70, grows(103)),
            ("31.1.1.1", 10, 70, grows(900_000_011)),
            ("31.1.1.1", 15, 66, "1000".to_owned()),
            ("31.1.1.1", 18, 4, format!("to \"rack {row}\"")),
        ];
        for (table, column, tag, value) in columns {
            lines += &format!("1.3.6.1.2.1.{table}.{column}.{row}|{tag}|{value}\n");
        }
    }
    lines
}

/// Both exporters are asked for the same device, as its own instance.
fn prometheus_config(device: SocketAddr, exporters: [(&str, SocketAddr); 2]) -> String {
    let mut config =
        "global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n".to_owned();
    for (job, exporter) in exporters {
        config += &format!(
            "- {{job_name: {job}, metrics_path: /snmp, params: {{module: [if_mib], target: ['{device}']}}, static_configs: [{{targets: ['{exporter}'], labels: {{instance: switch}}}}]}}\n"
        );
    }
    config
}

/// A program that ends with its owner.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a program that takes its address as a flag, and waits until it listens there.
async fn listening(command: impl Fn(SocketAddr) -> Command) -> (SocketAddr, Running) {
    // An address of this process, so that no other test takes the port meanwhile.
    let [.., third, fourth] = std::process::id().to_be_bytes();
    let free = TcpListener::bind((Ipv4Addr::new(127, 77, third, fourth), 0)).unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let mut command = command(address);
    let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut running = Running(process.unwrap_or_else(|error| panic!("{command:?}: {error}")));
    let deadline = Instant::now() + DEADLINE;
    while TcpStream::connect(address).await.is_err() {
        assert!(running.0.try_wait().unwrap().is_none(), "{command:?} ended");
        assert!(Instant::now() < deadline, "{command:?} does not listen");
        sleep(PAUSE).await;
    }
    (address, running)
}

/// Prometheus' API.
struct Prometheus(SocketAddr);

impl Prometheus {
    /// It listens before it has opened its storage, and answers 503 until then.
    async fn ready(address: SocketAddr) -> Self {
        let url = format!("http://{address}/-/ready");
        let deadline = Instant::now() + DEADLINE;
        while !reqwest::get(&url).await.unwrap().status().is_success() {
            assert!(Instant::now() < deadline, "Prometheus is not ready");
            sleep(PAUSE).await;
        }
        Prometheus(address)
    }

    /// Values by their labels, those apart that name the exporter.
    async fn vector(&self, query: &str, at: Option<f64>) -> BTreeMap<String, f64> {
        let time = at.map(|at| ("time", at.to_string()));
        let parameters = [("query", query.to_owned())].into_iter().chain(time);
        let url = format!("http://{}/api/v1/query", self.0);
        let url = reqwest::Url::parse_with_params(&url, parameters).unwrap();
        let answer: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        let value = |pair: &Value| pair[1].as_str().unwrap().parse().unwrap();
        match &answer["data"]["result"] {
            Value::Array(scalar) if answer["data"]["resultType"] == "scalar" => {
                BTreeMap::from([(String::new(), value(&Value::Array(scalar.clone())))])
            }
            Value::Array(samples) => samples
                .iter()
                .map(|sample| {
                    let mut labels = sample["metric"].as_object().unwrap().clone();
                    labels.remove("job");
                    (Value::Object(labels).to_string(), value(&sample["value"]))
                })
                .collect(),
            _ => panic!("{query}: {answer}"),
        }
    }

    async fn until(&self, condition: &str) {
        let deadline = Instant::now() + DEADLINE;
        while self.vector(condition, None).await.is_empty() {
            assert!(Instant::now() < deadline, "waited in vain for {condition}");
            sleep(PAUSE).await;
        }
    }
}
