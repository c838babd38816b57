//! What Nagios does arrives as it is.

use nagios_event::{Body, Flags, GroupKind, Notification, PROTOCOL, Timeperiod};

use crate::daemon::{Setup, now};
use crate::reader::Exporter;

#[test]
fn the_inventory_arrives_with_states() {
    let setup = Setup::new()
        .passive_service("http")
        .objects("define service {\n use passive\n host_name web\n service_description nightly\n notification_period never\n servicegroups pages\n}\n");
    let exporter = Exporter::listen(&setup.socket());
    let nagios = setup.start();
    let mut reader = exporter.accept();
    reader.until_snapshot();

    let hello = reader.told.hello.as_ref().unwrap();
    assert_eq!((hello.protocol, hello.pid), (PROTOCOL, nagios.pid()));
    assert!(hello.nagios_version.starts_with("4."), "{}", hello.nagios_version);
    assert_eq!(hello.warnings, [""; 0]);

    let world = &reader.told.world;
    assert_eq!(world.begin.inventory, 1);
    assert!(world.begin.loop_start.unsigned_abs().abs_diff(now()) < 60);
    assert_eq!(world.hosts.keys().collect::<Vec<_>>(), ["switch", "web"]);
    let web = &world.hosts["web"];
    assert_eq!((&*web.alias, &*web.address), ("The web server", "192.0.2.2"));
    assert_eq!((&*web.check_command, &*web.notification_period), ("check_fine", "always"));
    assert_eq!(web.parents, ["switch"]);
    assert!(world.hosts["switch"].parents.is_empty());
    let nightly = &world.services[&("web".to_owned(), "nightly".to_owned())];
    assert_eq!((&*nightly.check_command, &*nightly.notification_period), ("check_fine", "never"));

    let member = |kind| world.groups.iter().find(|group| group.kind == kind).unwrap();
    let servers = member(GroupKind::Host);
    assert_eq!((&*servers.name, &*servers.alias), ("servers", "Servers"));
    assert_eq!(servers.members, [("web".to_owned(), String::new())]);
    let pages = member(GroupKind::Service);
    assert_eq!((&*pages.name, &*pages.alias), ("pages", "Pages"));
    assert_eq!(pages.members, [("web".to_owned(), "nightly".to_owned())]);

    let periods = world.timeperiods.iter().map(|(name, inside)| (&**name, *inside));
    assert_eq!(periods.collect::<Vec<_>>(), [("always", true), ("never", false)]);

    assert_eq!(world.states.len(), 4);
    let http = world.service("http").unwrap();
    assert!(http.flags.has(Flags::LAYOUT_KNOWN) && http.flags.has(Flags::NOTIFICATIONS));
    assert!(http.flags.has(Flags::PASSIVE_CHECKS) && !http.flags.has(Flags::ACTIVE_CHECKS));
    assert!(!http.flags.has(Flags::CHECKED));
    assert_eq!((http.state, http.max_attempts, http.downtime_depth), (0, 2, 0));
}

#[test]
fn a_passive_result_goes_from_soft_to_hard_and_is_notified() {
    let setup = Setup::new().passive_service("http");
    let exporter = Exporter::listen(&setup.socket());
    let nagios = setup.start();
    let mut reader = exporter.accept();
    reader.until_snapshot();

    nagios.result("http", 2, "CRITICAL - 连接被拒绝|time=0.1s;1;2 size=5B");
    reader.until("the soft state", |told| {
        told.world.service("http").is_some_and(|state| state.state == 2)
    });
    let soft = reader.told.world.service("http").unwrap().clone();
    assert_eq!(
        (&*soft.output, &*soft.perfdata),
        ("CRITICAL - 连接被拒绝", "time=0.1s;1;2 size=5B")
    );
    assert_eq!((soft.attempt, soft.max_attempts), (1, 2));
    assert!(soft.flags.has(Flags::CHECKED) && soft.flags.has(Flags::PASSIVE_RESULT));
    assert!(!soft.flags.has(Flags::HARD));
    assert!(soft.last_check.unsigned_abs().abs_diff(now()) < 60);
    assert!(soft.last_state_change.unsigned_abs().abs_diff(now()) < 60);

    nagios.result("http", 2, "CRITICAL - still");
    let told = |notification: &Notification<String>| {
        (notification.reason, notification.state, notification.contacts) == (0, 2, 1)
    };
    reader.until("the notification", |all| {
        all.is_event(|body| matches!(body, Body::Notification(n) if n.service == "http" && told(n)))
    });
    reader.until("its number", |told| {
        told.world.service("http").is_some_and(|state| state.notification_number == 1)
    });
    let hard = reader.told.world.service("http").unwrap();
    assert!(hard.flags.has(Flags::HARD));
    assert_eq!((hard.attempt, &*hard.output), (2, "CRITICAL - still"));

    let changes: Vec<_> = reader
        .told
        .events
        .iter()
        .filter_map(|event| match &event.body {
            Body::StateChange(change) if change.service == "http" => {
                Some((change.state, change.hard, change.attempt, change.max_attempts))
            }
            _ => None,
        })
        .collect();
    assert_eq!(changes, [(2, false, 1, 2), (2, true, 2, 2)]);

    let seqs: Vec<_> = reader.told.events.iter().map(|event| event.seq).collect();
    let expected: Vec<_> = (1..).take(seqs.len()).collect();
    assert_eq!(seqs, expected, "numbers rise by one, also of what happened before the snapshot");
    let checks =
        reader.told.events.iter().filter(
            |event| matches!(&event.body, Body::Check(check) if check.state.service == "http"),
        );
    assert_eq!(checks.count(), 2, "a check is told once");
    for event in &reader.told.events {
        assert!((event.at_us / 1_000_000).unsigned_abs().abs_diff(now()) < 60);
    }
}

#[test]
fn active_checks_of_hosts_and_services_arrive() {
    let setup = Setup::new().objects(
        "define service {\n use passive\n host_name web\n service_description active\n \
         active_checks_enabled 1\n check_interval 1\n retry_interval 1\n}\n\
         define host {\n use machine\n host_name live\n active_checks_enabled 1\n \
         check_interval 1\n retry_interval 1\n check_command check_fine\n}\n",
    );
    let exporter = Exporter::listen(&setup.socket());
    let _nagios = setup.start();
    let mut reader = exporter.accept();
    reader.until("two checks each", |told| {
        let count = |host: &str, service: &str| {
            let of = |body: &Body<String>| matches!(body, Body::Check(check) if check.state.host == host && check.state.service == service);
            told.events.iter().filter(|event| of(&event.body)).count()
        };
        count("web", "active") >= 2 && count("live", "") >= 2
    });
    for (host, service) in [("web", "active"), ("live", "")] {
        let state = &reader.told.world.states[&(host.to_owned(), service.to_owned())];
        assert_eq!((state.state, &*state.output), (0, "FINE - all is well"));
        assert_eq!(state.perfdata, "time=0.5s size=7B");
        assert!(state.flags.has(Flags::ACTIVE_CHECKS) && !state.flags.has(Flags::PASSIVE_RESULT));
        assert!(state.execution_time > 0.0 && state.execution_time < 10.0);
        assert!(state.latency >= 0.0 && state.latency < 10.0);
        assert!(state.next_check > 0);
    }
}

#[test]
fn acknowledgement_downtime_and_switches_come_and_go() {
    let setup = Setup::new().passive_service("http");
    let exporter = Exporter::listen(&setup.socket());
    let nagios = setup.start();
    let mut reader = exporter.accept();
    reader.until_snapshot();
    nagios.commands(&[
        crate::daemon::result("http", 2, "CRITICAL"),
        crate::daemon::result("http", 2, "CRITICAL"),
    ]);
    reader.until("a hard state", |told| {
        told.world
            .service("http")
            .is_some_and(|state| state.flags.has(Flags::HARD) && state.state == 2)
    });

    let acknowledged = |state: &nagios_event::State<String>| state.flags.has(Flags::ACKNOWLEDGED);
    let notified = |state: &nagios_event::State<String>| state.flags.has(Flags::NOTIFICATIONS);
    let in_downtime = |state: &nagios_event::State<String>| state.downtime_depth == 1;
    let (from, to) = (now() - 10, now() + 3600);
    type Holds<'a> = &'a dyn Fn(&nagios_event::State<String>) -> bool;
    let steps: [(String, Holds<'_>); 6] = [
        ("ACKNOWLEDGE_SVC_PROBLEM;web;http;1;0;0;ops;on it".to_owned(), &acknowledged),
        ("REMOVE_SVC_ACKNOWLEDGEMENT;web;http".to_owned(), &|state| !acknowledged(state)),
        ("DISABLE_SVC_NOTIFICATIONS;web;http".to_owned(), &|state| !notified(state)),
        ("ENABLE_SVC_NOTIFICATIONS;web;http".to_owned(), &notified),
        (format!("SCHEDULE_SVC_DOWNTIME;web;http;{from};{to};1;0;3600;ops;work"), &in_downtime),
        ("DEL_DOWNTIME_BY_HOST_NAME;web;http".to_owned(), &|state| !in_downtime(state)),
    ];
    for (command, holds) in steps {
        assert!(
            !holds(reader.told.world.service("http").unwrap()),
            "{command} has nothing to change"
        );
        reader.told.events.clear();
        nagios.command(&command);
        reader.until(&command, |told| {
            told.is_event(|body| matches!(body, Body::Status(state) if state.service == "http" && holds(state)))
        });
        assert!(holds(reader.told.world.service("http").unwrap()));
    }
}

#[test]
fn a_program_wide_switch_changes_all_states() {
    let setup = Setup::new().passive_service("http");
    let exporter = Exporter::listen(&setup.socket());
    let nagios = setup.start();
    let mut reader = exporter.accept();
    reader.until_snapshot();
    nagios.command("DISABLE_NOTIFICATIONS");
    reader.until("a snapshot without notifications", |told| {
        told.world.states.values().all(|state| !state.flags.has(Flags::NOTIFICATIONS))
    });
    assert_eq!(reader.told.world.begin.inventory, 1);
    nagios.command("ENABLE_NOTIFICATIONS");
    reader.until("a snapshot with notifications", |told| {
        told.world.states.values().all(|state| state.flags.has(Flags::NOTIFICATIONS))
    });
}

#[test]
fn the_end_of_a_notification_period_is_told() {
    // Nagios' periods are whole minutes: this one ends, or around midnight begins, with a minute that is far
    // enough for Nagios to start before.
    let turn = (now() + 30).div_ceil(60) * 60;
    let minute = turn / 60 % (24 * 60);
    let (hours, inside) = match minute {
        0 => ("00:00-00:05".to_owned(), true),
        _ => (format!("00:00-{:02}:{:02}", minute / 60, minute % 60), false),
    };
    let days = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
        .map(|day| format!(" {day} {hours}\n"))
        .concat();
    let setup = Setup::new().objects(&format!(
        "define timeperiod {{\n timeperiod_name today\n alias Today\n{days}}}\n\
         define service {{\n use passive\n host_name web\n service_description daily\n \
         notification_period today\n}}\n"
    ));
    let exporter = Exporter::listen(&setup.socket());
    let _nagios = setup.start();
    let mut reader = exporter.accept();
    reader.until_snapshot();
    assert_eq!(reader.told.world.timeperiods["today"], !inside);
    let patience = turn + 60;
    let today = Timeperiod { name: "today".to_owned(), inside };
    while now() < patience && !reader.told.is_event(|body| *body == Body::Timeperiod(today.clone()))
    {
        let seen = reader.told.stats.last_seq;
        let until = now() + 10;
        reader.until("a sign of life", |told| told.stats.last_seq != seen || now() >= until);
    }
    assert!(reader.told.is_event(|body| *body == Body::Timeperiod(today.clone())));
}
