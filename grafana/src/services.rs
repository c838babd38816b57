//! Services: all checks by state, to search and to filter.

use exporter_kit::Metric;
use nagios_exporter::metrics::families as nagios;

use crate::dashboard::{Dashboard, Row};
use crate::objects::{self, ALL, SERVICE_STATES};
use crate::panel::{Colour, Column, Kind, Meaning, Panel, Query, Show, Unit};

const STATES: &[(&str, &str)] = &[
    ("all", ">= 0"),
    ("not ok", "> 0"),
    ("ok", "== 0"),
    ("warning", "== 1"),
    ("critical", "== 2"),
    ("unknown", "== 3"),
];

pub(crate) fn dashboard() -> Dashboard {
    Dashboard {
        uid: "wisemonitor-services",
        title: "Services",
        description: "Every service that Nagios checks, by state. A click leads to its performance data.",
        tags: &["wisemonitor", "nagios"],
        variables: vec![
            objects::job(),
            objects::group(),
            objects::variable("host", "Host", &nagios::HOST_STATE, ALL, "host", true),
            objects::search(),
            objects::state(STATES),
        ],
        ranges: &[],
        rows: vec![
            Row { title: "At a glance", panels: glance() },
            Row { title: "Services of $host", panels: vec![services()] },
            Row { title: "History", panels: history() },
        ],
    }
}

fn glance() -> Vec<Panel> {
    let of = |state| format!("sum({}{{{ALL}, state=\"{state}\"}})", nagios::SERVICES.name);
    let stat = |title, description, meaning, promql| Panel {
        title,
        description,
        kind: Kind::Stat(meaning),
        unit: Unit::None,
        size: (4, 4),
        queries: vec![Query::new(promql, "")],
    };
    let trouble = Meaning::Trouble;
    vec![
        stat("Ok", "Services whose current state is ok.", Meaning::Count, of("ok")),
        stat(
            "Warning",
            "Services whose current state is warning.",
            trouble(Colour::Yellow),
            of("warning"),
        ),
        stat(
            "Critical",
            "Services whose current state is critical.",
            trouble(Colour::Red),
            of("critical"),
        ),
        stat(
            "Unknown",
            "Services whose check could not tell their state.",
            trouble(Colour::Orange),
            of("unknown"),
        ),
        stat(
            "Not checked yet",
            "Services without any check result so far.",
            Meaning::Count,
            of("pending"),
        ),
        stat(
            "Unhandled problems",
            "Hard problems that nobody has acknowledged, and that neither a downtime nor their host explains.",
            trouble(Colour::Red),
            format!("sum({}{{{ALL}, handled=\"false\"}})", nagios::PROBLEMS.name),
        ),
    ]
}

fn services() -> Panel {
    let value = |metric: &Metric| {
        format!("max by (instance, host, service) ({}{{{ALL}, host=~\"$host\"}})", metric.name)
    };
    let state = nagios::SERVICE_STATE.name;
    let named = ["host", "service"]
        .map(|label| format!("{state}{{{ALL}, host=~\"$host\", {}}}", objects::searched(label)));
    let chosen = format!(
        "(max by (instance, host, service) ({}) $state and on (instance, host) {})",
        named.join(" or "),
        objects::hosts_of_groups()
    );
    let of = |promql: String| {
        Query::of_table(format!("{promql} and on (instance, host, service) {chosen}"))
    };
    Panel {
        title: "Services",
        description: "The services that are chosen above, a page at a time. Search is a regular expression over the names of host and service. Click a service to see its performance data.",
        kind: Kind::Table(vec![
            Column::new("host", "Host", Show::Choose("host")),
            Column::new(
                "service",
                "Service",
                Show::Open("wisemonitor-performance", &[("host", "Host"), ("service", "Service")]),
            ),
            Column::new("Value #A", "State", Show::Words(SERVICE_STATES)),
            Column::new("Value #B", "Last check", Show::Number(Unit::Ago)),
            Column::new("instance", "Nagios", Show::Text),
        ]),
        unit: Unit::None,
        size: (24, 16),
        queries: vec![
            of(value(&nagios::SERVICE_STATE)),
            of(format!("{} * 1000", value(&nagios::SERVICE_LAST_CHECK))),
        ],
    }
}

fn history() -> Vec<Panel> {
    let graph = |title, description, promql, legend| Panel {
        title,
        description,
        kind: Kind::Timeseries,
        unit: Unit::None,
        size: (12, 9),
        queries: vec![Query::new(promql, legend)],
    };
    vec![
        graph(
            "Services by state",
            "How many services are in each state, over time.",
            format!("sum by (state) ({}{{{ALL}}})", nagios::SERVICES.name),
            "{{state}}",
        ),
        graph(
            "Problems",
            "Hard problems by severity; handled ones are those of which nobody needs to be told.",
            format!("sum by (severity, handled) ({}{{{ALL}}})", nagios::PROBLEMS.name),
            "{{severity}}, handled: {{handled}}",
        ),
    ]
}
