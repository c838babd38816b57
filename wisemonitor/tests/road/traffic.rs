//! `wisemonitor traffic`, on this machine's own agent and on a switch of the laboratory.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::feed::Feed;
use crate::suite::Suite;

const THRESHOLDS: &str = "wisemonitor_interface_threshold_ratio";

/// A switch of three interfaces, Gi1/2 down, Gi1/3 up, Gi1/4 down; it ends with its owner.
struct Switch {
    process: Child,
    address: String,
}

impl Switch {
    fn start(suite: &Suite) -> Self {
        let program =
            std::path::Path::new(env!("CARGO_BIN_EXE_wisemonitor")).with_file_name("lab-snmp");
        let mut process = Command::new(program)
            .args(["--snmp.interfaces", "3", "--snmp.listen-address"])
            .arg(format!("{}:0", suite.address()))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // It says two lines, and would end if it could not say the second.
        let lines = BufReader::new(process.stdout.take().unwrap()).lines().take(2);
        let lines: Vec<String> = lines.map(Result::unwrap).collect();
        let address = lines[0].strip_prefix("agent ").unwrap().to_owned();
        Switch { process, address }
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn an_interface_is_watched_and_then_no_more() {
    let mut suite = Suite::start().await;
    let switch = Switch::start(&suite);
    let add = ["add", "switch", "--address", &switch.address, "--auth", "public_v1"];
    let add = [&add[..], &["--warn", "70%", "--crit", "90%"]].concat();
    let refused = async |arguments: &[&str]| {
        let output = suite.try_command("traffic", arguments).await;
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };

    let error = refused(&[&add[..], &["--interface", "Gi9/9"]].concat()).await;
    assert!(
        error.contains("no interface \"Gi9/9\", expected one of Gi1/2, Gi1/3, Gi1/4"),
        "{error}"
    );
    let error = refused(&[&add[..], &["--interface", "Gi1/2"]].concat()).await;
    assert!(
        error.contains("is not up (admin up, oper down)") && error.contains("--force"),
        "{error}"
    );
    let files = || {
        ["snmp-targets.yml", "interface-thresholds.yml"]
            .map(|name| suite.dir().join("prometheus").join(name))
    };
    assert!(files().iter().all(|path| !path.exists()), "what is refused writes nothing");

    let shown = suite.command("traffic", &[&add[..], &["--interface", "Gi1/3"]].concat()).await;
    assert!(shown.contains("warning 70%, critical 90%") && shown.contains("1 Gbit/s"), "{shown}");
    let of =
        |name: &str, more: &str| format!("{name}{{instance=\"switch\",ifName=\"Gi1/3\"{more}}}");
    let critical = of(THRESHOLDS, ",direction=\"out\",severity=\"critical\"");
    suite.until("the threshold", async || suite.query(&critical).await == Some(0.9)).await;
    suite
        .until("the target's own metrics", async || {
            suite.query(&of("ifHighSpeed", "")).await == Some(1000.0)
        })
        .await;
    let targets = suite.json(9090, "/api/v1/targets").await.unwrap();
    let asked = targets["data"]["activeTargets"].as_array().unwrap().iter();
    let asked: Vec<_> = asked.filter(|target| target["labels"]["instance"] == "switch").collect();
    let url = asked[0]["scrapeUrl"].as_str().unwrap();
    assert!(url.contains("auth=public_v1"), "as whom the device was added: {url}");

    // A name by which it is known now needs no address.
    let forced = [
        "add",
        "switch",
        "--interface",
        "Gi1/2",
        "--warn",
        "5%",
        "--crit",
        "10%",
        "--in",
        "--force",
    ];
    suite.command("traffic", &forced).await;
    let count = format!("count({THRESHOLDS})");
    suite.until("six thresholds", async || suite.query(&count).await == Some(6.0)).await;
    let list = suite.command("traffic", &["list", "switch"]).await;
    assert!(
        list.lines()
            .any(|line| line.starts_with("Gi1/2") && line.ends_with("warning 5%, critical 10%")),
        "{list}"
    );

    let error = refused(&["remove", "switch", "--interface", "Gi1/4"]).await;
    assert!(error.contains("expected one of Gi1/2, Gi1/3"), "{error}");
    suite.command("traffic", &["remove", "switch", "--interface", "Gi1/2"]).await;
    suite.command("traffic", &["remove", "switch", "--interface", "Gi1/3", "--out"]).await;
    suite.until("two thresholds", async || suite.query(&count).await == Some(2.0)).await;
    suite.command("traffic", &["remove", "switch", "--interface", "Gi1/3"]).await;
    suite.until("no threshold", async || suite.query(&count).await.is_none()).await;
    assert!(
        !std::fs::read_to_string(&files()[0]).unwrap().contains("switch"),
        "the target is gone too"
    );

    std::fs::write(&files()[1], "groups: []\n").unwrap();
    let error = refused(&[&add[..], &["--interface", "Gi1/3"]].concat()).await;
    assert!(
        error.contains("interface-thresholds.yml was not written by `wisemonitor traffic`"),
        "{error}"
    );
    assert_eq!(std::fs::read_to_string(&files()[1]).unwrap(), "groups: []\n");
    suite.stop().await;
}

#[tokio::test]
async fn this_machine_is_a_device_from_the_start() {
    let mut suite = Suite::start().await;
    let here = r#"ifOperStatus{instance="this-machine",ifName="lo"}"#;
    suite.until("its interfaces", async || suite.query(here).await == Some(1.0)).await;
    let add = ["add", "this-machine", "--interface", "lo", "--warn", "50%", "--crit", "80%"];
    suite.command("traffic", &add).await;
    let list = suite.command("traffic", &["list", "this-machine"]).await;
    let lo = list.lines().find(|line| line.starts_with("lo ")).unwrap();
    assert!(lo.contains("10 Mbit/s") && lo.ends_with("warning 50%, critical 80%"), "{list}");

    // The rules compare its traffic with the thresholds, each in its direction.
    let rules: Value = suite.json(9090, "/api/v1/targets").await.unwrap();
    let scraped = rules["data"]["activeTargets"].as_array().unwrap().iter();
    let devices = scraped.filter(|target| target["labels"]["job"] == "snmp");
    assert_eq!(devices.count(), 1, "no second target for what another file names");
    suite.stop().await;
}

/// From bytes on an interface to the page of alert-bridge: snmpd counts them, Prometheus compares them.
#[tokio::test]
async fn real_traffic_over_a_threshold_reaches_the_feed() {
    let mut suite = Suite::start().await;
    let mut feed = Feed::connect(&suite, None).await.expect("the feed answers");
    let traffic = Traffic::start(&suite).await;
    let add = ["add", "this-machine", "--interface", "lo", "--warn", "10%", "--crit", "20%"];
    suite.command("traffic", &add).await;

    let scrapes = r#"count_over_time(ifHCInOctets{ifName="lo"}[5m])"#;
    for count in [1.0, 2.0] {
        let have = async || suite.query(scrapes).await.is_some_and(|scrapes| scrapes >= count);
        suite.until("a scrape of the device", have).await;
    }
    let over = r#"interface_direction_severity:traffic_over_threshold:ratio{ifName="lo",direction="in",severity="critical"}"#;
    suite.until("traffic over the threshold", async || suite.query(over).await > Some(0.2)).await;
    suite
        .until("the alert at Alertmanager", async || {
            let alerts = suite.json(9093, "/api/v2/alerts").await.unwrap_or_default();
            alerts
                .as_array()
                .is_some_and(|alerts| alerts.iter().any(|alert| is_about_lo(&alert["labels"])))
        })
        .await;
    let told = loop {
        let event = feed.next().await.expect("the feed goes on");
        if is_about_lo(&event.data["episode"]["labels"]) {
            break event;
        }
    };
    assert_eq!(told.data["transition"], "firing", "{told:?}");
    assert_eq!(told.data["episode"]["severity"], "critical", "{told:?}");
    drop(traffic);
    suite.stop().await;
}

fn is_about_lo(labels: &Value) -> bool {
    labels["alertname"] == "InterfaceTrafficHigh" && labels["ifName"] == "lo"
}

/// Ten megabytes a second over the loopback interface, while it lives.
struct Traffic(JoinHandle<()>);

impl Traffic {
    async fn start(suite: &Suite) -> Self {
        let sink = UdpSocket::bind((suite.address(), 0)).await.unwrap();
        let source = UdpSocket::bind((suite.address(), 0)).await.unwrap();
        source.connect(sink.local_addr().unwrap()).await.unwrap();
        Traffic(tokio::spawn(async move {
            let datagram = vec![0; 50_000];
            let mut pace = interval(Duration::from_millis(50));
            pace.set_missed_tick_behavior(MissedTickBehavior::Skip);
            loop {
                pace.tick().await;
                for _ in 0..10 {
                    // Nobody reads it: what the sink has no room for has crossed the interface all the same.
                    source.send(&datagram).await.unwrap();
                }
                let _open = &sink;
            }
        }))
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.0.abort();
    }
}
