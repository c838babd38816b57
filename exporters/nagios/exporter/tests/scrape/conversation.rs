//! The conversation on the Unix socket: what comes twice, too new, broken or from the wrong side.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use nagios_event::{Body, Flags, Frame, Hello, Notification, PROTOCOL, State, StateChange, Stats};

use crate::stage::{Exporter, Module, bytes, checked, eventually, hello, host, service, state};

const HTTP_STATE: &str = "nagios_service_state{host=\"web-1\",service=\"http\"}";

fn objects() -> Vec<Frame> {
    vec![
        host("web-1"),
        service("web-1", "http"),
        Frame::State(state("web-1", "", 0)),
        Frame::State(state("web-1", "http", 0)),
    ]
}

fn skipped(reason: &str) -> String {
    format!("nagios_exporter_frames_skipped_total{{reason=\"{reason}\"}}")
}

fn refused(reason: &str) -> String {
    format!("nagios_exporter_connections_refused_total{{reason=\"{reason}\"}}")
}

#[tokio::test(flavor = "multi_thread")]
async fn ready_with_the_first_whole_snapshot_and_not_before() {
    let exporter = Exporter::start("").await;
    let mut module = Module::connect(exporter.socket()).await;
    module.send(&hello(1)).await;
    exporter.reaches("nagios_up", 1.0).await;
    let (status, body) = exporter.get("/-/ready").await;
    assert_eq!(status, 503);
    assert!(body.contains("the Nagios module"), "{body}");
    assert_eq!(exporter.get("/api/v1/services").await.0, 503);
    module.snapshot(&objects()).await;
    eventually("ready", async || (exporter.get("/-/ready").await.0 == 200).then_some(())).await;
    exporter.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_snapshot_changes_nothing() {
    let exporter = Exporter::start("").await;
    let mut module = Module::start(exporter.socket(), 1, 0, &objects()).await;
    exporter.reaches("nagios_services{state=\"ok\"}", 1.0).await;
    let begin = nagios_event::SnapshotBegin { seq: 0, inventory: 2, loop_start: 1 };
    module.send(&Frame::SnapshotBegin(begin)).await;
    module.send(&host("other")).await;
    module.send(&Frame::Stats(Stats { panics: 3, ..Stats::default() })).await;
    exporter.reaches("nagios_module_panics_total", 3.0).await;
    assert_eq!(exporter.metric("nagios_services{state=\"ok\"}").await, Some(1.0));
    module.send(&Frame::SnapshotEnd).await;
    exporter.reaches("nagios_services{state=\"ok\"}", 0.0).await;
    assert_eq!(exporter.metric(HTTP_STATE).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_counted_once_and_old_ones_change_no_state() {
    let exporter = Exporter::start("").await;
    let mut module = Module::start(exporter.socket(), 1, 10, &objects()).await;
    // Numbers 5 and 6 are in the snapshot already: history.
    for seq in [5, 6, 6] {
        let body = Body::Check(checked(state("web-1", "http", 2)));
        module.send(&Frame::Event(nagios_event::Event { epoch: 1, seq, at_us: 0, body })).await;
    }
    let seq = module.check(state("web-1", "http", 1)).await;
    assert_eq!(seq, 11);
    module.acknowledged(seq).await;
    let checks = "nagios_checks_total{object=\"service\",kind=\"active\"}";
    exporter.reaches(checks, 3.0).await;
    assert_eq!(exporter.metric(HTTP_STATE).await, Some(1.0));
    assert_eq!(exporter.metric(&skipped("duplicate")).await, Some(1.0));

    // The same Nagios again: what was acknowledged counts once. The next event counts.
    drop(module);
    let mut module = Module::start(exporter.socket(), 1, 10, &objects()).await;
    module.check(state("web-1", "http", 1)).await;
    let seq = module.check(state("web-1", "http", 3)).await;
    module.acknowledged(seq).await;
    assert_eq!(exporter.metric(checks).await, Some(4.0));
    exporter.reaches(HTTP_STATE, 3.0).await;

    // A new Nagios counts its events from 1.
    drop(module);
    let mut module = Module::start(exporter.socket(), 2, 0, &objects()).await;
    let seq = module.check(state("web-1", "http", 0)).await;
    module.acknowledged(seq).await;
    assert_eq!(exporter.metric(checks).await, Some(5.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn history_is_counted_by_kind() {
    let exporter = Exporter::start("").await;
    let mut module = Module::start(exporter.socket(), 1, 0, &objects()).await;
    let passive = state("web-1", "http", 1);
    let passive = State { flags: passive.flags.with(Flags::PASSIVE_RESULT, true), ..passive };
    module.check(passive).await;
    let change =
        StateChange { host: "web-1".to_owned(), state: 1, hard: true, ..StateChange::default() };
    module.event(Body::StateChange(change)).await;
    for reason in [0, 1, 99] {
        let notification =
            Notification { host: "web-1".to_owned(), reason, ..Notification::default() };
        module.event(Body::Notification(notification)).await;
    }
    for series in [
        "nagios_checks_total{object=\"service\",kind=\"passive\"}",
        "nagios_state_changes_total{object=\"host\",kind=\"hard\"}",
        "nagios_notifications_total{object=\"host\",type=\"normal\"}",
        "nagios_notifications_total{object=\"host\",type=\"acknowledgement\"}",
        "nagios_notifications_total{object=\"host\",type=\"other\"}",
    ] {
        exporter.reaches(series, 1.0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_newer_module_says_is_skipped_and_counted() {
    let exporter = Exporter::start("").await;
    let mut module = Module::start(exporter.socket(), 1, 0, &objects()).await;
    // An unknown frame, an unknown event, an event that breaks off, a state that is none, an unknown object.
    module.send_bytes(&[3, 0, 0, 0, 200, 1, 2]).await;
    module.event(Body::Unknown(77)).await;
    module.send_bytes(&[2, 0, 0, 0, 10, 1]).await;
    module.check(State { state: 9, ..state("web-1", "http", 0) }).await;
    module.check(state("web-1", "nowhere", 0)).await;
    module.send(&host("late")).await;
    // A record that has grown at its end is read as far as it is known.
    let body = Body::Check(checked(state("web-1", "http", 2)));
    let check = nagios_event::Event { epoch: 1, seq: 4, at_us: 0, body };
    let mut longer = bytes(&Frame::Event(check));
    longer.extend([1, 2, 3, 4]);
    let length = u32::try_from(longer.len() - 4).unwrap();
    longer[..4].copy_from_slice(&length.to_le_bytes());
    module.send_bytes(&longer).await;
    exporter.reaches(HTTP_STATE, 2.0).await;
    for reason in [
        "unknown_frame",
        "unknown_event",
        "undecodable",
        "invalid_state",
        "unknown_object",
        "out_of_place",
    ] {
        assert_eq!(exporter.metric(&skipped(reason)).await, Some(1.0), "{reason}");
    }
    assert_eq!(exporter.metric("nagios_up").await, Some(1.0));
    module.acknowledged(4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_protocol_is_refused() {
    let exporter = Exporter::start("").await;
    let mut module = Module::connect(exporter.socket()).await;
    let Frame::Hello(newer) = hello(1) else { unreachable!() };
    module.send(&Frame::Hello(Hello { protocol: PROTOCOL + 1, ..newer })).await;
    module.hung_up().await;
    exporter.reaches(&refused("protocol"), 1.0).await;
    assert_eq!(exporter.metric("nagios_up").await, Some(0.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_ends_the_connection_and_nothing_else() {
    let exporter = Exporter::start("").await;
    let mut stranger = Module::connect(exporter.socket()).await;
    stranger.send_bytes(b"GET / HTTP/1.1\r\nHost: nagios\r\n\r\n").await;
    stranger.hung_up().await;
    exporter.reaches(&refused("hello"), 1.0).await;

    let mut module = Module::start(exporter.socket(), 1, 0, &objects()).await;
    exporter.reaches("nagios_up", 1.0).await;
    module.send_bytes(&[0xff; 64]).await;
    module.hung_up().await;
    exporter.reaches("nagios_up", 0.0).await;
    // The last known states are still shown, and the next connection is welcome.
    assert_eq!(exporter.metric(HTTP_STATE).await, Some(0.0));
    let _module = Module::start(exporter.socket(), 1, 0, &objects()).await;
    exporter.reaches("nagios_up", 1.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newer_connection_of_one_nagios_wins_and_a_second_nagios_is_refused() {
    let exporter = Exporter::start("").await;
    let mut old = Module::start(exporter.socket(), 1, 0, &objects()).await;
    exporter.reaches("nagios_exporter_snapshots_total", 1.0).await;
    let mut new = Module::start(exporter.socket(), 1, 0, &objects()).await;
    old.hung_up().await;
    let mut second = Module::connect(exporter.socket()).await;
    second.send(&hello(2)).await;
    second.hung_up().await;
    exporter.reaches(&refused("occupied"), 1.0).await;
    let seq = new.check(state("web-1", "http", 2)).await;
    new.acknowledged(seq).await;
    exporter.reaches(HTTP_STATE, 2.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_that_falls_silent_is_gone_and_its_objects_vanish_in_time() {
    let exporter = Exporter::start("stale_after: 20s\n").await;
    let mut module = Module::start(exporter.socket(), 1, 0, &objects()).await;
    exporter.reaches("nagios_up", 1.0).await;
    module.fall_silent();
    module.hung_up().await;
    exporter.reaches("nagios_up", 0.0).await;
    assert_eq!(exporter.metric(HTTP_STATE).await, Some(0.0));
    let gone = async || exporter.metric(HTTP_STATE).await.is_none().then_some(());
    eventually("no state", gone).await;
    assert_eq!(exporter.metric("nagios_services{state=\"ok\"}").await, None);
    let (_, page) = exporter.get("/services").await;
    assert!(page.contains("Nagios has said nothing for"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_is_not_allowed_is_refused() {
    if !nix::unistd::Uid::effective().is_root() {
        eprintln!("skipped: only root can become another user");
        return;
    }
    let exporter = Exporter::start("").await;
    // Only the check of the user stands between `nobody` and the socket.
    for (path, mode) in [(exporter.folder(), 0o755), (exporter.socket(), 0o666)] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let connect = format!(
        "use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new(Peer => '{}') or die $!; sysread $s, my $b, 1;",
        exporter.socket().display()
    );
    let status = tokio::process::Command::new("perl")
        .args(["-e", &connect])
        .uid(65534)
        .gid(65534)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .status()
        .await
        .unwrap();
    assert!(status.success());
    exporter.reaches(&refused("user"), 1.0).await;
}
