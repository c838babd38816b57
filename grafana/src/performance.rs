//! Performance of a host or service: what its checks measured, with the plugins' own thresholds, and by the
//! hour for as long as a year.

use exporter_kit::Metric;
use nagios_exporter::metrics::families as nagios;

use crate::dashboard::{Dashboard, Row};
use crate::objects::{self, ALL};
use crate::panel::{Kind, Panel, Query, Unit};

/// A quantity that plugins measure, and how it is drawn.
struct Quantity {
    title: &'static str,
    description: &'static str,
    by_hour: &'static str,
    metric: &'static Metric,
    threshold: &'static Metric,
    unit: Unit,
}

const QUANTITIES: [Quantity; 4] = [
    Quantity {
        title: "Times",
        description: "Performance data in seconds. Dashed: thresholds, where nagios-exporter exports them. For a table: Inspect, Data, Download CSV.",
        by_hour: "Performance data in seconds: mean, lowest and highest of each hour.",
        metric: &nagios::PERFDATA_SECONDS,
        threshold: &nagios::PERFDATA_THRESHOLD_SECONDS,
        unit: Unit::Seconds,
    },
    Quantity {
        title: "Amounts of data",
        description: "Performance data in bytes. Dashed: thresholds, where nagios-exporter exports them. For a table: Inspect, Data, Download CSV.",
        by_hour: "Performance data in bytes: mean, lowest and highest of each hour.",
        metric: &nagios::PERFDATA_BYTES,
        threshold: &nagios::PERFDATA_THRESHOLD_BYTES,
        unit: Unit::Bytes,
    },
    Quantity {
        title: "Shares",
        description: "Performance data in percent. Dashed: thresholds, where nagios-exporter exports them. For a table: Inspect, Data, Download CSV.",
        by_hour: "Performance data in percent: mean, lowest and highest of each hour.",
        metric: &nagios::PERFDATA_RATIO,
        threshold: &nagios::PERFDATA_THRESHOLD_RATIO,
        unit: Unit::Ratio,
    },
    Quantity {
        title: "Values",
        description: "Performance data without a unit that we know. Dashed: thresholds, where nagios-exporter exports them. For a table: Inspect, Data, Download CSV.",
        by_hour: "Performance data without a unit: mean, lowest and highest of each hour.",
        metric: &nagios::PERFDATA_VALUE,
        threshold: &nagios::PERFDATA_THRESHOLD_VALUE,
        unit: Unit::None,
    },
];

/// Host, service and label of a measurement; the host's own check has no service.
const LEGEND: &str = "{{host}} {{service}} {{label}}";

pub(crate) fn dashboard() -> Dashboard {
    let of_host = format!("{ALL}, host=~\"$host\"");
    Dashboard {
        uid: "wisemonitor-performance",
        title: "Performance",
        description: "Performance data of a host or service, from hours to a year.",
        tags: &["wisemonitor", "nagios"],
        variables: vec![
            objects::job(),
            objects::variable("host", "Host", &nagios::HOST_STATE, ALL, "host", false),
            objects::variable(
                "service",
                "Service",
                &nagios::SERVICE_STATE,
                &of_host,
                "service",
                true,
            ),
        ],
        ranges: &[
            ("4 hours", "now-4h"),
            ("24 hours", "now-24h"),
            ("1 week", "now-7d"),
            ("1 year", "now-1y"),
        ],
        rows: vec![
            Row { title: "$service on $host", panels: measured() },
            Row { title: "By the hour, kept for a year", panels: by_the_hour() },
        ],
    }
}

fn measured() -> Vec<Panel> {
    let mut panels: Vec<_> = QUANTITIES
        .iter()
        .map(|Quantity { title, description, metric, threshold, unit, .. }| Panel {
            title,
            description,
            kind: Kind::Limited,
            unit: *unit,
            size: (12, 9),
            queries: vec![
                Query::new(format!("avg_over_time({}[$__rate_interval])", of(metric.name)), LEGEND),
                Query::new(of(threshold.name), "{{label}} {{type}} {{bound}}"),
            ],
        })
        .collect();
    panels.push(Panel {
        title: "Counters",
        description: "Performance data that counts, as its rate. For a table: Inspect, Data, Download CSV.",
        kind: Kind::Timeseries,
        unit: Unit::PerSecond,
        size: (12, 9),
        queries: vec![Query::new(
            format!("rate({}[$__rate_interval])", of(nagios::PERFDATA_TOTAL.name)),
            LEGEND,
        )],
    });
    panels.push(Panel {
        title: "State",
        description: "State of the services over time: 0 ok, 1 warning, 2 critical, 3 unknown.",
        kind: Kind::Timeseries,
        unit: Unit::None,
        size: (12, 9),
        queries: vec![Query::new(
            format!("max by (host, service) ({})", of(nagios::SERVICE_STATE.name)),
            "{{host}} {{service}}",
        )],
    });
    panels
}

fn by_the_hour() -> Vec<Panel> {
    let panel = |title, description, unit, queries| Panel {
        title,
        description,
        kind: Kind::Hourly,
        unit,
        size: (12, 9),
        queries,
    };
    let mut panels: Vec<_> = QUANTITIES
        .iter()
        .map(|Quantity { title, by_hour, metric, unit, .. }| {
            let recorded = |kind: &str, legend| {
                let series = of(&format!("label:{}:{kind}1h", metric.name));
                Query::new(format!("{kind}_over_time({series}[$__rate_interval])"), legend)
            };
            let queries = vec![
                recorded("avg", LEGEND),
                recorded("min", "{{label}} lowest"),
                recorded("max", "{{label}} highest"),
            ];
            panel(title, by_hour, *unit, queries)
        })
        .collect();
    let rate = of(&format!("label:{}:rate1h", nagios::PERFDATA_TOTAL.name));
    panels.push(panel(
        "Counters",
        "Performance data that counts: mean rate of each hour.",
        Unit::PerSecond,
        vec![Query::new(format!("avg_over_time({rate}[$__rate_interval])"), LEGEND)],
    ));
    panels
}

/// The series of the chosen services, and of the host's own check.
fn of(name: &str) -> String {
    format!("{name}{{{ALL}, host=~\"$host\", service=~\"$service|\"}}")
}
