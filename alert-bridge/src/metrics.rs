//! Metrics of this program, named `alert_bridge_...`. What is counted counts from the start of the process;
//! what stands in the store is read from it for each scrape.

use std::sync::{Mutex, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::Registry;
use rusqlite::Connection;
use tracing::warn;

use crate::alert::Severity;
use crate::store::stock::{self, Stock};
use crate::store::{Store, StoreError, events};
use crate::transport::Fate;

const PREFIX: &str = "alert_bridge";

/// What became of a request to the webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WebhookOutcome {
    Stored,
    Unauthorized,
    Unreadable,
    TooLarge,
    Incomplete,
    Overloaded,
    NotStored,
}

impl WebhookOutcome {
    const ALL: [Self; 7] = [
        Self::Stored,
        Self::Unauthorized,
        Self::Unreadable,
        Self::TooLarge,
        Self::Incomplete,
        Self::Overloaded,
        Self::NotStored,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Unauthorized => "unauthorized",
            Self::Unreadable => "unreadable",
            Self::TooLarge => "too_large",
            Self::Incomplete => "incomplete",
            Self::Overloaded => "overloaded",
            Self::NotStored => "not_stored",
        }
    }
}

/// What an alert in a stored notification said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Firing,
    Resolved,
    /// Of severity "none".
    Ignored,
}

impl Status {
    const ALL: [Self; 3] = [Self::Firing, Self::Resolved, Self::Ignored];

    fn name(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Resolved => "resolved",
            Self::Ignored => "ignored",
        }
    }
}

/// What became of an event that a source sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventOutcome {
    Accepted,
    /// It had been kept before.
    Duplicate,
}

impl EventOutcome {
    const ALL: [Self; 2] = [Self::Accepted, Self::Duplicate];

    fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Duplicate => "duplicate",
        }
    }
}

/// How an attempt to send a message ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeliveryOutcome {
    Accepted,
    Retried,
    Failed,
    InDoubt,
}

impl DeliveryOutcome {
    const ALL: [Self; 4] = [Self::Accepted, Self::Retried, Self::Failed, Self::InDoubt];

    fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Retried => "retried",
            Self::Failed => "failed",
            Self::InDoubt => "in_doubt",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StatusLabel {
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DeliveryLabels {
    transport: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReceiptLabels {
    transport: String,
    receipt: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TransportLabel {
    transport: String,
}

/// The counters. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics {
    webhooks: Family<OutcomeLabel, Counter>,
    alerts: Family<StatusLabel, Counter>,
    late: Counter,
    unrouted: Counter,
    deliveries: Family<DeliveryLabels, Counter>,
    receipts: Family<ReceiptLabels, Counter>,
    broken: Family<TransportLabel, Gauge>,
    feed_clients: Gauge,
    source_events: Family<OutcomeLabel, Counter>,
    event_requests_refused: Counter,
}

impl Metrics {
    /// All metrics of the program. `transports` are those configured at the start: their outcomes are
    /// there from 0.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn register<'a>(
        &self,
        registry: &mut Registry,
        store: &Store,
        transports: impl Iterator<Item = &'a String>,
    ) -> Result<(), StoreError> {
        let Metrics {
            webhooks,
            alerts,
            late,
            unrouted,
            deliveries,
            receipts,
            broken,
            feed_clients,
            source_events,
            event_requests_refused,
        } = self;
        for outcome in EventOutcome::ALL {
            let _present = source_events.get_or_create(&OutcomeLabel { outcome: outcome.name() });
        }
        for outcome in WebhookOutcome::ALL {
            let _present = webhooks.get_or_create(&OutcomeLabel { outcome: outcome.name() });
        }
        for status in Status::ALL {
            let _present = alerts.get_or_create(&StatusLabel { status: status.name() });
        }
        for transport in transports {
            for outcome in DeliveryOutcome::ALL {
                let _present = deliveries.get_or_create(&DeliveryLabels {
                    transport: transport.clone(),
                    outcome: outcome.name(),
                });
            }
            for receipt in Fate::NAMES {
                let transport = transport.clone();
                let _present = receipts.get_or_create(&ReceiptLabels { transport, receipt });
            }
            let _present = broken.get_or_create(&TransportLabel { transport: transport.clone() });
        }
        let own = registry.sub_registry_with_prefix(PREFIX);
        own.register(
            "webhooks",
            "Requests to the webhook by what became of them",
            webhooks.clone(),
        );
        own.register("alerts", "Alerts in stored notifications by what they said", alerts.clone());
        own.register(
            "late_alerts",
            "Alerts dropped because their problem had ended before",
            late.clone(),
        );
        own.register(
            "unrouted",
            "New problems that no route matches, so that nobody was told",
            unrouted.clone(),
        );
        own.register(
            "deliveries",
            "Attempts to send a message by how they ended",
            deliveries.clone(),
        );
        own.register(
            "receipts",
            "Receipts of messages, or parts of them, by what they tell",
            receipts.clone(),
        );
        own.register(
            "transport_broken",
            "1 while a transport is left alone after failures",
            broken.clone(),
        );
        own.register("feed_clients", "Clients that listen to the feed now", feed_clients.clone());
        own.register(
            "source_events",
            "Events that sources sent to the event API, by what became of them",
            source_events.clone(),
        );
        own.register(
            "event_requests_refused",
            "Requests to the event API that were refused",
            event_requests_refused.clone(),
        );
        let connection = Mutex::new(store.reader()?);
        registry.register_collector(Box::new(StockCollector {
            connection,
            failures: Counter::default(),
        }));
        Ok(())
    }

    pub(crate) fn webhook(&self, outcome: WebhookOutcome) {
        self.webhooks.get_or_create(&OutcomeLabel { outcome: outcome.name() }).inc();
    }

    pub(crate) fn alerts(&self, status: Status, count: u64) {
        self.alerts.get_or_create(&StatusLabel { status: status.name() }).inc_by(count);
    }

    pub(crate) fn late(&self, count: u64) {
        self.late.inc_by(count);
    }

    pub(crate) fn unrouted(&self, count: u64) {
        self.unrouted.inc_by(count);
    }

    pub(crate) fn delivery(&self, transport: &str, outcome: DeliveryOutcome) {
        let labels = DeliveryLabels { transport: transport.to_owned(), outcome: outcome.name() };
        self.deliveries.get_or_create(&labels).inc();
    }

    pub(crate) fn receipt(&self, transport: &str, receipt: &'static str) {
        self.receipts
            .get_or_create(&ReceiptLabels { transport: transport.to_owned(), receipt })
            .inc();
    }

    pub(crate) fn broken(&self, transport: &str, broken: bool) {
        self.broken
            .get_or_create(&TransportLabel { transport: transport.to_owned() })
            .set(broken.into());
    }

    pub(crate) fn source_events(&self, outcome: EventOutcome, count: u64) {
        self.source_events.get_or_create(&OutcomeLabel { outcome: outcome.name() }).inc_by(count);
    }

    pub(crate) fn event_request_refused(&self) {
        self.event_requests_refused.inc();
    }

    /// Counts a client until the guard is dropped.
    pub(crate) fn feed_client(&self) -> ClientGuard {
        self.feed_clients.inc();
        ClientGuard(self.feed_clients.clone())
    }
}

/// One client of the feed.
#[derive(Debug)]
pub(crate) struct ClientGuard(Gauge);

impl Drop for ClientGuard {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Reads the store for each scrape, on a connection of its own.
#[derive(Debug)]
struct StockCollector {
    connection: Mutex<Connection>,
    failures: Counter,
}

impl StockCollector {
    fn read(&self) -> Result<(Stock, u64), StoreError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        Ok((stock::take(&connection)?, events::last(&connection)?))
    }
}

impl Collector for StockCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let outcome = self.read();
        if let Err(error) = &outcome {
            warn!(%error, "cannot count what is in the store");
            self.failures.inc();
        }
        let failures = encoder.encode_descriptor(
            "alert_bridge_store_read_failures",
            "Scrapes for which the store could not be read, so that its metrics are missing",
            None,
            MetricType::Counter,
        )?;
        self.failures.encode(failures)?;
        let Ok((Stock { open, queues }, last_seq)) = outcome else { return Ok(()) };

        let mut family = encoder.encode_descriptor(
            "alert_bridge_open_episodes",
            "Problems that are open now by severity",
            None,
            MetricType::Gauge,
        )?;
        for severity in Severity::ALL {
            let count = open.iter().find(|(of, _)| *of == severity).map_or(0, |(_, count)| *count);
            ConstGauge::new(count)
                .encode(family.encode_family(&[("severity", severity.name())])?)?;
        }
        let mut family = encoder.encode_descriptor(
            "alert_bridge_queued_messages",
            "Messages that are still to be sent",
            None,
            MetricType::Gauge,
        )?;
        for queue in &queues {
            ConstGauge::new(queue.messages)
                .encode(family.encode_family(&[("transport", queue.transport.as_str())])?)?;
        }
        let mut family = encoder.encode_descriptor(
            "alert_bridge_oldest_queued_message_timestamp_seconds",
            "When the oldest message that is still to be sent was queued; missing while there is none",
            None,
            MetricType::Gauge,
        )?;
        for queue in &queues {
            ConstGauge::new(queue.oldest)
                .encode(family.encode_family(&[("transport", queue.transport.as_str())])?)?;
        }
        let last = encoder.encode_descriptor(
            "alert_bridge_feed_events",
            "Number of the last event of the feed; it counts on over restarts",
            None,
            MetricType::Counter,
        )?;
        prometheus_client::metrics::counter::ConstCounter::new(last_seq).encode(last)
    }
}
