//! `wisemonitor traffic`, on this machine's own agent and on a switch of the laboratory.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

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
    let add = ["add", "switch", "--address", &switch.address, "--warn", "70%", "--crit", "90%"];
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
