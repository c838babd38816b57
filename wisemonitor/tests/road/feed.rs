//! A client of the live feed, as a page is one: server-sent events with `Last-Event-ID`.

use std::time::Duration;

use serde_json::Value;
use tokio::time::timeout;

use crate::suite::Suite;

const EVENT_LIMIT: Duration = Duration::from_secs(60);

/// One event of the feed.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) id: u64,
    pub(crate) data: Value,
}

impl Event {
    /// Whether it is about the service `http` of the host `web`.
    pub(crate) fn is_http(&self) -> bool {
        self.data["episode"]["host"] == "web" && self.data["episode"]["service"] == "http"
    }

    pub(crate) fn is_resolved(&self) -> bool {
        self.data["episode"]["state"] == "resolved"
    }
}

/// A connection to the feed.
pub(crate) struct Feed {
    response: reqwest::Response,
    unread: Vec<u8>,
}

impl Feed {
    /// Connects; with `last`, all events after that one come first.
    pub(crate) async fn connect(suite: &Suite, last: Option<u64>) -> Option<Feed> {
        let mut request = suite.client.get(suite.url(10193, "/api/v1/feed"));
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last.to_string());
        }
        let response = timeout(Duration::from_secs(5), request.send()).await.ok()?.ok()?;
        Some(Feed { response: response.error_for_status().ok()?, unread: Vec::new() })
    }

    /// The next event; none when the connection has ended.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        timeout(EVENT_LIMIT, self.read()).await.expect("an event in time")
    }

    async fn read(&mut self) -> Option<Event> {
        loop {
            if let Some(end) = self.unread.windows(2).position(|pair| pair == b"\n\n") {
                let frame = String::from_utf8(self.unread.drain(..end + 2).collect()).unwrap();
                if let Some(event) = parse(&frame) {
                    return Some(event);
                }
                continue;
            }
            self.unread.extend_from_slice(&self.response.chunk().await.ok()??);
        }
    }

    /// The next event about the broken web server.
    pub(crate) async fn next_http(&mut self) -> Option<Event> {
        loop {
            let event = self.next().await?;
            if event.is_http() {
                return Some(event);
            }
        }
    }
}

/// None for a comment, which keeps the connection alive.
fn parse(frame: &str) -> Option<Event> {
    let field =
        |name: &str| frame.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    Some(Event { id: field("id")?.parse().ok()?, data: serde_json::from_str(field("data")?).ok()? })
}
