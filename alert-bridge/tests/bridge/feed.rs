//! The feed and the history as a client sees them.

use std::time::{Duration, Instant};

use jiff::{Timestamp, ToSpan as _};
use serde_json::json;

use crate::bridge::{Bridge, ONE_PHONE, firing, resolved};
use crate::wait::until;

#[tokio::test]
async fn clients_replay_then_follow_without_a_gap_or_a_double() {
    let bridge = Bridge::start(ONE_PHONE).await;
    let publisher = async {
        // Over one page of the replay, written while clients come.
        for number in 0..150 {
            let alerts: Vec<_> = (0..4)
                .map(|part| firing(&format!("web-{number}-{part}"), "warning", Timestamp::now()))
                .collect();
            assert_eq!(bridge.notify(&alerts).await.unwrap(), 200);
        }
    };
    let readers = futures_util::future::join_all((0..8).map(|_| async {
        let mut listener = bridge.listen(0).await;
        for expected in 1..=600 {
            let (id, event) = listener.next().await.unwrap();
            assert_eq!((id, event["seq"].as_u64().unwrap()), (expected, expected));
        }
    }));
    futures_util::future::join(publisher, readers).await;
    let mut late = bridge.listen(598).await;
    assert_eq!(late.next().await.unwrap().0, 599);
    assert_eq!(late.next().await.unwrap().0, 600);
}

#[tokio::test]
async fn a_poll_waits_for_what_comes() {
    let bridge = Bridge::start(ONE_PHONE).await;
    let begun = Instant::now();
    let empty = bridge.json("/api/v1/feed/poll?since=0&wait=1").await;
    assert_eq!(empty, json!({"last_id": 0, "events": []}));
    assert!(begun.elapsed() >= Duration::from_secs(1));
    let (polled, _) =
        futures_util::future::join(bridge.json("/api/v1/feed/poll?since=0&wait=60"), async {
            bridge.notify(&[firing("web-1", "critical", Timestamp::now())]).await
        })
        .await;
    assert!(begun.elapsed() < Duration::from_secs(30));
    assert_eq!(polled["last_id"], 1);
    let event = &polled["events"][0];
    assert_eq!((&event["seq"], &event["transition"]), (&json!(1), &json!("firing")));
    let episode = &event["episode"];
    assert_eq!(
        (
            &episode["host"],
            &episode["service"],
            &episode["severity"],
            &episode["state"],
            &episode["output"]
        ),
        (
            &json!("web-1"),
            &json!("http"),
            &json!("critical"),
            &json!("firing"),
            &json!("critical on web-1")
        )
    );
    for wrong in [
        "feed/poll?since=x",
        "feed/poll?wait=-1",
        "feed?last_id=x",
        "episodes?state=open",
        "deliveries?episode=x",
    ] {
        let answer = bridge.get(&format!("/api/v1/{wrong}")).await;
        assert_eq!(answer.status(), 400, "{wrong}");
        assert!(answer.text().await.unwrap().contains("expected"), "{wrong}");
    }
}

#[tokio::test]
async fn the_history_is_searched_by_words_severity_and_state() {
    let bridge = Bridge::start(&ONE_PHONE.replace("time_zone: UTC", "resolve_hold: 0s")).await;
    let begun = Timestamp::now() - 60.seconds();
    let mut disk = firing("db-1", "warning", begun);
    disk["annotations"]["output"] = "磁盘空间不足 90%".into();
    bridge.notify(&[firing("web-1", "critical", begun), disk]).await;
    bridge.notify(&[resolved("web-1", "critical", begun, Timestamp::now())]).await;
    let found = |query: &'static str| {
        let bridge = &bridge;
        async move {
            let answer = bridge.json(&format!("/api/v1/episodes?{query}")).await;
            let episodes = answer["episodes"].as_array().unwrap().clone();
            episodes
                .iter()
                .map(|episode| episode["host"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        }
    };
    assert_eq!(found("").await, ["web-1", "db-1"]);
    assert_eq!(found("q=%E7%A3%81%E7%9B%98").await, ["db-1"]); // 磁盘
    assert_eq!(found("q=WEB+on").await, ["web-1"]);
    assert_eq!(found("q=@warn").await, ["db-1"]);
    assert_eq!(found("state=firing").await, ["db-1"]);
    assert_eq!(found("state=resolved&severity=critical,info").await, ["web-1"]);
    assert_eq!(found("limit=1&cursor=3").await, ["db-1"]);
    assert_eq!(found("q=nothing").await, Vec::<String>::new());
    let resolved = bridge.json("/api/v1/episodes?state=resolved").await;
    let transitions = resolved["episodes"][0]["messages"].as_array().unwrap().iter();
    assert_eq!(
        transitions.map(|message| message["transition"].clone()).collect::<Vec<_>>(),
        ["firing", "resolved"]
    );
}

#[tokio::test]
async fn the_metrics_are_clean_and_count() {
    let bridge = Bridge::start(ONE_PHONE).await;
    bridge.notify(&[firing("web-1", "critical", Timestamp::now())]).await;
    until("the message", || async { (bridge.deliveries().await[0].1 == "accepted").then_some(()) })
        .await;
    let page = bridge.get("/metrics").await.text().await.unwrap();
    for line in [
        "alert_bridge_webhooks_total{outcome=\"stored\"} 1",
        "alert_bridge_alerts_total{status=\"firing\"} 1",
        "alert_bridge_open_episodes{severity=\"critical\"} 1",
        "alert_bridge_deliveries_total{transport=\"modem\",outcome=\"accepted\"} 1",
        "alert_bridge_deliveries_total{transport=\"modem\",outcome=\"failed\"} 0",
        "alert_bridge_feed_events_total 1",
        "alert_bridge_episodes_total{alertname=\"NagiosServiceProblem\"} 1",
        "alert_bridge_acknowledged_total 0",
        "alert_bridge_unrouted_total 0",
    ] {
        assert!(page.lines().any(|found| found == line), "{line} is not in\n{page}");
    }
    for metric in alert_bridge::families::ALL {
        let help = format!("# HELP {} {}", metric.name, metric.help);
        let is_there = page.lines().any(|found| found.trim_end_matches('.') == help);
        assert!(is_there, "{help} is not in\n{page}");
    }
    let mut promtool = std::process::Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("promtool is needed: apt-get install prometheus");
    std::io::Write::write_all(&mut promtool.stdin.take().unwrap(), page.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test]
async fn a_reload_changes_who_is_told() {
    let bridge = Bridge::start(ONE_PHONE).await;
    bridge.notify(&[firing("web-1", "critical", Timestamp::now())]).await;
    let path = bridge.folder.join("bridge.yml");
    let config = std::fs::read_to_string(&path).unwrap();
    let added = "{name: night, phone: '+123', transport: other}]";
    let config = config
        .replace("contacts: [{", &format!("contacts: [{}, {{", added.trim_end_matches(']')))
        .replace("contacts: [duty]", "contacts: [night, duty]")
        .replace(
            "transports: [",
            &format!(
                "transports: [{{name: other, gammu: {{spool: '{}/spool'}}}}, ",
                bridge.folder.display()
            ),
        );
    std::fs::write(&path, &config).unwrap();
    assert_eq!(bridge.reload().await, 200);
    let now = Timestamp::now();
    bridge
        .notify(&[
            resolved("web-1", "critical", now - 1.seconds(), now),
            firing("db-1", "critical", now),
        ])
        .await;
    let deliveries = until("all to be sent", || async {
        let deliveries =
            bridge.json("/api/v1/deliveries").await["deliveries"].as_array().unwrap().clone();
        (deliveries.len() == 4 && deliveries.iter().all(|delivery| delivery["state"] == "accepted"))
            .then_some(deliveries)
    })
    .await;
    let mut told: Vec<_> = deliveries
        .iter()
        .map(|delivery| {
            format!(
                "{} {}",
                delivery["contact"].as_str().unwrap(),
                delivery["transition"].as_str().unwrap()
            )
        })
        .collect();
    told.sort();
    // Of the end of the old problem only who was told of the problem.
    assert_eq!(told, ["duty firing", "duty firing", "duty resolved", "night firing"]);

    std::fs::write(&path, "tokens: []\n").unwrap();
    assert_eq!(bridge.reload().await, 500);
    assert_eq!(
        bridge.notify(&[firing("web-2", "critical", now)]).await.unwrap(),
        200,
        "the old configuration stays"
    );
}
