//! Metrics about the process itself, under the names that every Prometheus client library uses.

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::program::About;

/// Registers process metrics and `<program>_build_info`.
pub(crate) fn register(registry: &mut Registry, about: &About) {
    registry.register_collector(Box::new(Process));
    let build = vec![
        ("version", about.version),
        ("revision", option_env!("WISEMONITOR_REVISION").unwrap_or("unknown")),
    ];
    registry.register(
        format!("{}_build", about.metric_prefix()),
        format!("Version and source revision of {}", about.name),
        Info::new(build),
    );
}

/// Reads `/proc/self` on every scrape.
#[derive(Debug)]
struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let mut gauge = |name: &str, help: &str, value: Option<f64>| match value {
            Some(value) => {
                let gauge = ConstGauge::new(value);
                gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)
            }
            None => Ok(()),
        };
        let me = procfs::process::Process::myself().ok();
        let stat = me.as_ref().and_then(|me| me.stat().ok());
        let limits = me.as_ref().and_then(|me| me.limits().ok());
        gauge(
            "process_resident_memory_bytes",
            "Resident memory (/proc/self/stat rss)",
            stat.as_ref().map(|stat| stat.rss as f64 * procfs::page_size() as f64),
        )?;
        gauge(
            "process_virtual_memory_bytes",
            "Virtual memory (/proc/self/stat vsize)",
            stat.as_ref().map(|stat| stat.vsize as f64),
        )?;
        gauge(
            "process_open_fds",
            "Open file descriptors (/proc/self/fd)",
            me.as_ref().and_then(|me| me.fd_count().ok()).map(|count| count as f64),
        )?;
        gauge(
            "process_max_fds",
            "Most file descriptors allowed (/proc/self/limits)",
            limits.and_then(|limits| match limits.max_open_files.soft_limit {
                procfs::process::LimitValue::Value(value) => Some(value as f64),
                procfs::process::LimitValue::Unlimited => None,
            }),
        )?;
        gauge(
            "process_start_time_seconds",
            "When the process started, in seconds since the Unix epoch (/proc/self/stat starttime)",
            stat.as_ref().zip(procfs::boot_time_secs().ok()).map(|(stat, boot)| {
                boot as f64 + stat.starttime as f64 / procfs::ticks_per_second() as f64
            }),
        )?;
        if let Some(stat) = stat {
            let seconds = (stat.utime + stat.stime) as f64 / procfs::ticks_per_second() as f64;
            let counter = ConstCounter::new(seconds);
            counter.encode(encoder.encode_descriptor(
                "process_cpu_seconds",
                "User and system CPU time (/proc/self/stat utime, stime)",
                None,
                counter.metric_type(),
            )?)?;
        }
        Ok(())
    }
}
