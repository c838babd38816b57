//! Hosts: the fleet by state and group, to search and to filter.

use exporter_kit::Metric;
use nagios_exporter::metrics::families as nagios;

use crate::dashboard::{Dashboard, Row};
use crate::objects::{self, ALL, HOST_STATES};
use crate::panel::{Colour, Column, Kind, Meaning, Panel, Query, Show, Unit};

const STATES: &[(&str, &str)] = &[
    ("all", ">= 0"),
    ("not up", "> 0"),
    ("up", "== 0"),
    ("down", "== 1"),
    ("unreachable", "== 2"),
];

pub(crate) fn dashboard() -> Dashboard {
    Dashboard {
        uid: "wisemonitor-hosts",
        title: "Hosts",
        description: "Every host that Nagios watches, by state and group. A click leads to its services.",
        tags: &["wisemonitor", "nagios"],
        variables: vec![
            objects::job(),
            objects::group(),
            objects::search(),
            objects::state(STATES),
        ],
        ranges: &[],
        rows: vec![
            Row { title: "At a glance", panels: glance() },
            Row { title: "Hosts", panels: vec![hosts()] },
            Row { title: "Groups and history", panels: vec![groups(), history()] },
        ],
    }
}

fn glance() -> Vec<Panel> {
    let of = |state| format!("sum({}{{{ALL}, state=\"{state}\"}})", nagios::HOSTS.name);
    let stat = |title, description, meaning, promql| Panel {
        title,
        description,
        kind: Kind::Stat(meaning),
        unit: Unit::None,
        size: (6, 4),
        queries: vec![Query::new(promql, "")],
    };
    vec![
        stat("Up", "Hosts whose current state is up.", Meaning::Count, of("up")),
        stat(
            "Down",
            "Hosts whose current state is down.",
            Meaning::Trouble(Colour::Red),
            of("down"),
        ),
        stat(
            "Unreachable",
            "Hosts that cannot be reached because every parent is down.",
            Meaning::Trouble(Colour::Purple),
            of("unreachable"),
        ),
        stat(
            "Not checked yet",
            "Hosts without any check result so far.",
            Meaning::Count,
            of("pending"),
        ),
    ]
}

fn hosts() -> Panel {
    let state = format!("max by (instance, host) ({}{{{ALL}}})", nagios::HOST_STATE.name);
    let chosen = format!(
        "({state} $state and on (instance, host) {} and on (instance, host) {})",
        objects::hosts_of_groups(),
        objects::hosts_searched()
    );
    let of =
        |promql: String| Query::of_table(format!("({promql}) and on (instance, host) {chosen}"));
    let value = |metric: &Metric| format!("max by (instance, host) ({}{{{ALL}}})", metric.name);
    Panel {
        title: "Hosts",
        description: "The hosts that are chosen above, a page at a time. Search is a regular expression over name, address and alias. Click a host to see its services, its address to see its performance data.",
        kind: Kind::Table(vec![
            Column::new("host", "Host", Show::Open("wisemonitor-services", &[("host", "Host")])),
            Column::new(
                "address",
                "Address",
                Show::Open("wisemonitor-performance", &[("host", "Host")]),
            ),
            Column::new("alias", "Alias", Show::Text),
            Column::new("Value #A", "State", Show::Words(HOST_STATES)),
            Column::new("Value #B", "Services with a problem", Show::Number(Unit::None)),
            Column::new("Value #C", "Last check", Show::Number(Unit::Ago)),
            Column::new("instance", "Nagios", Show::Text),
        ]),
        unit: Unit::None,
        size: (24, 14),
        queries: vec![
            of(format!(
                "{state} * on (instance, host) group_left (address, alias) max by (instance, host, address, alias) ({}{{{ALL}}})",
                nagios::HOST_INFO.name
            )),
            of(format!(
                "count by (instance, host) ({}{{{ALL}}} > 0) or 0 * {state}",
                nagios::SERVICE_STATE.name
            )),
            of(format!("{} * 1000", value(&nagios::HOST_LAST_CHECK))),
        ],
    }
}

fn groups() -> Panel {
    let member = format!(
        "max by (instance, host, hostgroup) ({}{{{ALL}, hostgroup=~\"$group\"}})",
        nagios::HOSTGROUP_MEMBER.name
    );
    let down = format!("max by (instance, host) ({}{{{ALL}}})", nagios::HOST_STATE.name);
    let problems =
        format!("count by (instance, host) ({}{{{ALL}}} > 0)", nagios::SERVICE_STATE.name);
    Panel {
        title: "Groups",
        description: "Host groups with the number of their hosts, of those that are not up, and of services with a problem.",
        kind: Kind::Table(vec![
            Column::new("hostgroup", "Group", Show::Choose("group")),
            Column::new("Value #A", "Hosts", Show::Number(Unit::None)),
            Column::new("Value #B", "Hosts not up", Show::Number(Unit::None)),
            Column::new("Value #C", "Services with a problem", Show::Number(Unit::None)),
        ]),
        unit: Unit::None,
        size: (12, 10),
        queries: vec![
            Query::of_table(format!("count by (hostgroup) ({member})")),
            Query::of_table(format!(
                "sum by (hostgroup) ({member} * on (instance, host) group_left () ({down} > bool 0))"
            )),
            Query::of_table(format!(
                "sum by (hostgroup) ({member} * on (instance, host) group_left () ({problems} or 0 * {down}))"
            )),
        ],
    }
}

fn history() -> Panel {
    Panel {
        title: "Hosts by state",
        description: "How many hosts are in each state, over time.",
        kind: Kind::Timeseries,
        unit: Unit::None,
        size: (12, 10),
        queries: vec![Query::new(
            format!("sum by (state) ({}{{{ALL}}})", nagios::HOSTS.name),
            "{{state}}",
        )],
    }
}
