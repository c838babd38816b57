//! alert-bridge is killed by force at the worst moments: each message goes out once, the feed has no gap.

use nix::sys::signal::Signal;

use crate::feed::{Event, Feed};
use crate::observe::{NagiosLog, http_problem};
use crate::suite::Suite;

#[tokio::test]
async fn a_bridge_killed_at_the_moment_of_an_alert_tells_it_exactly_once() {
    let mut suite = Suite::start().await;
    let mut seen = Vec::new();
    for round in 1..=3 {
        let log = NagiosLog::open(&suite).await;
        let mut feed = reconnect(&suite, &seen).await;
        suite.command("break", &["web"]).await;
        log.says("SERVICE ALERT: web;http;CRITICAL;HARD").await;
        if round > 1 {
            // The first round kills it while Alertmanager speaks to it, the others once it has told the feed.
            read_until(&suite, &mut feed, &mut seen, |event| !event.is_resolved()).await;
        }
        suite.signal("alert-bridge", Signal::SIGKILL).await;
        let mut feed = reconnect(&suite, &seen).await;
        if round == 1 {
            read_until(&suite, &mut feed, &mut seen, |event| !event.is_resolved()).await;
        }
        suite.command("mend", &["web"]).await;
        read_until(&suite, &mut feed, &mut seen, Event::is_resolved).await;
        let expected = 2 * round;
        suite
            .until("both messages", async || {
                suite.messages_about(http_problem()).await.len() >= expected
            })
            .await;
    }
    let texts = suite.messages_about(http_problem()).await;
    assert_eq!(texts.len(), 6, "one message for each alert and each resolution: {texts:#?}");

    // Who reads it all again sees the same.
    let mut again = Vec::new();
    let mut feed = Feed::connect(&suite, Some(0)).await.expect("the feed answers");
    let last = seen.last().map(|event: &Event| event.id);
    while again.last().map(|event: &Event| event.id) != last {
        again.push(feed.next().await.expect("the feed goes on"));
    }
    let ids = |events: &[Event]| events.iter().map(|event| event.id).collect::<Vec<_>>();
    assert_eq!(ids(&seen), ids(&again), "nothing missed, nothing twice");
    suite.stop().await;
}

/// Connects after the last event that was seen; waits for alert-bridge to be there.
async fn reconnect(suite: &Suite, seen: &[Event]) -> Feed {
    let last = seen.last().map_or(0, |event| event.id);
    loop {
        if let Some(feed) = Feed::connect(suite, Some(last)).await {
            return feed;
        }
        suite
            .until("alert-bridge", async || {
                suite.client.get(suite.url(10193, "/-/ready")).send().await.is_ok()
            })
            .await;
    }
}

/// Reads on until an event about the web server that is `wanted`, through any end of the connection.
async fn read_until(
    suite: &Suite,
    feed: &mut Feed,
    seen: &mut Vec<Event>,
    wanted: impl Fn(&Event) -> bool,
) {
    loop {
        let Some(event) = feed.next().await else {
            *feed = reconnect(suite, seen).await;
            continue;
        };
        let found = event.is_http() && wanted(&event);
        seen.push(event);
        if found {
            return;
        }
    }
}
