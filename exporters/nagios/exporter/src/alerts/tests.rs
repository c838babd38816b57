use nagios_event::{Flags, SnapshotBegin, State, Timeperiod};

use super::*;
use crate::perfdata::Reader;
use crate::snapshot::Gathering;

/// What stands on its own in the tables below: `H` hard, `A` acknowledged, `D` in downtime, `F` flapping, `N`
/// notifications off, `P` not checked yet; the number is the state.
fn record(host: &str, service: &str, written: &str) -> State<String> {
    let has = |mark| written.contains(mark);
    let flags = [
        (Flags::CHECKED, !has('P')),
        (Flags::HARD, has('H')),
        (Flags::ACKNOWLEDGED, has('A')),
        (Flags::FLAPPING, has('F')),
        (Flags::NOTIFICATIONS, !has('N')),
        (Flags::LAYOUT_KNOWN, true),
    ];
    State {
        host: host.to_owned(),
        service: service.to_owned(),
        state: written.chars().find_map(|c| c.to_digit(10)).unwrap_or(0) as u8,
        flags: flags.into_iter().fold(Flags::default(), |all, (flag, on)| all.with(flag, on)),
        attempt: 2,
        max_attempts: 3,
        downtime_depth: u16::from(has('D')),
        notification_number: u32::from(has('T')),
        last_check: 300,
        last_state_change: 200,
        last_hard_state_change: 100,
        output: "out".to_owned(),
        ..State::default()
    }
}

/// One host with one service, in these states, and whether it is work time.
fn snapshot(host: &str, service: &str, work: bool) -> Snapshot {
    let mut gathering = Gathering::new(SnapshotBegin::default());
    let period = || "work".to_owned();
    gathering
        .host(nagios_event::Host {
            name: "h".to_owned(),
            address: "192.0.2.1".to_owned(),
            notification_period: period(),
            ..Default::default()
        })
        .unwrap();
    gathering
        .service(nagios_event::Service {
            host: "h".to_owned(),
            name: "s".to_owned(),
            notification_period: period(),
            ..Default::default()
        })
        .unwrap();
    gathering.timeperiod(Timeperiod { name: period(), inside: work }).unwrap();
    let mut reader = Reader::default();
    gathering.state(record("h", "", host), &mut reader).unwrap();
    gathering.state(record("h", "s", service), &mut reader).unwrap();
    gathering.finish()
}

fn style() -> Style {
    Style {
        instance: "i".to_owned(),
        alert_on: AlertOn::HardState,
        page: Url::parse("http://e:1/prefix").unwrap(),
    }
}

/// Alerts as `object severity` and, behind a colon, why they are silenced.
fn shown(alerts: &Alerts) -> Vec<String> {
    let one = |Wanted { alert, silenced }: &Wanted| {
        let label = |name| alert.labels.get(name).unwrap_or_default();
        let object = [label("host"), label("service")].concat();
        let why = silenced.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        format!("{object} {}{why}", label("severity"))
    };
    alerts.wanted().map(one).collect()
}

fn follow(alerts: &mut Alerts, snapshot: &Snapshot) -> bool {
    alerts.follow(snapshot, Touched::Everything, Timestamp::UNIX_EPOCH)
}

#[test]
fn which_states_are_alerts_when_nothing_was_before() {
    for (host, service, work, expected) in [
        ("0H", "0H", true, &[][..]),
        ("0H", "1", true, &[]),
        ("0H", "1H", true, &["hs warning"]),
        ("0H", "2H", true, &["hs critical"]),
        ("0H", "3H", true, &["hs unknown"]),
        ("1", "0H", true, &[]),
        ("1H", "0H", true, &["h critical"]),
        ("2H", "0H", true, &[]),
        ("1H", "2H", true, &["h critical"]),
        ("1", "2H", true, &[]),
        ("2H", "2H", true, &[]),
        ("0H", "2HA", true, &[]),
        ("0H", "2HD", true, &[]),
        ("0HD", "2H", true, &[]),
        ("0H", "2HF", true, &[]),
        ("0H", "2HN", true, &[]),
        ("0H", "2H", false, &[]),
        ("1HA", "0H", true, &[]),
        ("1HD", "0H", true, &[]),
        ("1HF", "0H", true, &[]),
        ("1HN", "0H", true, &[]),
        ("1H", "0H", false, &[]),
        ("0H", "2HP", true, &[]),
        ("P", "2H", true, &["hs critical"]),
    ] {
        let mut alerts = Alerts::new(style());
        let changed = follow(&mut alerts, &snapshot(host, service, work));
        assert_eq!(shown(&alerts), expected, "{host} {service} {work}");
        assert_eq!(changed, !expected.is_empty());
    }
}

#[test]
fn what_becomes_of_an_alert() {
    for (host, service, work, expected) in [
        ("0H", "2H", true, &["hs critical"][..]),
        ("0H", "0H", true, &[]),
        ("0H", "1H", true, &["hs warning"]),
        ("0H", "2HA", true, &["hs critical: acknowledged in Nagios"]),
        ("0H", "1HA", true, &["hs warning: acknowledged in Nagios"]),
        ("0H", "2HD", true, &["hs critical: in downtime"]),
        ("0HD", "2H", true, &["hs critical: in downtime"]),
        ("0H", "2HF", true, &["hs critical: flapping"]),
        ("0H", "2HN", true, &["hs critical: notifications are disabled in Nagios"]),
        ("0H", "2H", false, &["hs critical: outside its notification period"]),
        ("1H", "2H", true, &["h critical", "hs critical: its host is down"]),
        ("2H", "2H", true, &["hs critical: its host is down"]),
        ("0H", "P", true, &["hs critical"]),
        ("P", "P", true, &["hs critical"]),
    ] {
        let mut alerts = Alerts::new(style());
        follow(&mut alerts, &snapshot("0H", "2H", true));
        follow(&mut alerts, &snapshot(host, service, work));
        assert_eq!(shown(&alerts), expected, "{host} {service} {work}");
        // And back: what was silenced is an alert again.
        follow(&mut alerts, &snapshot("0H", "2H", true));
        assert_eq!(shown(&alerts), ["hs critical"], "{host} {service} {work}");
        assert!(!follow(&mut alerts, &snapshot("0H", "2H", true)), "changed by nothing new");
    }
}

#[test]
fn a_hosts_own_alert_is_silenced_when_its_parents_are_the_cause() {
    let mut alerts = Alerts::new(style());
    follow(&mut alerts, &snapshot("1H", "0H", true));
    follow(&mut alerts, &snapshot("2H", "0H", true));
    assert_eq!(shown(&alerts), ["h critical: its parent hosts are down"]);
}

#[test]
fn on_notification_a_problem_is_an_alert_once_somebody_was_told() {
    let mut alerts = Alerts::new(Style { alert_on: AlertOn::Notification, ..style() });
    follow(&mut alerts, &snapshot("0H", "2H", true));
    assert!(alerts.is_empty());
    follow(&mut alerts, &snapshot("0H", "2HT", true));
    assert_eq!(shown(&alerts), ["hs critical"]);
    follow(&mut alerts, &snapshot("0H", "2H", true));
    assert_eq!(alerts.len(), 1, "an alert ended by a counter that started anew");
}

#[test]
fn an_alert_is_made_of_identity_words_and_nagios_time() {
    let mut alerts = Alerts::new(style());
    follow(&mut alerts, &snapshot("1H", "0H", true));
    let Wanted { alert, .. } = alerts.wanted().next().unwrap();
    let expected = [
        ("alertname", "NagiosHostProblem"),
        ("host", "h"),
        ("instance", "i"),
        ("road", "fast"),
        ("severity", "critical"),
        ("source", "nagios"),
    ];
    assert_eq!(alert.labels.iter().collect::<Vec<_>>(), expected);
    let expected = [
        ("address", "192.0.2.1"),
        ("attempts", "2/3"),
        ("output", "out"),
        ("summary", "h is DOWN"),
    ];
    assert_eq!(alert.annotations.iter().collect::<Vec<_>>(), expected);
    assert_eq!(alert.starts_at.as_second(), 100);
    assert_eq!(alert.generator_url.as_ref().unwrap().as_str(), "http://e:1/prefix/hosts?host=h");
}

#[test]
fn the_start_is_the_best_that_is_known_and_stays() {
    let start = |hard, soft, check, now| {
        let mut alerts = Alerts::new(style());
        let mut at = snapshot("0H", "2H", true);
        let times = State {
            last_hard_state_change: hard,
            last_state_change: soft,
            last_check: check,
            ..record("h", "s", "2H")
        };
        at.put_state(times, &mut Reader::default()).unwrap();
        for now in [now, now + 50] {
            alerts.follow(&at, Touched::Service(0), Timestamp::from_second(now).unwrap());
        }
        alerts.wanted().next().unwrap().alert.starts_at.as_second()
    };
    assert_eq!(start(1, 2, 3, 9), 1);
    assert_eq!(start(0, 2, 3, 9), 2);
    assert_eq!(start(0, 0, 3, 9), 3);
    assert_eq!(start(0, 0, 0, 9), 9);
}

#[test]
fn alerts_of_an_earlier_life_are_continued_silenced_or_ended() {
    let mut earlier = Alerts::new(style());
    follow(&mut earlier, &snapshot("1H", "0H", true));
    let of_host = earlier.wanted().next().unwrap().alert.clone();
    follow(&mut earlier, &snapshot("0H", "2H", true));
    let of_service = earlier.wanted().next().unwrap().alert.clone();
    for (host, service, expected) in [
        ("0H", "2H", &["hs critical"][..]),
        ("0H", "2HA", &["hs critical: acknowledged in Nagios"]),
        ("1HD", "2H", &["h critical: in downtime", "hs critical: its host is down"]),
        ("0H", "0H", &[]),
        ("P", "P", &["h critical", "hs critical"]),
    ] {
        let mut alerts = Alerts::new(style());
        alerts.adopt(vec![of_host.clone(), of_service.clone()]);
        follow(&mut alerts, &snapshot(host, service, true));
        assert_eq!(shown(&alerts), expected, "{host} {service}");
    }
}

#[test]
fn an_object_that_left_the_configuration_takes_its_alert_along() {
    let mut alerts = Alerts::new(style());
    follow(&mut alerts, &snapshot("0H", "2H", true));
    assert!(follow(&mut alerts, &Gathering::new(SnapshotBegin::default()).finish()));
    assert!(alerts.is_empty());
}

#[test]
fn another_name_is_another_alert() {
    let mut alerts = Alerts::new(style());
    follow(&mut alerts, &snapshot("0H", "2H", true));
    alerts.restyle(Style { instance: "other".to_owned(), ..style() });
    assert!(follow(&mut alerts, &snapshot("0H", "2H", true)));
    let Wanted { alert, .. } = alerts.wanted().next().unwrap();
    assert_eq!(alert.labels.get("instance"), Some("other"));
}
