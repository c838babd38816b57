//! Counts events as they appear at the head of `listEvents`.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use prometheus_client::encoding::{EncodeLabelSet, LabelSetEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use crate::client::lenient::Text;
use crate::record::Event;

/// Events seen since the start, of all clouds.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventCounter(Family<Labels, Counter>);

/// Those of one cloud.
#[derive(Debug)]
pub(crate) struct Events {
    counter: EventCounter,
    /// The page as it was; `None` before the first.
    seen: Mutex<Option<HashSet<Text>>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Labels {
    cloud: String,
    level: String,
    kind: String,
}

impl EncodeLabelSet for Labels {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        let Labels { cloud, level, kind } = self;
        [("cloud", cloud), ("level", level), ("type", kind)].encode(encoder)
    }
}

impl EventCounter {
    /// Adds it to a registry.
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register(
            "cloudstack_events",
            "Events that appeared since the exporter started, by level and type (listEvents)",
            self.0.clone(),
        );
    }

    /// One for a cloud.
    pub(crate) fn of_cloud(&self) -> Events {
        Events { counter: self.clone(), seen: Mutex::default() }
    }
}

impl Events {
    /// Counts what is new on the first page. Returns whether more may have happened than the page shows.
    pub(crate) fn count(&self, cloud: &str, page: &[Event]) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now: HashSet<Text> = page.iter().map(|event| event.id.clone()).collect();
        let before = seen.replace(now);
        // What was there before we started is not ours to count.
        let Some(before) = before else { return false };
        let mut new = 0;
        for event in page.iter().filter(|event| !before.contains(&event.id)) {
            let (cloud, level) = (cloud.to_owned(), event.level.to_string());
            let labels = Labels { cloud, level, kind: event.kind.to_string() };
            self.counter.0.get_or_create(&labels).inc();
            new += 1;
        }
        new > 0 && new == page.len() && !before.is_empty()
    }
}
