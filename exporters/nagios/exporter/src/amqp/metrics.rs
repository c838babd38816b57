//! What relay and consumer have counted, as metrics.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Figures of the relay.
#[derive(Debug, Clone, Default)]
pub(super) struct RelayFigures {
    pub(super) connected: Gauge,
    pub(super) published: Counter,
    pub(super) snapshots: Counter,
    pub(super) failures: Counter,
}

/// Figures of the consumer.
#[derive(Debug, Clone, Default)]
pub(super) struct ConsumerFigures {
    pub(super) connected: Gauge,
    pub(super) received: Counter,
    pub(super) duplicates: Counter,
    pub(super) lost: Counter,
    pub(super) unreadable: Counter,
    pub(super) failures: Counter,
}

impl RelayFigures {
    pub(super) fn register(&self, registry: &mut Registry) {
        let RelayFigures { connected, published, snapshots, failures } = self;
        register_connection(registry, connected, failures);
        registry.register(
            "events_published",
            "Events that RabbitMQ has confirmed",
            published.clone(),
        );
        registry.register(
            "snapshots_published",
            "Whole snapshots that RabbitMQ has confirmed",
            snapshots.clone(),
        );
    }
}

impl ConsumerFigures {
    pub(super) fn register(&self, registry: &mut Registry) {
        let ConsumerFigures { connected, received, duplicates, lost, unreadable, failures } = self;
        register_connection(registry, connected, failures);
        registry.register(
            "events_received",
            "Events that came from RabbitMQ for the first time",
            received.clone(),
        );
        registry.register(
            "events_duplicate",
            "Events that came from RabbitMQ once more and were dropped",
            duplicates.clone(),
        );
        registry.register(
            "events_lost",
            "Events that a relay has published and that never came: gaps in its numbers",
            lost.clone(),
        );
        registry.register(
            "messages_unreadable",
            "Messages that could not be read and were dropped",
            unreadable.clone(),
        );
    }
}

fn register_connection(registry: &mut Registry, connected: &Gauge, failures: &Counter) {
    registry.register(
        "connected",
        "Whether there is a connection to RabbitMQ (1) or not (0)",
        connected.clone(),
    );
    registry.register(
        "connection_failures",
        "Connections to RabbitMQ that were lost",
        failures.clone(),
    );
}
