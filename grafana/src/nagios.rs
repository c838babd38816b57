//! Nagios health: whether it keeps up, and whether all that it does arrives.

use exporter_kit::Metric;
use nagios_exporter::metrics::families as nagios;

use crate::dashboard::{Dashboard, Row};
use crate::objects;
use crate::panel::{Colour, Kind, Meaning, Panel, Query, Unit};

/// The label matchers that every query begins with.
const CHOSEN: &str = "job=~\"$job\", instance=~\"$instance\"";

pub(crate) fn dashboard() -> Dashboard {
    Dashboard {
        uid: "wisemonitor-nagios",
        title: "Nagios health",
        description: "Whether Nagios keeps up with its checks, and whether the module, the exporter and Alertmanager pass on all that it finds.",
        tags: &["wisemonitor", "nagios"],
        variables: vec![
            objects::job(),
            objects::variable("instance", "Nagios", &nagios::UP, objects::ALL, "instance", true),
        ],
        ranges: &[],
        rows: vec![
            Row { title: "At a glance", panels: glance() },
            Row { title: "Checks", panels: checks() },
            Row { title: "Module and exporter", panels: module() },
            Row { title: "What is told", panels: told() },
        ],
    }
}

fn glance() -> Vec<Panel> {
    let stat = |title, description, meaning, unit, promql| Panel {
        title,
        description,
        kind: Kind::Stat(meaning),
        unit,
        size: (4, 4),
        queries: vec![Query::new(promql, "")],
    };
    vec![
        stat(
            "Nagios",
            "Whether every Nagios is connected to its exporter.",
            Meaning::Up,
            Unit::None,
            format!("min({})", of(&nagios::UP)),
        ),
        stat(
            "Checks",
            "Check results that Nagios processed in the last five minutes, per second.",
            Meaning::Count,
            Unit::PerSecond,
            format!("sum(rate({}[5m]))", of(&nagios::CHECKS)),
        ),
        stat(
            "Newest check",
            "Age of the newest check result. It stays at seconds while Nagios works.",
            Meaning::Count,
            Unit::Seconds,
            format!("time() - max({})", of(&nagios::SERVICE_LAST_CHECK)),
        ),
        stat(
            "Not checked for an hour",
            "Services whose last check is more than an hour ago.",
            Meaning::Trouble(Colour::Yellow),
            Unit::None,
            format!("count(time() - {} > 3600) or vector(0)", of(&nagios::SERVICE_LAST_CHECK)),
        ),
        stat(
            "Events lost",
            "Events of the last 24 hours that never reached the exporter.",
            Meaning::Trouble(Colour::Red),
            Unit::None,
            format!("sum(increase({}[24h]))", of(&nagios::MODULE_EVENTS_LOST)),
        ),
        stat(
            "Alertmanagers",
            "Whether each Nagios reaches at least one Alertmanager.",
            Meaning::Up,
            Unit::None,
            format!("min(max by (instance) ({}))", of(&nagios::ALERTMANAGER_UP)),
        ),
    ]
}

fn checks() -> Vec<Panel> {
    let quantile = |of_all, metric: &Metric, legend| {
        Query::new(format!("quantile by (instance) ({of_all}, {})", of(metric)), legend)
    };
    vec![
        graph(
            "Check latency",
            "How late checks of services start. A line that rises means that Nagios cannot keep up.",
            Unit::Seconds,
            vec![
                quantile(0.5, &nagios::SERVICE_CHECK_LATENCY, "{{instance}}: half of them"),
                quantile(0.9, &nagios::SERVICE_CHECK_LATENCY, "{{instance}}: 90 %"),
                quantile(0.99, &nagios::SERVICE_CHECK_LATENCY, "{{instance}}: 99 %"),
            ],
        ),
        graph(
            "Check duration",
            "How long the plugins of services run.",
            Unit::Seconds,
            vec![
                quantile(0.5, &nagios::SERVICE_CHECK_EXECUTION, "{{instance}}: half of them"),
                quantile(0.9, &nagios::SERVICE_CHECK_EXECUTION, "{{instance}}: 90 %"),
                quantile(0.99, &nagios::SERVICE_CHECK_EXECUTION, "{{instance}}: 99 %"),
            ],
        ),
        graph(
            "Checks",
            "Check results that Nagios processed, per second.",
            Unit::PerSecond,
            vec![Query::new(
                format!("sum by (instance, object, kind) ({})", rate(&nagios::CHECKS)),
                "{{instance}} {{object}} {{kind}}",
            )],
        ),
        graph(
            "Reloads",
            "How often Nagios read its configuration anew.",
            Unit::None,
            vec![Query::new(increase(&nagios::MODULE_RELOADS), "{{instance}}")],
        ),
    ]
}

fn module() -> Vec<Panel> {
    vec![
        graph(
            "Module's buffers",
            "Bytes that wait: between Nagios and the module's thread, until the exporter has acknowledged them, and on disk.",
            Unit::Bytes,
            vec![
                Query::new(of(&nagios::MODULE_RING_BYTES), "{{instance}} ring"),
                Query::new(of(&nagios::MODULE_QUEUE_BYTES), "{{instance}} queue"),
                Query::new(of(&nagios::MODULE_SPILL_BYTES), "{{instance}} spill"),
            ],
        ),
        graph(
            "How full they are",
            "Share of each buffer's limit; of the ring the most since Nagios started. A full ring, or a full queue and spill, loses events.",
            Unit::Ratio,
            vec![
                share(&nagios::MODULE_RING_HIGH, &nagios::MODULE_RING_LIMIT, "{{instance}} ring"),
                share(
                    &nagios::MODULE_QUEUE_BYTES,
                    &nagios::MODULE_QUEUE_LIMIT,
                    "{{instance}} queue",
                ),
                share(
                    &nagios::MODULE_SPILL_BYTES,
                    &nagios::MODULE_SPILL_LIMIT,
                    "{{instance}} spill",
                ),
            ],
        ),
        graph(
            "Events on disk",
            "Events written to the spill, those of a former Nagios found there, and failures such as a full disk.",
            Unit::None,
            vec![
                Query::new(increase(&nagios::MODULE_EVENTS_SPILLED), "{{instance}} written"),
                Query::new(increase(&nagios::MODULE_EVENTS_RECOVERED), "{{instance}} found"),
                Query::new(increase(&nagios::MODULE_SPILL_ERRORS), "{{instance}} failures"),
            ],
        ),
        graph(
            "Lost and left out",
            "Events lost, check results replaced by newer ones before they were sent, texts cut to their limit.",
            Unit::None,
            vec![
                Query::new(increase(&nagios::MODULE_EVENTS_LOST), "{{instance}} lost"),
                Query::new(increase(&nagios::MODULE_CHECKS_COALESCED), "{{instance}} replaced"),
                Query::new(increase(&nagios::MODULE_TEXTS_TRUNCATED), "{{instance}} cut"),
            ],
        ),
        graph(
            "Silence of the module",
            "Time since the module last said something. It speaks every few seconds.",
            Unit::Seconds,
            vec![Query::new(
                format!("time() - {}", of(&nagios::MODULE_LAST_FRAME)),
                "{{instance}}",
            )],
        ),
        graph(
            "Faults",
            "Panics inside the module, connections to the socket refused, and performance data that is none.",
            Unit::None,
            vec![
                Query::new(increase(&nagios::MODULE_PANICS), "{{instance}} panics"),
                Query::new(
                    format!("sum by (instance) ({})", increase(&nagios::CONNECTIONS_REFUSED)),
                    "{{instance}} connections",
                ),
                Query::new(
                    format!("sum by (instance) ({})", increase(&nagios::PERFDATA_ERRORS)),
                    "{{instance}} performance data",
                ),
            ],
        ),
    ]
}

fn told() -> Vec<Panel> {
    vec![
        graph(
            "State changes",
            "Changes of state of hosts and services, per second.",
            Unit::PerSecond,
            vec![Query::new(
                format!("sum by (instance, object, kind) ({})", rate(&nagios::STATE_CHANGES)),
                "{{instance}} {{object}} {{kind}}",
            )],
        ),
        graph(
            "Notifications",
            "Notifications that Nagios itself has sent, by type, per second.",
            Unit::PerSecond,
            vec![Query::new(
                format!("sum by (instance, object, type) ({})", rate(&nagios::NOTIFICATIONS)),
                "{{instance}} {{object}} {{type}}",
            )],
        ),
        graph(
            "Alerts",
            "Alerts that each Alertmanager holds, and what it has yet to be told of.",
            Unit::None,
            vec![
                Query::new(
                    of(&nagios::ALERTMANAGER_ACTIVE),
                    "{{instance}} to {{alertmanager}}: held",
                ),
                Query::new(
                    of(&nagios::ALERTMANAGER_PENDING),
                    "{{instance}} to {{alertmanager}}: to be told",
                ),
            ],
        ),
        graph(
            "Calls that failed",
            "Calls of Alertmanagers that failed, and alerts that they refused.",
            Unit::None,
            vec![
                Query::new(
                    increase(&nagios::ALERTMANAGER_FAILURES),
                    "{{instance}} to {{alertmanager}}: failed",
                ),
                Query::new(
                    increase(&nagios::ALERTMANAGER_REFUSED),
                    "{{instance}} to {{alertmanager}}: refused",
                ),
            ],
        ),
    ]
}

fn of(metric: &Metric) -> String {
    format!("{}{{{CHOSEN}}}", metric.name)
}

/// The part of a limit that is used; without a limit there is none.
fn share(used: &Metric, limit: &Metric, legend: &'static str) -> Query {
    Query::new(format!("{} / ({} > 0)", of(used), of(limit)), legend)
}

fn rate(metric: &Metric) -> String {
    format!("rate({}[$__rate_interval])", of(metric))
}

fn increase(metric: &Metric) -> String {
    format!("increase({}[$__rate_interval])", of(metric))
}

fn graph(title: &'static str, description: &'static str, unit: Unit, queries: Vec<Query>) -> Panel {
    Panel { title, description, kind: Kind::Timeseries, unit, size: (12, 8), queries }
}
