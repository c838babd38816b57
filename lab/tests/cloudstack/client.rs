//! The lab, read by a client that we have not written: PyPI's cs, in the version that `requirements.txt` pins.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::lab::{DEADLINE, Lab};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cloudstack");

#[tokio::test]
async fn python_reads_the_cloud_and_stops_a_vm() {
    let python = python();
    let lab = Lab::start(&["--vms", "700", "--volumes", "10"]);
    let (key, secret) = lab.keys("admin");
    let output = tokio::process::Command::new(python)
        .arg(Path::new(SOURCES).join("read_cloud.py"))
        .args([&lab.url, key, secret])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(DEADLINE, output).await.unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let saw: Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = json!({
        "zones": ["north", "south", "west"],
        "vms": 700,
        "posted": 700,
        "stopped": "Stopped",
        "refused": 432,
    });
    assert_eq!(saw, expected);
}

/// A Python that has cs, under the target directory. It is made once for each state of the file of pins.
fn python() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cloudstack-client");
    let pins = Path::new(SOURCES).join("requirements.txt");
    let wanted = std::fs::read_to_string(&pins).unwrap();
    let done = folder.join("installed");
    if !std::fs::read_to_string(&done).is_ok_and(|installed| installed == wanted) {
        let _ = std::fs::remove_dir_all(&folder);
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        run(Command::new(folder.join("bin/pip"))
            .args(["install", "--quiet", "--requirement"])
            .arg(pins));
        std::fs::write(done, wanted).unwrap();
    }
    folder.join("bin/python")
}

fn run(command: &mut Command) {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}; make install-test-deps"));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {error}; make install-test-deps");
}
