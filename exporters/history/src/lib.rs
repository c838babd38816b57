//! Tells alert-bridge what happened at a source, so that it can be looked through.
//!
//! [`Historian::record`] takes an [`Event`] and never waits. The event stays in the spool until alert-bridge has
//! answered 200; `sender` sees to that. alert-bridge drops what it has by source, instance, epoch and sequence,
//! so nothing is doubled however often it is sent.
//!
//! Promises: an event whose place is [`Historian::safe`] is with alert-bridge or on disk, or counted as lost (the
//! spool's bounds) or as refused (alert-bridge can never take it). Events arrive in their order. Every call has
//! a deadline. Refuses to know any source.

mod event;
mod sender;
mod settings;

use std::sync::Arc;

use anyhow::Context as _;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;
use spool::Inlet;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use event::{Event, Kind, Severity};
pub use settings::{File, Settings};

use sender::Sender;

/// Keeps events for alert-bridge and sends them. Clones share it; what is in memory is written to disk when the
/// last one goes.
#[derive(Debug, Clone)]
pub struct Historian {
    inlet: Arc<Inlet>,
    figures: Figures,
}

/// What has been counted since the start.
#[derive(Debug, Clone, Default)]
pub(crate) struct Figures {
    pub(crate) sent: Counter,
    pub(crate) refused: Counter,
    pub(crate) failures: Counter,
}

impl Historian {
    /// Opens the spool and sends until `shutdown`.
    ///
    /// # Errors
    /// When the spool's folder cannot be used, or no HTTP client can be made.
    pub fn start(settings: Settings, shutdown: &CancellationToken) -> anyhow::Result<Self> {
        let limits = spool::Limits::new(settings.spool_max);
        let (inlet, outlet) = spool::open(&settings.spool, limits).context("history: spool")?;
        let figures = Figures::default();
        let sender = Sender::new(settings, outlet, figures.clone()).context("history")?;
        tokio::spawn(shutdown.clone().run_until_cancelled_owned(sender.run()));
        Ok(Historian { inlet: Arc::new(inlet), figures })
    }

    /// Takes an event and returns its place among all events. Never waits.
    pub fn record(&self, event: &Event<'_>) -> u64 {
        // What is made of texts and numbers can always be written.
        self.inlet.put(serde_json::to_vec(event).unwrap_or_default())
    }

    /// Up to which place all events are safe.
    #[must_use]
    pub fn safe(&self) -> watch::Receiver<u64> {
        self.inlet.safe()
    }

    /// Adds its metrics, `history_...`; the registry's prefix says whose they are.
    pub fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("history");
        let Figures { sent, refused, failures } = &self.figures;
        registry.register("events_sent", "Events that alert-bridge has taken", sent.clone());
        registry.register(
            "events_refused",
            "Events that alert-bridge can never take, and that were left out",
            refused.clone(),
        );
        registry.register("failures", "Calls to alert-bridge that failed", failures.clone());
        registry.register_collector(self.inlet.collector());
    }
}
