//! Network: the fleet of devices, and their interfaces by use and errors. Interface: one interface over time.
//!
//! The names are those of the `system` and `if_mib` modules, which every snmp.yml of snmp_exporter has.

use crate::dashboard::{Dashboard, Row, Variable};
use crate::panel::{Colour, Column, Kind, Meaning, Panel, Query, Show, Unit};

/// ifOperStatus and ifAdminStatus, IF-MIB.
const STATUS: &[(u8, &str, Colour)] = &[
    (1, "up", Colour::Green),
    (2, "down", Colour::Red),
    (3, "testing", Colour::Yellow),
    (4, "unknown", Colour::Orange),
    (5, "dormant", Colour::Yellow),
    (6, "not present", Colour::Purple),
    (7, "lower layer down", Colour::Red),
];

const ANSWERS: &[(u8, &str, Colour)] =
    &[(0, "NO ANSWER", Colour::Red), (1, "answers", Colour::Green)];

/// The label matchers that every query begins with.
const DEVICE: &str = "job=~\"$job\", instance=~\"$device\"";

/// The same with the interface.
const INTERFACE: &str = "job=~\"$job\", instance=~\"$device\", ifName=~\"$interface\"";

/// The fleet.
pub(crate) fn network() -> Dashboard {
    let down = format!("ifOperStatus{{{DEVICE}}} != 1 and ifAdminStatus{{{DEVICE}}} == 1");
    let stat = |title, description, meaning, unit, promql: String| Panel {
        title,
        description,
        kind: Kind::Stat(meaning),
        unit,
        size: (6, 4),
        queries: vec![Query::new(promql, "")],
    };
    let glance = vec![
        stat(
            "Devices that answer",
            "Devices whose last SNMP scrape succeeded.",
            Meaning::Count,
            Unit::None,
            format!("sum(up{{{DEVICE}}})"),
        ),
        stat(
            "Devices without answer",
            "Devices whose last SNMP scrape failed.",
            Meaning::Trouble(Colour::Red),
            Unit::None,
            format!("count(up{{{DEVICE}}} == 0) or vector(0)"),
        ),
        stat(
            "Interfaces down",
            "Interfaces that are switched on and yet not up.",
            Meaning::Trouble(Colour::Red),
            Unit::None,
            format!("count({down}) or vector(0)"),
        ),
        stat(
            "Traffic received",
            "What all interfaces receive together.",
            Meaning::Count,
            Unit::BitsPerSecond,
            format!("sum(rate(ifHCInOctets{{{DEVICE}}}[$__rate_interval])) * 8"),
        ),
    ];
    Dashboard {
        uid: "wisemonitor-network",
        title: "Network",
        description: "Network devices that are watched by SNMP, and their interfaces.",
        tags: &["wisemonitor", "network"],
        variables: variables(true),
        ranges: &[],
        rows: vec![
            Row { title: "At a glance", panels: glance },
            Row { title: "Devices", panels: vec![devices()] },
            Row { title: "Interfaces of $device", panels: vec![interfaces()] },
            Row {
                title: "Busiest and worst",
                panels: vec![
                    graph(
                        "Busiest interfaces, received",
                        "Share of the interface's speed, the ten highest.",
                        Unit::Ratio,
                        vec![Query::new(
                            format!("topk(10, {})", utilisation("ifHCInOctets", DEVICE)),
                            "{{instance}} {{ifName}}",
                        )],
                    ),
                    graph(
                        "Busiest interfaces, sent",
                        "Share of the interface's speed, the ten highest.",
                        Unit::Ratio,
                        vec![Query::new(
                            format!("topk(10, {})", utilisation("ifHCOutOctets", DEVICE)),
                            "{{instance}} {{ifName}}",
                        )],
                    ),
                    graph(
                        "Most errors",
                        "Errors received and sent per second, the ten highest.",
                        Unit::PerSecond,
                        vec![Query::new(
                            format!(
                                "topk(10, rate(ifInErrors{{{DEVICE}}}[$__rate_interval]) + rate(ifOutErrors{{{DEVICE}}}[$__rate_interval]))"
                            ),
                            "{{instance}} {{ifName}}",
                        )],
                    ),
                    graph(
                        "Time of a scrape",
                        "How long each device takes to answer all that is asked of it.",
                        Unit::Seconds,
                        vec![Query::new(
                            format!("scrape_duration_seconds{{{DEVICE}}}"),
                            "{{instance}}",
                        )],
                    ),
                ],
            },
        ],
    }
}

/// One interface.
pub(crate) fn interface() -> Dashboard {
    let threshold = |direction| {
        format!(
            "wisemonitor_interface_threshold_ratio{{instance=~\"$device\", ifName=~\"$interface\", direction=\"{direction}\"}} * on (instance, ifName) group_left () max by (instance, ifName) (ifHighSpeed{{{INTERFACE}}}) * 1e6"
        )
    };
    let rate = |metric: &str| format!("rate({metric}{{{INTERFACE}}}[$__rate_interval])");
    let speed = format!("max by (instance, ifName) (ifHighSpeed{{{INTERFACE}}}) * 1e6");
    let traffic = |title, description, metric, direction| {
        graph(
            title,
            description,
            Unit::BitsPerSecond,
            vec![
                Query::new(format!("{} * 8", rate(metric)), "{{instance}} {{ifName}}"),
                Query::new(speed.clone(), "speed of {{ifName}}"),
                Query::new(threshold(direction), "{{severity}} of {{ifName}}"),
            ],
        )
    };
    Dashboard {
        uid: "wisemonitor-interface",
        title: "Interface",
        description: "Traffic of an interface against its speed and thresholds, errors, discards and state.",
        tags: &["wisemonitor", "network"],
        variables: variables(false),
        ranges: &[],
        rows: vec![
            Row {
                title: "Traffic of $interface on $device",
                panels: vec![
                    traffic(
                        "Received",
                        "Bits received per second, with the interface's speed and the thresholds set for it.",
                        "ifHCInOctets",
                        "in",
                    ),
                    traffic(
                        "Sent",
                        "Bits sent per second, with the interface's speed and the thresholds set for it.",
                        "ifHCOutOctets",
                        "out",
                    ),
                ],
            },
            Row {
                title: "Trouble",
                panels: vec![
                    graph(
                        "Errors",
                        "Packets with errors, per second.",
                        Unit::PerSecond,
                        vec![
                            Query::new(rate("ifInErrors"), "received {{ifName}}"),
                            Query::new(rate("ifOutErrors"), "sent {{ifName}}"),
                        ],
                    ),
                    graph(
                        "Discards",
                        "Packets thrown away although they had no error, per second: mostly full queues.",
                        Unit::PerSecond,
                        vec![
                            Query::new(rate("ifInDiscards"), "received {{ifName}}"),
                            Query::new(rate("ifOutDiscards"), "sent {{ifName}}"),
                        ],
                    ),
                    graph(
                        "State",
                        "ifOperStatus: 1 is up, everything else is not.",
                        Unit::None,
                        vec![Query::new(
                            format!("ifOperStatus{{{INTERFACE}}}"),
                            "{{instance}} {{ifName}}",
                        )],
                    ),
                ],
            },
        ],
    }
}

fn variables(with_all: bool) -> Vec<Variable> {
    let variable = Variable::of_label;
    let mut variables = vec![
        variable("job", "Job", "label_values(ifOperStatus, job)".into(), true),
        variable(
            "device",
            "Device",
            "label_values(ifOperStatus{job=~\"$job\"}, instance)".into(),
            with_all,
        ),
    ];
    if !with_all {
        let names = format!("label_values(ifOperStatus{{{DEVICE}}}, ifName)");
        variables.push(variable("interface", "Interface", names, true));
    }
    variables
}

fn devices() -> Panel {
    let of = |metric: &str| format!("max by (instance) ({metric}{{{DEVICE}}})");
    Panel {
        title: "Devices",
        description: "Every device with its name and how long it has been up. Click one to see its interfaces.",
        kind: Kind::Table(vec![
            Column::new("instance", "Device", Show::Choose("device")),
            Column::new("sysName", "Name", Show::Text),
            Column::new("Value #A", "State", Show::Words(ANSWERS)),
            Column::new("Value #B", "Up for", Show::Number(Unit::Seconds)),
            Column::new("Value #C", "Interfaces up", Show::Number(Unit::None)),
            Column::new("Value #D", "Interfaces", Show::Number(Unit::None)),
        ]),
        unit: Unit::None,
        size: (24, 8),
        queries: vec![
            Query::new(
                format!(
                    "{} * on (instance) group_left (sysName) max by (instance, sysName) (sysName{{{DEVICE}}}) or {}",
                    of("up"),
                    of("up")
                ),
                "",
            ),
            Query::new(format!("{} / 100", of("sysUpTime")), ""),
            Query::new(format!("count by (instance) (ifOperStatus{{{DEVICE}}} == 1)"), ""),
            Query::new(format!("count by (instance) (ifOperStatus{{{DEVICE}}})"), ""),
        ],
    }
}

fn interfaces() -> Panel {
    let of =
        |metric: &str| Query::new(format!("max by (instance, ifName) ({metric}{{{DEVICE}}})"), "");
    let rate = |metric: &str| {
        Query::new(format!("max by (instance, ifName) (rate({metric}{{{DEVICE}}}[5m])) * 8"), "")
    };
    Panel {
        title: "Interfaces",
        description: "Interfaces of the chosen devices with state, speed and traffic over the last five minutes.",
        kind: Kind::Table(vec![
            Column::new("instance", "Device", Show::Choose("device")),
            Column::new("ifName", "Interface", Show::Text),
            Column::new("Value #A", "Wanted", Show::Words(STATUS)),
            Column::new("Value #B", "State", Show::Words(STATUS)),
            Column::new("Value #C", "Speed", Show::Number(Unit::BitsPerSecond)),
            Column::new("Value #D", "Received", Show::Number(Unit::BitsPerSecond)),
            Column::new("Value #E", "Sent", Show::Number(Unit::BitsPerSecond)),
        ]),
        unit: Unit::None,
        size: (24, 10),
        queries: vec![
            of("ifAdminStatus"),
            of("ifOperStatus"),
            Query::new(format!("max by (instance, ifName) (ifHighSpeed{{{DEVICE}}}) * 1e6"), ""),
            rate("ifHCInOctets"),
            rate("ifHCOutOctets"),
        ],
    }
}

/// Share of an interface's speed that its octets take; interfaces without a speed are left out.
fn utilisation(octets: &str, matchers: &str) -> String {
    format!(
        "rate({octets}{{{matchers}}}[$__rate_interval]) * 8 / (ifHighSpeed{{{matchers}}} * 1e6 > 0)"
    )
}

fn graph(title: &'static str, description: &'static str, unit: Unit, queries: Vec<Query>) -> Panel {
    Panel { title, description, kind: Kind::Timeseries, unit, size: (12, 9), queries }
}
