//! Alarms and messages on their way to Alertmanager and to the history.

use serde_json::Value;

use crate::pages::{POOL, measured};
use crate::stage::{Exporter, Lab};
use crate::told::{Alertmanager, Bridge};

const VM: &str = "lab-pool-1-vm-0001";

fn of<'a>(alerts: &'a [Value], name: &str) -> Option<&'a Value> {
    alerts.iter().find(|alert| alert["labels"]["alertname"] == name)
}

fn config(lab: &Lab, alertmanager: &Alertmanager, bridge: &Bridge) -> String {
    format!(
        "alertmanagers: [{{url: '{}'}}]\nhistory: {{url: '{}', token: t, spool: spool}}\npools:\n{}",
        alertmanager.url,
        bridge.url,
        lab.pool("lab-pool-1", "")
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_is_told_stays_with_its_vm_and_ends_when_the_value_is_back() {
    let lab = Lab::start(&["--hosts", "3", "--vms", "9"]);
    let (alertmanager, bridge) = (Alertmanager::start().await, Bridge::start().await);
    let exporter = Exporter::start(&config(&lab, &alertmanager, &bridge));
    exporter.page("measurements", |page| measured(page, POOL)).await;
    lab.begin(&format!("busy-vm?vm={VM}")).await;
    let alerts = alertmanager.until("alarm", |alerts| of(alerts, "XenServerAlarm").is_some()).await;
    let alert = of(&alerts, "XenServerAlarm").unwrap();
    for (label, value) in [
        ("source", "xenserver"),
        ("road", "fast"),
        ("pool", "lab-pool-1"),
        ("vm", VM),
        ("subject", "cpu_usage"),
        ("severity", "warning"),
    ] {
        assert_eq!(alert["labels"][label], value);
    }
    assert_eq!(alert["labels"].get("host"), None, "a VM keeps its alert when it migrates");
    let words = |alert: &Value| alert["annotations"]["summary"].as_str().unwrap().to_owned();
    let summary = words(alert);
    let start = format!("cpu_usage of VM {VM} on host lab-pool-1-host-");
    assert!(summary.starts_with(&start) && summary.contains("is 97 %, alarm above "), "{summary}");

    lab.post(&format!("vms/migrate?vm={VM}&seconds=0")).await;
    let moved = alertmanager
        .until("words about the other host", |alerts| {
            of(alerts, "XenServerAlarm").is_some_and(|alert| words(alert) != summary)
        })
        .await;
    let moved = of(&moved, "XenServerAlarm").unwrap();
    assert_eq!(
        (&moved["fingerprint"], &moved["startsAt"]),
        (&alert["fingerprint"], &alert["startsAt"])
    );

    lab.end("busy-vm").await;
    alertmanager.until("end", |alerts| of(alerts, "XenServerAlarm").is_none()).await;
    let alarms = |events: &[Value]| -> Vec<Value> {
        events.iter().filter(|event| event["kind"] == "alarm").cloned().collect()
    };
    let told = bridge.until("history of the alarm", |events| alarms(events).len() == 2).await;
    let told = alarms(&told);
    for (event, sequence, severity) in [(&told[0], 1, "warning"), (&told[1], 2, "ok")] {
        assert_eq!((&event["sequence"], &event["severity"]), (&sequence.into(), &severity.into()));
        assert_eq!((&event["source"], &event["name"]), (&"xenserver".into(), &VM.into()));
        assert_eq!(event["epoch"], told[0]["epoch"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_ends_no_alert_and_tells_what_was_missed() {
    let lab = Lab::start(&["--hosts", "3", "--vms", "9"]);
    let (alertmanager, bridge) = (Alertmanager::start().await, Bridge::start().await);
    let config = config(&lab, &alertmanager, &bridge);
    let exporter = Exporter::start(&config);
    exporter.page("measurements", |page| measured(page, POOL)).await;
    lab.post(&format!("vms/crash?vm={VM}")).await;
    let is_crash = |alert: &&Value| alert["labels"]["subject"] == "VM_CRASHED";
    let alerts = alertmanager.until("crash", |alerts| alerts.iter().any(|a| is_crash(&a))).await;
    let crash = alerts.iter().find(is_crash).unwrap();
    assert_eq!(crash["labels"]["alertname"], "XenServerMessage");
    assert_eq!(crash["labels"]["severity"], "critical");
    drop(exporter);

    lab.post("vms/stop?vm=lab-pool-1-vm-0003").await;
    lab.post("vms/crash?vm=lab-pool-1-vm-0002").await;
    let exporter = Exporter::start(&config);
    let alerts = alertmanager
        .until("both crashes", |alerts| alerts.iter().filter(is_crash).count() == 2)
        .await;
    let same = alerts.iter().find(|alert| alert["fingerprint"] == crash["fingerprint"]).unwrap();
    assert_eq!(same["startsAt"], crash["startsAt"]);
    assert_eq!(alerts.len(), 2, "a VM that was stopped is no alert: {alerts:#?}");
    bridge
        .until("history of both", |events| {
            ["lab-pool-1-vm-0001", "lab-pool-1-vm-0002"].iter().all(|vm| {
                events.iter().any(|event| event["name"] == *vm && event["severity"] == "critical")
            })
        })
        .await;
    let page = exporter.page("messages", |page| page.count("xen_messages", &[]) > 0).await;
    assert_eq!(page.values("xen_messages", &["VM_CRASHED", "priority=\"2\""]), [2.0]);
}
