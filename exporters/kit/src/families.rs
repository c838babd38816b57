//! Metric families as data: a service lists name, type and help of each once, with [`families!`](crate::families!).
//!
//! Collectors write by that list, and who asks for a series (a dashboard, a rule, a test) takes its name from it, so
//! that nobody asks for what nobody exports.

use std::fmt;

use prometheus_client::encoding::{DescriptorEncoder, EncodeCounterValue, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::exemplar::Exemplar;

/// A metric family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Name as a query writes it, with `_total` or `_info`.
    pub name: &'static str,
    /// What it says and where it comes from.
    pub help: &'static str,
    /// Its type.
    pub kind: Kind,
}

/// The kinds of metrics that we have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A value that goes up and down.
    Gauge,
    /// A number that only grows; its family's name ends in `_total`.
    Counter,
    /// Names and texts as labels of the value 1; its family's name ends in `_info`.
    Info,
}

impl Metric {
    /// Name of the family in OpenMetrics, which adds the suffix to the samples by itself.
    #[must_use]
    pub fn family_name(&self) -> &'static str {
        let suffix = match self.kind {
            Kind::Gauge => "",
            Kind::Counter => "_total",
            Kind::Info => "_info",
        };
        self.name.strip_suffix(suffix).unwrap_or(self.name)
    }

    /// Whether its samples are a counter's.
    #[must_use]
    pub fn is_counter(&self) -> bool {
        self.kind == Kind::Counter
    }

    fn metric_type(&self) -> MetricType {
        match self.kind {
            Kind::Gauge => MetricType::Gauge,
            Kind::Counter => MetricType::Counter,
            Kind::Info => MetricType::Info,
        }
    }
}

/// Declares families, a line each, as constants of [`Metric`], and gathers them in `ALL`.
///
/// ```
/// mod families {
///     exporter_kit::families! {
///         Gauge UP = "source_up", "Whether the source answers (1) or not (0)";
///         Counter CALLS = "source_calls_total", "Calls to the source";
///         Info INFO = "source_info", "The source: version";
///     }
/// }
/// assert_eq!(families::ALL.len(), 3);
/// assert_eq!(families::CALLS.family_name(), "source_calls");
/// ```
#[macro_export]
macro_rules! families {
    ($($kind:ident $constant:ident = $name:literal, $help:literal;)*) => {
        $(
            #[doc = $help]
            pub const $constant: $crate::families::Metric = $crate::families::Metric {
                name: $name,
                help: $help,
                kind: $crate::families::Kind::$kind,
            };
        )*

        /// All of them.
        pub const ALL: &[$crate::families::Metric] = &[$($constant),*];
    };
}

/// Writes a family's help and type.
///
/// # Errors
/// When the page cannot be written to.
pub fn begin<'a>(
    encoder: &'a mut DescriptorEncoder<'_>,
    metric: &Metric,
) -> Result<MetricEncoder<'a>, fmt::Error> {
    encoder.encode_descriptor(metric.family_name(), metric.help, None, metric.metric_type())
}

/// Writes the value of a gauge; whole numbers without a point, as most are.
///
/// # Errors
/// When the page cannot be written to.
pub fn write_gauge(series: &mut MetricEncoder<'_>, value: f64) -> fmt::Result {
    /// Whole numbers up to here are exact (2^53).
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT {
        series.encode_gauge(&(value as i64))
    } else {
        series.encode_gauge(&value)
    }
}

/// Writes the value of a counter.
///
/// # Errors
/// When the page cannot be written to.
pub fn write_counter(
    series: &mut MetricEncoder<'_>,
    value: &impl EncodeCounterValue,
) -> fmt::Result {
    series.encode_counter(value, None::<&Exemplar<NoLabels, f64>>)
}

/// Writes the value of a gauge or of a counter of whole numbers, whichever the family is.
///
/// # Errors
/// When the page cannot be written to.
pub fn write_number(series: &mut MetricEncoder<'_>, metric: &Metric, value: f64) -> fmt::Result {
    match metric.kind {
        Kind::Counter => write_counter(series, &(value as u64)),
        Kind::Gauge | Kind::Info => write_gauge(series, value),
    }
}

type NoLabels = [(&'static str, &'static str); 0];

#[cfg(test)]
mod tests {
    use prometheus_client::collector::Collector;
    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;

    use super::*;
    use declared::{ALL, CALLS, INFO, SIZE};

    #[expect(unreachable_pub, reason = "services declare their families in a public module")]
    mod declared {
        crate::families! {
            Gauge SIZE = "a_size_bytes", "Size";
            Counter CALLS = "a_calls_total", "Calls";
            Info INFO = "a_info", "Names";
        }
    }

    #[derive(Debug)]
    struct Numbers;

    impl Collector for Numbers {
        fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
            let e = &mut encoder;
            let mut size = begin(e, &SIZE)?;
            for (part, value) in [("whole", 3.0), ("half", 0.5), ("vast", 1e300)] {
                write_number(&mut size.encode_family(&[("part", part)])?, &SIZE, value)?;
            }
            write_number(&mut begin(e, &CALLS)?, &CALLS, 7.0)?;
            begin(e, &INFO)?.encode_info(&[("name", "b")])
        }
    }

    #[test]
    fn a_family_is_written_as_it_is_declared() {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Numbers));
        let mut page = String::new();
        encode(&mut page, &registry).unwrap();
        assert_eq!(ALL, [SIZE, CALLS, INFO]);
        for line in [
            "# HELP a_size_bytes Size",
            "# TYPE a_size_bytes gauge",
            "a_size_bytes{part=\"whole\"} 3",
            "a_size_bytes{part=\"half\"} 0.5",
            "a_size_bytes{part=\"vast\"} 1e300",
            "# TYPE a_calls counter",
            "a_calls_total 7",
            "# TYPE a info",
            "a_info{name=\"b\"} 1",
        ] {
            assert!(page.lines().any(|found| found == line), "{line}: {page}");
        }
    }
}
