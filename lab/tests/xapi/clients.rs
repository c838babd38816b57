//! The lab, read by clients that we have not written: PyPI's XenAPI and npm's xen-api.
//!
//! They are installed under the target directory, in the versions that `requirements.txt` and `package-lock.json`
//! pin.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::lab::{DEADLINE, Lab};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/xapi/clients");

/// The Python that has XenAPI.
static PYTHON: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = installed("python", "requirements.txt", |folder| {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder.join("venv")));
        run(Command::new(folder.join("venv/bin/pip"))
            .args(["install", "--quiet", "--require-hashes", "--requirement"])
            .arg(Path::new(SOURCES).join("requirements.txt")));
    });
    folder.join("venv/bin/python")
});

/// The folder that has xen-api.
static NODE: LazyLock<PathBuf> = LazyLock::new(|| {
    installed("node", "package-lock.json", |folder| {
        for file in ["package.json", "package-lock.json"] {
            std::fs::copy(Path::new(SOURCES).join(file), folder.join(file)).unwrap();
        }
        run(Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
            .current_dir(folder));
    })
});

#[tokio::test]
async fn python_reads_a_pool_from_a_slave() {
    let lab = Lab::start(&[]);
    let saw = python(&lab, &["read_pool.py", &lab.hosts[1].to_string()]).await;
    let saw: Value = serde_json::from_str(&saw).unwrap();
    let time = saw["time"].as_str().unwrap();
    assert!(time.len() == 18 && time.ends_with('Z'), "{time}");
    let expected = json!({
        "redirected": true,
        "api_version": "2.21",
        "hosts": ["lab-pool-1-host-1", "lab-pool-1-host-2", "lab-pool-1-host-3"],
        "running": 18,
        "halted": 2,
        "added": [["host", "add"], ["vm", "add"]],
        "changed": [["vm", "mod", true, "XenAPI"]],
        "still_there": false,
        "time": time,
        "by_name": [true],
    });
    assert_eq!(saw, expected);
}

#[tokio::test]
async fn node_follows_events_in_json() {
    node_follows_events("json-rpc").await;
}

#[tokio::test]
async fn node_follows_events_in_xml() {
    node_follows_events("xml-rpc").await;
}

#[tokio::test]
async fn node_falls_back_where_there_is_no_json() {
    let lab = Lab::start(&["--fault", "no-json"]);
    follow(&lab, "auto").await;
    assert!(lab.count("event.inject").await > 0);
}

/// Each real database: its hosts and VMs are served as the file has them.
#[tokio::test]
async fn real_pools_are_served_as_they_were() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/xapi/pools");
    let Ok(files) = std::fs::read_dir(&folder) else {
        println!("skipped: the pools' databases are not here");
        return;
    };
    let mut equal = 0;
    for file in files.map(|file| file.unwrap().path()) {
        let file = file.to_str().unwrap();
        let lab = Lab::start(&["--database", file]);
        let counts = python(&lab, &["compare_pool.py", &lab.hosts[0].to_string(), file]).await;
        assert!(counts.contains(&format!("host {}\n", lab.hosts.len())), "{file}: {counts}");
        equal += 1;
    }
    assert!(equal > 0, "the folder of the pools' databases is empty");
    println!("lab_pools {equal}/{equal}");
}

async fn node_follows_events(transport: &str) {
    let lab = Lab::start(&[]);
    follow(&lab, transport).await;
}

/// Lets xen-api see a VM move, from a slave's address.
async fn follow(lab: &Lab, transport: &str) {
    let script = Path::new(SOURCES).join("follow_pool.mjs");
    // Node looks for packages from where the script is.
    let here = NODE.join(format!("follow_pool-{}.mjs", lab.hosts[0].ip()));
    std::fs::copy(script, &here).unwrap();
    let mut node = tokio::process::Command::new("node")
        .arg(&here)
        .args([&lab.hosts[2].to_string(), transport, "lab-pool-1-vm-0001"])
        .env("NODE_EXTRA_CA_CERTS", lab.authority())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(node.stdout.take().unwrap()).lines();
    let mut saw = async || {
        let line = tokio::time::timeout(DEADLINE, lines.next_line()).await.unwrap().unwrap();
        serde_json::from_str::<Value>(&line.unwrap()).unwrap()
    };
    let expected = json!({
        "hosts": ["lab-pool-1-host-1", "lab-pool-1-host-2", "lab-pool-1-host-3"],
        "running": 18,
        "pool": "lab-pool-1",
    });
    assert_eq!(saw().await, expected);
    let path = "/vms/migrate?vm=lab-pool-1-vm-0001&host=lab-pool-1-host-3&seconds=0";
    let (status, text) = lab.control(Method::POST, path).await;
    assert_eq!(status, 204, "{text}");
    let moved = json!({ "before": "lab-pool-1-host-2", "after": "lab-pool-1-host-3" });
    assert_eq!(saw().await, moved);
    std::fs::remove_file(here).unwrap();
}

/// What one of the Python scripts says.
async fn python(lab: &Lab, arguments: &[&str]) -> String {
    let output = tokio::process::Command::new(&*PYTHON)
        .arg(Path::new(SOURCES).join(arguments[0]))
        .args(&arguments[1..])
        .env("SSL_CERT_FILE", lab.authority())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(DEADLINE, output).await.unwrap().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

/// A folder in which everything of a file of pins is installed. That is done once for each state of the file.
fn installed(name: &str, pins: &str, install: impl FnOnce(&Path)) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("xapi-clients-{name}"));
    let pins = std::fs::read_to_string(Path::new(SOURCES).join(pins)).unwrap();
    let done = folder.join("installed");
    if std::fs::read_to_string(&done).is_ok_and(|installed| installed == pins) {
        return folder;
    }
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    install(&folder);
    std::fs::write(done, pins).unwrap();
    folder
}

fn run(command: &mut Command) {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}; make install-test-deps"));
    assert!(
        output.status.success(),
        "{command:?}: {}; make install-test-deps",
        String::from_utf8_lossy(&output.stderr)
    );
}
