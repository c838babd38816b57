//! Home: how everything is, at a glance; each number leads to the dashboard that says why.

use cloudstack_exporter::metrics::families as cloud;
use exporter_kit::Metric;
use nagios_exporter::metrics::families as nagios;
use xenserver_exporter::metrics::families as xen;

use crate::dashboard::{Dashboard, Row, Variable};
use crate::panel::{Colour, Column, Kind, Meaning, Panel, Query, Show, Unit};
use crate::xenserver;

/// The label matchers that every query begins with.
const ALL: &str = "job=~\"$job\"";

pub(crate) fn dashboard() -> Dashboard {
    Dashboard {
        uid: "wisemonitor-home",
        title: "Home",
        description: "How everything is: infrastructure, network, virtualisation, clouds, and the monitoring itself. Click a number to see its cause.",
        tags: &["wisemonitor"],
        variables: vec![Variable::of_label("job", "Job", "label_values(up, job)".into(), true)],
        ranges: &[],
        rows: vec![
            Row { title: "Trouble", panels: trouble() },
            Row { title: "What there is", panels: inventory() },
            Row { title: "Alerts", panels: vec![alerts(), problems()] },
            Row { title: "Clouds", panels: vec![capacity()] },
            Row { title: "Busiest VMs", panels: xenserver::ranking(ALL) },
        ],
    }
}

fn of(metric: &Metric) -> String {
    format!("{}{{{ALL}}}", metric.name)
}

/// One number that leads to a dashboard.
fn number(
    title: &'static str,
    description: &'static str,
    meaning: Meaning,
    leads_to: &'static str,
    promql: String,
) -> Panel {
    let (kind, queries) = (Kind::Lead(meaning, leads_to), vec![Query::new(promql, "")]);
    Panel { title, description, kind, unit: Unit::None, size: (4, 4), queries }
}

fn trouble() -> Vec<Panel> {
    let count = |series: String| format!("count({series}) or vector(0)");
    let bad = || Meaning::Trouble(Colour::Red);
    vec![
        number(
            "Hosts",
            "Hosts that Nagios finds down or unreachable.",
            bad(),
            "wisemonitor-hosts",
            count(format!("{} > 0", of(&nagios::HOST_STATE))),
        ),
        number(
            "Services",
            "Services in any other state than OK.",
            bad(),
            "wisemonitor-services",
            count(format!("{} > 0", of(&nagios::SERVICE_STATE))),
        ),
        number(
            "Network devices",
            "Devices whose last SNMP scrape failed.",
            bad(),
            "wisemonitor-network",
            count(format!("up{{{ALL}, job=\"snmp\"}} == 0")),
        ),
        number(
            "Virtualisation",
            "Hosts of XenServer that do not answer, and pools that cannot be read.",
            bad(),
            "wisemonitor-pools",
            count(format!("{} == 0 or {} == 0", of(&xen::HOST_UP), of(&xen::POOL_UP))),
        ),
        number(
            "Clouds",
            "Hosts of clouds in any other state than Up, and clouds whose API does not answer.",
            bad(),
            "wisemonitor-zones",
            count(format!(
                "{}{{{ALL}, state!=\"Up\"}} or {} == 0",
                cloud::HOST_STATE.name,
                of(&cloud::UP)
            )),
        ),
        number(
            "The monitoring itself",
            "Parts of the monitoring that Prometheus cannot scrape, devices left out.",
            bad(),
            "wisemonitor-infrastructure",
            count(format!("up{{{ALL}, job!=\"snmp\"}} == 0")),
        ),
    ]
}

fn inventory() -> Vec<Panel> {
    let sum = |title, description, leads_to, promql| {
        number(title, description, Meaning::Count, leads_to, promql)
    };
    let count = |metric| format!("count({}) or vector(0)", of(metric));
    vec![
        sum(
            "Hosts watched",
            "Hosts that Nagios watches.",
            "wisemonitor-hosts",
            count(&nagios::HOST_STATE),
        ),
        sum(
            "Services watched",
            "Services that Nagios watches.",
            "wisemonitor-services",
            count(&nagios::SERVICE_STATE),
        ),
        sum(
            "Devices watched",
            "Network devices that are asked by SNMP.",
            "wisemonitor-network",
            format!("count(up{{{ALL}, job=\"snmp\"}}) or vector(0)"),
        ),
        sum("XenServer hosts", "Hosts of all pools.", "wisemonitor-pools", count(&xen::HOST_UP)),
        sum("VMs", "VMs of all pools.", "wisemonitor-virtual-machines", count(&xen::VM)),
        sum(
            "Cloud instances",
            "User VMs of all clouds.",
            "wisemonitor-zones",
            format!("sum({}) or vector(0)", of(&cloud::VMS)),
        ),
    ]
}

fn alerts() -> Panel {
    Panel {
        title: "Alerts of rules",
        description: "What rules find wrong now. Problems that exporters push by themselves are on alert-bridge's page.",
        kind: Kind::Table(vec![
            Column::new("alertname", "Alert", Show::Text),
            Column::new("severity", "Severity", Show::Text),
            Column::new("host", "Host", Show::Text),
            Column::new("pool", "Pool", Show::Text),
            Column::new("zone", "Zone", Show::Text),
            Column::new("instance", "Instance", Show::Text),
        ]),
        unit: Unit::None,
        size: (12, 9),
        queries: vec![Query::of_table(
            "max by (alertname, severity, host, pool, zone, instance) (ALERTS{alertstate=\"firing\"})".into(),
        )],
    }
}

fn problems() -> Panel {
    let bad = format!("max by (host, service) ({} > 0)", of(&nagios::SERVICE_STATE));
    Panel {
        title: "Services with a problem",
        description: "The ten worst services of Nagios. Click a host to see all of its services.",
        kind: Kind::Table(vec![
            Column::new("host", "Host", Show::Open("wisemonitor-services", &[("host", "Host")])),
            Column::new("service", "Service", Show::Text),
            Column::new("Value", "State", Show::Words(crate::objects::SERVICE_STATES)),
        ]),
        unit: Unit::None,
        size: (12, 9),
        queries: vec![Query::of_table(format!("topk(10, {bad})"))],
    }
}

fn capacity() -> Panel {
    let used = format!(
        "{}{{{ALL}, tag=\"\"}} * on (instance, cloud, zone_id) group_left (zone) {}",
        cloud::ZONE_CAPACITY_RATIO.name,
        of(&cloud::ZONE_INFO)
    );
    Panel {
        title: "Use of the clouds' resources",
        description: "Used part of each capacity of each zone, the fullest first.",
        kind: Kind::Bars,
        unit: Unit::Ratio,
        size: (24, 10),
        queries: vec![Query::new(
            format!("sort_desc(max by (cloud, zone, type) ({used}))"),
            "{{zone}} {{type}}",
        )],
    }
}
