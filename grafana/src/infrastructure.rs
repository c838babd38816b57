//! Infrastructure: hosts and their states, the services of a host, performance data over time.

use exporter_kit::Metric;
use nagios_exporter::metrics::families as nagios;

use crate::dashboard::{Dashboard, Row, Variable};
use crate::objects::{self, ALL, HARD, HOST_STATES, SERVICE_STATES};
use crate::panel::{Colour, Column, Kind, Meaning, Panel, Query, Show, Unit};

pub(crate) fn dashboard() -> Dashboard {
    let values = |metric: &Metric, matchers: &str, label: &str| {
        format!("label_values({}{{{matchers}}}, {label})", metric.name)
    };
    let variable = Variable::of_label;
    let host = format!("{ALL}, host=~\"$host\"");
    Dashboard {
        uid: "wisemonitor-infrastructure",
        title: "Infrastructure",
        description: "Hosts and services as Nagios sees them, and the performance data of their checks.",
        tags: &["wisemonitor", "nagios"],
        variables: vec![
            variable("job", "Job", values(&nagios::UP, "", "job"), true),
            variable("host", "Host", values(&nagios::HOST_STATE, ALL, "host"), true),
            variable("service", "Service", values(&nagios::SERVICE_STATE, &host, "service"), true),
        ],
        ranges: &[],
        rows: vec![
            Row { title: "At a glance", panels: glance() },
            Row { title: "Hosts", panels: vec![hosts()] },
            Row { title: "Services of $host", panels: vec![services()] },
            Row { title: "Performance data of $service on $host", panels: performance() },
            Row { title: "Checks", panels: checks() },
        ],
    }
}

fn glance() -> Vec<Panel> {
    let stat = |title, description, meaning, promql: String| Panel {
        title,
        description,
        kind: Kind::Stat(meaning),
        unit: Unit::None,
        size: (4, 4),
        queries: vec![Query { promql, legend: "" }],
    };
    let hosts = |state| format!("sum({}{{{ALL}, state=\"{state}\"}})", nagios::HOSTS.name);
    let services = |state| format!("sum({}{{{ALL}, state=\"{state}\"}})", nagios::SERVICES.name);
    vec![
        stat(
            "Nagios",
            "Whether every Nagios is connected to its exporter. DOWN: what stands below is old.",
            Meaning::Up,
            format!("min({}{{{ALL}}})", nagios::UP.name),
        ),
        stat("Hosts up", "Hosts whose current state is up.", Meaning::Count, hosts("up")),
        stat(
            "Hosts down",
            "Hosts whose current state is down.",
            Meaning::Trouble(Colour::Red),
            hosts("down"),
        ),
        stat(
            "Services critical",
            "Services whose current state, hard or soft, is critical.",
            Meaning::Trouble(Colour::Red),
            services("critical"),
        ),
        stat(
            "Services warning",
            "Services whose current state, hard or soft, is warning.",
            Meaning::Trouble(Colour::Yellow),
            services("warning"),
        ),
        stat(
            "Services unknown",
            "Services whose check could not tell their state.",
            Meaning::Trouble(Colour::Orange),
            services("unknown"),
        ),
    ]
}

fn hosts() -> Panel {
    let of = |metric: &Metric| format!("max by (host) ({}{{{ALL}}})", metric.name);
    let info = nagios::HOST_INFO.name;
    Panel {
        title: "Hosts",
        description: "Every host with its state and its latest check. Click a host to see its services.",
        kind: Kind::Table(vec![
            Column::new("host", "Host", Show::Choose("host")),
            Column::new("address", "Address", Show::Text),
            Column::new("alias", "Alias", Show::Text),
            Column::new("Value #A", "State", Show::Words(HOST_STATES)),
            Column::new("Value #B", "Kind", Show::Words(HARD)),
            Column::new("Value #C", "Services with a problem", Show::Number(Unit::None)),
            Column::new("Value #D", "Last check", Show::Number(Unit::Ago)),
        ]),
        unit: Unit::None,
        size: (24, 9),
        queries: vec![
            Query::of_table(format!(
                "{} * on (host) group_left (address, alias) max by (host, address, alias) ({info}{{{ALL}}})",
                of(&nagios::HOST_STATE)
            )),
            Query::of_table(objects::hard(
                &of(&nagios::HOST_STATE),
                "host",
                &nagios::HOST_CONDITION,
            )),
            Query::of_table(format!(
                "count by (host) ({}{{{ALL}}} > 0) or 0 * {}",
                nagios::SERVICE_STATE.name,
                of(&nagios::HOST_STATE)
            )),
            Query::of_table(format!("{} * 1000", of(&nagios::HOST_LAST_CHECK))),
        ],
    }
}

fn services() -> Panel {
    let value = |metric: &Metric| {
        format!("max by (host, service) ({}{{{ALL}, host=~\"$host\"}})", metric.name)
    };
    let of = |metric: &Metric| Query::of_table(value(metric));
    let hard =
        objects::hard(&value(&nagios::SERVICE_STATE), "host, service", &nagios::SERVICE_CONDITION);
    Panel {
        title: "Services",
        description: "Services of the chosen hosts with state and latest check. Click a service to see its performance data.",
        kind: Kind::Table(vec![
            Column::new("host", "Host", Show::Choose("host")),
            Column::new("service", "Service", Show::Choose("service")),
            Column::new("Value #A", "State", Show::Words(SERVICE_STATES)),
            Column::new("Value #B", "Kind", Show::Words(HARD)),
            Column::new("Value #C", "Duration", Show::Number(Unit::Seconds)),
            Column::new("Value #D", "Latency", Show::Number(Unit::Seconds)),
            Column::new("Value #E", "Last check", Show::Number(Unit::Ago)),
        ]),
        unit: Unit::None,
        size: (24, 11),
        queries: vec![
            of(&nagios::SERVICE_STATE),
            Query::of_table(hard),
            of(&nagios::SERVICE_CHECK_EXECUTION),
            of(&nagios::SERVICE_CHECK_LATENCY),
            Query::of_table(format!("{} * 1000", value(&nagios::SERVICE_LAST_CHECK))),
        ],
    }
}

fn performance() -> Vec<Panel> {
    let chosen = format!("{{{ALL}, host=~\"$host\", service=~\"$service|\"}}");
    let graph = |title, description, unit, promql| Panel {
        title,
        description,
        kind: Kind::Timeseries,
        unit,
        size: (12, 9),
        queries: vec![Query { promql, legend: "{{host}} {{service}} {{label}}" }],
    };
    vec![
        graph(
            "Times",
            "Performance data in seconds: response times and the like.",
            Unit::Seconds,
            format!("{}{chosen}", nagios::PERFDATA_SECONDS.name),
        ),
        graph(
            "Amounts of data",
            "Performance data in bytes: used disk space and the like.",
            Unit::Bytes,
            format!("{}{chosen}", nagios::PERFDATA_BYTES.name),
        ),
        graph(
            "Shares",
            "Performance data given in percent.",
            Unit::Ratio,
            format!("{}{chosen}", nagios::PERFDATA_RATIO.name),
        ),
        graph(
            "Values",
            "Performance data without a unit that we know: load, numbers of processes and users.",
            Unit::None,
            format!("{}{chosen}", nagios::PERFDATA_VALUE.name),
        ),
        graph(
            "Counters",
            "Performance data that counts, as its rate per second.",
            Unit::PerSecond,
            format!("rate({}{chosen}[$__rate_interval])", nagios::PERFDATA_TOTAL.name),
        ),
        Panel {
            title: "State",
            description: "State of the chosen services over time: 0 ok, 1 warning, 2 critical, 3 unknown.",
            kind: Kind::Timeseries,
            unit: Unit::None,
            size: (12, 9),
            queries: vec![Query {
                promql: format!(
                    "max by (host, service) ({}{{{ALL}, host=~\"$host\", service=~\"$service\"}})",
                    nagios::SERVICE_STATE.name
                ),
                legend: "{{host}} {{service}}",
            }],
        },
    ]
}

fn checks() -> Vec<Panel> {
    let graph = |title, description, unit, promql, legend| Panel {
        title,
        description,
        kind: Kind::Timeseries,
        unit,
        size: (8, 8),
        queries: vec![Query { promql, legend }],
    };
    vec![
        graph(
            "Check results",
            "Results that Nagios processed, per second.",
            Unit::PerSecond,
            format!(
                "sum by (object, kind) (rate({}{{{ALL}}}[$__rate_interval]))",
                nagios::CHECKS.name
            ),
            "{{object}} {{kind}}",
        ),
        graph(
            "Check latency",
            "How late checks start: the slowest tenth of the services. A rising line means that Nagios cannot keep up.",
            Unit::Seconds,
            format!("quantile(0.9, {}{{{ALL}}})", nagios::SERVICE_CHECK_LATENCY.name),
            "90 % of services",
        ),
        graph(
            "Events lost",
            "Events that never reached the exporter. Anything above 0 means that a queue was too small.",
            Unit::None,
            format!("increase({}{{{ALL}}}[$__rate_interval])", nagios::MODULE_EVENTS_LOST.name),
            "{{instance}}",
        ),
    ]
}
