//! A spool's figures as metrics.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::state::{Shared, Stats};

/// Collector over a spool.
#[derive(Debug)]
pub(crate) struct Figures(pub(crate) Arc<Shared>);

impl Collector for Figures {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Stats { records, disk_bytes, memory_bytes, lost, failures } = self.0.lock().stats();
        for (name, help, value) in [
            ("spool_records", "Records that have not been delivered yet", records),
            ("spool_disk_bytes", "Bytes of records on disk", disk_bytes),
            ("spool_memory_bytes", "Bytes of records in memory that are not on disk", memory_bytes),
        ] {
            ConstGauge::new(value).encode(encoder.encode_descriptor(
                name,
                help,
                None,
                MetricType::Gauge,
            )?)?;
        }
        for (name, help, value) in [
            (
                "spool_lost_records",
                "Records that made room for newer ones, or whose file was broken, since the start",
                lost,
            ),
            ("spool_write_failures", "Writes to disk that failed since the start", failures),
        ] {
            ConstCounter::new(value).encode(encoder.encode_descriptor(
                name,
                help,
                None,
                MetricType::Counter,
            )?)?;
        }
        Ok(())
    }
}
