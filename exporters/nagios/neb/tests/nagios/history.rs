//! What people do and are told arrives as it is: notifications with their contacts, downtimes,
//! acknowledgements, flapping, comments; and what the inventory says of them.

use nagios_event::{
    Acknowledgement, AcknowledgementStep, Body, CommentKind, CommentStep, ContactNotification,
    DowntimeStep, Flapping, FlappingStep, GroupKind, Modes,
};

use crate::daemon::{Nagios, Setup, now, result};
use crate::reader::{Exporter, Reader};

fn start(setup: Setup) -> (Exporter, Nagios, Reader) {
    let exporter = Exporter::listen(&setup.socket());
    let nagios = setup.start();
    let mut reader = exporter.accept();
    reader.until_snapshot();
    (exporter, nagios, reader)
}

#[test]
fn the_inventory_tells_who_is_told_and_how_often_it_checks() {
    let setup = Setup::new().arguments("instance=site-a variables=icon").objects(
        "define contactgroup {\n contactgroup_name admins\n alias Admins\n members ops\n}\n\
         define service {\n use passive\n host_name web\n service_description disk\n \
         check_interval 5\n retry_interval 2\n notification_interval 7\n \
         contact_groups admins\n _ICON disk.png\n _PASSWORD secret\n}\n",
    );
    let (_exporter, _nagios, mut reader) = start(setup);
    assert_eq!(reader.told.hello.as_ref().unwrap().instance, "site-a");
    let world = &reader.told.world;
    let disk = &world.services[&("web".to_owned(), "disk".to_owned())];
    assert_eq!(disk.display_name, "disk");
    let settings = &disk.settings;
    assert_eq!((&*settings.check_period, settings.max_attempts), ("always", 2));
    let intervals =
        (settings.check_interval, settings.retry_interval, settings.notification_interval);
    assert_eq!(intervals, (5.0, 2.0, 7.0));
    assert_eq!(
        (&settings.contacts[..], &settings.contact_groups[..]),
        (&["ops".to_owned()][..], &["admins".to_owned()][..])
    );
    assert_eq!(settings.variables, [("ICON".to_owned(), "disk.png".to_owned())]);
    assert_eq!(world.contacts.iter().map(|contact| &*contact.name).collect::<Vec<_>>(), ["ops"]);
    let admins = world.groups.iter().find(|group| group.kind == GroupKind::Contact).unwrap();
    assert_eq!((&*admins.name, &*admins.members[0].0), ("admins", "ops"));
    reader.until("Nagios' own state", |told| {
        told.is_event(|body| match body {
            Body::Program(program) => {
                program.modes.has(Modes::NOTIFICATIONS)
                    && !program.modes.has(Modes::FLAP_DETECTION)
                    && program.pid == told.hello.as_ref().unwrap().pid
                    && program.start > 0
            }
            _ => false,
        })
    });
}

#[test]
fn a_notification_names_contact_method_and_number() {
    let (_exporter, nagios, mut reader) = start(Setup::new().passive_service("http"));
    nagios.commands(&[result("http", 2, r"CRITICAL\nmore|a=1"), result("http", 2, "CRITICAL")]);
    reader.until("the contact's notification", |told| {
        told.is_event(|body| {
            *body
                == Body::ContactNotification(ContactNotification {
                    host: "web".to_owned(),
                    service: "http".to_owned(),
                    contact: "ops".to_owned(),
                    method: "tell_nobody".to_owned(),
                    state: 2,
                    number: 1,
                    ..ContactNotification::default()
                })
        })
    });
    reader.until("the notification", |told| {
        told.is_event(|body| {
            matches!(body, Body::Notification(n) if (n.number, n.contacts, &*n.output) == (1, 1, "CRITICAL"))
        })
    });
    let check = reader.told.events.iter().find_map(|event| match &event.body {
        Body::Check(check) if check.state.service == "http" => Some(check),
        _ => None,
    });
    let check = check.unwrap();
    assert_eq!((check.return_code, check.timed_out), (2, false));
    assert!(check.started_us > 0 && check.ended_us >= check.started_us);
    assert_eq!(check.state.long_output, "more");
}

#[test]
fn an_acknowledgement_comes_with_its_words_and_its_end_is_seen() {
    let (_exporter, nagios, mut reader) = start(Setup::new().passive_service("http"));
    nagios.commands(&[result("http", 2, "CRITICAL"), result("http", 2, "CRITICAL")]);
    reader.until("a problem", |told| told.world.service("http").unwrap().attempt == 2);
    nagios.command("ACKNOWLEDGE_SVC_PROBLEM;web;http;2;0;1;ops;on it");
    let expected = Acknowledgement {
        step: AcknowledgementStep::Set,
        host: "web".to_owned(),
        service: "http".to_owned(),
        state: 2,
        author: "ops".to_owned(),
        comment: "on it".to_owned(),
        sticky: true,
        persistent: true,
        notify: false,
    };
    reader.until("the acknowledgement", |told| {
        told.is_event(|body| *body == Body::Acknowledgement(expected.clone()))
    });
    reader.until("its comment", |told| {
        told.is_event(|body| {
            matches!(body, Body::Comment(comment) if comment.step == CommentStep::Added
                && comment.kind == CommentKind::Acknowledgement && comment.text == "on it")
        })
    });
    nagios.result("http", 0, "OK");
    reader.until("its end", |told| {
        told.is_event(|body| {
            matches!(body, Body::Acknowledgement(end) if end.step == AcknowledgementStep::Removed
                && end.service == "http" && end.state == 0)
        })
    });
}

#[test]
fn a_downtime_is_followed_from_its_plan_to_its_end_and_over_a_reader() {
    let (exporter, nagios, mut reader) = start(Setup::new().passive_service("http"));
    let (from, to) = (now() - 10, now() + 3600);
    nagios.command(&format!("SCHEDULE_SVC_DOWNTIME;web;http;{from};{to};1;0;60;ops;work"));
    let step = |body: &Body<String>, wanted| matches!(body, Body::Downtime(change) if change.step == wanted);
    for wanted in [DowntimeStep::Scheduled, DowntimeStep::Started] {
        reader.until("a step", |told| told.is_event(|body| step(body, wanted)));
    }
    drop(reader);
    let mut reader = exporter.accept();
    reader.until_snapshot();
    let [downtime] = &reader.told.world.downtimes[..] else {
        panic!("{:?}", reader.told.world.downtimes)
    };
    assert_eq!((&*downtime.author, &*downtime.comment), ("ops", "work"));
    assert_eq!((downtime.start, downtime.end), (from as i64, to as i64));
    assert!(downtime.fixed && downtime.in_effect && downtime.id > 0);
    let id = downtime.id;

    nagios.signal(nix::sys::signal::Signal::SIGHUP);
    reader.until("the reload", |told| told.world.begin.inventory == 2);
    assert_eq!(reader.told.world.downtimes[0].id, id, "it outlives a reload, with its number");

    nagios.command(&format!("DEL_SVC_DOWNTIME;{id}"));
    for wanted in [DowntimeStep::Cancelled, DowntimeStep::Deleted] {
        reader.until("its end", |told| {
            told.is_event(|body| {
                matches!(body, Body::Downtime(change) if change.step == wanted && change.downtime.id == id)
            })
        });
    }
}

#[test]
fn flapping_starts_and_stops_and_comments_come_and_go() {
    let setup = Setup::new().setting("enable_flap_detection=1").objects(
        "define service {\n use passive\n host_name web\n service_description wild\n \
             flap_detection_enabled 1\n low_flap_threshold 5\n high_flap_threshold 20\n \
             max_check_attempts 1\n}\n",
    );
    let (_exporter, nagios, mut reader) = start(setup);
    for round in 0..21 {
        nagios.result("wild", if round % 2 == 0 { 2 } else { 0 }, &format!("round {round}"));
        reader.until("a round", |told| {
            told.world.service("wild").unwrap().output == format!("round {round}")
        });
    }
    let is = |body: &Body<String>, wanted| matches!(body, Body::Flapping(Flapping { step, percent_state_change, .. }) if *step == wanted && *percent_state_change > 0.0);
    reader.until("flapping", |told| told.is_event(|body| is(body, FlappingStep::Started)));
    nagios.command("DISABLE_SVC_FLAP_DETECTION;web;wild");
    reader.until("its end", |told| told.is_event(|body| is(body, FlappingStep::Disabled)));

    nagios.command("ADD_SVC_COMMENT;web;wild;1;ops;look at this");
    let comment = |body: &Body<String>, wanted| matches!(body, Body::Comment(comment) if comment.step == wanted && comment.kind == CommentKind::User && comment.text == "look at this" && comment.author == "ops");
    reader.until("a comment", |told| told.is_event(|body| comment(body, CommentStep::Added)));
    nagios.command("DEL_ALL_SVC_COMMENTS;web;wild");
    reader.until("its end", |told| told.is_event(|body| comment(body, CommentStep::Deleted)));
}
