//! The live feed: every transition of every episode, in order, none missed and none twice.
//!
//! An event's number is its id for ever. A client names the last one it has seen (`Last-Event-ID`, or
//! `last_id`) and gets everything after it from the store, then what happens from now on. To join both
//! without a gap a client listens first, reads the store after that, and skips what it has seen.
//!
//! Events are made once and shared. A client that lags more than the live events that are kept is cut off and
//! resumes by its last id. A number that was never given out, as after the loss of the store, counts as 0.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use access::{Access, Caller};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::stream;
use serde::Serialize;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::access::Role;
use crate::api::{Invalid, Parameters};
use crate::metrics::{ClientGuard, Metrics};
use crate::store::{Event, Store, StoreError, events};

/// A comment is sent when nothing happened for so long, so that both ends know the other is there.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Events of one poll at most.
const POLLED: usize = 500;

/// Events read from the store at once for a client that comes back: it holds so many in memory.
const PAGE: usize = 128;

/// The longest wait of a poll.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The feed's state.
#[derive(Debug, Clone)]
pub(crate) struct Feed {
    store: Store,
    metrics: Metrics,
    access: Access<Role>,
    shutdown: CancellationToken,
}

impl Feed {
    pub(crate) fn new(
        store: Store,
        metrics: Metrics,
        access: Access<Role>,
        shutdown: CancellationToken,
    ) -> Self {
        Feed { store, metrics, access, shutdown }
    }

    /// A client that has seen everything up to `last_id`.
    fn client(&self, last_id: u64, caller: Option<Caller<Role>>) -> Client {
        let live = self.store.signals().events.subscribe();
        let newest = *self.store.signals().last_seq.borrow();
        Client {
            feed: self.clone(),
            live,
            seen: if last_id > newest { 0 } else { last_id },
            replaying: true,
            heartbeat: Instant::now() + HEARTBEAT,
            caller,
            checked: Instant::now(),
            _guard: self.metrics.feed_client(),
        }
    }

    async fn page(&self, seen: u64, limit: usize) -> Result<Vec<Event>, StoreError> {
        self.store.read(move |connection| events::after(connection, seen, limit)).await
    }
}

/// `GET /api/v1/feed`: server-sent events. Without a last id it begins with what happens from now on.
pub(crate) async fn events_stream(
    State(feed): State<Feed>,
    mut parameters: Parameters,
    caller: Caller<Role>,
    headers: HeaderMap,
) -> Result<Response, Invalid> {
    let header = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let number = |text: &str| text.parse().ok();
    let last_id = match header.and_then(number) {
        Some(last_id) => last_id,
        None => parameters
            .read("last_id", "the id of an event, a whole number", number)?
            .unwrap_or(*feed.store.signals().last_seq.borrow()),
    };
    let client = feed.client(last_id, Some(caller));
    // The first bytes tell a client that it is connected, before anything happens.
    let hello = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"retry: 1000\n\n"))]);
    let events = futures_util::StreamExt::chain(hello, stream::unfold(client, Client::next));
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // Tells nginx not to gather what should be seen at once.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::from_stream(events)).into_response())
}

/// One client of the event stream.
struct Client {
    feed: Feed,
    live: broadcast::Receiver<Arc<Event>>,
    /// The last event that was sent.
    seen: u64,
    /// Whether the store may hold more than it has been read for this client.
    replaying: bool,
    heartbeat: Instant,
    /// Who listens; none for nobody in particular.
    caller: Option<Caller<Role>>,
    checked: Instant,
    _guard: ClientGuard,
}

impl Client {
    /// The next bytes; none when the client is to come again.
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        if self.is_shut_out() {
            return None;
        }
        let bytes = loop {
            if self.replaying {
                let page = self.feed.page(self.seen, PAGE).await.ok()?;
                // The live events, heard since before the page was read, take over where the store ends.
                self.replaying = page.len() == PAGE;
                let Some(last) = page.last() else { continue };
                self.seen = last.seq;
                break page.iter().flat_map(|event| &event.frame[..]).copied().collect();
            }
            let heard = tokio::select! {
                event = self.live.recv() => event,
                () = tokio::time::sleep_until(self.heartbeat) => {
                    break Bytes::from_static(b": still here\n\n");
                }
                () = self.feed.shutdown.cancelled() => return None,
            };
            match heard {
                Ok(event) if event.seq > self.seen => {
                    self.seen = event.seq;
                    break event.frame.clone();
                }
                Ok(_) => {}
                Err(RecvError::Lagged(_) | RecvError::Closed) => return None,
            }
        };
        self.heartbeat = Instant::now() + HEARTBEAT;
        Some((Ok(bytes), self))
    }

    /// Whether the session has ended, looked at now and then: a stream outlives what let it in.
    fn is_shut_out(&mut self) -> bool {
        if self.checked.elapsed() < HEARTBEAT {
            return false;
        }
        self.checked = Instant::now();
        self.caller.as_ref().is_some_and(|caller| !self.feed.access.still(caller))
    }
}

/// Answer of a poll.
#[derive(Debug, Serialize)]
struct Polled<'a> {
    /// What to ask from next.
    last_id: u64,
    #[serde(borrow)]
    events: Vec<&'a serde_json::value::RawValue>,
}

/// `GET /api/v1/feed/poll?since=&wait=`: up to 500 events after `since`, at once or as soon as there is one
/// within `wait` seconds.
pub(crate) async fn poll(
    State(feed): State<Feed>,
    mut parameters: Parameters,
) -> Result<Response, Invalid> {
    let expected = "the id of an event, a whole number";
    let since = parameters.read("since", expected, |text| text.parse::<u64>().ok())?.unwrap_or(0);
    let wait = parameters.read("wait", "whole seconds", |text| text.parse::<u64>().ok())?;
    let wait = Duration::from_secs(wait.unwrap_or(0)).min(LONGEST_WAIT);
    let mut newest = feed.store.signals().last_seq.subscribe();
    let since = if since > *newest.borrow() { 0 } else { since };
    let _guard = feed.metrics.feed_client();
    tokio::select! {
        _ = newest.wait_for(|newest| *newest > since) => {}
        () = tokio::time::sleep(wait) => {}
        () = feed.shutdown.cancelled() => {}
    }
    Ok(match feed.page(since, POLLED).await {
        Ok(events) => {
            let last_id = events.last().map_or(since, |event| event.seq);
            let raw = events
                .iter()
                .filter_map(|event| serde_json::from_slice(&event.json).ok())
                .collect();
            axum::Json(Polled { last_id, events: raw }).into_response()
        }
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    async fn publish(store: &Store, count: u64) {
        let publish = move |writing: &mut crate::store::Writing<'_>| {
            for _ in 0..count {
                writing.publish(|seq| Ok(Event::new(seq, Timestamp::UNIX_EPOCH, "{}")))?;
            }
            Ok(())
        };
        store.write(publish).await.unwrap();
    }

    fn feed(store: &Store) -> Feed {
        let nobody = || {
            let file = access::File::default();
            let settings = access::Settings::resolve("access", file, std::path::Path::new("."));
            std::sync::Arc::new(settings.unwrap())
        };
        let access = Access::new("alert-bridge", access::Unnamed::Refused, nobody);
        Feed::new(store.clone(), Metrics::default(), access, CancellationToken::new())
    }

    #[tokio::test]
    async fn a_client_that_lags_is_cut_off_and_resumes_by_its_last_id() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let feed = feed(&store);
        publish(&store, 3).await;
        let mut client = feed.client(2, None);
        (_, client) = client.next().await.unwrap();
        assert_eq!(client.seen, 3);
        // The replay has ended; from then on the client must keep up.
        publish(&store, 5000).await;
        assert!(client.next().await.is_none());
        let mut client = feed.client(3, None);
        let mut bytes = Vec::new();
        while client.seen < 5003 {
            let (part, next) = client.next().await.unwrap();
            bytes.extend(part.unwrap());
            client = next;
        }
        let ids = String::from_utf8(bytes).unwrap();
        let ids = ids.lines().filter_map(|line| line.strip_prefix("id: "));
        assert!(ids.eq((4..=5003).map(|id: u64| id.to_string())));
    }

    #[tokio::test]
    async fn a_number_that_was_never_given_out_counts_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        publish(&store, 2).await;
        let (bytes, _) = feed(&store).client(900, None).next().await.unwrap();
        assert!(bytes.unwrap().starts_with(b"id: 1\n"));
    }
}
