//! The event API: what sources tell of is kept once and found again.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::bridge::{Bridge, ONE_PHONE};

/// The bearer token of the sources here.
const SOURCE: &str = "a-token-of-a-source";

async fn start() -> Bridge {
    Bridge::start(&format!("{ONE_PHONE}event_tokens: [{{name: nagios, token: {SOURCE}}}]\n")).await
}

/// When an event happened: not so long ago that it would not be kept.
fn minute(sequence: u64) -> Timestamp {
    let today = Timestamp::from_second(Timestamp::now().as_second() / 86_400 * 86_400).unwrap();
    today - SignedDuration::from_hours(24) + SignedDuration::from_mins(sequence as i64)
}

fn event(sequence: u64, text: &str) -> Value {
    json!({
        "source": "nagios", "instance": "nagios-1", "epoch": "a1", "sequence": sequence,
        "at": minute(sequence).to_string(), "kind": "state_change",
        "host": "web-1", "service": "http", "severity": "critical", "text": text,
        "details": {"attempt": 3},
    })
}

async fn send(bridge: &Bridge, events: &[Value]) -> (u16, String) {
    let request = reqwest::Client::new().post(bridge.url("/api/v1/events")).bearer_auth(SOURCE);
    let answer = request.json(&json!({"events": events})).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn found(bridge: &Bridge, query: &str) -> Vec<u64> {
    let answer = bridge.json(&format!("/api/v1/events?{query}")).await;
    let events = answer["events"].as_array().unwrap().iter();
    events.map(|event| event["sequence"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn an_event_is_kept_once_however_often_it_is_sent_also_after_a_kill() {
    let mut bridge = start().await;
    let (one, two, three) = (event(1, "a"), event(2, "b"), event(3, "c"));
    let answer = send(&bridge, &[one.clone(), two.clone(), one.clone()]).await;
    assert_eq!(answer, (200, r#"{"accepted":2,"duplicates":1}"#.to_owned()));
    bridge.kill().await;
    bridge.start_again().await;
    let mut other_epoch = two.clone();
    other_epoch["epoch"] = "a2".into();
    let answer = send(&bridge, &[two, three, other_epoch]).await;
    assert_eq!(answer, (200, r#"{"accepted":2,"duplicates":1}"#.to_owned()));
    let answer = bridge.json("/api/v1/events").await;
    assert_eq!(answer["events"].as_array().unwrap().len(), 4);
    let first = &answer["events"][3];
    for (key, value) in one.as_object().unwrap() {
        assert_eq!(&first[key], value, "{key}");
    }
    let metrics = bridge.get("/metrics").await.text().await.unwrap();
    let counted = "alert_bridge_source_events_total{outcome=\"accepted\"} 2";
    assert!(metrics.lines().any(|line| line == counted), "{metrics}");
}

#[tokio::test]
async fn what_cannot_be_taken_is_refused_with_the_name_of_the_field_and_nothing_is_kept() {
    let bridge = start().await;
    let with = |key: &str, value: Value| {
        let mut event = event(2, "b");
        event[key] = value;
        event
    };
    for (wrong, expected) in [
        (with("colour", json!("red")), "events[1].colour: unknown field `colour`"),
        (with("kind", json!("check")), "events[1].kind: unknown variant `check`"),
        (with("severity", json!("bad")), "events[1].severity: unknown variant `bad`"),
        (with("at", json!("today")), "events[1].at: "),
        (with("source", json!("")), "events[1].source: is empty"),
        (with("sequence", json!(u64::MAX)), "events[1].sequence: "),
        (with("text", json!("x".repeat(16385))), "events[1].text: 16385 bytes came"),
        (with("details", json!([1])), "events[1].details: "),
        (with("details", json!({"a": "x".repeat(40_000)})), "events[1].details: "),
    ] {
        let (status, text) = send(&bridge, &[event(1, "a"), wrong]).await;
        assert_eq!(status, 400, "{text}");
        assert!(text.starts_with(expected), "expected `{expected}` in: {text}");
    }
    let many: Vec<Value> = (0..2001).map(|number| event(number, "")).collect();
    assert_eq!(send(&bridge, &many).await.0, 400);
    assert_eq!(send(&bridge, &[event(1, &"x".repeat(9 << 20))]).await.0, 413);
    assert!(found(&bridge, "").await.is_empty());
}

#[tokio::test]
async fn only_the_tokens_of_sources_are_let_in() {
    let bridge = start().await;
    let client = reqwest::Client::new();
    let body = json!({"events": [event(1, "a")]});
    let post = |path| client.post(bridge.url(path)).json(&body);
    for request in [
        post("/api/v1/events"),
        post("/api/v1/events").bearer_auth("wrong"),
        post("/api/v1/events").bearer_auth(crate::bridge::TOKEN),
        post("/api/v1/webhook").bearer_auth(SOURCE),
    ] {
        assert_eq!(request.send().await.unwrap().status(), 401);
    }
    assert!(found(&bridge, "").await.is_empty());
}

#[tokio::test]
async fn events_are_found_by_what_they_say_newest_first_page_by_page() {
    let bridge = start().await;
    let mut events: Vec<Value> = (1..=25).map(|number| event(number, "disk full")).collect();
    events[4]["severity"] = "ok".into();
    events[6]["text"] = "磁盘 Disk replaced".into();
    events[8]["source"] = "xenserver".into();
    events[8]["kind"] = "alarm".into();
    events[10].as_object_mut().unwrap().remove("severity");
    events.swap(0, 20);
    assert_eq!(send(&bridge, &events).await.0, 200);
    assert_eq!(found(&bridge, "").await, (1..=25).rev().collect::<Vec<_>>());
    assert_eq!(found(&bridge, "severity=ok,warning").await, [5]);
    assert_eq!(found(&bridge, "q=replaced+%E7%A3%81%E7%9B%98").await, [7]);
    assert!(found(&bridge, "q=nothing").await.is_empty());
    assert_eq!(found(&bridge, "source=xenserver&kind=alarm&instance=nagios-1").await, [9]);
    let span = format!("from={}&to={}", minute(3), minute(6));
    assert_eq!(found(&bridge, &span).await, [5, 4, 3]);

    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/events?limit=10&cursor={cursor}");
        let page = bridge.json(&path).await;
        let events = page["events"].as_array().unwrap();
        all.extend(events.iter().map(|event| event["sequence"].as_u64().unwrap()));
        match page["next"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(all, (1..=25).rev().collect::<Vec<_>>());
    assert_eq!(bridge.get("/api/v1/events?limit=0").await.status(), 400);
}
