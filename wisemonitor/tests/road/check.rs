//! `wisemonitor check`: the suite's own configuration is right, and what is wrong with another is named.

use std::process::Command;

use crate::suite::Suite;

#[tokio::test]
async fn the_suites_own_configuration_is_right() {
    let mut suite = Suite::start().await;
    suite.stop().await;
    let (said, error) = check(suite.dir());
    assert_eq!(error, "");
    for name in ["alert-bridge", "vnc-recorder", "xenserver-exporter", "promtool", "amtool"] {
        assert!(said.lines().any(|line| line.ends_with(name)), "{name}: {said}");
    }
}

#[test]
fn each_wrong_file_is_named_with_its_line_and_key() {
    let dir = tempfile::tempdir().unwrap();
    let nothing = check(dir.path()).1;
    assert!(nothing.contains("has none of alert-bridge.yml"), "{nothing}");

    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    write("xenserver-exporter.yml", "pools:\n- name: a\n  color: red\n");
    write("prometheus.yml", "global: {}\nscrape_config: []\n");
    write("alertmanager.yml", "route: {receivr: x}\n");
    write("snmp.yml", "auths: {}\n");
    write("cloudstack-exporter.yml", "clouds: []\n");
    let (said, error) = check(dir.path());
    assert_eq!(said, "");
    for expected in [
        "4 wrong",
        "xenserver-exporter.yml:3:3: pools[0].color: unknown field",
        "snmp.yml: --config.file: no modules",
        "line 2: field scrape_config not found",
        "line 1: field receivr not found",
    ] {
        assert!(error.contains(expected), "{expected}: {error}");
    }
    assert!(!error.contains("cloudstack"), "{error}");
}

/// What it prints on standard output and standard error.
fn check(dir: &std::path::Path) -> (String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wisemonitor"));
    let output = command.arg("check").arg(dir).output().unwrap();
    assert_eq!(output.status.success(), output.stderr.is_empty());
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}
