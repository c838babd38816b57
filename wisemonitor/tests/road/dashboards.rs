//! The committed dashboards, asked as Grafana would ask them of the suite's Prometheus.

use std::path::Path;

use reqwest::Url;
use serde_json::Value;

use crate::suite::Suite;

/// Parts of queries that the suite has no data for: no plugin of it counts anything, no threshold is set or
/// exported, the module has no folder to spill to, what is recorded once an hour is not there within a minute,
/// CloudStack has written no alert, nothing has a trend yet, the lab's XenServers raise alarms of processors alone,
/// no problem has begun, and nothing is wrong.
const EMPTY: &[&str] = &[
    "nagios_perfdata_total",
    "nagios_perfdata_threshold_",
    "nagios_module_spill_limit_bytes",
    "wisemonitor_interface_threshold_ratio",
    "1h{",
    "cloudstack_alerts",
    "zone_capacity:full:seconds",
    "predict_linear",
    "ALERTS{",
    "topk(10, max by (host, service) (nagios_service_state{job=~\"$job\"} > 0))",
    "variable=\"disk_usage\"",
    "variable=\"network_usage\"",
    "alert_bridge_episodes_total",
];

/// Waits until Prometheus has data for every panel.
pub(crate) async fn all_answer(suite: &Suite) {
    for dashboard in dashboards() {
        for panel in dashboard["panels"].as_array().unwrap() {
            let title = panel["title"].as_str().unwrap();
            for target in panel["targets"].as_array().into_iter().flatten() {
                let query = target["expr"].as_str().unwrap();
                let expected = EMPTY.iter().all(|part| !query.contains(part));
                let answers = async || answers(suite, query).await || !expected;
                suite.until(&format!("data for {title}: {query}"), answers).await;
            }
        }
    }
}

/// The first query of a panel of a dashboard, with its variables.
pub(crate) fn query(file: &str, panel: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../grafana/dashboards").join(file);
    let dashboard: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut panels = dashboard["panels"].as_array().unwrap().iter();
    let found = panels.find(|known| known["title"] == panel && known["targets"].is_array());
    found.unwrap()["targets"][0]["expr"].as_str().unwrap().to_owned()
}

fn dashboards() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../grafana/dashboards");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let dashboards: Vec<Value> =
        files.map(|path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()).collect();
    assert!(!dashboards.is_empty());
    dashboards
}

/// Whether a query, with everything chosen in its variables, answers with data; an error fails the test.
async fn answers(suite: &Suite, query: &str) -> bool {
    let mut query = query.replace("$__rate_interval", "1m").replace("$__range", "1m");
    query = query.replace("$state", ">= 0").replace("$search", "");
    for variable in
        "job group instance host service device interface cloud zone pool vm power".split(' ')
    {
        query = query.replace(&format!("${variable}"), ".+");
    }
    let url =
        Url::parse_with_params(&suite.url(9090, "/api/v1/query"), [("query", &query)]).unwrap();
    let answer: Value = suite.client.get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["status"], "success", "{query}: {answer}");
    !answer["data"]["result"].as_array().unwrap().is_empty()
}
