//! Zones: what zones there are, how they fare, and how much of each resource is used.

use cloudstack_exporter::metrics::families as cloud;

use super::{ENABLED, named, of, stat, variables, with};
use crate::dashboard::{Dashboard, Row};
use crate::panel::{Colour, Column, Kind, Meaning, Panel, Query, Show, Unit};

pub(crate) fn dashboard() -> Dashboard {
    let count = |metric| format!("count({})", of(metric));
    let glance = vec![
        stat("Zones", "Zones of all clouds.", Meaning::Count, Unit::None, count(&cloud::ZONE_INFO)),
        stat("Hosts", "Hosts of all zones.", Meaning::Count, Unit::None, count(&cloud::HOST_INFO)),
        stat(
            "Hosts not up",
            "Hosts in any other state than Up.",
            Meaning::Trouble(Colour::Red),
            Unit::None,
            format!("count({}) or vector(0)", with(&cloud::HOST_STATE, "state!=\"Up\"")),
        ),
        stat(
            "Running instances",
            "User VMs that run.",
            Meaning::Count,
            Unit::None,
            format!("sum({})", with(&cloud::VMS, "state=\"Running\"")),
        ),
        stat(
            "Instances in error",
            "User VMs in the state Error.",
            Meaning::Trouble(Colour::Orange),
            Unit::None,
            format!("sum({}) or vector(0)", with(&cloud::VMS, "state=\"Error\"")),
        ),
        stat(
            "Active alerts",
            "Alerts that CloudStack has written and nobody has archived.",
            Meaning::Trouble(Colour::Yellow),
            Unit::None,
            format!("sum({}) or vector(0)", of(&cloud::ALERTS)),
        ),
    ];
    let ratio = named(&of(&cloud::ZONE_CAPACITY_RATIO), "zone_id", "zone", &of(&cloud::ZONE_INFO));
    let of_type = |kind: &str| {
        let ratio = with(&cloud::ZONE_CAPACITY_RATIO, &format!("type=\"{kind}\", tag=\"\""));
        named(&ratio, "zone_id", "zone", &of(&cloud::ZONE_INFO))
    };
    let use_of_resources = vec![
        Panel {
            title: "Use of each resource",
            description: "Used part of every capacity of every zone. Hosts that are not up do not count.",
            kind: Kind::Bars,
            unit: Unit::Ratio,
            size: (24, 12),
            queries: vec![Query::new(
                format!("sort_desc(max by (cloud, zone, type) ({ratio}))"),
                "{{zone}} {{type}}",
            )],
        },
        Panel {
            title: "Memory",
            description: "Memory that VMs have, of all memory of the zone.",
            kind: Kind::Gauges,
            unit: Unit::Ratio,
            size: (8, 7),
            queries: vec![Query::new(of_type("memory"), "{{zone}}")],
        },
        Panel {
            title: "CPU",
            description: "Cycles that VMs have, of all that may be given away.",
            kind: Kind::Gauges,
            unit: Unit::Ratio,
            size: (8, 7),
            queries: vec![Query::new(of_type("cpu"), "{{zone}}")],
        },
        Panel {
            title: "Primary storage",
            description: "Bytes that are used, of all primary storage.",
            kind: Kind::Gauges,
            unit: Unit::Ratio,
            size: (8, 7),
            queries: vec![Query::new(of_type("storage"), "{{zone}}")],
        },
    ];
    Dashboard {
        uid: "wisemonitor-zones",
        title: "Zones",
        description: "The zones of clouds: their state and how much of each resource is used.",
        tags: &["wisemonitor", "cloudstack"],
        variables: variables(),
        ranges: &[],
        rows: vec![
            Row { title: "At a glance", panels: glance },
            Row { title: "Zones", panels: vec![zones()] },
            Row { title: "Resources", panels: use_of_resources },
        ],
    }
}

fn zones() -> Panel {
    let capacity = |kind: &str| {
        let ratio = with(&cloud::ZONE_CAPACITY_RATIO, &format!("type=\"{kind}\", tag=\"\""));
        Query::of_table(format!("max by (cloud, zone_id) ({ratio})"))
    };
    Panel {
        title: "All zones",
        description: "Every zone with its state, its size and the use of what matters most. Click one to see what is in it.",
        kind: Kind::Table(vec![
            Column::new("cloud", "Cloud", Show::Text),
            Column::new(
                "zone",
                "Zone",
                Show::Open("wisemonitor-zone", &[("cloud", "Cloud"), ("zone", "Zone")]),
            ),
            Column::new("network_type", "Network", Show::Text),
            Column::new("Value #B", "Allocation", Show::Words(ENABLED)),
            Column::new("Value #C", "Hosts", Show::Number(Unit::None)),
            Column::new("Value #D", "Instances", Show::Number(Unit::None)),
            Column::new("Value #E", "Memory used", Show::Number(Unit::Ratio)),
            Column::new("Value #F", "CPU used", Show::Number(Unit::Ratio)),
            Column::new("Value #G", "Storage used", Show::Number(Unit::Ratio)),
            Column::new("Value #H", "Addresses used", Show::Number(Unit::Ratio)),
        ]),
        unit: Unit::None,
        size: (24, 7),
        queries: vec![
            Query::of_table(format!(
                "max by (cloud, zone_id, zone, network_type) ({})",
                of(&cloud::ZONE_INFO)
            )),
            Query::of_table(format!("max by (cloud, zone_id) ({})", of(&cloud::ZONE_ALLOCATION))),
            Query::of_table(format!("count by (cloud, zone_id) ({})", of(&cloud::HOST_INFO))),
            Query::of_table(format!("sum by (cloud, zone_id) ({})", of(&cloud::VMS))),
            capacity("memory"),
            capacity("cpu"),
            capacity("storage"),
            capacity("virtual_network_public_ip"),
        ],
    }
}
