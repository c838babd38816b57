//! Parts of the road are away while a problem is open: nobody is told that it is over, or told twice.

use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::feed::Feed;
use crate::observe::{NagiosLog, http_problem};
use crate::suite::Suite;

#[tokio::test]
async fn an_exporter_or_alertmanager_that_is_away_raises_and_ends_nothing() {
    let mut suite = Suite::start().await;
    let mut feed = open_problem(&suite).await;

    suite.command("break", &["nagios-exporter"]).await;
    quiet(&suite, Duration::from_secs(8)).await;
    suite.command("mend", &["nagios-exporter"]).await;
    suite
        .until("the state is right again", async || {
            http_state(&suite).await.as_deref() == Some("critical")
        })
        .await;
    quiet(&suite, Duration::from_secs(8)).await;

    suite.command("break", &["alertmanager"]).await;
    quiet(&suite, Duration::from_secs(5)).await;
    suite.command("mend", &["alertmanager"]).await;
    suite
        .until("Alertmanager knows the problem again", async || alertmanager_knows(&suite).await)
        .await;
    quiet(&suite, Duration::from_secs(8)).await;

    // The recovery happens while Alertmanager is away; it is told once it is back.
    suite.command("break", &["alertmanager"]).await;
    let log = NagiosLog::open(&suite).await;
    suite.command("mend", &["web"]).await;
    log.says("SERVICE ALERT: web;http;OK;HARD").await;
    suite.command("mend", &["alertmanager"]).await;
    let event = feed.next_http().await.expect("the feed goes on");
    assert!(event.is_resolved(), "{event:?}");
    suite
        .until("its message", async || suite.messages_about(http_problem()).await.len() == 2)
        .await;
    assert_eq!(all_messages(&suite).await.len(), 2);
    suite.stop().await;
}

/// The long form: `make bench ONLY=outage`.
#[tokio::test]
#[ignore = "takes ten minutes; run by `make bench ONLY=outage`"]
async fn five_minutes_without_the_exporter_tell_only_that_it_is_down() {
    let mut suite = Suite::start().await;
    let _feed = open_problem(&suite).await;
    suite.command("break", &["nagios-exporter"]).await;
    sleep(Duration::from_secs(300)).await;
    suite.command("mend", &["nagios-exporter"]).await;
    suite
        .until("the state is right again", async || {
            http_state(&suite).await.as_deref() == Some("critical")
        })
        .await;
    sleep(Duration::from_secs(120)).await; // Alertmanager's group_interval, twice
    let texts = all_messages(&suite).await;
    let down =
        |text: &&String| text.contains("nagios-exporter") || text.contains("NagiosExporterDown");
    assert_eq!(texts.iter().filter(down).count(), 2, "down, and up again: {texts:#?}");
    assert_eq!(texts.len(), 3, "and the problem itself, once: {texts:#?}");

    suite.command("break", &["alertmanager"]).await;
    sleep(Duration::from_secs(60)).await;
    suite.command("mend", &["alertmanager"]).await;
    suite
        .until("Alertmanager knows the problem again", async || alertmanager_knows(&suite).await)
        .await;
    sleep(Duration::from_secs(30)).await;
    assert_eq!(all_messages(&suite).await, texts, "nothing more was told");
    suite.stop().await;
}

/// Breaks the web server and waits until that has been told; the feed returned is past it.
async fn open_problem(suite: &Suite) -> Feed {
    let mut feed = Feed::connect(suite, None).await.expect("the feed answers");
    suite.command("break", &["web"]).await;
    let event = feed.next_http().await.expect("the feed goes on");
    assert!(!event.is_resolved(), "{event:?}");
    suite
        .until("its message", async || suite.messages_about(http_problem()).await.len() == 1)
        .await;
    feed
}

/// For all of `duration` no second message appears. What must not happen can only be waited for.
async fn quiet(suite: &Suite, duration: Duration) {
    let end = Instant::now() + duration;
    while Instant::now() < end {
        let texts = all_messages(suite).await;
        assert_eq!(texts.len(), 1, "{texts:#?}");
        sleep(Duration::from_millis(100)).await;
    }
}

/// All but what this machine's own checks have to say: how full or busy it is does not matter here.
async fn all_messages(suite: &Suite) -> Vec<String> {
    let mut texts = suite.messages_about("").await;
    texts.retain(|text| !text.contains("localhost / "));
    texts
}

async fn http_state(suite: &Suite) -> Option<String> {
    let answer = suite.json(10190, "/api/v1/services?q=http").await?;
    let services = answer["services"].as_array()?.iter();
    let http = services.into_iter().find(|service| service["service"] == "http")?;
    Some(http["state"].as_str()?.to_owned())
}

async fn alertmanager_knows(suite: &Suite) -> bool {
    let alerts = suite.json(9093, "/api/v2/alerts?active=true&filter=service%3D%22http%22").await;
    alerts.as_ref().and_then(Value::as_array).is_some_and(|alerts| alerts.len() == 1)
}
