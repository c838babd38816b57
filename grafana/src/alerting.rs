//! Alerting: what fires now, how noisy alerts are, how soon people act, and whether messages arrive.

use alert_bridge::families as bridge;
use exporter_kit::Metric;

use crate::dashboard::{Dashboard, Row, Variable};
use crate::objects::ALL;
use crate::panel::{Colour, Column, Kind, Meaning, Panel, Query, Show, Unit};

pub(crate) fn dashboard() -> Dashboard {
    let jobs = format!("label_values({}, job)", bridge::OPEN_EPISODES.name);
    Dashboard {
        uid: "wisemonitor-alerting",
        title: "Alerting",
        description: "Problems from the first alert to the message and to their end.",
        tags: &["wisemonitor", "alerting"],
        variables: vec![Variable::of_label("job", "Job", jobs, true)],
        ranges: &[("24 hours", "now-24h"), ("1 week", "now-7d"), ("30 days", "now-30d")],
        rows: vec![
            Row { title: "Now", panels: now() },
            Row { title: "People", panels: people() },
            Row { title: "Noise", panels: noise() },
            Row { title: "Messages", panels: messages() },
        ],
    }
}

fn now() -> Vec<Panel> {
    let firing = |title, description, severity, colour| {
        let of = format!("{}{{{ALL}, severity=\"{severity}\"}}", bridge::OPEN_EPISODES.name);
        stat(title, description, Meaning::Trouble(colour), format!("sum({of})"))
    };
    let queued = format!("sum({}) or on () vector(0)", of(&bridge::QUEUED));
    vec![
        firing("Critical", "Critical problems that are open now.", "critical", Colour::Red),
        firing(
            "Unknown",
            "Problems that are open now and whose state is unknown.",
            "unknown",
            Colour::Purple,
        ),
        firing("Warning", "Warnings that are open now.", "warning", Colour::Yellow),
        stat(
            "Messages waiting",
            "Messages that are still to be sent.",
            Meaning::Trouble(Colour::Yellow),
            queued,
        ),
        stat(
            "Unrouted",
            "Problems of the last day that no route matches, so that nobody was told.",
            Meaning::Trouble(Colour::Orange),
            format!("sum(increase({}[1d]))", of(&bridge::UNROUTED)),
        ),
        stat(
            "Listening",
            "Pages and programs that listen to the feed now.",
            Meaning::Count,
            format!("sum({})", of(&bridge::FEED_CLIENTS)),
        ),
        Panel {
            size: (24, 8),
            ..graph(
                "Open problems",
                "Problems that are open, by severity.",
                Unit::None,
                format!("sum by (severity) ({})", of(&bridge::OPEN_EPISODES)),
                "{{severity}}",
            )
        },
    ]
}

fn people() -> Vec<Panel> {
    let mean = |seconds: &Metric, count: &Metric| {
        let increase = |metric| format!("sum(increase({}[1h]))", of(metric));
        format!("{} / {}", increase(seconds), increase(count))
    };
    vec![
        graph(
            "Time to acknowledge",
            "From the start of a problem until somebody takes it on: mean of an hour. Nothing while nobody did.",
            Unit::Seconds,
            mean(&bridge::ACKNOWLEDGE_SECONDS, &bridge::ACKNOWLEDGED),
            "mean",
        ),
        graph(
            "Time to resolve",
            "From the start of a problem to its end: mean of an hour. Nothing while none ended.",
            Unit::Seconds,
            mean(&bridge::RESOLVE_SECONDS, &bridge::RESOLVED),
            "mean",
        ),
    ]
}

fn noise() -> Vec<Panel> {
    let begun = format!("sum by (alertname) (increase({}[1d]))", of(&bridge::EPISODES));
    let table = Panel {
        title: "Noise by rule",
        description: "Problems that have begun within a day, by the alert that told them, the twenty noisiest.",
        kind: Kind::Table(vec![
            Column::new("alertname", "Alert", Show::Text),
            Column::new("Value #A", "Problems", Show::Number(Unit::None)),
        ]),
        unit: Unit::None,
        size: (12, 9),
        queries: vec![Query::of_table(format!("sort_desc(topk(20, {begun}))"))],
    };
    let over_time = Panel {
        size: (12, 9),
        ..graph(
            "New problems",
            "Problems that begin, by the alert that tells them.",
            Unit::PerSecond,
            format!("sum by (alertname) (rate({}[$__rate_interval]))", of(&bridge::EPISODES)),
            "{{alertname}}",
        )
    };
    vec![table, over_time]
}

fn messages() -> Vec<Panel> {
    let rate = |by: &str, metric| {
        format!("sum by ({by}) (rate({}[$__rate_interval])) or on () vector(0)", of(metric))
    };
    vec![
        graph(
            "Deliveries",
            "Attempts to send a message, by transport and by how they ended.",
            Unit::PerSecond,
            rate("transport, outcome", &bridge::DELIVERIES),
            "{{transport}} {{outcome}}",
        ),
        graph(
            "Notifications",
            "Requests of Alertmanager, by what became of them.",
            Unit::PerSecond,
            rate("outcome", &bridge::WEBHOOKS),
            "{{outcome}}",
        ),
    ]
}

fn of(metric: &Metric) -> String {
    format!("{}{{{ALL}}}", metric.name)
}

fn stat(title: &'static str, description: &'static str, meaning: Meaning, promql: String) -> Panel {
    Panel {
        title,
        description,
        kind: Kind::Stat(meaning),
        unit: Unit::None,
        size: (4, 4),
        queries: vec![Query::new(promql, "")],
    }
}

fn graph(
    title: &'static str,
    description: &'static str,
    unit: Unit,
    promql: String,
    legend: &'static str,
) -> Panel {
    let queries = vec![Query::new(promql, legend)];
    Panel { title, description, kind: Kind::Timeseries, unit, size: (12, 8), queries }
}
