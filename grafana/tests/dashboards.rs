//! The committed dashboards are those that the code makes, and keep the rules of good dashboards.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use promql_parser::parser::{self, Expr};
use serde_json::Value;

fn dashboards() -> Vec<(&'static str, Value)> {
    dashboards::all()
        .into_iter()
        .map(|(name, text)| (name, serde_json::from_str(&text).unwrap()))
        .collect()
}

/// Panels that show data.
fn panels(dashboard: &Value) -> impl Iterator<Item = &Value> {
    dashboard["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] != "row")
}

/// Every query of the panels, with what Grafana would put for its variables.
fn queries(dashboard: &Value) -> Vec<(String, String)> {
    let filled = |text: &Value| {
        let mut text =
            text.as_str().unwrap().replace("$__rate_interval", "1m").replace("$__range", "1m");
        text = text.replace("$state", ">= 0").replace("$search", "");
        for variable in
            "job group instance host service device interface cloud zone pool vm power".split(' ')
        {
            text = text.replace(&format!("${variable}"), ".+");
        }
        text
    };
    let of_panel = |panel: &Value| {
        let title = panel["title"].as_str().unwrap().to_owned();
        panel["targets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|target| (title.clone(), filled(&target["expr"])))
            .collect::<Vec<_>>()
    };
    panels(dashboard).flat_map(of_panel).collect()
}

#[test]
fn committed_files_are_what_the_code_makes() {
    for (name, text) in dashboards::all() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("dashboards").join(name);
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == text,
            "{name} differs from what the code makes: run `make dashboards` and commit it"
        );
    }
}

#[test]
fn every_panel_says_what_it_shows_in_which_unit() {
    for (name, dashboard) in dashboards() {
        assert_eq!(dashboard["editable"], false, "{name}");
        for panel in panels(&dashboard) {
            for field in ["title", "description"] {
                assert!(
                    !panel[field].as_str().unwrap().is_empty(),
                    "{name}: a panel without {field}: {panel}"
                );
            }
            assert!(
                panel["fieldConfig"]["defaults"]["unit"].is_string(),
                "{name}: {}",
                panel["title"]
            );
            assert!(!panel["targets"].as_array().unwrap().is_empty(), "{name}: {}", panel["title"]);
        }
    }
}

#[test]
fn variables_choose_the_data_source_and_everything_else_comes_from_it() {
    for (name, dashboard) in dashboards() {
        let variables = dashboard["templating"]["list"].as_array().unwrap();
        assert_eq!(
            variables.iter().filter(|variable| variable["type"] == "datasource").count(),
            1,
            "{name}"
        );
        let job = variables.iter().find(|variable| variable["name"] == "job").unwrap();
        assert_eq!((&job["multi"], &job["allValue"]), (&true.into(), &".+".into()), "{name}");
        for panel in panels(&dashboard) {
            assert_eq!(panel["datasource"]["uid"], "${datasource}", "{name}: {}", panel["title"]);
        }
    }
}

#[test]
fn links_lead_to_dashboards_and_set_variables_that_these_have() {
    let all = dashboards();
    let variables_of = |uid: &str| -> Vec<&str> {
        let found = all.iter().find(|(_, dashboard)| dashboard["uid"] == uid);
        let (_, dashboard) = found.unwrap_or_else(|| panic!("no dashboard {uid}"));
        let variables = dashboard["templating"]["list"].as_array().unwrap().iter();
        variables.map(|variable| variable["name"].as_str().unwrap()).collect()
    };
    let mut set = 0;
    for (name, dashboard) in &all {
        let text = dashboard.to_string();
        for link in text.split("\"/d/").skip(1).map(|rest| rest.split_once('?').unwrap()) {
            let (uid, rest) = link;
            // In the text of JSON, a quote within a link is escaped.
            let query = rest.replace("\\\"", "'");
            let query = query.split('"').next().unwrap();
            let own = dashboard["uid"].as_str().unwrap();
            let variables = variables_of(if uid == "${__dashboard.uid}" { own } else { uid });
            for assignment in query.split("&var-").skip(1) {
                let variable = assignment.split('=').next().unwrap();
                assert!(variables.contains(&variable), "{name}: {uid} has no variable {variable}");
                set += 1;
            }
        }
    }
    assert!(set >= 5, "only {set} variables are set by links");
}

#[test]
fn panels_do_not_overlap_and_stay_on_the_grid() {
    for (name, dashboard) in dashboards() {
        let places: Vec<[u64; 4]> = dashboard["panels"]
            .as_array()
            .unwrap()
            .iter()
            .map(|panel| ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_u64().unwrap()))
            .collect();
        for (at, [x, y, w, h]) in places.iter().enumerate() {
            assert!(x + w <= 24, "{name}: panel {at} leaves the grid");
            for [x2, y2, w2, h2] in &places[at + 1..] {
                assert!(
                    x + w <= *x2 || x2 + w2 <= *x || y + h <= *y2 || y2 + h2 <= *y,
                    "{name}: panel {at} overlaps"
                );
            }
        }
    }
}

#[test]
fn every_query_is_promql_and_counters_are_only_read_as_rates() {
    for (name, dashboard) in dashboards() {
        for (title, query) in queries(&dashboard) {
            let expr = parser::parse(&query)
                .unwrap_or_else(|error| panic!("{name}: {title}: {query}: {error}"));
            counters_as_rates(&expr, false)
                .unwrap_or_else(|metric| panic!("{name}: {title}: {metric} without a rate"));
        }
    }
}

/// Fails with the name of a counter that is not under `rate`, `irate` or `increase`.
fn counters_as_rates(expr: &Expr, rated: bool) -> Result<(), String> {
    match expr {
        Expr::VectorSelector(selector) => match &selector.name {
            Some(name) if name.ends_with("_total") && !rated => Err(name.clone()),
            _ => Ok(()),
        },
        Expr::MatrixSelector(selector) => {
            counters_as_rates(&Expr::VectorSelector(selector.vs.clone()), rated)
        }
        Expr::Call(call) => {
            let rated = rated || ["rate", "irate", "increase"].contains(&call.func.name);
            call.args.args.iter().try_for_each(|argument| counters_as_rates(argument, rated))
        }
        Expr::Aggregate(aggregate) => counters_as_rates(&aggregate.expr, rated),
        Expr::Binary(binary) => {
            counters_as_rates(&binary.lhs, rated)?;
            counters_as_rates(&binary.rhs, rated)
        }
        Expr::Unary(unary) => counters_as_rates(&unary.expr, rated),
        Expr::Paren(paren) => counters_as_rates(&paren.expr, rated),
        Expr::Subquery(subquery) => counters_as_rates(&subquery.expr, rated),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => Ok(()),
    }
}
