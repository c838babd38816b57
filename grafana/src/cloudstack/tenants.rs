//! Tenants: domains, accounts and projects against their limits.

use cloudstack_exporter::metrics::families as cloud;
use exporter_kit::Metric;

use super::{CLOUD, named, of, stat, variables};
use crate::dashboard::{Dashboard, Row};
use crate::panel::{Colour, Column, Kind, Meaning, Panel, Query, Show, Unit};

/// What is used of limits, recorded by `rules/cloudstack.yml`.
const USED: &str = "tenant_resource:used:ratio";

pub(crate) fn dashboard() -> Dashboard {
    let count = |metric| format!("count({})", of(metric));
    let used = format!("{USED}{{{CLOUD}}}");
    let glance = vec![
        stat(
            "Domains",
            "Domains of all clouds.",
            Meaning::Count,
            Unit::None,
            count(&cloud::DOMAIN_INFO),
        ),
        stat(
            "Accounts",
            "Accounts of all clouds.",
            Meaning::Count,
            Unit::None,
            count(&cloud::ACCOUNT_INFO),
        ),
        stat(
            "Projects",
            "Projects of all clouds.",
            Meaning::Count,
            Unit::None,
            count(&cloud::PROJECT_INFO),
        ),
        stat(
            "Near a limit",
            "Limits of which nine tenths or more are used.",
            Meaning::Trouble(Colour::Yellow),
            Unit::None,
            format!("count({used} >= 0.9) or vector(0)"),
        ),
    ];
    let nearest = Panel {
        title: "Nearest to their limits",
        description: "Used part of limits, the twenty highest.",
        kind: Kind::Bars,
        unit: Unit::Ratio,
        size: (24, 12),
        queries: vec![Query::new(
            format!("topk(20, max by (cloud, kind, tenant, resource) ({used}))"),
            "{{tenant}} {{resource}}",
        )],
    };
    let domains = against_limits(
        "Domains and their limits",
        "What domains use of each resource, and may use. Memory and storage are bytes.",
        ("domain", "Domain", "domain_id"),
        [&cloud::DOMAIN_USED, &cloud::DOMAIN_LIMIT, &cloud::DOMAIN_INFO],
    );
    let accounts = against_limits(
        "Accounts and their limits",
        "What accounts use of each resource, and may use. Memory and storage are bytes.",
        ("account", "Account", "account_id"),
        [&cloud::ACCOUNT_USED, &cloud::ACCOUNT_LIMIT, &cloud::ACCOUNT_INFO],
    );
    let projects = against_limits(
        "Projects and their limits",
        "What projects use of each resource, and may use. Memory and storage are bytes.",
        ("project", "Project", "project_id"),
        [&cloud::PROJECT_USED, &cloud::PROJECT_LIMIT, &cloud::PROJECT_INFO],
    );
    Dashboard {
        uid: "wisemonitor-tenants",
        title: "Tenants",
        description: "Domains, accounts and projects of clouds, and what they use of their limits.",
        tags: &["wisemonitor", "cloudstack"],
        variables: variables(),
        ranges: &[],
        rows: vec![
            Row { title: "At a glance", panels: glance },
            Row { title: "Limits", panels: vec![nearest] },
            Row { title: "Domains", panels: vec![domains] },
            Row { title: "Accounts", panels: vec![accounts] },
            Row { title: "Projects", panels: vec![projects] },
        ],
    }
}

fn against_limits(
    title: &'static str,
    description: &'static str,
    (label, column, id): (&'static str, &'static str, &'static str),
    [used, limit, info]: [&Metric; 3],
) -> Panel {
    let by = |series: &str| {
        let named = named(series, id, label, &of(info));
        Query::of_table(format!("max by (cloud, {label}, resource) ({named})"))
    };
    let ratio = format!("{} / ({} > 0)", of(used), of(limit));
    Panel {
        title,
        description,
        kind: Kind::Table(vec![
            Column::new("cloud", "Cloud", Show::Text),
            Column::new(label, column, Show::Text),
            Column::new("resource", "Resource", Show::Text),
            Column::new("Value #A", "Used", Show::Number(Unit::None)),
            Column::new("Value #B", "Limit", Show::Number(Unit::None)),
            Column::new("Value #C", "Used part", Show::Number(Unit::Ratio)),
        ]),
        unit: Unit::None,
        size: (24, 9),
        queries: vec![by(&of(used)), by(&of(limit)), by(&format!("({ratio})"))],
    }
}
