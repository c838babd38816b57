//! An alert that CloudStack writes, on its way to page and phone.

use crate::feed::{Event, Feed};
use crate::suite::Suite;

const TEXT: &str = "Host is down, name: north-host-001";

/// What messages say that they are about.
const ABOUT: &str = "CloudStackAlert / lab";

#[tokio::test]
async fn an_alert_of_cloudstack_reaches_page_and_phone_and_so_does_its_end() {
    let mut suite = Suite::start().await;
    let mut feed = Feed::connect(&suite, None).await.expect("the feed answers");
    let alert = [("type", "7"), ("name", "ALERT.MANAGEMENT"), ("description", TEXT)];
    let write = suite.client.post(suite.url(10281, "/alerts")).query(&alert).send().await.unwrap();
    let id = write.error_for_status().unwrap().text().await.unwrap();
    let firing = next(&mut feed).await;
    assert_eq!(firing.data["transition"], "firing", "{firing:?}");
    suite.until("a message", async || suite.messages_about(TEXT).await.len() == 1).await;

    let archive = suite.client.delete(suite.url(10281, &format!("/alerts/{id}"))).send().await;
    archive.unwrap().error_for_status().unwrap();
    assert!(next(&mut feed).await.is_resolved());
    let both = async || suite.messages_about(ABOUT).await.len() == 2;
    suite.until("a message of the end", both).await;
    assert!(suite.messages_about(ABOUT).await[1].contains("[RESOLVED]"));
    suite.stop().await;
}

/// The next event about CloudStack's own alerts.
async fn next(feed: &mut Feed) -> Event {
    loop {
        let event = feed.next().await.expect("the feed goes on");
        if event.data.to_string().contains("CloudStackAlert") {
            return event;
        }
    }
}
