//! Control plane: management servers, database, jobs, events, the API, and how we read it.

use cloudstack_exporter::metrics::families as cloud;
use exporter_kit::Metric;

use super::{CLOUD, graph, of, stat, variables, with};
use crate::dashboard::{Dashboard, Row};
use crate::panel::{Colour, Column, Kind, Meaning, Panel, Query, Show, Unit};

/// Counted by the exporter's client as it goes, and so no families over its lists.
const CALLS: &str = "cloudstack_api_calls_total";
const DURATION: &str = "cloudstack_api_duration_seconds";
const EVENTS: &str = "cloudstack_events_total";

const SUCCESS: &[(u8, &str, Colour)] = &[(0, "FAILED", Colour::Red), (1, "read", Colour::Green)];
const PARTIAL: &[(u8, &str, Colour)] =
    &[(0, "whole", Colour::Green), (1, "PARTIAL", Colour::Orange)];

pub(crate) fn dashboard() -> Dashboard {
    Dashboard {
        uid: "wisemonitor-control-plane",
        title: "Control plane",
        description: "CloudStack itself: management servers, database, usage server, jobs, events and its API.",
        tags: &["wisemonitor", "cloudstack"],
        variables: variables(),
        ranges: &[],
        rows: vec![
            Row { title: "At a glance", panels: glance() },
            Row { title: "Management servers", panels: management_servers() },
            Row { title: "Database", panels: database() },
            Row { title: "Jobs, events and alerts", panels: work() },
            Row { title: "The API, as we see it", panels: api() },
        ],
    }
}

fn glance() -> Vec<Panel> {
    vec![
        stat(
            "API",
            "Whether every cloud answers.",
            Meaning::Up,
            Unit::None,
            format!("min({})", of(&cloud::UP)),
        ),
        stat(
            "Servers not up",
            "Management servers in any other state than Up.",
            Meaning::Trouble(Colour::Red),
            Unit::None,
            format!("count({}) or vector(0)", with(&cloud::SERVER_STATE, "state!=\"Up\"")),
        ),
        stat(
            "Agents",
            "Agents connected to all management servers.",
            Meaning::Count,
            Unit::None,
            format!("sum({})", of(&cloud::SERVER_AGENTS)),
        ),
        stat(
            "Usage server heard",
            "Time since the usage server's last sign of life.",
            Meaning::Count,
            Unit::Seconds,
            format!("time() - min({})", of(&cloud::USAGE_HEARTBEAT)),
        ),
        stat(
            "Failed jobs",
            "Failed jobs that the server remembers.",
            Meaning::Trouble(Colour::Yellow),
            Unit::None,
            format!("sum({})", with(&cloud::JOBS, "status=\"failed\"")),
        ),
        stat(
            "Lists not whole",
            "Lists that could not be read to their end, or not at all.",
            Meaning::Trouble(Colour::Orange),
            Unit::None,
            format!(
                "count({} == 1 or {} == 0) or vector(0)",
                of(&cloud::COLLECTOR_PARTIAL),
                of(&cloud::COLLECTOR_SUCCESS)
            ),
        ),
    ]
}

fn management_servers() -> Vec<Panel> {
    let value = |metric: &Metric| {
        Query::of_table(format!("max by (cloud, management_server_id) ({})", of(metric)))
    };
    let table = Panel {
        title: "All management servers",
        description: "Management servers with version, state and what they carry.",
        kind: Kind::Table(vec![
            Column::new("cloud", "Cloud", Show::Text),
            Column::new("management_server", "Server", Show::Text),
            Column::new("version", "Version", Show::Text),
            Column::new("state", "State", Show::Text),
            Column::new("Value #C", "Agents", Show::Number(Unit::None)),
            Column::new("Value #D", "Sessions", Show::Number(Unit::None)),
            Column::new("Value #E", "Heap used", Show::Number(Unit::Bytes)),
            Column::new("Value #F", "Heap", Show::Number(Unit::Bytes)),
            Column::new("Value #G", "Load", Show::Number(Unit::None)),
        ]),
        unit: Unit::None,
        size: (24, 6),
        queries: vec![
            Query::of_table(format!(
                "max by (cloud, management_server_id, management_server, version) ({})",
                of(&cloud::SERVER_INFO)
            )),
            Query::of_table(format!(
                "max by (cloud, management_server_id, state) ({})",
                of(&cloud::SERVER_STATE)
            )),
            value(&cloud::SERVER_AGENTS),
            value(&cloud::SERVER_SESSIONS),
            value(&cloud::SERVER_HEAP_USED),
            value(&cloud::SERVER_HEAP),
            value(&cloud::SERVER_LOAD),
        ],
    };
    let named = |series: String| {
        super::named(&series, "management_server_id", "management_server", &of(&cloud::SERVER_INFO))
    };
    let heap = format!("{} / {}", of(&cloud::SERVER_HEAP_USED), of(&cloud::SERVER_HEAP));
    vec![
        table,
        graph(
            "Heap",
            "Part of the Java heap that is in use.",
            Unit::Ratio,
            vec![Query::new(named(heap), "{{management_server}}")],
        ),
        graph(
            "Threads",
            "Java threads by state. Blocked ones wait for each other.",
            Unit::None,
            vec![Query::new(named(of(&cloud::SERVER_THREADS)), "{{management_server}} {{state}}")],
        ),
    ]
}

fn database() -> Vec<Panel> {
    vec![
        graph(
            "Queries",
            "Queries of the database, per second.",
            Unit::PerSecond,
            vec![Query::new(
                format!("rate({}[$__rate_interval])", of(&cloud::DATABASE_QUERIES)),
                "{{cloud}}",
            )],
        ),
        graph(
            "Connections and load",
            "Connections to the database, and the load average of its machine.",
            Unit::None,
            vec![
                Query::new(of(&cloud::DATABASE_CONNECTIONS), "connections {{cloud}}"),
                Query::new(of(&cloud::DATABASE_LOAD), "load {{cloud}}"),
            ],
        ),
    ]
}

fn work() -> Vec<Panel> {
    vec![
        graph(
            "Jobs",
            "Asynchronous jobs that the server remembers, by how they ended.",
            Unit::None,
            vec![Query::new(of(&cloud::JOBS), "{{cloud}} {{status}}")],
        ),
        graph(
            "Events",
            "Events per second, by level and type.",
            Unit::PerSecond,
            vec![Query::new(
                format!(
                    "sum by (cloud, level, type) (rate({EVENTS}{{{CLOUD}}}[$__rate_interval]))"
                ),
                "{{level}} {{type}}",
            )],
        ),
        Panel {
            title: "Alerts",
            description: "Alerts that CloudStack has written and nobody has archived, by type.",
            kind: Kind::Timeseries,
            unit: Unit::None,
            size: (24, 8),
            queries: vec![Query::new(of(&cloud::ALERTS), "{{cloud}} {{type}}")],
        },
    ]
}

fn api() -> Vec<Panel> {
    let value =
        |metric: &Metric| Query::of_table(format!("max by (cloud, collector) ({})", of(metric)));
    let collectors = Panel {
        title: "Lists",
        description: "Every list that is read: whether it could be, whether to its end, how old it is and how long it takes.",
        kind: Kind::Table(vec![
            Column::new("cloud", "Cloud", Show::Text),
            Column::new("collector", "List", Show::Text),
            Column::new("Value #A", "Outcome", Show::Words(SUCCESS)),
            Column::new("Value #B", "Whole", Show::Words(PARTIAL)),
            Column::new("Value #C", "Age", Show::Number(Unit::Seconds)),
            Column::new("Value #D", "Takes", Show::Number(Unit::Seconds)),
        ]),
        unit: Unit::None,
        size: (24, 10),
        queries: vec![
            value(&cloud::COLLECTOR_SUCCESS),
            value(&cloud::COLLECTOR_PARTIAL),
            value(&cloud::COLLECTOR_AGE),
            value(&cloud::COLLECTOR_DURATION),
        ],
    };
    let rate = |metric: &str| format!("rate({metric}{{{CLOUD}}}[$__rate_interval])");
    vec![
        graph(
            "Calls",
            "Calls of the API per second, by what the server said to them.",
            Unit::PerSecond,
            vec![Query::new(
                format!("sum by (cloud, code) ({})", rate(CALLS)),
                "{{cloud}} {{code}}",
            )],
        ),
        graph(
            "Mean time of a call",
            "Mean time of the calls of each command, the ten slowest.",
            Unit::Seconds,
            vec![Query::new(
                format!(
                    "topk(10, sum by (cloud, command) ({}) / sum by (cloud, command) ({}))",
                    rate(&format!("{DURATION}_sum")),
                    rate(&format!("{DURATION}_count"))
                ),
                "{{command}}",
            )],
        ),
        collectors,
    ]
}
