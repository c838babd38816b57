//! Virtual machines: all VMs by pool, host and power state, to search and to rank.

use exporter_kit::Metric;
use xenserver_exporter::metrics::families as xen;

use super::{POOL, SCREENS, by, named, of, rate, recorder, stat, variables, with};
use crate::dashboard::{Dashboard, Row, Values, Variable};
use crate::objects::{search, searched};
use crate::panel::{Colour, Column, Kind, Meaning, Panel, Query, Show, Unit};

/// Patterns of the label `state`.
const POWER: &[(&str, &str)] = &[
    ("all", ".+"),
    ("running", "Running"),
    ("halted", "Halted"),
    ("paused", "Paused"),
    ("suspended", "Suspended"),
];

const TOOLS: &[(u8, &str, Colour)] =
    &[(0, "old or none", Colour::Yellow), (1, "new", Colour::Green)];

pub(crate) fn dashboard() -> Dashboard {
    let mut variables = variables(true);
    variables.extend([
        Variable { name: "power", label: "Power", values: Values::OneOf(POWER) },
        search(),
        recorder(),
    ]);
    Dashboard {
        uid: "wisemonitor-virtual-machines",
        title: "Virtual machines",
        description: "VMs of the chosen pools by power state and name, and which of them use most.",
        tags: &["wisemonitor", "xenserver"],
        variables,
        ranges: &[],
        rows: vec![
            Row { title: "At a glance", panels: glance() },
            Row { title: "Virtual machines", panels: vec![machines()] },
            Row { title: "Ranking", panels: ranking(POOL) },
            Row { title: "Over time", panels: vec![power_states(), busiest()] },
        ],
    }
}

fn glance() -> Vec<Panel> {
    let state = |title, description, meaning, state: &str| {
        let states = with(&xen::VM_POWER_STATE, &format!("state=\"{state}\""));
        stat(title, description, meaning, Unit::None, format!("count({states}) or vector(0)"))
    };
    let old = format!(
        "count({} == 0 and on (instance, pool, vm) {}) or vector(0)",
        of(&xen::VM_TOOLS),
        with(&xen::VM_POWER_STATE, "state=\"Running\"")
    );
    vec![
        stat(
            "VMs",
            "VMs of all pools, templates and dom0 left out.",
            Meaning::Count,
            Unit::None,
            format!("count({})", of(&xen::VM)),
        ),
        state("Running", "VMs that run.", Meaning::Count, "Running"),
        state("Halted", "VMs that are switched off, or have crashed.", Meaning::Count, "Halted"),
        state("Suspended", "VMs whose memory lies on disk.", Meaning::Count, "Suspended"),
        state(
            "Paused",
            "VMs that are held, mostly for a moment.",
            Meaning::Trouble(Colour::Yellow),
            "Paused",
        ),
        stat(
            "Old or no tools",
            "Running VMs whose guest tools are not the newest or not there: they tell less of themselves.",
            Meaning::Trouble(Colour::Yellow),
            Unit::None,
            old,
        ),
    ]
}

/// The VMs that the variables choose, with their names.
fn chosen() -> String {
    let found = ["name", "addresses", "tags", "vm"].map(|label| with(&xen::VM, &searched(label)));
    format!(
        "({}) and on (instance, pool, vm) {}",
        found.join(" or "),
        with(&xen::VM_POWER_STATE, "state=~\"$power\"")
    )
}

/// Traffic of each VM in both directions.
fn both(one: &str, other: &str) -> String {
    let sum = |series| format!("sum by (instance, pool, vm) ({})", rate(series));
    format!("{} + {}", sum(one), sum(other))
}

fn machines() -> Panel {
    let value =
        |series: &str| by("vm", &format!("({series}) and on (instance, pool, vm) {}", chosen()));
    let host = format!(
        "label_replace({} * on (instance, pool, host) group_left (name) {}, \"resident\", \"$1\", \"name\", \"(.*)\")",
        of(&xen::VM_RESIDENT),
        of(&xen::HOST)
    );
    Panel {
        title: "All VMs",
        description: "The VMs that are chosen above, a page at a time. Search is a regular expression over name, address, tags and UUID. Click a name to see its performance, its UUID for its console and recordings.",
        kind: Kind::Table(vec![
            Column::new(
                "name",
                "Name",
                Show::Open("wisemonitor-vm", &[("pool", "Pool"), ("vm", "UUID")]),
            ),
            Column::new("pool", "Pool", Show::Choose("pool")),
            Column::new("resident", "Host", Show::Text),
            Column::new("state", "Power", Show::Text),
            Column::new("addresses", "Addresses", Show::Text),
            Column::new("os", "System", Show::Text),
            Column::new("tags", "Tags", Show::Text),
            Column::new("Value #D", "vCPUs", Show::Number(Unit::None)),
            Column::new("Value #E", "CPU used", Show::Number(Unit::Ratio)),
            Column::new("Value #F", "Memory", Show::Number(Unit::Bytes)),
            Column::new("Value #G", "Network", Show::Number(Unit::BytesPerSecond)),
            Column::new("Value #H", "Disk", Show::Number(Unit::BytesPerSecond)),
            Column::new("Value #I", "Tools", Show::Words(TOOLS)),
            Column::new("vm", "UUID", Show::Visit(SCREENS)),
        ]),
        unit: Unit::None,
        size: (24, 14),
        queries: vec![
            Query::of_table(format!("max by (pool, vm, name, addresses, os, tags) ({})", chosen())),
            Query::of_table(format!(
                "max by (pool, vm, state) ({} and on (instance, pool, vm) {})",
                with(&xen::VM_POWER_STATE, "state=~\"$power\""),
                chosen()
            )),
            Query::of_table(format!(
                "max by (pool, vm, resident) ({host} and on (instance, pool, vm) {})",
                chosen()
            )),
            value(&of(&xen::VM_VCPUS)),
            value(&of(&xen::VM_CPU_USAGE)),
            value(&of(&xen::VM_MEMORY)),
            value(&both(&of(&xen::VM_RECEIVED), &of(&xen::VM_TRANSMITTED))),
            value(&both(&of(&xen::VM_READ), &of(&xen::VM_WRITTEN))),
            value(&of(&xen::VM_TOOLS)),
        ],
    }
}

/// The VMs that use most, of series with these matchers.
pub(crate) fn ranking(matchers: &str) -> Vec<Panel> {
    let of = |metric: &Metric| format!("{}{{{matchers}}}", metric.name);
    let rank = |title, description, unit, series: &str| {
        let named = named(&format!("({series})"), "vm", &of(&xen::VM));
        let queries = vec![Query::new(format!("topk(10, {named})"), "{{name}}")];
        Panel { title, description, kind: Kind::Ranking, unit, size: (8, 10), queries }
    };
    vec![
        rank(
            "By CPU",
            "The ten VMs that use most of their processors now.",
            Unit::Ratio,
            &of(&xen::VM_CPU_USAGE),
        ),
        rank(
            "By network",
            "The ten VMs that receive and send most now.",
            Unit::BytesPerSecond,
            &both(&of(&xen::VM_RECEIVED), &of(&xen::VM_TRANSMITTED)),
        ),
        rank(
            "By disk",
            "The ten VMs that read and write most now.",
            Unit::BytesPerSecond,
            &both(&of(&xen::VM_READ), &of(&xen::VM_WRITTEN)),
        ),
    ]
}

fn power_states() -> Panel {
    super::graph(
        "VMs by power state",
        "How many VMs are in each state, over time.",
        Unit::None,
        vec![Query::new(format!("count by (state) ({})", of(&xen::VM_POWER_STATE)), "{{state}}")],
    )
}

fn busiest() -> Panel {
    let used = named(&of(&xen::VM_CPU_USAGE), "vm", &of(&xen::VM));
    super::graph(
        "Busiest VMs",
        "Use of the processors of the ten busiest VMs, over time.",
        Unit::Ratio,
        vec![Query::new(format!("topk(10, {used})"), "{{name}}")],
    )
}
