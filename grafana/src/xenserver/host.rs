//! Host: one host of a pool, what it is made of and how busy it is.

use exporter_kit::Metric;
use xenserver_exporter::metrics::families as xen;

use super::{ATTACHED, RANGES, by, chosen, graph, named, of, rate, stat, texts, variables, with};
use crate::dashboard::{Dashboard, Row};
use crate::panel::{Colour, Column, Kind, Meaning, Panel, Query, Show, Unit};

/// The matcher of what is of the chosen host.
const HOST: &str = "host=~\"$host\"";

const LINK: &[(u8, &str, Colour)] = &[(0, "no link", Colour::Red), (1, "link", Colour::Green)];

pub(crate) fn dashboard() -> Dashboard {
    let mut variables = variables(false);
    variables.push(chosen("host", "Host", &xen::HOST));
    Dashboard {
        uid: "wisemonitor-xen-host",
        title: "Host",
        description: "One host of XenServer or XCP-ng: its machine, its storage and network devices, its VMs, its performance.",
        tags: &["wisemonitor", "xenserver"],
        variables,
        ranges: RANGES,
        rows: vec![
            Row { title: "At a glance", panels: glance() },
            Row { title: "Details", panels: details() },
            Row { title: "Performance", panels: performance() },
            Row { title: "Storage devices", panels: vec![storage()] },
            Row { title: "Network devices", panels: vec![network()] },
        ],
    }
}

fn host(metric: &Metric) -> String {
    with(metric, HOST)
}

fn glance() -> Vec<Panel> {
    let stat = |title, description, meaning, unit, metric| {
        stat(title, description, meaning, unit, host(metric))
    };
    vec![
        stat(
            "Host",
            "Whether it told its measurements when it was asked last.",
            Meaning::Up,
            Unit::None,
            &xen::HOST_UP,
        ),
        stat(
            "CPU used",
            "Use of all its processors.",
            Meaning::Count,
            Unit::Ratio,
            &xen::HOST_CPU_USAGE,
        ),
        stat(
            "Memory free",
            "Memory that no VM has.",
            Meaning::Count,
            Unit::Bytes,
            &xen::HOST_MEMORY_FREE,
        ),
        stat(
            "VMs",
            "VMs that run on it, dom0 left out.",
            Meaning::Count,
            Unit::None,
            &xen::HOST_VMS,
        ),
        stat(
            "Updates missing",
            "Updates that the pool knows and this host does not have.",
            Meaning::Trouble(Colour::Yellow),
            Unit::None,
            &xen::HOST_UPDATES_MISSING,
        ),
        Panel {
            queries: vec![Query::new(format!("{} * 1000", host(&xen::HOST_BOOT_TIME)), "")],
            ..stat("Booted", "When it booted.", Meaning::Count, Unit::Ago, &xen::HOST_BOOT_TIME)
        },
    ]
}

fn details() -> Vec<Panel> {
    let info = host(&xen::HOST);
    let value = |metric| by("host", &host(metric));
    vec![
        texts(
            "Machine",
            "Name, address and machine of the host.",
            24,
            &info,
            &[
                ("name", "Name"),
                ("hostname", "Host name"),
                ("address", "Address"),
                ("description", "Description"),
                ("manufacturer", "Manufacturer"),
                ("product", "Model"),
                ("serial_number", "Serial number"),
                ("bios_version", "BIOS"),
                ("pool", "Pool"),
                ("host", "UUID"),
            ],
        ),
        texts(
            "Software",
            "What runs on the host.",
            12,
            &info,
            &[
                ("brand", "Product"),
                ("version", "Version"),
                ("build", "Build"),
                ("xen_version", "Xen"),
                ("linux_version", "Linux"),
                ("edition", "Edition"),
            ],
        ),
        Panel {
            title: "Processors and memory",
            description: "Processors as XAPI sees them, which are threads, and the memory of the host.",
            kind: Kind::Table(vec![
                Column::new("model", "Processor", Show::Text),
                Column::new("Value #B", "Sockets", Show::Number(Unit::None)),
                Column::new("Value #C", "Processors", Show::Number(Unit::None)),
                Column::new("Value #D", "Memory", Show::Number(Unit::Bytes)),
                Column::new("Value #E", "Of which Xen's", Show::Number(Unit::Bytes)),
            ]),
            unit: Unit::None,
            size: (12, 4),
            queries: vec![
                Query::of_table(format!("max by (pool, host, model) ({})", host(&xen::HOST_CPU))),
                value(&xen::HOST_SOCKETS),
                value(&xen::HOST_CPUS),
                value(&xen::HOST_MEMORY),
                value(&xen::HOST_MEMORY_OVERHEAD),
            ],
        },
    ]
}

fn performance() -> Vec<Panel> {
    let of_storage = |metric| named(&rate(&host(metric)), "sr", &of(&xen::SR));
    vec![
        graph(
            "CPU",
            "Use of all processors, and of each of them.",
            Unit::Ratio,
            vec![
                Query::new(host(&xen::HOST_CPU_USAGE), "all"),
                Query::new(rate(&host(&xen::HOST_CPU_SECONDS)), "processor {{cpu}}"),
            ],
        ),
        Panel {
            title: "Memory",
            description: "Memory that is in use, and dashed all that there is.",
            kind: Kind::Limited,
            unit: Unit::Bytes,
            size: (12, 8),
            queries: vec![
                Query::new(
                    format!("{} - {}", host(&xen::HOST_MEMORY), host(&xen::HOST_MEMORY_FREE)),
                    "used",
                ),
                Query::new(host(&xen::HOST_MEMORY), "memory"),
            ],
        },
        graph(
            "Network",
            "What each interface receives and sends.",
            Unit::BitsPerSecond,
            vec![
                Query::new(
                    format!("{} * 8", rate(&host(&xen::HOST_RECEIVED))),
                    "{{device}} received",
                ),
                Query::new(
                    format!("{} * 8", rate(&host(&xen::HOST_TRANSMITTED))),
                    "{{device}} sent",
                ),
            ],
        ),
        graph(
            "Storage",
            "What the host reads from each repository and writes to it.",
            Unit::BytesPerSecond,
            vec![
                Query::new(of_storage(&xen::SR_READ), "{{name}} read"),
                Query::new(of_storage(&xen::SR_WRITTEN), "{{name}} written"),
            ],
        ),
        graph(
            "Load of dom0",
            "Load average of the control domain. High: storage and network of all VMs suffer.",
            Unit::None,
            vec![Query::new(host(&xen::HOST_LOAD), "load")],
        ),
        graph(
            "Power",
            "What the machine draws, where it measures it.",
            Unit::Watts,
            vec![Query::new(host(&xen::HOST_POWER), "power")],
        ),
    ]
}

fn storage() -> Panel {
    let of_repository = |metric| {
        by("sr", &format!("{} and on (instance, pool, sr) {}", of(metric), host(&xen::PBD)))
    };
    Panel {
        title: "Storage devices",
        description: "Repositories that the host reaches, and how. Keys of the device configuration that may hold a secret are never shown.",
        kind: Kind::Table(vec![
            Column::new("name", "Name", Show::Text),
            Column::new("type", "Type", Show::Text),
            Column::new("Value #C", "Size", Show::Number(Unit::Bytes)),
            Column::new("Value #D", "Used", Show::Number(Unit::Bytes)),
            Column::new("Value #E", "Attached", Show::Words(ATTACHED)),
            Column::new("device_device", "Device", Show::Text),
            Column::new("device_server", "Server", Show::Text),
            Column::new("device_serverpath", "Path", Show::Text),
            Column::new("device_location", "Location", Show::Text),
            Column::new("device_target", "Target", Show::Text),
            Column::new("device_targetiqn", "IQN", Show::Text),
            Column::new("device_scsiid", "SCSI id", Show::Text),
        ]),
        unit: Unit::None,
        size: (24, 7),
        queries: vec![
            Query::of_table(format!(
                "max by (pool, sr, device_device, device_server, device_serverpath, device_location, device_target, device_targetiqn, device_scsiid) ({})",
                host(&xen::PBD)
            )),
            Query::of_table(format!(
                "max by (pool, sr, name, type) ({} and on (instance, pool, sr) {})",
                of(&xen::SR),
                host(&xen::PBD)
            )),
            of_repository(&xen::SR_SIZE),
            of_repository(&xen::SR_USED),
            by("sr", &host(&xen::PBD_ATTACHED)),
        ],
    }
}

fn network() -> Panel {
    let of_interface = |metric| by("pif", &host(metric));
    Panel {
        title: "Network devices",
        description: "Interfaces of the host. A VLAN of -1 is none.",
        kind: Kind::Table(vec![
            Column::new("device", "Device", Show::Text),
            Column::new("ip", "IP", Show::Text),
            Column::new("netmask", "Mask", Show::Text),
            Column::new("gateway", "Gateway", Show::Text),
            Column::new("mac", "MAC", Show::Text),
            Column::new("vlan", "VLAN", Show::Text),
            Column::new("mode", "Mode", Show::Text),
            Column::new("physical", "Physical", Show::Text),
            Column::new("management", "Management", Show::Text),
            Column::new("network", "Network", Show::Text),
            Column::new("card", "Card", Show::Text),
            Column::new("Value #B", "Attached", Show::Words(ATTACHED)),
            Column::new("Value #C", "Link", Show::Words(LINK)),
            Column::new("Value #D", "Speed", Show::Number(Unit::BitsPerSecond)),
        ]),
        unit: Unit::None,
        size: (24, 7),
        queries: vec![
            Query::of_table(format!(
                "max by (pool, pif, device, ip, netmask, gateway, mac, vlan, mode, physical, management, network, card) ({})",
                host(&xen::PIF)
            )),
            of_interface(&xen::PIF_ATTACHED),
            of_interface(&xen::PIF_CARRIER),
            by("pif", &format!("{} * 8", host(&xen::PIF_SPEED))),
        ],
    }
}
