//! Counts what the feed tells: how noisy alerts are, and how soon problems are acknowledged and resolved.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use exporter_kit::Metric;
use jiff::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use serde::Deserialize;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::families;
use crate::store::Event;

/// Alerts that have a name of their own; a name is a label, and anybody with a token can make up names.
const NAMES: usize = 200;

/// The name of all others.
const OTHER: &str = "other";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Name {
    alertname: String,
}

/// The counters.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    episodes: Family<Name, Counter>,
    names: BTreeSet<String>,
    acknowledged: Span,
    resolved: Span,
}

/// How often something happened, and how long it took in all.
#[derive(Debug, Default)]
struct Span {
    count: Counter,
    seconds: Counter<f64, AtomicU64>,
}

/// What is read of an event.
#[derive(Debug, Deserialize)]
struct Told {
    transition: String,
    at: Timestamp,
    episode: Episode,
}

#[derive(Debug, Deserialize)]
struct Episode {
    alertname: String,
    started: Timestamp,
    ended: Option<Timestamp>,
}

impl Tally {
    pub(crate) fn register(&self, registry: &mut Registry) {
        let Tally { episodes, names: _, acknowledged, resolved } = self;
        let mut counter = |metric: &Metric, counter: &Counter| {
            registry.register(metric.family_name(), metric.help, counter.clone());
        };
        counter(&families::ACKNOWLEDGED, &acknowledged.count);
        counter(&families::RESOLVED, &resolved.count);
        let mut seconds = |metric: &Metric, span: &Span| {
            registry.register(metric.family_name(), metric.help, span.seconds.clone());
        };
        seconds(&families::ACKNOWLEDGE_SECONDS, acknowledged);
        seconds(&families::RESOLVE_SECONDS, resolved);
        let Metric { help, .. } = families::EPISODES;
        registry.register(families::EPISODES.family_name(), help, episodes.clone());
    }

    /// Counts until `shutdown`. Events that come too fast for it are left out, and that is logged.
    pub(crate) async fn run(
        mut self,
        mut events: Receiver<Arc<Event>>,
        shutdown: CancellationToken,
    ) {
        loop {
            let event = tokio::select! {
                event = events.recv() => event,
                () = shutdown.cancelled() => return,
            };
            match event {
                Ok(event) => self.count(&event),
                Err(RecvError::Lagged(events)) => warn!(events, "not counted: too many at once"),
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn count(&mut self, event: &Event) {
        // What we have written ourselves can be read.
        let Ok(Told { transition, at, episode }) = serde_json::from_slice(&event.json) else {
            return;
        };
        let Episode { alertname, started, ended } = episode;
        match transition.as_str() {
            "firing" => {
                let known = self.names.contains(&alertname);
                let alertname = match known || self.names.len() < NAMES {
                    true => alertname,
                    false => OTHER.to_owned(),
                };
                self.names.insert(alertname.clone());
                self.episodes.get_or_create(&Name { alertname }).inc();
            }
            "acknowledged" => self.acknowledged.took(started, at),
            "resolved" => self.resolved.took(started, ended.unwrap_or(at)),
            _ => {}
        }
    }
}

impl Span {
    fn took(&self, from: Timestamp, to: Timestamp) {
        self.count.inc();
        self.seconds.inc_by(to.duration_since(from).as_secs_f64().max(0.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_bounded_and_times_add_up() {
        let mut tally = Tally::default();
        let mut tell = |transition: &str, alertname: &str, ended: &str| {
            let json = format!(
                "{{\"transition\": \"{transition}\", \"at\": \"2026-01-01T00:01:00Z\", \"episode\":
                 {{\"alertname\": \"{alertname}\", \"started\": \"2026-01-01T00:00:00Z\", \"ended\": {ended}}}}}"
            );
            tally.count(&Event::new(1, Timestamp::UNIX_EPOCH, &json));
        };
        (0..NAMES + 5).for_each(|number| tell("firing", &format!("a{number}"), "null"));
        tell("firing", "a1", "null");
        tell("acknowledged", "a1", "null");
        tell("resolved", "a1", "\"2026-01-01T00:00:30Z\"");
        let count =
            |name: &str| tally.episodes.get_or_create(&Name { alertname: name.to_owned() }).get();
        assert_eq!((count("a1"), count(OTHER), tally.names.len()), (2, 5, NAMES + 1));
        assert_eq!((tally.acknowledged.seconds.get(), tally.resolved.seconds.get()), (60.0, 30.0));
        assert_eq!((tally.acknowledged.count.get(), tally.resolved.count.get()), (1, 1));
    }
}
