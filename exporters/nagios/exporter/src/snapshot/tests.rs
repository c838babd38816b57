use nagios_event::{Flags, GroupKind, SnapshotBegin};

use super::*;
use crate::perfdata::{Faults, Reader};

fn inventory() -> Gathering {
    let mut gathering = Gathering::new(SnapshotBegin { seq: 7, inventory: 1, loop_start: 5 });
    // Not in the order of their names, as Nagios walks them.
    for name in ["web", "db"] {
        let host = nagios_event::Host { name: name.to_owned(), ..Default::default() };
        gathering.host(host).unwrap();
    }
    for (host, name) in [("web", "ping"), ("gone", "ping"), ("db", "sql"), ("web", "http")] {
        gathering.service(named(host, name)).unwrap();
    }
    gathering
}

fn named(host: &str, name: &str) -> nagios_event::Service<String> {
    nagios_event::Service { host: host.to_owned(), name: name.to_owned(), ..Default::default() }
}

fn record(host: &str, service: &str, state: u8, flags: Flags) -> State<String> {
    State { host: host.to_owned(), service: service.to_owned(), state, flags, ..State::default() }
}

#[test]
fn objects_are_sorted_and_services_have_hosts() {
    let snapshot = inventory().finish();
    let hosts: Vec<&str> = snapshot.hosts.iter().map(|host| &*host.inventory.name).collect();
    assert_eq!(hosts, ["db", "web"]);
    let services = |host| -> Vec<&str> {
        snapshot.services_of(host).iter().map(|service| &*service.inventory.name).collect()
    };
    assert_eq!(services("web"), ["http", "ping"]);
    assert_eq!(services("db"), ["sql"]);
    assert!(services("gone").is_empty() && services("").is_empty());
    assert_eq!(snapshot.services.len(), 3);
    assert!(snapshot.host("web").is_some() && snapshot.host("we").is_none());
}

#[test]
fn a_state_finds_its_object_and_leaves_copies_alone() {
    let mut snapshot = inventory().finish();
    let before = snapshot.clone();
    let mut reader = Reader::default();
    let checked = Flags::CHECKED;
    let touched = snapshot.put_state(record("web", "ping", 2, checked), &mut reader);
    assert_eq!(touched, Ok(Touched::Service(2)));
    assert_eq!(snapshot.services[2].status.as_ref().unwrap().state, ServiceState::Critical);
    assert!(before.services[2].status.is_none());
    let touched = snapshot.put_state(record("db", "", 1, checked), &mut reader);
    assert_eq!(touched, Ok(Touched::Host(0)));
    // Not checked means pending, whatever number stands there.
    snapshot.put_state(record("db", "", 0, Flags::default()), &mut reader).unwrap();
    assert!(snapshot.hosts[0].status.is_none());
}

#[test]
fn a_state_without_place_or_sense_changes_nothing() {
    let mut snapshot = inventory().finish();
    let mut reader = Reader::default();
    for (host, service, state, expected) in [
        ("web", "x", 0, "no host or service \"web\" \"x\" in the inventory"),
        ("x", "", 0, "no host or service \"x\" \"\" in the inventory"),
        ("web", "ping", 4, "field state is 4, expected 0 to 3 for a service"),
        ("web", "", 3, "field state is 3, expected 0 to 2 for a host"),
    ] {
        let record = record(host, service, state, Flags::CHECKED);
        assert_eq!(snapshot.put_state(record, &mut reader).unwrap_err().to_string(), expected);
    }
    assert!(snapshot.services.iter().all(|service| service.status.is_none()));
}

#[test]
fn what_the_module_cannot_see_is_as_if_nobody_had_touched_it() {
    let mut snapshot = inventory().finish();
    let blind = State {
        downtime_depth: 3,
        latency: -1.0,
        execution_time: f64::NAN,
        perfdata: "a=1 a=2 b=x".to_owned(),
        ..record(
            "web",
            "ping",
            1,
            Flags(Flags::CHECKED.0 | Flags::ACKNOWLEDGED.0 | Flags::FLAPPING.0),
        )
    };
    let mut reader = Reader::default();
    snapshot.put_state(blind.clone(), &mut reader).unwrap();
    assert_eq!(reader.faults, Faults { broken: 1, duplicates: 1, ..Faults::default() });
    let status = snapshot.services[2].status.clone().unwrap();
    assert!(
        !status.acknowledged && !status.flapping && !status.in_downtime && status.notifications
    );
    assert_eq!((status.notifications_sent, status.last_check), (None, None));
    assert_eq!((status.latency, status.execution_time), (0.0, 0.0));
    let seeing = State { flags: blind.flags.with(Flags::LAYOUT_KNOWN, true), ..blind };
    snapshot.put_state(seeing, &mut reader).unwrap();
    let status = snapshot.services[2].status.clone().unwrap();
    assert!(status.acknowledged && status.flapping && status.in_downtime && !status.notifications);
}

#[test]
fn a_group_in_several_frames_is_one_and_periods_default_to_inside() {
    let mut gathering = inventory();
    for member in ["web", "db", "web"] {
        let members = vec![(member.to_owned(), String::new())];
        let (kind, name, alias) = (GroupKind::Host, "all".to_owned(), String::new());
        gathering.group(Group { kind, name, alias, members }).unwrap();
    }
    gathering.timeperiod(Timeperiod { name: "work".to_owned(), inside: false }).unwrap();
    let mut snapshot = gathering.finish();
    let [group] = &snapshot.groups[..] else { panic!("{:?}", snapshot.groups) };
    assert_eq!(group.members.len(), 2);
    assert!(snapshot.inside("") && snapshot.inside("other") && !snapshot.inside("work"));
    let work = |inside| Timeperiod { name: "work".to_owned(), inside };
    assert_eq!(snapshot.put_timeperiod(work(false)), None);
    assert_eq!(snapshot.put_timeperiod(work(true)), Some(Touched::Everything));
    assert!(snapshot.inside("work"));
}

#[test]
fn a_snapshot_without_end_is_refused() {
    let mut gathering = inventory();
    let parents = vec![String::new(); 1_000_000];
    let host = nagios_event::Host { parents, ..Default::default() };
    assert_eq!(gathering.host(host.clone()), Ok(()));
    assert_eq!(gathering.host(host), Err(TooLarge));
}

#[test]
fn texts_are_cut_between_characters() {
    let mut snapshot = inventory().finish();
    let record = State { output: "héllo".to_owned(), ..record("web", "ping", 0, Flags::CHECKED) };
    snapshot.put_state(record, &mut Reader::default()).unwrap();
    let status = snapshot.service("web", "ping").unwrap().status.as_ref().unwrap();
    for (limit, expected) in [(0, ""), (2, "h"), (3, "hé"), (99, "héllo")] {
        assert_eq!(status.output_up_to(limit), expected);
    }
}

#[test]
fn what_is_equal_is_in_memory_once() {
    let mut gathering = Gathering::new(SnapshotBegin::default());
    for (name, interval) in [("a", 60.0), ("b", 60.0), ("c", 300.0)] {
        let settings = nagios_event::Settings {
            check_interval: interval,
            contacts: vec!["admins".to_owned()],
            ..Default::default()
        };
        let check_command = "check-host".to_owned();
        let name = name.to_owned();
        let host = nagios_event::Host { name, check_command, settings, ..Default::default() };
        gathering.host(host).unwrap();
    }
    let snapshot = gathering.finish();
    let [a, b, c] = [0, 1, 2].map(|at| &*snapshot.hosts[at].inventory);
    assert!(Arc::ptr_eq(&a.settings, &b.settings) && !Arc::ptr_eq(&a.settings, &c.settings));
    assert!(Arc::ptr_eq(&a.check_command, &c.check_command));
    assert!(Arc::ptr_eq(&a.settings.contacts[0], &c.settings.contacts[0]));
}
