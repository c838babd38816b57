//! Consoles of the suite: those of its pools and of its desktop.

use serde_json::{Value, json};

use crate::suite::Suite;

#[tokio::test]
async fn consoles_of_the_desktop_and_of_both_pools_are_opened_and_recorded() {
    let mut suite = Suite::start().await;
    for name in ["desktop", "lab-pool-1-vm-0001", "lab-pool-2-vm-0001"] {
        suite.until(name, async || target(&suite, name).await.is_some()).await;
        let id = target(&suite, name).await.unwrap();
        let console = open(&suite, &id).await;
        let is_recorded = async || {
            let recordings = suite.json(10194, "/api/v1/recordings").await;
            recordings.is_some_and(|recordings| recordings.to_string().contains(&id))
        };
        suite.until(&format!("a recording of {id}"), is_recorded).await;
        drop(console);
    }
    suite.stop().await;
}

/// The id of the target of this name.
async fn target(suite: &Suite, name: &str) -> Option<String> {
    let found = suite.json(10194, &format!("/api/v1/targets?name={name}")).await?;
    Some(found["targets"][0]["id"].as_str()?.to_owned())
}

/// Opens a console as a page does; it stays open with the answer.
async fn open(suite: &Suite, id: &str) -> reqwest::Response {
    let origin = suite.url(10194, "");
    let session = suite.json(10194, "/api/v1/session").await.unwrap();
    let asked = suite.client.post(suite.url(10194, "/api/v1/tickets")).header("Origin", &origin);
    let asked = asked.header("X-CSRF-Token", session["csrf"].as_str().unwrap());
    let answer = asked.json(&json!({ "console": id })).send().await.unwrap();
    let ticket: Value = answer.error_for_status().unwrap().json().await.unwrap();
    let stream = suite.client.get(suite.url(10194, ticket["path"].as_str().unwrap()));
    let answer = stream
        .query(&[("ticket", ticket["ticket"].as_str().unwrap())])
        .header("Origin", origin)
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
        .send();
    let answer = answer.await.unwrap();
    assert_eq!(answer.status(), 101, "{id}");
    answer
}
