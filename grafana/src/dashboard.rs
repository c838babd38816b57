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
    /// Variables after `datasource` and `job`.
    pub(crate) variables: Vec<Variable>,
    pub(crate) rows: Vec<Row>,
}

/// A titled row of panels; panels flow to the next line when a line is full.
pub(crate) struct Row {
    pub(crate) title: &'static str,
    pub(crate) panels: Vec<Panel>,
}

/// A variable filled by the values of a label.
pub(crate) struct Variable {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) query: String,
    /// Whether several values, and all of them, may be chosen.
    pub(crate) multi: bool,
}

impl Dashboard {
    pub(crate) fn into_json(self) -> Value {
        let Dashboard { uid, title, description, tags, variables, rows } = self;
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
            "links": [{
                "type": "dashboards", "title": "WiseMonitor", "tags": ["wisemonitor"], "asDropdown": true,
                "includeVars": true, "keepTime": true, "icon": "external link",
            }],
            "panels": layout(rows),
        })
    }
}

impl Variable {
    fn into_json(self) -> Value {
        let Variable { name, label, query, multi } = self;
        let mut variable = json!({
            "name": name, "label": label, "type": "query", "datasource": datasource(),
            "query": { "query": query, "refId": name }, "definition": query,
            "refresh": 2, "sort": 5, "multi": multi, "includeAll": multi, "hide": 0,
        });
        if multi {
            variable["allValue"] = ".+".into();
            variable["current"] = json!({ "text": "All", "value": "$__all" });
        }
        variable
    }
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
