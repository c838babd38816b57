//! A dashboard around its panels: variables, links, annotations, layout.

use serde_json::{Value, json};

use crate::panel::{Panel, datasource};

/// Columns of Grafana's grid.
const COLUMNS: u32 = 24;

/// A whole dashboard.
pub(crate) struct Dashboard {
    /// Fixed for good: links of other pages name it.
    pub(crate) uid: &'static str,
    pub(crate) title: &'static str,
    pub(crate) description: &'static str,
    pub(crate) tags: &'static [&'static str],
    /// Variables after `datasource`.
    pub(crate) variables: Vec<Variable>,
    /// Links that show the same over another time: title, and start such as `now-7d`.
    pub(crate) ranges: &'static [(&'static str, &'static str)],
    pub(crate) rows: Vec<Row>,
}

/// A titled row of panels; panels flow to the next line when a line is full.
pub(crate) struct Row {
    pub(crate) title: &'static str,
    pub(crate) panels: Vec<Panel>,
}

/// A variable that people choose or type.
pub(crate) struct Variable {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) values: Values,
}

/// Where the value of a variable comes from.
pub(crate) enum Values {
    /// The values of a label; perhaps several of them, or all.
    OfLabel { query: String, multi: bool },
    /// The values of a label. All of them matches series without the label too.
    OfLabelOrNone(String),
    /// The values of a label, shown by what another label of the same series says.
    Named { series: String, value: &'static str, text: &'static str },
    /// What is typed; empty at first.
    Typed,
    /// What is typed; this at first.
    Preset(&'static str),
    /// One of these, each with the text that queries get; the first one at first.
    OneOf(&'static [(&'static str, &'static str)]),
}

impl Dashboard {
    pub(crate) fn into_json(self) -> Value {
        let Dashboard { uid, title, description, tags, variables, ranges, rows } = self;
        let variables: Vec<Value> = std::iter::once(json!({
            "name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus",
            "current": {}, "hide": 0, "refresh": 1,
        }))
        .chain(variables.into_iter().map(Variable::into_json))
        .collect();
        json!({
            "uid": uid,
            "title": title,
            "description": description,
            "tags": tags,
            "schemaVersion": 39,
            "editable": false,
            "graphTooltip": 1,
            "refresh": "30s",
            "time": { "from": "now-4h", "to": "now" },
            "timezone": "browser",
            "templating": { "list": variables },
            "annotations": { "list": [alerts()] },
            "links": links(uid, ranges),
            "panels": layout(rows),
        })
    }
}

impl Variable {
    /// A variable of the values of a label.
    pub(crate) fn of_label(
        name: &'static str,
        label: &'static str,
        query: String,
        multi: bool,
    ) -> Self {
        Variable { name, label, values: Values::OfLabel { query, multi } }
    }

    fn into_json(self) -> Value {
        let Variable { name, label, values } = self;
        let of_label = |query: String, multi: bool| {
            json!({
                "name": name, "label": label, "type": "query", "datasource": datasource(),
                "query": { "query": query, "refId": name }, "definition": query,
                "refresh": 2, "sort": 5, "multi": multi, "includeAll": multi, "hide": 0,
            })
        };
        let all = |mut variable: Value, pattern: &str| {
            variable["allValue"] = pattern.into();
            variable["current"] = json!({ "text": "All", "value": "$__all" });
            variable
        };
        match values {
            Values::OfLabel { query, multi: false } => of_label(query, false),
            Values::OfLabel { query, multi: true } => all(of_label(query, true), ".+"),
            Values::OfLabelOrNone(query) => all(of_label(query, true), ".*"),
            Values::Named { series, value, text } => {
                let mut variable = of_label(format!("query_result({series})"), false);
                variable["regex"] = by_name(value, text).into();
                variable["sort"] = 1.into();
                variable
            }
            Values::Typed => typed(name, label, ""),
            Values::Preset(text) => typed(name, label, text),
            Values::OneOf(choices) => one_of(name, label, choices),
        }
    }
}

fn typed(name: &str, label: &str, text: &str) -> Value {
    json!({
        "name": name, "label": label, "type": "textbox", "query": text, "hide": 0,
        "current": { "text": text, "value": text },
    })
}

/// Takes the value and its text out of a series as Prometheus writes it: labels are in the order of their names.
fn by_name(value: &str, text: &str) -> String {
    let [first, second] = if value < text {
        [("value", value), ("text", text)]
    } else {
        [("text", text), ("value", value)]
    };
    let label = |(group, label): (&str, &str)| format!("[{{,]{label}=\"(?<{group}>[^\"]*)\"");
    format!("/{}.*{}/", label(first), label(second))
}

fn one_of(name: &str, label: &str, choices: &[(&str, &str)]) -> Value {
    let written: Vec<_> = choices.iter().map(|(text, value)| format!("{text} : {value}")).collect();
    let options: Vec<_> = choices
        .iter()
        .zip(0..)
        .map(|((text, value), at)| json!({ "text": text, "value": value, "selected": at == 0 }))
        .collect();
    json!({
        "name": name, "label": label, "type": "custom", "query": written.join(", "),
        "current": options.first(), "options": options, "multi": false, "includeAll": false, "hide": 0,
    })
}

/// The menu of all our dashboards, and the same dashboard over other times.
fn links(uid: &str, ranges: &[(&str, &str)]) -> Value {
    let menu = json!({
        "type": "dashboards", "title": "WiseMonitor", "tags": ["wisemonitor"], "asDropdown": true,
        "includeVars": true, "keepTime": true, "icon": "external link",
    });
    let over = |(title, from): &(&str, &str)| {
        json!({
            "type": "link", "title": title, "url": format!("/d/{uid}?from={from}&to=now"),
            "includeVars": true, "keepTime": false, "icon": "dashboard",
        })
    };
    std::iter::once(menu).chain(ranges.iter().map(over)).collect()
}

/// Firing alerts of the rules, drawn over every graph.
fn alerts() -> Value {
    json!({
        "name": "Alerts", "datasource": datasource(), "enable": true, "iconColor": "red",
        "expr": "ALERTS{alertstate=\"firing\"}",
        "titleFormat": "{{alertname}}", "textFormat": "{{instance}} {{ifName}}", "step": "60s",
    })
}

fn layout(rows: Vec<Row>) -> Vec<Value> {
    let mut placed = Vec::new();
    let mut y = 0;
    for Row { title, panels } in rows {
        let id = placed.len() + 1;
        placed.push(json!({
            "id": id, "type": "row", "title": title, "collapsed": false, "panels": [],
            "gridPos": { "x": 0, "y": y, "w": COLUMNS, "h": 1 },
        }));
        y += 1;
        let (mut x, mut tallest) = (0, 0);
        for panel in panels {
            let (width, height) = panel.size;
            if x + width > COLUMNS {
                (x, y, tallest) = (0, y + tallest, 0);
            }
            let mut panel = panel.into_json();
            panel["id"] = (placed.len() + 1).into();
            panel["gridPos"] = json!({ "x": x, "y": y, "w": width, "h": height });
            placed.push(panel);
            (x, tallest) = (x + width, tallest.max(height));
        }
        y += tallest;
    }
    placed
}
