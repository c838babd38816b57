//! What the dashboards of Nagios share: states as words, the variables that choose hosts, and the choice itself.

use exporter_kit::Metric;
use nagios_exporter::metrics::families as nagios;

use crate::dashboard::{Values, Variable};
use crate::panel::Colour;

/// Nagios' numbers for a host's state.
pub(crate) const HOST_STATES: &[(u8, &str, Colour)] =
    &[(0, "UP", Colour::Green), (1, "DOWN", Colour::Red), (2, "UNREACHABLE", Colour::Purple)];

/// Nagios' numbers for a service's state.
pub(crate) const SERVICE_STATES: &[(u8, &str, Colour)] = &[
    (0, "OK", Colour::Green),
    (1, "WARNING", Colour::Yellow),
    (2, "CRITICAL", Colour::Red),
    (3, "UNKNOWN", Colour::Orange),
];

/// Whether a state is hard.
pub(crate) const HARD: &[(u8, &str, Colour)] =
    &[(0, "soft", Colour::Yellow), (1, "hard", Colour::Green)];

/// The label matchers that every query begins with.
pub(crate) const ALL: &str = "job=~\"$job\"";

/// What the variable `search` matches, wherever in the text it stands.
const SEARCHED: &str = "=~\"(?i).*$search.*\"";

/// Whether each of the states is hard (1) or soft (0). `names` are the labels that tell the states apart.
pub(crate) fn hard(state: &str, names: &str, condition: &Metric) -> String {
    let soft = format!("{}{{{ALL}, condition=\"soft\"}}", condition.name);
    format!("({state} * 0 + 1 unless on ({names}) {soft} or {state} * 0)")
}

/// The variable `job`.
pub(crate) fn job() -> Variable {
    Variable::of_label("job", "Job", format!("label_values({}, job)", nagios::UP.name), true)
}

/// A variable of the values that a label has in a metric.
pub(crate) fn variable(
    name: &'static str,
    label: &'static str,
    metric: &Metric,
    matchers: &str,
    of: &str,
    multi: bool,
) -> Variable {
    let query = format!("label_values({}{{{matchers}}}, {of})", metric.name);
    Variable::of_label(name, label, query, multi)
}

/// The variable `group`: host groups. All of them means hosts in no group too.
pub(crate) fn group() -> Variable {
    let query = format!("label_values({}{{{ALL}}}, hostgroup)", nagios::HOSTGROUP_MEMBER.name);
    Variable { name: "group", label: "Host group", values: Values::OfLabelOrNone(query) }
}

/// The variable `search`.
pub(crate) fn search() -> Variable {
    Variable { name: "search", label: "Search", values: Values::Typed }
}

/// The variable `state`: a comparison that queries append to a state.
pub(crate) fn state(choices: &'static [(&'static str, &'static str)]) -> Variable {
    Variable { name: "state", label: "State", values: Values::OneOf(choices) }
}

/// One series for each host of the chosen groups, with the labels `instance` and `host`.
pub(crate) fn hosts_of_groups() -> String {
    // Host information has no group: it is matched when the variable matches the empty text.
    let of = |metric: &Metric| format!("{}{{{ALL}, hostgroup=~\"$group\"}}", metric.name);
    let (member, info) = (of(&nagios::HOSTGROUP_MEMBER), of(&nagios::HOST_INFO));
    format!("max by (instance, host) ({member} or {info})")
}

/// One series for each host whose name, address or alias has the text that is searched for.
pub(crate) fn hosts_searched() -> String {
    let info = nagios::HOST_INFO.name;
    let found =
        ["host", "address", "alias"].map(|label| format!("{info}{{{ALL}, {label}{SEARCHED}}}"));
    format!("max by (instance, host) ({})", found.join(" or "))
}

/// The matcher of a label that has the text that is searched for.
pub(crate) fn searched(label: &str) -> String {
    format!("{label}{SEARCHED}")
}
