//! Zone: what is in one zone, and when it will be full.

use cloudstack_exporter::metrics::families as cloud;
use exporter_kit::Metric;

use super::{CLOUD, ENABLED, graph, named, of, variables, with};
use crate::dashboard::{Dashboard, Row, Variable};
use crate::panel::{Column, Kind, Panel, Query, Show, Unit};

/// The recorded forecast of `rules/cloudstack.yml`: seconds until a resource is full.
const FULL: &str = "zone_capacity:full:seconds";

/// The matcher of what is in the chosen zone.
const ZONE: &str = "zone=~\"$zone\"";

pub(crate) fn dashboard() -> Dashboard {
    let mut variables = variables();
    let zones = format!("label_values({}, zone)", of(&cloud::ZONE_INFO));
    variables.push(Variable::of_label("zone", "Zone", zones, false));
    Dashboard {
        uid: "wisemonitor-zone",
        title: "Zone",
        description: "One zone: its pods, clusters, hosts, system VMs, routers and instances, and when it will be full.",
        tags: &["wisemonitor", "cloudstack"],
        variables,
        ranges: &[("30 days", "now-30d"), ("1 year", "now-1y")],
        rows: vec![
            Row { title: "Capacity of $zone", panels: vec![capacity(), capacity_over_time()] },
            Row { title: "Pods and clusters", panels: vec![pods(), clusters()] },
            Row { title: "Hosts", panels: vec![hosts(), host_cpu(), host_memory()] },
            Row { title: "System VMs and routers", panels: vec![system_vms(), routers()] },
            Row { title: "Instances", panels: vec![instances(), sizes()] },
            Row { title: "Storage", panels: vec![pools(), volumes()] },
        ],
    }
}

/// A metric of zones, only of the chosen one.
fn of_zone(series: &str) -> String {
    named(series, "zone_id", "zone", &with(&cloud::ZONE_INFO, ZONE))
}

/// Series of things in the zone, whose `info` has the zone's name.
fn in_zone(metric: &Metric, id: &str, name: &str, info: &Metric) -> String {
    named(&of(metric), id, name, &with(info, ZONE))
}

fn capacity() -> Panel {
    let by = |series: String| Query::of_table(format!("max by (type) ({})", of_zone(&series)));
    let full = of_zone(&format!("{FULL}{{{CLOUD}, tag=\"\"}}"));
    let whole = |metric| with(metric, "tag=\"\"");
    Panel {
        title: "Resources",
        description: "What is used and when it will be full if it goes on as in the last day. Memory and storage are bytes, CPU is hertz, the rest are counts.",
        kind: Kind::Table(vec![
            Column::new("type", "Resource", Show::Text),
            Column::new("Value #A", "Used", Show::Number(Unit::None)),
            Column::new("Value #B", "Of", Show::Number(Unit::None)),
            Column::new("Value #C", "Used part", Show::Number(Unit::Ratio)),
            Column::new("Value #D", "Full", Show::Number(Unit::Ago)),
        ]),
        unit: Unit::None,
        size: (10, 10),
        queries: vec![
            by(whole(&cloud::ZONE_CAPACITY_USED)),
            by(whole(&cloud::ZONE_CAPACITY)),
            by(whole(&cloud::ZONE_CAPACITY_RATIO)),
            Query::of_table(format!("max by (type) ((time() + {full}) * 1000)")),
        ],
    }
}

fn capacity_over_time() -> Panel {
    let ratio = with(&cloud::ZONE_CAPACITY_RATIO, "tag=\"\"");
    Panel {
        title: "Use over time",
        description: "Used part of each resource, and dashed where it will be in a week if it goes on as in the last day.",
        kind: Kind::Limited,
        unit: Unit::Ratio,
        size: (14, 10),
        queries: vec![
            Query::new(of_zone(&ratio), "{{type}}"),
            Query::new(
                of_zone(&format!("predict_linear({ratio}[1d], 604800)")),
                "{{type}} in a week",
            ),
        ],
    }
}

fn pods() -> Panel {
    let info = with(&cloud::POD_INFO, ZONE);
    let used = |kind: &str| {
        let ratio = with(&cloud::POD_CAPACITY_RATIO, &format!("type=\"{kind}\", tag=\"\""));
        Query::of_table(format!("max by (pod_id) ({})", named(&ratio, "pod_id", "pod", &info)))
    };
    let allocation = in_zone(&cloud::POD_ALLOCATION, "pod_id", "pod", &cloud::POD_INFO);
    Panel {
        title: "Pods",
        description: "Pods of the zone with their networks and the use of what they have.",
        kind: Kind::Table(vec![
            Column::new("pod", "Pod", Show::Text),
            Column::new("gateway", "Gateway", Show::Text),
            Column::new("netmask", "Mask", Show::Text),
            Column::new("Value #B", "Allocation", Show::Words(ENABLED)),
            Column::new("Value #C", "Memory used", Show::Number(Unit::Ratio)),
            Column::new("Value #D", "CPU used", Show::Number(Unit::Ratio)),
        ]),
        unit: Unit::None,
        size: (12, 8),
        queries: vec![
            Query::of_table(format!("max by (pod_id, pod, gateway, netmask) ({info})")),
            Query::of_table(format!("max by (pod_id) ({allocation})")),
            used("memory"),
            used("cpu"),
        ],
    }
}

fn clusters() -> Panel {
    let info = with(&cloud::CLUSTER_INFO, ZONE);
    let used = |kind: &str| {
        let ratio = with(&cloud::CLUSTER_CAPACITY_RATIO, &format!("type=\"{kind}\", tag=\"\""));
        let used = named(&ratio, "cluster_id", "cluster", &info);
        Query::of_table(format!("max by (cluster_id) ({used})"))
    };
    let allocation =
        in_zone(&cloud::CLUSTER_ALLOCATION, "cluster_id", "cluster", &cloud::CLUSTER_INFO);
    Panel {
        title: "Clusters",
        description: "Clusters of the zone and the use of what they have.",
        kind: Kind::Table(vec![
            Column::new("cluster", "Cluster", Show::Text),
            Column::new("pod", "Pod", Show::Text),
            Column::new("hypervisor", "Hypervisor", Show::Text),
            Column::new("Value #B", "Allocation", Show::Words(ENABLED)),
            Column::new("Value #C", "Memory used", Show::Number(Unit::Ratio)),
            Column::new("Value #D", "CPU used", Show::Number(Unit::Ratio)),
            Column::new("Value #E", "Storage used", Show::Number(Unit::Ratio)),
        ]),
        unit: Unit::None,
        size: (12, 8),
        queries: vec![
            Query::of_table(format!("max by (cluster_id, cluster, pod, hypervisor) ({info})")),
            Query::of_table(format!("max by (cluster_id) ({allocation})")),
            used("memory"),
            used("cpu"),
            used("storage"),
        ],
    }
}

fn hosts() -> Panel {
    let value = |metric| {
        let series = in_zone(metric, "host_id", "host", &cloud::HOST_INFO);
        Query::of_table(format!("max by (host_id) ({series})"))
    };
    let state = in_zone(&cloud::HOST_STATE, "host_id", "host", &cloud::HOST_INFO);
    let resource = in_zone(&cloud::HOST_RESOURCE_STATE, "host_id", "host", &cloud::HOST_INFO);
    Panel {
        title: "Hosts of the zone",
        description: "Hosts with their states, what VMs have of them and what is in use.",
        kind: Kind::Table(vec![
            Column::new("host", "Host", Show::Text),
            Column::new("ip", "Address", Show::Text),
            Column::new("cluster", "Cluster", Show::Text),
            Column::new("state", "State", Show::Text),
            Column::new("resource_state", "Resource state", Show::Text),
            Column::new("Value #D", "Instances", Show::Number(Unit::None)),
            Column::new("Value #E", "CPU used", Show::Number(Unit::Ratio)),
            Column::new("Value #F", "Memory used", Show::Number(Unit::Bytes)),
            Column::new("Value #G", "Memory allocated", Show::Number(Unit::Bytes)),
            Column::new("Value #H", "Memory", Show::Number(Unit::Bytes)),
        ]),
        unit: Unit::None,
        size: (24, 10),
        queries: vec![
            Query::of_table(format!(
                "max by (host_id, host, ip, cluster) ({})",
                with(&cloud::HOST_INFO, ZONE)
            )),
            Query::of_table(format!("max by (host_id, state) ({state})")),
            Query::of_table(format!(
                "max by (host_id, resource_state) (label_replace({resource}, \"resource_state\", \"$1\", \"state\", \"(.*)\"))"
            )),
            value(&cloud::HOST_VMS),
            value(&cloud::HOST_CPU_USED),
            value(&cloud::HOST_MEMORY_USED),
            value(&cloud::HOST_MEMORY_ALLOCATED),
            value(&cloud::HOST_MEMORY),
        ],
    }
}

fn host_cpu() -> Panel {
    let used = in_zone(&cloud::HOST_CPU_USED, "host_id", "host", &cloud::HOST_INFO);
    graph(
        "CPU of hosts",
        "Part of each host's CPU that is in use, the ten highest.",
        Unit::Ratio,
        vec![Query::new(format!("topk(10, {used})"), "{{host}}")],
    )
}

fn host_memory() -> Panel {
    let part = format!("{} / {}", of(&cloud::HOST_MEMORY_USED), of(&cloud::HOST_MEMORY));
    let used = named(&part, "host_id", "host", &with(&cloud::HOST_INFO, ZONE));
    graph(
        "Memory of hosts",
        "Part of each host's memory that is in use, the ten highest.",
        Unit::Ratio,
        vec![Query::new(format!("topk(10, {used})"), "{{host}}")],
    )
}

fn system_vms() -> Panel {
    let state = |metric| in_zone(metric, "system_vm_id", "system_vm", &cloud::SYSTEM_VM_INFO);
    Panel {
        title: "System VMs",
        description: "Console proxies and secondary storage VMs, their states and those of their agents.",
        kind: Kind::Table(vec![
            Column::new("system_vm", "System VM", Show::Text),
            Column::new("type", "Type", Show::Text),
            Column::new("host", "Host", Show::Text),
            Column::new("state", "State", Show::Text),
            Column::new("agent_state", "Agent", Show::Text),
        ]),
        unit: Unit::None,
        size: (10, 8),
        queries: vec![
            Query::of_table(format!(
                "max by (system_vm_id, system_vm, type, host) ({})",
                with(&cloud::SYSTEM_VM_INFO, ZONE)
            )),
            Query::of_table(format!(
                "max by (system_vm_id, state) ({})",
                state(&cloud::SYSTEM_VM_STATE)
            )),
            Query::of_table(format!(
                "max by (system_vm_id, agent_state) (label_replace({}, \"agent_state\", \"$1\", \"state\", \"(.*)\"))",
                state(&cloud::SYSTEM_VM_AGENT)
            )),
        ],
    }
}

fn routers() -> Panel {
    let series = |metric| in_zone(metric, "router_id", "router", &cloud::ROUTER_INFO);
    Panel {
        title: "Virtual routers",
        description: "Virtual routers, whose network they serve, their states and whether a health check fails.",
        kind: Kind::Table(vec![
            Column::new("router", "Router", Show::Text),
            Column::new("network", "Network", Show::Text),
            Column::new("account", "Account", Show::Text),
            Column::new("project", "Project", Show::Text),
            Column::new("host", "Host", Show::Text),
            Column::new("state", "State", Show::Text),
            Column::new("redundant_state", "Redundancy", Show::Text),
            Column::new("Value #D", "Checks failed", Show::Number(Unit::None)),
        ]),
        unit: Unit::None,
        size: (14, 8),
        queries: vec![
            Query::of_table(format!(
                "max by (router_id, router, network, account, project, host) ({})",
                with(&cloud::ROUTER_INFO, ZONE)
            )),
            Query::of_table(format!(
                "max by (router_id, state) ({})",
                series(&cloud::ROUTER_STATE)
            )),
            Query::of_table(format!(
                "max by (router_id, redundant_state) (label_replace({}, \"redundant_state\", \"$1\", \"state\", \"(.*)\"))",
                series(&cloud::ROUTER_REDUNDANT_STATE)
            )),
            Query::of_table(format!(
                "max by (router_id) ({})",
                series(&cloud::ROUTER_HEALTH_FAILED)
            )),
        ],
    }
}

fn instances() -> Panel {
    graph(
        "Instances by state",
        "User VMs of the zone.",
        Unit::None,
        vec![Query::new(of_zone(&of(&cloud::VMS)), "{{state}}")],
    )
}

fn sizes() -> Panel {
    Panel {
        title: "Instances by size",
        description: "User VMs of the zone by their cores and memory, without destroyed and failed ones.",
        kind: Kind::Table(vec![
            Column::new("cpus", "Cores", Show::Text),
            Column::new("memory_bytes", "Memory, bytes", Show::Text),
            Column::new("Value", "Instances", Show::Number(Unit::None)),
        ]),
        unit: Unit::None,
        size: (12, 8),
        queries: vec![Query::of_table(format!(
            "sort_desc(sum by (cpus, memory_bytes) ({}))",
            of_zone(&of(&cloud::VMS_BY_SIZE))
        ))],
    }
}

fn pools() -> Panel {
    let used = format!("{} / {}", of(&cloud::POOL_USED), of(&cloud::POOL_SIZE));
    Panel {
        title: "Primary storage",
        description: "Used part of each storage pool of the zone.",
        kind: Kind::Bars,
        unit: Unit::Ratio,
        size: (12, 8),
        queries: vec![Query::new(
            named(&used, "pool_id", "pool", &with(&cloud::POOL_INFO, ZONE)),
            "{{pool}}",
        )],
    }
}

fn volumes() -> Panel {
    graph(
        "Volumes by state",
        "Volumes of the zone.",
        Unit::None,
        vec![Query::new(of_zone(&of(&cloud::VOLUMES)), "{{state}}")],
    )
}
