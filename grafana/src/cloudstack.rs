//! What the dashboards of clouds share: how series are chosen, and how names are put to them.

mod control;
mod tenants;
mod zone;
mod zones;

use cloudstack_exporter::metrics::families as cloud;
use exporter_kit::Metric;

pub(crate) use control::dashboard as control;
pub(crate) use tenants::dashboard as tenants;
pub(crate) use zone::dashboard as zone;
pub(crate) use zones::dashboard as zones;

use crate::dashboard::Variable;
use crate::panel::{Colour, graph, stat};

/// The label matchers that every query begins with.
const CLOUD: &str = "job=~\"$job\", cloud=~\"$cloud\"";

/// Whether something is switched on.
const ENABLED: &[(u8, &str, Colour)] =
    &[(0, "disabled", Colour::Yellow), (1, "enabled", Colour::Green)];

fn of(metric: &Metric) -> String {
    format!("{}{{{CLOUD}}}", metric.name)
}

/// A metric of which one label matches.
fn with(metric: &Metric, matcher: &str) -> String {
    format!("{}{{{CLOUD}, {matcher}}}", metric.name)
}

/// Series with the names of what they are of: `id` is the label that both have, `names` are taken from `info`.
fn named(series: &str, id: &str, names: &str, info: &str) -> String {
    format!("{series} * on (instance, cloud, {id}) group_left ({names}) {info}")
}

fn variables() -> Vec<Variable> {
    let clouds = format!("label_values({}{{job=~\"$job\"}}, cloud)", cloud::UP.name);
    vec![
        Variable::of_label("job", "Job", format!("label_values({}, job)", cloud::UP.name), true),
        Variable::of_label("cloud", "Cloud", clouds, true),
    ]
}
