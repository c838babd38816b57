//! What the exporter tells about itself, under the peer's names.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use crate::config::Config;

/// Upper bounds of the time a collection takes, in seconds.
const COLLECTION_SECONDS: [f64; 11] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Metrics of the exporter. Clones count together.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    request_errors: Counter,
    collection_duration: Family<ModuleLabel, Histogram, fn() -> Histogram>,
    packet_duration: Histogram,
    packets: Counter,
    packet_retries: Counter,
    in_flight: Gauge,
    unexpected_types: Counter,
    duplicates_dropped: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ModuleLabel {
    module: String,
}

/// A scrape under way, until it is dropped.
#[must_use]
pub(crate) struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Metrics {
            request_errors: Counter::default(),
            collection_duration: Family::new_with_constructor(|| {
                Histogram::new(COLLECTION_SECONDS)
            }),
            packet_duration: Histogram::new(exponential_buckets(0.0001, 2.0, 15)),
            packets: Counter::default(),
            packet_retries: Counter::default(),
            in_flight: Gauge::default(),
            unexpected_types: Counter::default(),
            duplicates_dropped: Counter::default(),
        }
    }
}

impl Metrics {
    /// A registry of them all.
    pub(crate) fn registry(&self) -> Registry {
        let mut registry = Registry::default();
        let snmp = registry.sub_registry_with_prefix("snmp");
        let Metrics {
            request_errors,
            collection_duration,
            packet_duration,
            packets,
            packet_retries,
            in_flight,
            unexpected_types,
            duplicates_dropped,
        } = self.clone();
        snmp.register("request_errors", "Errors in requests to the SNMP exporter", request_errors);
        snmp.register(
            "collection_duration_seconds",
            "Duration of collections by the SNMP exporter",
            collection_duration,
        );
        snmp.register(
            "packet_duration_seconds",
            "A histogram of latencies for SNMP packets",
            packet_duration,
        );
        snmp.register("packets", "Number of SNMP packet sent, including retries", packets);
        snmp.register("packet_retries", "Number of SNMP packet retries", packet_retries);
        snmp.register(
            "request_in_flight",
            "Current number of SNMP scrapes being requested",
            in_flight,
        );
        snmp.register(
            "unexpected_pdu_type",
            "Values of a type that cannot be shown: an Opaque that is neither float nor double",
            unexpected_types,
        );
        snmp.register(
            "duplicates_dropped",
            "Samples dropped because a page had them already; needs --snmp.drop-duplicates",
            duplicates_dropped,
        );
        registry
    }

    /// Shows the modules of a configuration before they are used.
    pub(crate) fn know(&self, config: &Config) {
        for module in config.modules.keys() {
            drop(self.collection_duration.get_or_create(&ModuleLabel { module: module.clone() }));
        }
    }

    /// Takes how long a packet's answer took.
    pub(crate) fn packet_latency(&self) -> impl Fn(Duration) + Send + Sync + 'static {
        let histogram = self.packet_duration.clone();
        move |latency| histogram.observe(latency.as_secs_f64())
    }

    pub(crate) fn sent(&self, packets: u64, retries: u64) {
        self.packets.inc_by(packets);
        self.packet_retries.inc_by(retries);
    }

    pub(crate) fn collected(&self, module: &str, took: Duration) {
        let label = ModuleLabel { module: module.to_owned() };
        self.collection_duration.get_or_create(&label).observe(took.as_secs_f64());
    }

    pub(crate) fn unexpected_types(&self, count: usize) {
        self.unexpected_types.inc_by(count as u64);
    }

    pub(crate) fn dropped(&self, count: usize) {
        self.duplicates_dropped.inc_by(count as u64);
    }

    pub(crate) fn bad_request(&self) {
        self.request_errors.inc();
    }

    pub(crate) fn in_flight(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }
}
