//! `snmp-exporter discover`, run as anyone runs it.

use std::net::UdpSocket;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::{Value, json};

use crate::lab::Lab;
use crate::snmpd::Snmpd;

/// Runs it in a folder where no configuration is, so that the built-in one stands.
fn discover(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_snmp-exporter"))
        .arg("discover")
        .args(arguments)
        .current_dir(folder.path())
        .output()
        .unwrap()
}

fn discovered(arguments: &[&str]) -> Value {
    let output = discover(&[arguments, &["--json"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn refused(arguments: &[&str]) -> String {
    let output = discover(arguments);
    assert!(!output.status.success() && output.stdout.is_empty());
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

#[test]
fn a_switch_tells_its_interfaces_and_the_modules_that_fit() {
    let lab = Lab::start(&["--snmp.interfaces", "3"]);
    let target = lab.agent.to_string();
    let found = discovered(&[&target, "--interval", "10ms"]);
    assert_eq!(found["target"], json!(target));
    assert_eq!(found["modules"], json!(["if_mib", "system"]));
    assert_eq!(found["interfaces"].as_array().unwrap().len(), 3);
    let expected = json!({
        "index": 2,
        "name": "Gi1/3",
        "description": "GigabitEthernet1/3",
        "alias": "socket 2",
        "admin_status": "up",
        "oper_status": "up",
        "speed_bits_per_second": 1_000_000_000,
        "in_bits_per_second": 0.0,
        "out_bits_per_second": 0.0,
    });
    assert_eq!(found["interfaces"][1], expected);
    assert_eq!(found["interfaces"][0]["oper_status"], "down");

    let table = discover(&[&target, "--interval", "10ms"]).stdout;
    let table = String::from_utf8(table).unwrap();
    assert!(
        table.contains("2      Gi1/3  socket 2  up     up    1 Gbit/s  0 bit/s  0 bit/s\n"),
        "{table}"
    );
    assert!(table.ends_with("\nModules that fit: if_mib, system\n"), "{table}");
}

#[test]
fn a_device_of_the_first_version_has_neither_names_nor_long_counters() {
    let folder = tempfile::tempdir().unwrap();
    let recording = folder.path().join("old.snmprec");
    let rows = "\
1.3.6.1.2.1.2.2.1.2.5|4|Serial0
1.3.6.1.2.1.2.2.1.5.5|66|64000
1.3.6.1.2.1.2.2.1.7.5|2|2
1.3.6.1.2.1.2.2.1.8.5|2|6
1.3.6.1.2.1.2.2.1.10.5|65|1000
";
    std::fs::write(&recording, rows).unwrap();
    let lab = Lab::start(&["--snmp.recording", recording.to_str().unwrap()]);
    let found = discovered(&[&lab.agent.to_string(), "--auth", "public_v1", "--interval", "10ms"]);
    let expected = json!([{
        "index": 5,
        "name": "",
        "description": "Serial0",
        "alias": "",
        "admin_status": "down",
        "oper_status": "notPresent",
        "speed_bits_per_second": 64000,
        "in_bits_per_second": 0.0,
        "out_bits_per_second": null,
    }]);
    assert_eq!(found["interfaces"], expected);
    assert_eq!(found["modules"], json!(["if_mib"]));
}

#[tokio::test]
async fn traffic_of_this_machine_is_measured() {
    let snmpd = Snmpd::start("").await;
    let target = snmpd.target().to_string();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let itself = socket.local_addr().unwrap();
    let traffic = async {
        let mut pace = tokio::time::interval(Duration::from_millis(1));
        loop {
            pace.tick().await;
            socket.send_to(&[0; 1000], itself).unwrap();
        }
    };
    // snmpd renews its counters every three seconds.
    let asking = tokio::task::spawn_blocking(move || discovered(&[&target, "--interval", "4s"]));
    let found = tokio::select! {
        () = traffic => unreachable!("it goes on for ever"),
        found = asking => found.unwrap(),
    };
    let interfaces = found["interfaces"].as_array().unwrap();
    let loopback = interfaces.iter().find(|interface| interface["name"] == "lo").unwrap();
    let traffic = loopback["in_bits_per_second"].as_f64().unwrap();
    assert!(traffic > 100_000.0, "{traffic}");
    let modules = found["modules"].as_array().unwrap();
    assert!(
        modules.contains(&json!("if_mib")) && !modules.contains(&json!("ups_mib")),
        "{modules:?}"
    );
}

#[test]
fn what_goes_wrong_is_one_line_that_names_it() {
    let nobody = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let text = refused(&[&nobody]);
    assert_eq!(
        text,
        format!("snmp-exporter: target {nobody}: no answer within 2s, asked 3 times\n")
    );
    let text = refused(&[&nobody, "--auth", "secret"]);
    assert!(
        text.contains("--auth: \"secret\" is not in the configuration, expected one of public_v1"),
        "{text}"
    );
    let text = refused(&["ftp://switch"]);
    assert!(text.contains("the scheme is \"ftp\""), "{text}");
    let missing = Path::new("/nowhere/snmp.yml");
    let text = refused(&[&nobody, "--config.file", missing.to_str().unwrap()]);
    assert!(text.contains("/nowhere/snmp.yml"), "{text}");
}
