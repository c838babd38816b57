//! The examples of targets: Prometheus takes them, and makes of each device the scrape that is meant.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use axum::Router;
use axum::response::IntoResponse as _;
use axum::routing::get;
use serde_json::Value;

/// What is scraped: the device, its auth, modules and name.
const SCRAPES: [[&str; 4]; 4] = [
    ["192.0.2.1", "public_v2", "system,if_mib", "core-switch"],
    ["192.0.2.17", "public_v2", "system,if_mib", "192.0.2.17"],
    ["[2001:db8::1]", "private_v3", "ups_mib", "ups"],
    ["tcp://192.0.2.18:1161", "public_v2", "system,if_mib", "tcp://192.0.2.18:1161"],
];

#[test]
fn promtool_finds_the_examples_good() {
    let Output { status, stdout, stderr } =
        promtool(&["check", "config", example("prometheus.yml").to_str().unwrap()]);
    assert!(status.success(), "{stdout:?} {stderr:?}");
}

#[test]
fn targets_come_from_a_file() {
    assert_eq!(scrapes(&example("prometheus.yml"), "snmp-by-file"), SCRAPES);
}

#[tokio::test]
async fn targets_come_from_a_web_server() {
    let targets = std::fs::read(example("snmp-targets.json")).unwrap();
    let json = [("content-type", "application/json")];
    let answer = async move || (json, targets).into_response();
    let routes = Router::new().route("/snmp-targets.json", get(answer));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = tokio::spawn(async { axum::serve(listener, routes).await });

    let dir = tempfile::tempdir().unwrap();
    let config = std::fs::read_to_string(example("prometheus.yml")).unwrap();
    let here = dir.path().join("prometheus.yml");
    std::fs::write(&here, config.replace("127.0.0.1:8000", &address)).unwrap();
    let found = tokio::task::spawn_blocking(move || scrapes(&here, "snmp-by-http")).await.unwrap();
    assert_eq!(found, SCRAPES);
    server.abort();
}

/// What Prometheus makes of the targets of a job. promtool looks for the whole time that it is given.
fn scrapes(config: &Path, job: &str) -> Vec<[String; 4]> {
    let config = config.to_str().unwrap();
    let look = |seconds| {
        let timeout = format!("--timeout={seconds}s");
        let output = promtool(&["check", "service-discovery", &timeout, config, job]);
        let found: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let mut scrapes: Vec<_> = found.iter().map(|target| scrape(&target["labels"])).collect();
        scrapes.sort();
        scrapes
    };
    [2, 10, 30].into_iter().map(look).find(|scrapes| !scrapes.is_empty()).unwrap()
}

fn scrape(labels: &Value) -> [String; 4] {
    assert_eq!(labels["__address__"], "127.0.0.1:9116");
    ["__param_target", "__param_auth", "__param_module", "instance"]
        .map(|label| labels[label].as_str().unwrap().to_owned())
}

fn promtool(arguments: &[&str]) -> Output {
    Command::new("promtool").args(arguments).output().unwrap()
}

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}
