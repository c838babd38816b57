//! `alert-bridge route`: asking who would be told.

use std::process::Command;

use crate::bridge::ONE_PHONE;

#[test]
fn a_decision_is_explained_without_the_service() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let config = write("bridge.yml", ONE_PHONE);
    let alert = write("alert.json", r#"{"labels": {"host": "web-1", "severity": "critical"}}"#);
    let run = |alert| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_alert-bridge"));
        command.arg("route").arg("--config.file").arg(&config).arg("--alert").arg(alert);
        command.output().unwrap()
    };
    let output = run(&alert);
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "web-1 is critical\nroutes[0] matches and names duty\nduty is told, at +8613800000000 by modem\n"
    );
    let output = run(&write("broken.json", "[]"));
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("--alert: ") && error.contains("expected JSON such as"), "{error}");
}
