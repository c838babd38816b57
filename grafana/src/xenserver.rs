//! What the dashboards of XenServer share: how series are chosen, and how names are put to UUIDs.

mod host;
mod machine;
mod machines;
mod pools;

use exporter_kit::Metric;
use xenserver_exporter::metrics::families as xen;

pub(crate) use host::dashboard as host;
pub(crate) use machine::dashboard as machine;
pub(crate) use machines::dashboard as machines;
pub(crate) use machines::ranking;
pub(crate) use pools::dashboard as pools;

use crate::dashboard::{Values, Variable};
use crate::panel::{Colour, Column, Kind, Panel, Query, Show, Unit, graph, stat};

/// The label matchers that every query begins with.
const POOL: &str = "job=~\"$job\", pool=~\"$pool\"";

const ANSWERS: &[(u8, &str, Colour)] =
    &[(0, "NO ANSWER", Colour::Red), (1, "answers", Colour::Green)];
const ENABLED: &[(u8, &str, Colour)] =
    &[(0, "disabled", Colour::Yellow), (1, "enabled", Colour::Green)];
const ATTACHED: &[(u8, &str, Colour)] =
    &[(0, "detached", Colour::Yellow), (1, "attached", Colour::Green)];

/// What the old product drew a host and a VM over.
const RANGES: &[(&str, &str)] =
    &[("10 minutes", "now-10m"), ("2 hours", "now-2h"), ("1 week", "now-7d"), ("1 year", "now-1y")];

/// Where vnc-recorder shows the console of a VM and what was recorded of it; both columns must be in the table.
const SCREENS: &[(&str, &str)] = &[
    ("Console", "${recorder}/console/${__data.fields[\"Pool\"]}/${__data.fields[\"UUID\"]}"),
    ("Recordings", "${recorder}/recordings?vm=${__data.fields[\"UUID\"]}"),
];

fn of(metric: &Metric) -> String {
    format!("{}{{{POOL}}}", metric.name)
}

/// A metric of which more labels match.
fn with(metric: &Metric, matchers: &str) -> String {
    format!("{}{{{POOL}, {matchers}}}", metric.name)
}

/// How fast a counter grows.
fn rate(series: &str) -> String {
    format!("rate({series}[$__rate_interval])")
}

/// Series with the name of the host, VM or repository that they are of: `id` is the label with its UUID.
fn named(series: &str, id: &str, info: &str) -> String {
    format!("{series} * on (instance, pool, {id}) group_left (name) {info}")
}

/// A query of a table: one row for each host, VM or repository.
fn by(id: &str, series: &str) -> Query {
    Query::of_table(format!("max by (pool, {id}) ({series})"))
}

/// The variables `job` and `pool`.
fn variables(many: bool) -> Vec<Variable> {
    let pools = format!("label_values({}{{job=~\"$job\"}}, pool)", xen::POOL_UP.name);
    vec![
        Variable::of_label("job", "Job", format!("label_values({}, job)", xen::POOL_UP.name), true),
        Variable::of_label("pool", "Pool", pools, many),
    ]
}

/// A variable of UUIDs that shows names.
fn chosen(name: &'static str, label: &'static str, info: &Metric) -> Variable {
    Variable { name, label, values: Values::Named { series: of(info), value: name, text: "name" } }
}

/// The variable `recorder`: where vnc-recorder is.
fn recorder() -> Variable {
    let values = Values::Preset("http://127.0.0.1:10194");
    Variable { name: "recorder", label: "vnc-recorder", values }
}

/// A table with one query a label: what a thing is, in words.
fn texts(
    title: &'static str,
    description: &'static str,
    width: u32,
    info: &str,
    labels: &[(&'static str, &'static str)],
) -> Panel {
    let columns = labels.iter().map(|(label, title)| Column::new(label, title, Show::Text));
    let names: Vec<_> = labels.iter().map(|(label, _)| *label).collect();
    Panel {
        title,
        description,
        kind: Kind::Table(columns.collect()),
        unit: Unit::None,
        size: (width, 4),
        queries: vec![Query::of_table(format!("max by ({}) ({info})", names.join(", ")))],
    }
}
