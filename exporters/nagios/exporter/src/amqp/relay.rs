//! From this exporter to RabbitMQ: every event once it has come.
//!
//! Promises: taking an event never waits; it is told to be safe when RabbitMQ has confirmed it or when it is on our
//! own disk. `publisher` does the rest.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use nagios_event::{Event, Frame, Hello};
use spool::Inlet;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::Settings;
use super::letter::Letter;
use super::metrics::RelayFigures;
use super::mirror::Mirror;
use super::publisher::Publisher;
use crate::message::{Format, Message};

/// The exporter's side: takes what the module says.
#[derive(Debug)]
pub(crate) struct Relay {
    instance: String,
    format: Format,
    inlet: Inlet,
    shared: Arc<Shared>,
}

/// What both sides share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    mirror: Mutex<Mirror>,
    /// A snapshot is to be published.
    pub(super) snapshot_due: Notify,
    pub(super) figures: RelayFigures,
}

impl Relay {
    /// Opens the spool and publishes until `shutdown`.
    ///
    /// # Errors
    /// When the spool's folder cannot be used.
    pub(crate) fn start(
        instance: &str,
        settings: Settings,
        shutdown: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let limits = spool::Limits::new(settings.usage.spool_max);
        let (inlet, outlet) = spool::open(&settings.usage.spool, limits).context("amqp: spool")?;
        let shared = Arc::new(Shared::default());
        let format = settings.usage.format;
        let publisher = Publisher::new(instance, settings, outlet, Arc::clone(&shared));
        tokio::spawn(shutdown.clone().run_until_cancelled_owned(publisher.run()));
        Ok(Relay { instance: instance.to_owned(), format, inlet, shared })
    }

    /// A connection of the module has begun.
    pub(crate) fn connected(&self, hello: &Hello) {
        self.shared.mirror().connected(hello);
    }

    /// The module's connection is over.
    pub(crate) fn disconnected(&self) {
        self.shared.mirror().disconnected();
    }

    /// Follows a frame.
    pub(crate) fn see(&self, frame: &Frame) {
        if self.shared.mirror().see(frame) {
            self.shared.snapshot_due.notify_one();
        }
    }

    /// Publishes an event; returns its place among all, or `None` when there is nothing to publish.
    pub(crate) fn tell(&self, event: &Event) -> Option<u64> {
        let message = Message::of_event(&self.instance, event.clone())?;
        let letter = Letter {
            format: self.format,
            key: message.key(),
            id: format!("{}/{}/{}", message.instance, message.epoch, message.sequence),
            body: message.write(self.format),
        };
        Some(self.inlet.put(letter.to_bytes()))
    }

    /// Up to which place all events are safe.
    pub(crate) fn safe(&self) -> watch::Receiver<u64> {
        self.inlet.safe()
    }

    /// Adds its metrics, `amqp_...`.
    pub(crate) fn register(&self, registry: &mut prometheus_client::registry::Registry) {
        let registry = registry.sub_registry_with_prefix("amqp");
        self.shared.figures.register(registry);
        registry.register_collector(self.inlet.collector());
    }
}

impl Shared {
    pub(super) fn mirror(&self) -> MutexGuard<'_, Mirror> {
        self.mirror.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
