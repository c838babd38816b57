//! What goes to alert-bridge for the history, with the real alert-bridge.

use std::process::Stdio;

use nagios_event::{Acknowledgement, Body, StateChange};
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::stage::{Exporter, Module, eventually, free_port, host, state};

/// Starts alert-bridge, which was built beside this test, with its store in `folder`. Killed when dropped.
async fn alert_bridge(folder: &std::path::Path, port: u16) -> Child {
    let program = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("alert-bridge");
    let file = folder.join("bridge.yml");
    // The events of these tests are old ones.
    let tokens = "tokens: [{name: am, token: another}]\nevent_tokens: [{name: nagios, token: t0p}]\nretention: 3650d\n";
    std::fs::write(&file, tokens).unwrap();
    let process = Command::new(program)
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--storage.path={}", folder.join("data").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("alert-bridge, from `cargo build -p alert-bridge`");
    eventually("alert-bridge", async || found(port).await).await;
    process
}

/// The events that it holds, newest first; `None` while it is away.
async fn found(port: u16) -> Option<Vec<Value>> {
    let url = format!("http://127.0.0.1:{port}/api/v1/events?limit=1000");
    let answer: Value = reqwest::get(url).await.ok()?.json().await.ok()?;
    answer["events"].as_array().cloned()
}

#[tokio::test(flavor = "multi_thread")]
async fn history_waits_for_alert_bridge_and_is_there_once() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let spool = folder.path().join("spool");
    let config = format!(
        "history: {{url: 'http://127.0.0.1:{port}', token: t0p, spool: '{}'}}\n",
        spool.display()
    );
    let exporter = Exporter::start(&config).await;
    let mut module = Module::start(exporter.socket(), 7, 0, &[host("web-1")]).await;
    let change = |number: u8| {
        let host = "web-1".to_owned();
        Body::StateChange(StateChange { host, state: number % 2, ..StateChange::default() })
    };
    for number in 0..100 {
        module.event(change(number)).await;
    }
    // A check is no history, and is acknowledged with what came before it.
    let last = module.check(state("web-1", "", 0)).await;
    // alert-bridge has never been there: all of it is on our own disk.
    module.acknowledged(last).await;
    let mut bridge = alert_bridge(folder.path(), port).await;
    let complete = async |count| {
        eventually("the history", async || found(port).await.filter(|found| found.len() == count))
            .await
    };
    complete(100).await;

    bridge.kill().await.unwrap();
    let comment = "on it".to_owned();
    let acknowledgement =
        Acknowledgement { host: "web-1".to_owned(), comment, ..Acknowledgement::default() };
    let last = module.event(Body::Acknowledgement(acknowledgement)).await;
    module.acknowledged(last).await;
    let _bridge = alert_bridge(folder.path(), port).await;
    let newest = complete(101).await.remove(0);
    assert_eq!((&newest["kind"], &newest["text"]), (&"acknowledgement".into(), &"on it".into()));
    assert_eq!((&newest["instance"], &newest["sequence"]), (&"test".into(), &last.into()));
    exporter.reaches("nagios_exporter_history_events_sent_total", 101.0).await;
    assert_eq!(
        exporter.metric("nagios_exporter_history_spool_lost_records_total").await,
        Some(0.0)
    );
}
