//! Hosts and services as page and JSON.

use nagios_event::{Body, Flags, Frame, Host, State};
use serde_json::Value;

use crate::stage::{Exporter, Module, host, service, state};

/// Two hosts; a name and an output that would be HTML if nobody escaped them.
async fn stage() -> (Exporter, Module) {
    let exporter = Exporter::start("").await;
    let evil = "<script>alert('x')</script>";
    let mut frames = vec![
        Frame::Host(Host {
            name: "db-1".to_owned(),
            alias: "Datenbank".to_owned(),
            address: "198.51.100.7".to_owned(),
            ..Host::default()
        }),
        host("web-1"),
        service("db-1", "mysql"),
        service("web-1", evil),
        service("web-1", "http"),
        service("web-1", "ping"),
    ];
    let acknowledged = state("web-1", "http", 2);
    let acknowledged = State {
        flags: acknowledged.flags.with(Flags::ACKNOWLEDGED, true),
        output: "Connection refused".to_owned(),
        perfdata: "time=5ms".to_owned(),
        ..acknowledged
    };
    let states = [
        state("db-1", "", 1),
        state("web-1", "", 0),
        state("db-1", "mysql", 1),
        acknowledged,
        State { output: format!("{evil} & more"), ..state("web-1", evil, 0) },
    ];
    frames.extend(states.map(Frame::State));
    let mut module = Module::start(exporter.socket(), 1, 0, &frames).await;
    let seq = module.event(Body::Unknown(200)).await;
    module.acknowledged(seq).await;
    (exporter, module)
}

fn names(list: &Value) -> Vec<String> {
    let name = |row: &Value| {
        format!("{}/{}", row["host"].as_str().unwrap(), row["service"].as_str().unwrap())
    };
    list["services"].as_array().unwrap().iter().map(name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn services_are_found_by_search_state_and_page() {
    let (exporter, _module) = stage().await;
    let evil = "web-1/<script>alert('x')</script>";
    for (query, expected) in [
        ("", &["db-1/mysql", evil, "web-1/http", "web-1/ping"][..]),
        ("?state=critical", &["web-1/http"]),
        ("?state=warning,critical", &["db-1/mysql", "web-1/http"]),
        ("?state=warning&state=pending", &["db-1/mysql", "web-1/ping"]),
        ("?q=@warn+@critical", &["db-1/mysql", "web-1/http"]),
        ("?q=REFUSED", &["web-1/http"]),
        ("?q=datenbank", &["db-1/mysql"]),
        ("?q=198.51.100", &["db-1/mysql"]),
        ("?q=web-1+ping", &["web-1/ping"]),
        ("?host=web-1&service=http", &["web-1/http"]),
        ("?per_page=3&page=2", &["web-1/ping"]),
        ("?per_page=3&page=9", &[]),
        ("?q=nothing", &[]),
    ] {
        let list = exporter.json(&format!("/api/v1/services{query}")).await;
        assert_eq!(names(&list), expected, "{query}");
    }
    let list = exporter.json("/api/v1/services?per_page=3&page=2").await;
    assert_eq!(
        (&list["total"], &list["page"], &list["per_page"]),
        (&4.into(), &2.into(), &3.into())
    );
    assert_eq!(list["nagios_up"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_holds_all_that_is_known() {
    let (exporter, _module) = stage().await;
    let list = exporter.json("/api/v1/services?host=web-1&service=http").await;
    let expected = serde_json::json!({
        "host": "web-1", "service": "http", "alias": "Alias of web-1", "address": "192.0.2.1",
        "check_command": "check_http", "state": "critical", "hard": true, "attempt": 2, "max_attempts": 2,
        "acknowledged": true, "in_downtime": false, "flapping": false, "notifications": true,
        "active_checks": true, "passive_checks": false,
        "notifications_sent": 0, "handled": "acknowledged",
        "last_check": "2026-01-01T00:01:00Z", "next_check": "2026-01-01T00:01:10Z",
        "last_state_change": "2026-01-01T00:00:40Z", "last_hard_state_change": "2026-01-01T00:00:50Z",
        "latency": 0.25, "execution_time": 0.5, "output": "Connection refused",
        "perfdata": [{"label": "time", "unit": "seconds", "value": 0.005}],
    });
    assert_eq!(list["services"][0], expected);
    let hosts = exporter.json("/api/v1/hosts?state=up").await;
    assert_eq!(hosts["total"], 1);
    let counts =
        serde_json::json!({"ok": 1, "warning": 0, "critical": 1, "unknown": 0, "pending": 1});
    assert_eq!(hosts["hosts"][0]["services"], counts);
    assert_eq!(exporter.json("/api/v1/hosts?q=@down").await["hosts"][0]["host"], "db-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_show_the_rows_and_escape_every_text() {
    let (exporter, _module) = stage().await;
    let (status, page) = exporter.get("/services").await;
    assert_eq!(status, 200);
    assert!(!page.contains("<script"), "{page}");
    assert!(page.contains("&lt;script&gt;") && page.contains("&amp; more"), "{page}");
    assert!(page.contains("Connection refused") && page.contains("acknowledged"), "{page}");
    let (_, page) = exporter.get("/hosts").await;
    assert!(page.contains("href=\"services?host=db-1\""), "{page}");
    let (_, page) = exporter.get("/services?per_page=2&q=%22%3E%3Cb%3E+@ok+@crit").await;
    assert!(
        !page.contains("<b>+") && page.contains("value=\"&quot;&gt;&lt;b&gt; @ok @crit\""),
        "{page}"
    );
    let (_, page) = exporter.get("/services?per_page=2").await;
    assert!(
        page.contains("href=\"?per_page=2&amp;page=2\"") && page.contains("page 1 of 2"),
        "{page}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_parameter_is_named() {
    let (exporter, _module) = stage().await;
    for (path, expected) in [
        (
            "/services?state=down",
            "parameter state: got \"down\", expected a state: ok, warning, critical",
        ),
        ("/hosts?state=critical", "expected a state: up, down, unreachable, pending"),
        ("/api/v1/services?page=x", "parameter page: got \"x\", expected a number from 1"),
        ("/api/v1/hosts?sort=name", "parameter sort: got \"name\", expected one of q,"),
    ] {
        let (status, body) = exporter.get(path).await;
        assert_eq!(status, 400, "{path}");
        assert!(body.contains(expected), "{path}: {body}");
    }
}
