//! VM: one VM over time, against the levels at which XenServer raises alarms.

use exporter_kit::Metric;
use xenserver_exporter::metrics::families as xen;

use super::{
    RANGES, SCREENS, chosen, graph, named, of, rate, recorder, stat, texts, variables, with,
};
use crate::dashboard::{Dashboard, Row};
use crate::panel::{Column, Kind, Meaning, Panel, Query, Show, Unit};

/// The matcher of what is of the chosen VM.
const VM: &str = "vm=~\"$vm\"";

pub(crate) fn dashboard() -> Dashboard {
    let mut variables = variables(false);
    variables.extend([chosen("vm", "VM", &xen::VM), recorder()]);
    Dashboard {
        uid: "wisemonitor-vm",
        title: "VM",
        description: "One VM: its processors, memory, disks and interfaces, and the levels at which XenServer raises alarms.",
        tags: &["wisemonitor", "xenserver"],
        variables,
        ranges: RANGES,
        rows: vec![
            Row { title: "At a glance", panels: glance() },
            Row { title: "Processors and memory", panels: vec![processors(), memory()] },
            Row { title: "Disks", panels: disks() },
            Row { title: "Network", panels: network() },
            Row { title: "Alarms", panels: vec![alarms()] },
        ],
    }
}

fn vm(metric: &Metric) -> String {
    with(metric, VM)
}

fn glance() -> Vec<Panel> {
    let stat = |title, description, meaning, unit, metric| {
        stat(title, description, meaning, unit, vm(metric))
    };
    let host = named(
        &format!(
            "{} * on (instance, pool, vm) group_left (host) {}",
            vm(&xen::VM_POWER_STATE),
            vm(&xen::VM_RESIDENT)
        ),
        "host",
        &of(&xen::HOST),
    );
    vec![
        Panel {
            title: "The VM",
            description: "Name and power state. Click the UUID for its console and recordings.",
            kind: Kind::Table(vec![
                Column::new("name", "Name", Show::Text),
                Column::new("pool", "Pool", Show::Text),
                Column::new("state", "Power", Show::Text),
                Column::new("addresses", "Addresses", Show::Text),
                Column::new("os", "System", Show::Text),
                Column::new("kernel", "Kernel", Show::Text),
                Column::new("tools", "Tools", Show::Text),
                Column::new("tags", "Tags", Show::Text),
                Column::new("vm", "UUID", Show::Visit(SCREENS)),
            ]),
            unit: Unit::None,
            size: (24, 4),
            queries: vec![
                Query::of_table(format!(
                    "max by (pool, vm, name, addresses, os, kernel, tools, tags) ({})",
                    vm(&xen::VM)
                )),
                Query::of_table(format!("max by (pool, vm, state) ({})", vm(&xen::VM_POWER_STATE))),
            ],
        },
        stat(
            "CPU used",
            "Use of all its processors.",
            Meaning::Count,
            Unit::Ratio,
            &xen::VM_CPU_USAGE,
        ),
        stat("vCPUs", "Its virtual processors.", Meaning::Count, Unit::None, &xen::VM_VCPUS),
        stat("Memory", "Memory that it has.", Meaning::Count, Unit::Bytes, &xen::VM_MEMORY),
        Panel {
            queries: vec![Query::new(format!("{} * 1000", vm(&xen::VM_START_TIME)), "")],
            ..stat("Started", "When it started.", Meaning::Count, Unit::Ago, &xen::VM_START_TIME)
        },
        Panel {
            size: (8, 4),
            ..texts(
                "Where it runs",
                "Its host; empty while it does not run.",
                8,
                &host,
                &[("name", "Host"), ("host", "Host's UUID")],
            )
        },
    ]
}

/// Lines with the level of an alarm, dashed.
fn alarmed(
    title: &'static str,
    description: &'static str,
    unit: Unit,
    mut queries: Vec<Query>,
    variable: &str,
) -> Panel {
    let level = with(&xen::ALARM_THRESHOLD, &format!("{VM}, variable=\"{variable}\""));
    queries.push(Query::new(level, "alarm {{sense}}"));
    Panel { title, description, kind: Kind::Limited, unit, size: (12, 8), queries }
}

fn processors() -> Panel {
    alarmed(
        "CPU",
        "Use of all its processors, and dashed the level of its alarm and, with the exporter's `metrics: [vm_cpu]`, each processor.",
        Unit::Ratio,
        vec![
            Query::new(vm(&xen::VM_CPU_USAGE), "all"),
            Query::new(vm(&xen::VM_VCPU_USAGE), "processor {{cpu}}"),
        ],
        "cpu_usage",
    )
}

fn memory() -> Panel {
    graph(
        "Memory",
        "Memory that it has and is to have, and what is in use inside, as its tools tell.",
        Unit::Bytes,
        vec![
            Query::new(vm(&xen::VM_MEMORY), "has"),
            Query::new(vm(&xen::VM_MEMORY_TARGET), "is to have"),
            Query::new(
                format!("{} - {}", vm(&xen::VM_MEMORY), vm(&xen::VM_MEMORY_FREE)),
                "in use inside",
            ),
        ],
    )
}

fn disks() -> Vec<Panel> {
    let both = |one, other| {
        vec![Query::new(one, "{{device}} read"), Query::new(other, "{{device}} written")]
    };
    let all = format!("sum({}) + sum({})", rate(&vm(&xen::VM_READ)), rate(&vm(&xen::VM_WRITTEN)));
    vec![
        alarmed(
            "All disks",
            "What all its disks read and write together, and dashed the level of its alarm.",
            Unit::BytesPerSecond,
            vec![Query::new(all, "all")],
            "disk_usage",
        ),
        graph(
            "Each disk",
            "What each disk reads and writes.",
            Unit::BytesPerSecond,
            both(rate(&vm(&xen::VM_READ)), rate(&vm(&xen::VM_WRITTEN))),
        ),
        graph(
            "Operations",
            "Reads and writes of each disk, with the exporter's `metrics: [disk_detail]`.",
            Unit::PerSecond,
            both(rate(&vm(&xen::VM_READS)), rate(&vm(&xen::VM_WRITES))),
        ),
        graph(
            "Latency",
            "How long reads and writes of each disk take, with the exporter's `metrics: [disk_detail]`.",
            Unit::Seconds,
            both(vm(&xen::VM_READ_LATENCY), vm(&xen::VM_WRITE_LATENCY)),
        ),
    ]
}

fn network() -> Vec<Panel> {
    let all =
        format!("sum({}) + sum({})", rate(&vm(&xen::VM_RECEIVED)), rate(&vm(&xen::VM_TRANSMITTED)));
    vec![
        alarmed(
            "All interfaces",
            "What all its interfaces receive and send together, and dashed the level of its alarm.",
            Unit::BytesPerSecond,
            vec![Query::new(all, "all")],
            "network_usage",
        ),
        graph(
            "Each interface",
            "What each interface receives and sends.",
            Unit::BytesPerSecond,
            vec![
                Query::new(rate(&vm(&xen::VM_RECEIVED)), "interface {{device}} received"),
                Query::new(rate(&vm(&xen::VM_TRANSMITTED)), "interface {{device}} sent"),
            ],
        ),
    ]
}

fn alarms() -> Panel {
    Panel {
        title: "Alarm settings",
        description: "From which level, and after how long, XenServer raises an alarm; `wisemonitor vm-alarm` sets it.",
        kind: Kind::Table(vec![
            Column::new("variable", "Variable", Show::Text),
            Column::new("sense", "Side", Show::Text),
            Column::new("Value #A", "Level", Show::Number(Unit::None)),
            Column::new("Value #B", "For", Show::Number(Unit::Seconds)),
        ]),
        unit: Unit::None,
        size: (12, 6),
        queries: [&xen::ALARM_THRESHOLD, &xen::ALARM_PERIOD]
            .map(|metric| {
                let settings = with(metric, VM);
                Query::of_table(format!("max by (variable, sense) ({settings})"))
            })
            .into(),
    }
}
