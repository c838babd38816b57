//! From a real Alertmanager to gammu's `sent` folder.

use jiff::{Timestamp, ToSpan as _};

use crate::bridge::{Bridge, ONE_PHONE, firing};
use crate::peers::{Alertmanager, posted};
use crate::wait::until;
use crate::{gammu, wait};

#[tokio::test]
async fn an_alert_reaches_the_phone_in_chinese_and_so_does_its_end() {
    let bridge = Bridge::start(ONE_PHONE).await;
    let _gammu = gammu::start(&bridge.folder);
    let alertmanager =
        Alertmanager::start(&bridge.folder, &bridge.url("/api/v1/webhook"), None).await;
    // Too long for one short message: 200 Chinese characters and what stands around them.
    let output = "磁盘空间不足".repeat(34).chars().take(200).collect::<String>();
    let begun = Timestamp::now();
    alertmanager.post(&[posted("web-1", "critical", &output, begun, None)]).await;
    wait::until("the feed", || async {
        (bridge.story().await == ["firing critical"]).then_some(())
    })
    .await;
    let sent = |count: usize| {
        let folder = bridge.folder.clone();
        until("gammu to send", move || {
            let texts = gammu::texts(&folder, "sent");
            async move { (texts.len() == count).then_some(texts) }
        })
    };
    let text = sent(1).await.remove(0);
    assert!(text.starts_with(&format!("[严重] web-1 / http：{output} (")), "{text}");
    let log = std::fs::read_to_string(bridge.folder.join("gammu.log")).unwrap();
    assert!(log.contains("(total: 4) to +8613800000000"), "{log}");
    assert_eq!(bridge.json("/api/v1/deliveries").await["deliveries"][0]["segments"], 4);

    alertmanager.post(&[posted("web-1", "critical", &output, begun, Some(Timestamp::now()))]).await;
    let text = sent(2).await.remove(1);
    assert!(text.starts_with("[恢复] web-1 / http：曾为严重，持续"), "{text}");
    assert_eq!(bridge.story().await, ["firing critical", "resolved critical"]);
}

#[tokio::test]
async fn a_change_of_severity_is_one_message_each_and_never_a_false_end() {
    let bridge = Bridge::start(ONE_PHONE).await;
    let alertmanager =
        Alertmanager::start(&bridge.folder, &bridge.url("/api/v1/webhook"), None).await;
    let begun = Timestamp::now() - 60.seconds();
    alertmanager.post(&[posted("web-1", "warning", "slow", begun, None)]).await;
    let mut expected = vec!["firing warning".to_owned()];
    told(&bridge, &expected).await;
    let mut current = ("warning", begun);
    // Worse, better, worse: each is one POST that ends the old alert and starts the new.
    for next in ["critical", "warning", "critical"] {
        let now = Timestamp::now();
        let (severity, since) = current;
        alertmanager
            .post(&[
                posted("web-1", severity, "slow", since, Some(now)),
                posted("web-1", next, "slow", now, None),
            ])
            .await;
        current = (next, now);
        expected.push(format!("severity {next}"));
        told(&bridge, &expected).await;
    }
    // The end of the last old alert, which tells nothing, is behind this one in time.
    alertmanager
        .post(&[posted("web-1", "critical", "slow", current.1, Some(Timestamp::now()))])
        .await;
    expected.push("resolved critical".into());
    told(&bridge, &expected).await;
    assert_eq!(bridge.deliveries().await.len(), 5);
}

pub(crate) async fn told(bridge: &Bridge, expected: &[String]) {
    until("the feed to tell", || async {
        let story = bridge.story().await;
        assert!(expected.starts_with(&story), "{story:?}, expected {expected:?}");
        (story == expected).then_some(())
    })
    .await;
}

#[tokio::test]
async fn two_alertmanagers_tell_twice_and_one_message_is_sent() {
    let bridge = Bridge::start(ONE_PHONE).await;
    let webhook = bridge.url("/api/v1/webhook");
    // Not of one cluster, so that both deliver all: the worst of what a cluster in trouble does.
    let first = Alertmanager::start(&bridge.folder, &webhook, None).await;
    let second = Alertmanager::start(&bridge.folder, &webhook, None).await;
    let begun = Timestamp::now();
    first.post(&[posted("web-1", "critical", "down", begun, None)]).await;
    second.post(&[posted("web-1", "critical", "down", begun + 300.milliseconds(), None)]).await;
    received(&bridge, "firing", 2).await;
    let ended = Timestamp::now();
    first.post(&[posted("web-1", "critical", "down", begun, Some(ended))]).await;
    second
        .post(&[posted("web-1", "critical", "down", begun, Some(ended + 100.milliseconds()))])
        .await;
    received(&bridge, "resolved", 2).await;
    told(&bridge, &["firing critical".into(), "resolved critical".into()]).await;
    assert_eq!(bridge.deliveries().await.len(), 2);
}

#[tokio::test]
async fn a_cluster_that_delivers_tells_one_story() {
    let bridge = Bridge::start(ONE_PHONE).await;
    let webhook = bridge.url("/api/v1/webhook");
    let first = Alertmanager::start(&bridge.folder, &webhook, None).await;
    let second = Alertmanager::start(&bridge.folder, &webhook, Some(&first)).await;
    let begun = Timestamp::now();
    for alertmanager in [&first, &second] {
        alertmanager.post(&[posted("web-1", "critical", "down", begun, None)]).await;
    }
    told(&bridge, &["firing critical".into()]).await;
    first.kill().await;
    second.post(&[posted("web-1", "critical", "down", begun, Some(Timestamp::now()))]).await;
    told(&bridge, &["firing critical".into(), "resolved critical".into()]).await;
    assert_eq!(bridge.deliveries().await.len(), 2);
}

/// Waits until so many alerts of a status have been told to us, wanted or not.
async fn received(bridge: &Bridge, status: &str, count: u64) {
    let line = format!("alert_bridge_alerts_total{{status=\"{status}\"}} {count}");
    until("both to deliver", || async {
        let page = bridge.get("/metrics").await.text().await.unwrap();
        page.lines().any(|found| found == line).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_end_that_alertmanager_lost_is_found() {
    let bridge = Bridge::start(ONE_PHONE).await;
    let webhook = bridge.url("/api/v1/webhook");
    let alertmanager = Alertmanager::start(&bridge.folder, &webhook, None).await;
    alertmanager.post(&[posted("known", "critical", "down", Timestamp::now(), None)]).await;
    told(&bridge, &["firing critical".into()]).await;
    // Told to us only: no Alertmanager knows this one.
    let lost = firing("lost", "critical", Timestamp::now());
    assert_eq!(bridge.notify(&[lost]).await.unwrap(), 200);
    let config = ONE_PHONE.replace("{folder}", bridge.folder.to_str().unwrap());
    let config = format!("{config}\nalertmanagers: [{}]\nvanish_after: 1s\n", alertmanager.url(""));
    std::fs::write(bridge.folder.join("bridge.yml"), config).unwrap();
    let mut bridge = bridge;
    bridge.kill().await;
    bridge.start_again().await;
    told(
        &bridge,
        &["firing critical".into(), "firing critical".into(), "resolved critical".into()],
    )
    .await;
    let closed = bridge.json("/api/v1/episodes?state=resolved").await;
    assert_eq!(closed["episodes"][0]["host"], "lost");
    assert_eq!(closed["episodes"][0]["reason"], "vanished");
    assert!(bridge.deliveries().await[2].0.starts_with("[关闭] lost / http："));
}

#[tokio::test]
async fn an_alert_that_expired_while_its_source_was_away_is_told_again() {
    let bridge = Bridge::start(&format!("{ONE_PHONE}\nvanish_after: 1s\n")).await;
    let webhook = bridge.url("/api/v1/webhook");
    let alertmanager = Alertmanager::start(&bridge.folder, &webhook, None).await;
    let path = bridge.folder.join("bridge.yml");
    let config = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{config}\nalertmanagers: [{}]\n", alertmanager.url("")))
        .unwrap();
    assert_eq!(bridge.reload().await, 200);
    let begun = Timestamp::now() - 60.seconds();
    // The source promises to come again within two seconds, and does not.
    let expires = Timestamp::now() + 2.seconds();
    alertmanager.post(&[posted("web-1", "critical", "down", begun, Some(expires))]).await;
    told(&bridge, &["firing critical".into(), "resolved critical".into()]).await;
    // Then it is back, and the problem has been there all the time.
    alertmanager.post(&[posted("web-1", "critical", "down", begun, None)]).await;
    told(
        &bridge,
        &["firing critical".into(), "resolved critical".into(), "firing critical".into()],
    )
    .await;
    assert_eq!(bridge.deliveries().await.len(), 3);
}
