//! The whole road with the real programs: Nagios, module, nagios-exporter, Alertmanager, alert-bridge, gammu.
//!
//! Each test runs a suite of its own, started by `wisemonitor up` as anyone starts it, on a loopback address
//! of its own, and looks at it as its users do: the feed over HTTP, messages in gammu's folders.
//! The programs must be built and Debian's installed: `make test` does both.

#![expect(clippy::unwrap_used, reason = "what must hold here fails by panicking")]

mod check;
mod cloud;
mod console;
mod dashboards;
mod feed;
mod host;
mod killed;
mod lifecycle;
#[expect(dead_code, reason = "the bench reads the times of a trip")]
mod observe;
mod outage;
mod plugin;
mod reload;
mod suite;
mod traffic;
mod vm_alarm;
mod xen;

use std::collections::BTreeSet;

use feed::Feed;
use observe::{http_problem, road_trip};
use suite::Suite;

#[tokio::test]
async fn a_broken_web_server_reaches_page_and_phone_and_so_does_its_end() {
    let mut suite = Suite::start().await;
    road_trip(&suite).await;
    let texts = suite.messages_about(http_problem()).await;
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[0].contains("CRITICAL") && texts[0].contains("refused"), "{texts:?}");
    assert!(texts[1].contains("RESOLVED"), "{texts:?}");
    suite.stop().await;
}

#[tokio::test]
async fn a_problem_that_grows_worse_is_one_problem_with_one_message_for_each_step() {
    let mut suite = Suite::start().await;
    let mut feed = Feed::connect(&suite, None).await.expect("the feed answers");
    let mut step = async |fault: reqwest::RequestBuilder| {
        fault.send().await.unwrap().error_for_status().unwrap();
        let event = feed.next_http().await.expect("the feed goes on").data;
        (event["episode"]["id"].as_i64().unwrap(), event["transition"].as_str().unwrap().to_owned())
    };
    let fault = |query: &str| suite.client.put(suite.url(10180, "/-/fault") + query);
    // check_http takes what the server refuses for a warning, and what it cannot do for critical.
    let (episode, first) = step(fault("?status=404")).await;
    assert_eq!(first, "firing");
    // Back and forth faster than Alertmanager forgets a group: the order of its messages is then not sure.
    for status in ["503", "404", "503"] {
        assert_eq!(step(fault(&format!("?status={status}"))).await, (episode, "severity".into()));
    }
    let over = step(suite.client.delete(suite.url(10180, "/-/fault"))).await;
    assert_eq!(over, (episode, "resolved".into()));

    let starts = ["[WARNING]", "[CRITICAL, was", "[WARNING, was", "[CRITICAL, was", "[RESOLVED]"];
    let all = async || suite.messages_about(http_problem()).await.len() == starts.len();
    suite.until("a message for each step", all).await;
    let texts = suite.messages_about(http_problem()).await;
    for (text, start) in texts.iter().zip(starts) {
        assert!(text.contains(start), "{start}: {texts:#?}");
    }
    suite.stop().await;
}

#[tokio::test]
async fn every_part_is_scraped_and_shows_what_nagios_knows() {
    let mut suite = Suite::start().await;
    suite.until("all targets up", async || all_targets_up(&suite).await).await;
    suite
        .until("services", async || suite.query("count(nagios_service_state)").await == Some(7.0))
        .await;
    let load = suite.query(r#"nagios_perfdata_value{service="load",label="load1"}"#).await;
    assert!(load.is_some_and(|load| load >= 0.0), "{load:?}");

    // The rules ask for nothing that nobody exports, and Prometheus can evaluate them all.
    let metadata = suite.json(9090, "/api/v1/metadata").await.unwrap();
    let exported: BTreeSet<&str> =
        metadata["data"].as_object().unwrap().keys().map(|name| stem(name)).collect();
    for name in names_in_rules() {
        assert!(exported.contains(stem(&name)), "no part exports {name}");
    }
    let rules = suite.json(9090, "/api/v1/rules").await.unwrap();
    let groups = rules["data"]["groups"].as_array().unwrap();
    let healths = groups
        .iter()
        .flat_map(|group| group["rules"].as_array().unwrap())
        .map(|rule| &rule["health"]);
    let healths: Vec<_> = healths.collect();
    assert!(healths.len() >= 25 && healths.iter().all(|health| *health != "err"), "{rules:#}");

    dashboards::all_answer(&suite).await;
    suite.stop().await;
}

/// Whether Prometheus has scraped each of its targets.
async fn all_targets_up(suite: &Suite) -> bool {
    let Some(answer) = suite.json(9090, "/api/v1/targets").await else { return false };
    let targets = answer["data"]["activeTargets"].as_array().unwrap();
    !targets.is_empty() && targets.iter().all(|target| target["health"] == "up")
}

/// The metrics of ours that the rules name, without those that they record themselves.
fn names_in_rules() -> BTreeSet<String> {
    let rules = [
        include_str!("../../../rules/nagios.yml"),
        include_str!("../../../rules/alert-bridge.yml"),
        include_str!("../../../rules/network.yml"),
        include_str!("../../../rules/cloudstack.yml"),
        include_str!("../../../rules/xenserver.yml"),
        include_str!("../../../rules/vnc-recorder.yml"),
    ]
    .concat();
    let expressions = rules.lines().filter(|line| line.trim_start().starts_with("expr:"));
    let names = expressions
        .flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && !"_:".contains(c)));
    let prefixes = ["nagios_", "alert_bridge_", "cloudstack_", "xen_", "vnc_recorder_"];
    let ours = |name: &&str| prefixes.iter().any(|prefix| name.starts_with(prefix));
    let names: BTreeSet<String> = names.filter(ours).map(String::from).collect();
    assert!(names.len() >= 8, "{names:?}");
    names
}

/// OpenMetrics names a counter's family without `_total`.
fn stem(name: &str) -> &str {
    name.strip_suffix("_total").unwrap_or(name)
}
