//! The API for other programs: pages, files, and its own description.

use std::collections::BTreeSet;

use jiff::{Timestamp, ToSpan as _};
use reqwest::Method;
use serde_json::{Value, json};

use crate::bridge::{Bridge, ONE_PHONE, firing, resolved};
use crate::wait::until;

/// A bridge that has seen five problems, two of which are over, and has told of all.
async fn bridge() -> Bridge {
    let bridge = Bridge::start(&format!("{ONE_PHONE}resolve_hold: 0s\n")).await;
    let begun = Timestamp::now() - 60.seconds();
    let alerts: Vec<_> =
        (1..=5).map(|number| firing(&format!("web-{number}"), "warning", begun)).collect();
    bridge.notify(&alerts).await;
    let now = Timestamp::now();
    let ends = ["web-1", "web-2"].map(|host| resolved(host, "warning", begun, now));
    bridge.notify(&ends).await;
    until("the messages", || async {
        let states = bridge.deliveries().await;
        (states.len() == 7 && states.iter().all(|(_, state)| state == "accepted")).then_some(())
    })
    .await;
    bridge
}

/// All rows of a list, two a page.
async fn all(bridge: &Bridge, list: &str) -> Vec<Value> {
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = bridge.json(&format!("/api/v1/{list}?limit=2&cursor={cursor}")).await;
        let part = page[list].as_array().unwrap();
        assert!(part.len() <= 2, "{page}");
        rows.extend(part.iter().cloned());
        match page["next"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return rows,
        }
    }
}

#[tokio::test]
async fn every_list_is_read_page_by_page_and_as_a_file() {
    let bridge = bridge().await;
    for (list, count, id) in
        [("episodes", 5, "id"), ("alerts", 3, "episode"), ("deliveries", 7, "id")]
    {
        let rows = all(&bridge, list).await;
        let ids: BTreeSet<_> = rows.iter().map(|row| row[id].as_u64().unwrap()).collect();
        assert_eq!((rows.len(), ids.len()), (count, count), "{list}");

        let lines = bridge.get(&format!("/api/v1/{list}?format=ndjson&limit=10000")).await;
        assert_eq!(lines.headers()["content-type"], "application/x-ndjson");
        let lines = lines.text().await.unwrap();
        let lines: Vec<Value> =
            lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let whole = bridge.json(&format!("/api/v1/{list}?limit=1000")).await;
        assert_eq!(Value::Array(lines), whole[list]);

        let table = bridge.get(&format!("/api/v1/{list}?format=csv&limit=2")).await;
        assert!(table.headers().contains_key("x-next-cursor"), "{list}");
        let name = table.headers()["content-disposition"].to_str().unwrap().to_owned();
        assert_eq!(name, format!("attachment; filename=\"{list}.csv\""));
        assert_eq!(table.text().await.unwrap().lines().count(), 3, "a head and two rows");
    }
    let sent = bridge.json("/api/v1/deliveries?contact=duty&transport=modem&episode=1").await;
    assert_eq!(sent["deliveries"].as_array().unwrap().len(), 2);
    let none = bridge.json("/api/v1/deliveries?contact=nobody").await;
    assert_eq!(none, json!({"deliveries": [], "next": null}));
    let refused = bridge.get("/api/v1/deliveries?colour=red").await;
    assert_eq!(refused.status(), 400);
    assert_eq!(refused.text().await.unwrap(), "colour: `red` came, expected no such parameter\n");
}

#[tokio::test]
async fn stats_count_what_stands_and_what_has_ended() {
    let bridge = bridge().await;
    let stats = bridge.json("/api/v1/stats").await;
    assert_eq!(stats["open"], json!({"warning": 3}));
    assert_eq!(stats["open_areas"], json!({"infrastructure": 3}));
    assert_eq!(
        (&stats["ended"]["episodes"], &stats["ended"]["acknowledged"]),
        (&json!(2), &json!(0))
    );
    let seconds = stats["ended"]["seconds_to_resolve"].as_f64().unwrap();
    assert!((60.0..600.0).contains(&seconds), "{seconds}");
    assert_eq!(stats["noisiest"], json!([{"alertname": "NagiosServiceProblem", "episodes": 2}]));
    let sent: u64 =
        stats["deliveries"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert_eq!(sent, 4);
    let old = bridge.json("/api/v1/stats?from=2001-01-01T00:00:00Z&to=2002-01-01T00:00:00Z").await;
    assert_eq!((&old["ended"]["episodes"], &old["noisiest"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn the_description_has_every_route_and_no_other() {
    let bridge = Bridge::start(&format!(
        "{ONE_PHONE}access: {{tokens: [{{name: chief, token: '03', role: admin}}]}}\n"
    ))
    .await;
    let description = bridge.json("/api/v1/openapi.json").await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for (path, methods) in description["paths"].as_object().unwrap() {
        // What a path has not is answered with what it has.
        let url = bridge.url(&path.replace("{id}", "1").replace("{transport}", "modem"));
        let trace = client.request(Method::TRACE, &url).bearer_auth("03").send().await.unwrap();
        assert_eq!(trace.status(), 405, "{path}");
        let allowed = trace.headers()["allow"].to_str().unwrap().to_lowercase();
        let allowed: BTreeSet<_> = allowed.split(',').filter(|method| *method != "head").collect();
        let described: BTreeSet<_> =
            methods.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(allowed, described, "{path}");
    }
    // Routes are written out where they are made.
    let sources = [
        include_str!("../../src/lib.rs"),
        include_str!("../../src/api.rs"),
        include_str!("../../../access/src/login.rs"),
    ];
    let routes = sources
        .iter()
        .flat_map(|source| source.split('"'))
        .filter(|text| text.starts_with("/api/v1/") && !text.contains([' ', '\n']));
    let routes: BTreeSet<_> = routes.collect();
    let described: BTreeSet<_> =
        description["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(routes, described);
}

#[tokio::test]
async fn what_the_description_refers_to_is_in_it() {
    let bridge = Bridge::start(ONE_PHONE).await;
    let description = bridge.json("/api/v1/openapi.json").await;
    let text = description.to_string();
    let references: Vec<_> = text.split("\"$ref\":\"#").skip(1).collect();
    assert!(references.len() > 20);
    for reference in references {
        let pointer = reference.split('"').next().unwrap();
        assert!(description.pointer(pointer).is_some(), "{pointer}");
    }
}
