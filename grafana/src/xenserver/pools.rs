//! Pools: which pools there are, their members and masters, and how much of them is used.

use xenserver_exporter::metrics::families as xen;

use super::{ANSWERS, ENABLED, by, named, of, stat, variables, with};
use crate::dashboard::{Dashboard, Row};
use crate::panel::{Colour, Column, Kind, Meaning, Panel, Query, Show, Unit};

const ROLES: &[(u8, &str, Colour)] = &[(0, "member", Colour::Green), (1, "master", Colour::Purple)];

pub(crate) fn dashboard() -> Dashboard {
    Dashboard {
        uid: "wisemonitor-pools",
        title: "Pools",
        description: "Pools of XenServer and XCP-ng: their members, their masters and what is used of them.",
        tags: &["wisemonitor", "xenserver"],
        variables: variables(true),
        ranges: &[("30 days", "now-30d")],
        rows: vec![
            Row { title: "At a glance", panels: glance() },
            Row { title: "Pools", panels: vec![pools()] },
            Row { title: "Hosts", panels: vec![hosts()] },
            Row { title: "Capacity", panels: vec![memory(), storage(), processors(), growth()] },
        ],
    }
}

fn glance() -> Vec<Panel> {
    let none_or = |query: String| format!("count({query}) or vector(0)");
    vec![
        stat(
            "Pools",
            "Pools that are watched.",
            Meaning::Count,
            Unit::None,
            format!("count({})", of(&xen::POOL_UP)),
        ),
        stat(
            "Pools that cannot be read",
            "Pools without a session with their master.",
            Meaning::Trouble(Colour::Red),
            Unit::None,
            none_or(format!("{} == 0", of(&xen::POOL_UP))),
        ),
        stat(
            "Hosts",
            "Members of all pools.",
            Meaning::Count,
            Unit::None,
            format!("sum({})", of(&xen::POOL_MEMBERS)),
        ),
        stat(
            "Hosts without answer",
            "Hosts that did not tell their measurements when they were asked last.",
            Meaning::Trouble(Colour::Red),
            Unit::None,
            none_or(format!("{} == 0", of(&xen::HOST_UP))),
        ),
        stat(
            "Running VMs",
            "VMs that run, dom0 left out.",
            Meaning::Count,
            Unit::None,
            format!("sum({})", of(&xen::HOST_VMS)),
        ),
        stat(
            "Master changes",
            "How often another host became the master, over the time that is shown.",
            Meaning::Trouble(Colour::Yellow),
            Unit::None,
            format!("round(sum(increase({}[$__range])))", of(&xen::MASTER_CHANGES)),
        ),
    ]
}

fn pools() -> Panel {
    let masters = named(&format!("({} == 1)", of(&xen::HOST_MASTER)), "host", &of(&xen::HOST));
    let of_pool = |query: String| Query::of_table(format!("max by (pool) ({query})"));
    Panel {
        title: "All pools",
        description: "Every pool with its master, or the reason why it cannot be read. Click one to see its VMs.",
        kind: Kind::Table(vec![
            Column::new(
                "pool",
                "Pool",
                Show::Open("wisemonitor-virtual-machines", &[("pool", "Pool")]),
            ),
            Column::new("Value #A", "State", Show::Words(ANSWERS)),
            Column::new("reason", "Reason", Show::Text),
            Column::new("name", "Master", Show::Text),
            Column::new("Value #D", "Hosts", Show::Number(Unit::None)),
            Column::new("Value #E", "Running VMs", Show::Number(Unit::None)),
            Column::new("Value #F", "Memory used", Show::Number(Unit::Ratio)),
            Column::new("Value #G", "High availability", Show::Words(ENABLED)),
            Column::new("Value #H", "Failures to bear", Show::Number(Unit::None)),
        ]),
        unit: Unit::None,
        size: (24, 6),
        queries: vec![
            of_pool(of(&xen::POOL_UP)),
            Query::of_table(format!(
                "max by (pool, reason) ({} == 1) or max by (pool) ({} == 1)",
                of(&xen::POOL_FAILURE),
                of(&xen::POOL_UP)
            )),
            Query::of_table(format!("max by (pool, name) ({masters})")),
            of_pool(of(&xen::POOL_MEMBERS)),
            Query::of_table(format!("sum by (pool) ({})", of(&xen::HOST_VMS))),
            Query::of_table(memory_used()),
            of_pool(of(&xen::POOL_HA_ENABLED)),
            of_pool(of(&xen::POOL_HA_TOLERATED)),
        ],
    }
}

fn hosts() -> Panel {
    let free = format!("1 - {} / {}", of(&xen::HOST_MEMORY_FREE), of(&xen::HOST_MEMORY));
    Panel {
        title: "All hosts",
        description: "Every host of the chosen pools. Click one to see its details and performance.",
        kind: Kind::Table(vec![
            Column::new(
                "name",
                "Host",
                Show::Open("wisemonitor-xen-host", &[("pool", "Pool"), ("host", "UUID")]),
            ),
            Column::new("pool", "Pool", Show::Choose("pool")),
            Column::new("address", "Address", Show::Text),
            Column::new("version", "Version", Show::Text),
            Column::new("Value #B", "State", Show::Words(ANSWERS)),
            Column::new("Value #C", "Role", Show::Words(ROLES)),
            Column::new("Value #D", "New VMs", Show::Words(ENABLED)),
            Column::new("Value #E", "VMs", Show::Number(Unit::None)),
            Column::new("Value #F", "CPU used", Show::Number(Unit::Ratio)),
            Column::new("Value #G", "Memory used", Show::Number(Unit::Ratio)),
            Column::new("Value #H", "Memory", Show::Number(Unit::Bytes)),
            Column::new("host", "UUID", Show::Text),
        ]),
        unit: Unit::None,
        size: (24, 9),
        queries: vec![
            Query::of_table(format!(
                "max by (pool, host, name, address, version) ({})",
                of(&xen::HOST)
            )),
            by("host", &of(&xen::HOST_UP)),
            by("host", &of(&xen::HOST_MASTER)),
            by("host", &of(&xen::HOST_ENABLED)),
            by("host", &of(&xen::HOST_VMS)),
            by("host", &of(&xen::HOST_CPU_USAGE)),
            by("host", &free),
            by("host", &of(&xen::HOST_MEMORY)),
        ],
    }
}

/// The used part of each pool's memory.
fn memory_used() -> String {
    format!(
        "1 - sum by (pool) ({}) / sum by (pool) ({})",
        of(&xen::HOST_MEMORY_FREE),
        of(&xen::HOST_MEMORY)
    )
}

fn bars(
    title: &'static str,
    description: &'static str,
    promql: String,
    legend: &'static str,
) -> Panel {
    let queries = vec![Query::new(promql, legend)];
    Panel { title, description, kind: Kind::Bars, unit: Unit::Ratio, size: (12, 8), queries }
}

fn memory() -> Panel {
    bars("Memory", "Used part of the memory of each pool.", memory_used(), "{{pool}}")
}

fn storage() -> Panel {
    let used = format!("{} / {}", of(&xen::SR_USED), of(&xen::SR_SIZE));
    bars(
        "Storage",
        "Used part of each repository that has a size, the fullest first. Repositories of images are left out.",
        format!("sort_desc({})", named(&used, "sr", &with(&xen::SR, "content!=\"iso\""))),
        "{{pool}} {{name}}",
    )
}

fn processors() -> Panel {
    let run = named(&of(&xen::HOST_CPU_USAGE), "host", &of(&xen::HOST));
    bars(
        "Processors",
        "Used part of the processors of each host.",
        format!("sort_desc({run})"),
        "{{pool}} {{name}}",
    )
}

fn growth() -> Panel {
    let used = |series: String| {
        let part = format!("{series} / {}", of(&xen::SR_SIZE));
        named(&part, "sr", &with(&xen::SR, "content!=\"iso\""))
    };
    Panel {
        title: "Storage over time",
        description: "Used part of each repository, and dashed where it will be in a week if it goes on as in the last day.",
        kind: Kind::Limited,
        unit: Unit::Ratio,
        size: (12, 8),
        queries: vec![
            Query::new(used(of(&xen::SR_USED)), "{{pool}} {{name}}"),
            Query::new(
                used(format!("predict_linear({}[1d], 604800)", of(&xen::SR_USED))),
                "{{pool}} {{name}} in a week",
            ),
        ],
    }
}
