//! Bodies that can be read and bodies that cannot.

use super::*;

const BODY: &str = r#"{
  "version": "4", "groupKey": "{}:{}", "truncatedAlerts": 2, "status": "firing", "receiver": "people",
  "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://am", "new": [1],
  "alerts": [
    {"status": "firing", "labels": {"host": "a", "severity": "critical"}, "annotations": {"output": "磁盘"},
     "startsAt": "2026-03-01T12:45:10.123Z", "endsAt": "0001-01-01T00:00:00Z",
     "generatorURL": "http://nagios/", "fingerprint": "1", "new": {}},
    {"status": "resolved", "labels": {"host": "b", "severity": "warning"}, "annotations": {},
     "startsAt": "2026-03-01T12:45:10+08:00", "endsAt": "2026-03-01T13:00:00+08:00", "generatorURL": ""},
    {"status": "firing", "labels": {"alertname": "Watchdog", "severity": "none"}, "annotations": {},
     "startsAt": "2026-03-01T12:45:10Z", "endsAt": "0001-01-01T00:00:00Z", "generatorURL": ""}
  ]}"#;

fn error(body: &str) -> String {
    parse(body.as_bytes(), "default".into()).unwrap_err()
}

#[test]
fn what_alertmanager_sends_is_read() {
    let Parsed { notification, ignored, truncated } =
        parse(BODY.as_bytes(), "north".into()).unwrap();
    let Notification { cluster, receiver, alerts } = notification;
    assert_eq!(
        (cluster.as_str(), receiver.as_str(), ignored.join(",").as_str(), truncated),
        ("north", "people", "Watchdog", 2)
    );
    assert_eq!(alerts.len(), 2);
    assert_eq!((alerts[0].severity, alerts[0].ends_at), (Severity::Critical, None));
    assert_eq!(alerts[0].content.output(), "磁盘");
    assert_eq!(alerts[0].content.link, "http://nagios/");
    assert_eq!(alerts[1].ends_at, Some("2026-03-01T05:00:00Z".parse().unwrap()));
}

#[test]
fn an_error_names_the_field_what_came_and_what_was_expected() {
    let wrong = error(&BODY.replace("2026-03-01T12:45:10.123Z", "yesterday"));
    assert!(wrong.starts_with("alerts[0].startsAt: ") && wrong.contains("got y"), "{wrong}");
    let wrong = error(&BODY.replace(r#""status": "resolved""#, r#""status": "done""#));
    assert!(
        wrong.starts_with("alerts[1].status: ") && wrong.contains("`firing` or `resolved`"),
        "{wrong}"
    );
    let wrong = error(&BODY.replace(r#""receiver": "people""#, r#""receiver": 4"#));
    assert!(wrong.starts_with("receiver: ") && wrong.contains("integer `4`"), "{wrong}");
    assert!(error("{}").contains("receiver"));
}

#[test]
fn a_body_that_breaks_off_anywhere_is_refused_without_a_panic() {
    for end in (0..BODY.len()).filter(|end| BODY.is_char_boundary(*end)) {
        assert!(!error(&BODY[..end]).is_empty());
    }
    assert!(error(&format!("{BODY}x")).contains("after the notification"));
}
