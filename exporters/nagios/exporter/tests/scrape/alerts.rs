//! The fast road, against a real Alertmanager.

use std::time::{Duration, Instant};

use nagios_event::{Body, Flags, Frame, State, Timeperiod};

use crate::stage::{Alertmanager, Exporter, Module, eventually, host, service, state};

/// A host with two services, all well.
fn objects() -> Vec<Frame> {
    let mut objects = vec![host("web-1"), service("web-1", "disk"), service("web-1", "http")];
    objects.extend(["", "disk", "http"].map(|name| Frame::State(state("web-1", name, 0))));
    objects
}

/// The objects, with other states for some of them.
fn objects_with(states: impl IntoIterator<Item = State<String>>) -> Vec<Frame> {
    objects().into_iter().chain(states.into_iter().map(Frame::State)).collect()
}

fn acknowledged(state: State<String>) -> State<String> {
    State { flags: state.flags.with(Flags::ACKNOWLEDGED, true), ..state }
}

async fn stage() -> (Alertmanager, Exporter, Module) {
    let alertmanager = Alertmanager::start().await;
    let exporter = Exporter::start(&alertmanager.config()).await;
    let module = Module::start(exporter.socket(), 1, 0, &objects()).await;
    (alertmanager, exporter, module)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hard_problem_is_pushed_at_once_and_ends_with_it() {
    let (alertmanager, _exporter, mut module) = stage().await;
    let seq = module.check(state("web-1", "http", 0)).await;
    module.acknowledged(seq).await;

    let soft = State { attempt: 1, ..state("web-1", "http", 2) };
    let soft = State { flags: Flags(soft.flags.0 & !Flags::HARD.0), ..soft };
    let seq = module.check(soft).await;
    module.acknowledged(seq).await;
    assert!(alertmanager.alerts().await.is_empty(), "a soft problem was pushed");

    let begin = Instant::now();
    let long = "é".repeat(600);
    let seq = module.check(State { output: long, ..state("web-1", "http", 2) }).await;
    module.acknowledged(seq).await;
    let alerts = alertmanager.alerts().await;
    // Without being asked again, as it is each minute.
    assert!(begin.elapsed() < Duration::from_secs(30), "{:?}", begin.elapsed());
    let [alert] = &alerts[..] else { panic!("{alerts:?}") };
    let labels = serde_json::json!({
        "alertname": "NagiosServiceProblem", "source": "nagios", "instance": "test", "host": "web-1",
        "service": "http", "severity": "critical", "road": "fast",
    });
    assert_eq!(alert["labels"], labels);
    assert_eq!(alert["startsAt"], "2026-01-01T00:00:50.000Z");
    let annotations = serde_json::json!({
        "summary": "http on web-1 is CRITICAL", "output": "é".repeat(512), "attempts": "2/2",
        "address": "192.0.2.1",
    });
    assert_eq!(alert["annotations"], annotations);
    let page = alert["generatorURL"].as_str().unwrap();
    assert!(page.ends_with("/services?host=web-1&service=http"), "{page}");
    assert_eq!(reqwest::get(page).await.unwrap().status(), 200);

    module.check(state("web-1", "http", 0)).await;
    alertmanager.holds(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_severity_ends_one_alert_and_starts_the_other_together() {
    let (alertmanager, _exporter, mut module) = stage().await;
    module.check(state("web-1", "http", 1)).await;
    alertmanager.holds(&["web-1 http warning"]).await;
    let seq = module.check(state("web-1", "http", 2)).await;
    module.acknowledged(seq).await;
    alertmanager.holds(&["web-1 http critical"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_has_in_hand_is_silenced_if_it_was_pushed_and_not_pushed_otherwise() {
    let (alertmanager, _exporter, mut module) = stage().await;
    let downtime = |name: &str| State { downtime_depth: 1, ..state("web-1", name, 2) };
    module.check(downtime("disk")).await;
    module.check(state("web-1", "http", 2)).await;
    alertmanager.holds(&["web-1 http critical"]).await;

    module.event(Body::Status(acknowledged(state("web-1", "http", 2)))).await;
    alertmanager.holds(&["web-1 http critical !"]).await;
    let silences = alertmanager.silences().await;
    assert_eq!(silences.len(), 1);
    assert_eq!(silences[0]["comment"], "acknowledged in Nagios");
    assert_eq!(silences[0]["createdBy"], "nagios-exporter");

    module.event(Body::Status(state("web-1", "http", 2))).await;
    alertmanager.holds(&["web-1 http critical"]).await;
    module.event(Body::Status(state("web-1", "disk", 2))).await;
    alertmanager.holds(&["web-1 disk critical", "web-1 http critical"]).await;
    module.check(state("web-1", "http", 0)).await;
    module.check(state("web-1", "disk", 0)).await;
    alertmanager.holds(&[]).await;
    eventually("no silence", async || alertmanager.silences().await.is_empty().then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_down_stands_for_its_services() {
    let (alertmanager, _exporter, mut module) = stage().await;
    module.check(state("web-1", "http", 2)).await;
    alertmanager.holds(&["web-1 http critical"]).await;
    module.check(state("web-1", "", 1)).await;
    module.check(state("web-1", "disk", 2)).await;
    let alerts = alertmanager.holds(&["web-1 - critical", "web-1 http critical !"]).await;
    let host = alerts.iter().find(|alert| alert["labels"].get("service").is_none()).unwrap();
    assert_eq!(host["labels"]["alertname"], "NagiosHostProblem");
    assert_eq!(host["annotations"]["summary"], "web-1 is DOWN");
    module.check(state("web-1", "", 0)).await;
    alertmanager.holds(&["web-1 disk critical", "web-1 http critical"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_period_that_ends_silences_and_one_that_begins_pushes() {
    let alertmanager = Alertmanager::start().await;
    let exporter = Exporter::start(&alertmanager.config()).await;
    let period = |inside| Timeperiod { name: "workhours".to_owned(), inside };
    let mut objects = objects();
    for object in &mut objects {
        if let Frame::Service(service) = object {
            service.notification_period = "workhours".to_owned();
        }
    }
    objects.push(Frame::Timeperiod(period(true)));
    let mut module = Module::start(exporter.socket(), 1, 0, &objects).await;
    module.check(state("web-1", "http", 2)).await;
    alertmanager.holds(&["web-1 http critical"]).await;
    module.event(Body::Timeperiod(period(false))).await;
    module.check(state("web-1", "disk", 1)).await;
    alertmanager.holds(&["web-1 http critical !"]).await;
    module.event(Body::Timeperiod(period(true))).await;
    alertmanager.holds(&["web-1 disk warning", "web-1 http critical"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_notification_a_problem_waits_for_nagios_to_tell_somebody() {
    let alertmanager = Alertmanager::start().await;
    let config = format!("alert_on: notification\n{}", alertmanager.config());
    let exporter = Exporter::start(&config).await;
    let mut module = Module::start(exporter.socket(), 1, 0, &objects()).await;
    let seq = module.check(state("web-1", "http", 2)).await;
    module.acknowledged(seq).await;
    assert!(alertmanager.alerts().await.is_empty());
    module.event(Body::Status(State { notification_number: 1, ..state("web-1", "http", 2) })).await;
    alertmanager.holds(&["web-1 http critical"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_exporter_continues_and_ends_the_alerts_of_its_earlier_life() {
    let (alertmanager, exporter, mut module) = stage().await;
    module.check(state("web-1", "http", 2)).await;
    module.check(state("web-1", "disk", 2)).await;
    module.check(state("web-1", "", 0)).await;
    alertmanager.holds(&["web-1 disk critical", "web-1 http critical"]).await;
    exporter.stop().await;
    alertmanager.holds(&["web-1 disk critical", "web-1 http critical"]).await;

    let exporter = Exporter::start(&alertmanager.config()).await;
    // Nothing ends before the module has told what there is.
    exporter
        .reaches(
            &format!(
                "nagios_exporter_alertmanager_active_alerts{{url=\"{}\"}}",
                url(&alertmanager)
            ),
            2.0,
        )
        .await;
    assert_eq!(alertmanager.alerts().await.len(), 2);
    // Meanwhile one has recovered, one was acknowledged, and Nagios has forgotten when that one began.
    let later = State { last_hard_state_change: 1_767_229_200, ..state("web-1", "http", 2) };
    let states = [acknowledged(later), state("web-1", "disk", 0)];
    let _module = Module::start(exporter.socket(), 2, 0, &objects_with(states)).await;
    let alerts = alertmanager.holds(&["web-1 http critical !"]).await;
    assert_eq!(alerts[0]["startsAt"], "2026-01-01T00:00:50.000Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_acknowledged_only_when_an_alertmanager_has_accepted_it() {
    let mut alertmanager = Alertmanager::reserve();
    let exporter = Exporter::start(&alertmanager.config()).await;
    let mut module = Module::start(exporter.socket(), 1, 0, &objects()).await;
    let seq = module.check(state("web-1", "http", 2)).await;
    assert!(module.stays_unacknowledged(seq).await);
    // What cannot be told keeps nothing else waiting.
    exporter.reaches("nagios_service_state{host=\"web-1\",service=\"http\"}", 2.0).await;
    alertmanager.launch().await;
    module.acknowledged(seq).await;
    alertmanager.holds(&["web-1 http critical"]).await;

    alertmanager.kill().await;
    let recovery = module.check(state("web-1", "http", 0)).await;
    assert!(module.stays_unacknowledged(recovery).await);
    let problem = module.check(state("web-1", "disk", 1)).await;
    alertmanager.launch().await;
    module.acknowledged(problem).await;
    alertmanager.holds(&["web-1 disk warning"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_that_is_gone_and_a_nagios_that_has_not_checked_yet_end_no_alert() {
    let (alertmanager, exporter, mut module) = stage().await;
    module.check(state("web-1", "http", 2)).await;
    alertmanager.holds(&["web-1 http critical"]).await;
    drop(module);
    exporter.reaches("nagios_up", 0.0).await;
    assert_eq!(alertmanager.alerts().await.len(), 1);
    // A Nagios without retention starts with nothing checked.
    let pending: Vec<Frame> =
        objects().into_iter().filter(|frame| !matches!(frame, Frame::State(_))).collect();
    let mut module = Module::start(exporter.socket(), 2, 0, &pending).await;
    let seq = module.check(state("web-1", "disk", 0)).await;
    module.acknowledged(seq).await;
    alertmanager.holds(&["web-1 http critical"]).await;
    module.check(state("web-1", "http", 0)).await;
    alertmanager.holds(&[]).await;
}

fn url(alertmanager: &Alertmanager) -> String {
    alertmanager.config().split('\'').nth(1).unwrap().to_owned()
}
