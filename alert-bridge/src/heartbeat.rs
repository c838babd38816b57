//! The alarm that no alarm would tell of: Prometheus' Watchdog has stopped coming, so others would not come either.
//!
//! An alert that always fires is sent again and again by each cluster of Alertmanagers. When it stays away, this
//! program raises an alert of its own, which takes the same road as any other: page, routes, phones, repetitions.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::alert::{Alert, Content, Pairs, Severity};
use crate::config::Config;
use crate::intake::{self, Notification};
use crate::store::{Store, StoreError, episodes};

/// The cluster of the alerts that this program raises itself. No token may be of it.
pub(crate) const CLUSTER: &str = "alert-bridge";

const RECEIVER: &str = "heartbeat";

/// How often it is looked at.
const INTERVAL: Duration = Duration::from_secs(1);

/// What is expected.
#[derive(Debug, Clone)]
pub(crate) struct Heartbeat {
    /// Name of the alert that always fires.
    pub(crate) alert: String,
    pub(crate) after: Duration,
    /// Those that must send it.
    pub(crate) clusters: Vec<String>,
}

/// When each cluster was heard last. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Beats(Arc<Mutex<BTreeMap<String, Timestamp>>>);

impl Beats {
    /// Notes that a cluster was heard.
    pub(crate) fn note(&self, cluster: &str, now: Timestamp) {
        let mut beats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        beats.insert(cluster.to_owned(), now);
    }

    fn last(&self, cluster: &str) -> Option<Timestamp> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(cluster).copied()
    }
}

/// Watches until `shutdown`. Idle while no heartbeat is configured.
pub(crate) async fn run(
    config: watch::Receiver<Arc<Config>>,
    store: Store,
    beats: Beats,
    shutdown: CancellationToken,
) {
    let begun = Timestamp::now();
    loop {
        let current = Arc::clone(&config.borrow());
        if let Some(heartbeat) = &current.heartbeat
            && let Err(error) = look(&current, heartbeat, &store, &beats, begun).await
        {
            warn!(%error, "cannot raise or end the alarm about a missing heartbeat");
        }
        tokio::select! {
            () = tokio::time::sleep(INTERVAL) => {}
            () = shutdown.cancelled() => return,
        }
    }
}

async fn look(
    config: &Arc<Config>,
    heartbeat: &Heartbeat,
    store: &Store,
    beats: &Beats,
    begun: Timestamp,
) -> Result<(), StoreError> {
    let Heartbeat { alert: expected, after, clusters } = heartbeat;
    let open = store.read(|connection| episodes::open_of(connection, CLUSTER)).await?;
    let now = Timestamp::now();
    for cluster in clusters {
        let last = beats.last(cluster);
        let missing = now >= last.unwrap_or(begun) + *after;
        let raised = open.iter().any(|content| content.label("cluster") == cluster);
        // After a start nothing is known of the time before: what was raised stays until a beat is heard.
        let over = raised && last.is_some() && !missing;
        if (missing && !raised) || over {
            let alert = Alert {
                content: content(cluster, expected, *after),
                severity: Severity::Critical,
                starts_at: now,
                ends_at: over.then_some(now),
            };
            let notification = Notification {
                cluster: CLUSTER.into(),
                receiver: RECEIVER.into(),
                alerts: vec![alert],
            };
            let config = Arc::clone(config);
            let write =
                store.write(move |writing| intake::take(writing, &config, notification, now));
            write.await?;
        }
    }
    Ok(())
}

fn content(cluster: &str, expected: &str, after: Duration) -> Content {
    let labels = [
        ("alertname", "HeartbeatMissing"),
        ("cluster", cluster),
        ("instance", cluster),
        ("severity", Severity::Critical.name()),
    ];
    let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let summary = format!(
        "no {expected} from Alertmanager for {} s: other alerts may not come either",
        after.as_secs()
    );
    let annotations = Pairs::from([("summary".to_owned(), summary)]);
    Content { labels, annotations, link: String::new() }
}
