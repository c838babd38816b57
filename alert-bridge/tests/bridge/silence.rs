//! An acknowledgement and its silence in a real Alertmanager.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::alertmanager::told;
use crate::bridge::{Bridge, ONE_PHONE};
use crate::peers::{Alertmanager, posted};
use crate::wait::until;

/// Who may look is whoever is here; the token acknowledges.
const ROBOT: &str = "access: {tokens: [{name: robot, token: '02', role: operator}]}\n";

/// The states of the silences that Alertmanager knows.
async fn silences(alertmanager: &Alertmanager) -> Vec<Value> {
    let answer = reqwest::get(alertmanager.url("/api/v2/silences")).await.unwrap();
    answer.json().await.unwrap()
}

async fn states(alertmanager: &Alertmanager, expected: &[&str]) {
    until("the silences", || async {
        let silences = silences(alertmanager).await;
        let states = silences.iter().map(|silence| silence["status"]["state"].clone());
        (states.collect::<Vec<_>>() == expected).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_is_acknowledged_is_silent_until_it_ends_and_its_end_is_told() {
    let mut bridge = Bridge::start(&format!("{ONE_PHONE}{ROBOT}")).await;
    let webhook = bridge.url("/api/v1/webhook");
    let alertmanager = Alertmanager::start(&bridge.folder, &webhook, None).await;
    let path = bridge.folder.join("bridge.yml");
    let config = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{config}alertmanagers: [{}]\n", alertmanager.url(""))).unwrap();
    assert_eq!(bridge.reload().await, 200);

    let begun = Timestamp::now();
    alertmanager.post(&[posted("web-1", "critical", "down", begun, None)]).await;
    let mut expected = vec!["firing critical".to_owned()];
    told(&bridge, &expected).await;
    let id = bridge.json("/api/v1/episodes").await["episodes"][0]["id"].clone();
    let url = bridge.url(&format!("/api/v1/episodes/{id}/acknowledge"));
    let acknowledge = || {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        client.post(&url).bearer_auth("02").json(&json!({"comment": "on my way"})).send()
    };
    assert_eq!(acknowledge().await.unwrap().status(), 200);
    expected.push("acknowledged critical".into());
    states(&alertmanager, &["active"]).await;
    let silence = silences(&alertmanager).await.remove(0);
    assert_eq!(silence["createdBy"], "robot");
    let comment = silence["comment"].as_str().unwrap();
    assert!(comment.starts_with("on my way; acknowledged in alert-bridge "), "{comment}");
    let names = silence["matchers"].as_array().unwrap().iter().map(|matcher| &matcher["name"]);
    assert!(names.eq(["alertname", "host", "instance", "road", "service", "severity", "source"]));

    // The next process finds the silence, and does not make another.
    bridge.kill().await;
    bridge.start_again().await;

    // Worse is told although it is acknowledged; here it gets better.
    let changed = Timestamp::now();
    alertmanager
        .post(&[
            posted("web-1", "critical", "down", begun, Some(changed)),
            posted("web-1", "warning", "slow", changed, None),
        ])
        .await;
    expected.push("severity warning".into());
    told(&bridge, &expected).await;
    states_by_severity(&alertmanager, "warning").await;

    // Alertmanager mutes this end. It is told all the same.
    alertmanager.post(&[posted("web-1", "warning", "slow", changed, Some(Timestamp::now()))]).await;
    expected.push("resolved warning".into());
    told(&bridge, &expected).await;
    states(&alertmanager, &["expired", "expired"]).await;
    assert!(bridge.deliveries().await.last().unwrap().0.starts_with("[恢复] web-1 / http"));

    // And it is heard when it comes back.
    alertmanager.post(&[posted("web-1", "warning", "slow", Timestamp::now(), None)]).await;
    expected.push("firing warning".into());
    told(&bridge, &expected).await;
}

/// Waits until one silence is active, of the alert of this severity.
async fn states_by_severity(alertmanager: &Alertmanager, severity: &str) {
    until("the silence of the new severity alone", || async {
        let silences = silences(alertmanager).await;
        let active: Vec<_> = silences
            .iter()
            .filter(|silence| silence["status"]["state"] == "active")
            .flat_map(|silence| silence["matchers"].as_array().unwrap())
            .filter(|matcher| matcher["name"] == "severity")
            .map(|matcher| matcher["value"].clone())
            .collect();
        (active == [severity]).then_some(())
    })
    .await;
}
