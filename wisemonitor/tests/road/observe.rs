//! One trip along the road, with the times a user would see.
//!
//! The clock starts when Nagios writes the hard state into its log, and is read every 10 ms.

use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use crate::feed::Feed;
use crate::suite::{PAUSE, Suite, messages};

const TRIP_LIMIT: Duration = Duration::from_secs(60);

/// From Nagios' hard state to each of its effects.
#[derive(Debug)]
pub(crate) struct Trip {
    pub(crate) to_feed: Duration,
    pub(crate) to_outbox: Duration,
    pub(crate) to_sent: Duration,
    /// From Nagios' recovery to its resolution on the feed.
    pub(crate) to_resolved: Duration,
}

/// What every message about the web server has in it.
pub(crate) fn http_problem() -> &'static str {
    "web / http"
}

/// Breaks the web server, watches the alert arrive everywhere, mends it, watches the resolution.
pub(crate) async fn road_trip(suite: &Suite) -> Trip {
    let mut feed = Feed::connect(suite, None).await.expect("the feed answers");
    let gammu = suite.dir().join("gammu-smsd");
    let sent_before = about_http(&gammu.join("sent"));
    let log = NagiosLog::open(suite).await;

    suite.command("break", &["web"]).await;
    let observed = async {
        tokio::join!(
            log.says("SERVICE ALERT: web;http;CRITICAL;HARD"),
            async {
                let event = feed.next_http().await.expect("the feed goes on");
                assert!(!event.is_resolved(), "{event:?}");
                Instant::now()
            },
            moment(async || about_http(&gammu.join("outbox")) + about_http(&gammu.join("sent"))
                > sent_before),
            moment(async || about_http(&gammu.join("sent")) > sent_before),
        )
    };
    let observed = timeout(TRIP_LIMIT, observed).await;
    let (hard, fed, handed, sent) = observed.expect("the alert arrives everywhere");

    let log = NagiosLog::open(suite).await;
    suite.command("mend", &["web"]).await;
    let observed = async {
        tokio::join!(log.says("SERVICE ALERT: web;http;OK;HARD"), async {
            let event = feed.next_http().await.expect("the feed goes on");
            assert!(event.is_resolved(), "{event:?}");
            Instant::now()
        })
    };
    let (recovered, resolved) =
        timeout(TRIP_LIMIT, observed).await.expect("the resolution arrives");
    let told = moment(async || about_http(&gammu.join("sent")) > sent_before + 1);
    timeout(TRIP_LIMIT, told).await.expect("the resolution is sent");
    Trip {
        to_feed: fed.saturating_duration_since(hard),
        to_outbox: handed.saturating_duration_since(hard),
        to_sent: sent.saturating_duration_since(hard),
        to_resolved: resolved.saturating_duration_since(recovered),
    }
}

/// Nagios' own log from now on.
pub(crate) struct NagiosLog<'a> {
    suite: &'a Suite,
    start: usize,
}

impl<'a> NagiosLog<'a> {
    pub(crate) async fn open(suite: &'a Suite) -> Self {
        NagiosLog { suite, start: read(suite).len() }
    }

    /// When a line with this text stands in the log.
    pub(crate) async fn says(&self, text: &str) -> Instant {
        let says =
            async || read(self.suite).get(self.start..).is_some_and(|new| new.contains(text));
        let said = timeout(TRIP_LIMIT, moment(says)).await;
        said.unwrap_or_else(|_| panic!("Nagios never logged: {text}"))
    }
}

fn read(suite: &Suite) -> String {
    let log = std::fs::read(suite.dir().join("nagios/nagios.log")).unwrap();
    String::from_utf8_lossy(&log).into_owned()
}

fn about_http(folder: &Path) -> usize {
    messages(folder).iter().filter(|(_, text)| text.contains(http_problem())).count()
}

async fn moment(condition: impl AsyncFn() -> bool) -> Instant {
    while !condition().await {
        sleep(PAUSE).await;
    }
    Instant::now()
}
