//! A session from its beginning to its replay.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use vnc_recorder::recording::Event;
use vnc_recorder::recording::recorder::Status;
use vnc_recorder::recording::store::{Filter, State, Summary};
use vnc_recorder::recording::verify::verify;
use vnc_recorder::replay::{self, Command, Output};
use vnc_recorder::rfb::decoder::Decoder;

use crate::desk::Desk;
use crate::screen::{Screen, in_time, until};
use crate::viewer::{Closed, Viewer};

async fn desk(screen: &Screen, more: &str) -> Desk {
    let target = format!("targets: [{{name: lab, address: '{}'{more}}}]\n", screen.address);
    Desk::start(&format!("{target}recording: {{reserve: 1MiB}}\n")).await
}

/// The only recording, once its session has ended.
async fn recorded(desk: &Desk) -> Summary {
    let running = async || desk.consoles.store.list(&Filter::default());
    until("the recording has ended", async || running().await[0].state != State::Running).await;
    running().await.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_moment_is_found_again() {
    let screen = Screen::start().await;
    let desk = desk(&screen, "").await;
    let mut viewer = Viewer::open(desk.address, "console/static/lab/ann").await.unwrap();
    assert_eq!(viewer.name, "lab screen");
    let session = desk.consoles.sessions.list().remove(0);
    assert_eq!((&*session.user, session.recording), ("ann", Status::Recording));
    let mut moments = Vec::new();
    for (round, colour) in [[200, 0, 0], [0, 180, 7], [1, 2, 3]].into_iter().enumerate() {
        screen.paint(colour).await;
        viewer.until("the colour is seen", |viewer| viewer.pixel(300, 150) == colour).await;
        screen.weave(["white", "red", "yellow"][round]).await;
        let truth = screen.pixels();
        viewer.until("what X shows is seen", |viewer| viewer.pixels() == truth).await;
        let time = Timestamp::now().duration_since(session.started).as_millis();
        moments.push((time as u32, viewer.screen.hash()));
        // The next change must not fall into the same millisecond.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    viewer.close().await;

    let summary = recorded(&desk).await;
    assert_eq!(summary.state, State::Complete);
    assert_eq!(summary.reason.as_deref(), Some("closed by the user"));
    assert_eq!((&*summary.begin.target, &*summary.begin.user), ("static/lab", "ann"));
    assert!(summary.seekable && !moments.is_empty());
    let mut reader = desk.consoles.store.reader(summary.begin.id).unwrap().unwrap();
    for (time, hash) in moments.iter().rev().chain(&moments) {
        reader.seek(*time).unwrap();
        assert_eq!(reader.screen().hash(), *hash, "at {time} ms");
    }
    let hash = verify(&desk.consoles.store.path(summary.begin.id)).unwrap().hash;
    assert!(desk.audit().contains(&hash), "the audit log knows how it ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_shows_what_was_seen_and_obeys() {
    let screen = Screen::start().await;
    let desk = desk(&screen, "").await;
    let mut viewer = Viewer::open(desk.address, "console/static/lab/ann").await.unwrap();
    screen.paint([9, 8, 7]).await;
    viewer.until("the colour is seen", |viewer| viewer.pixel(300, 150) == [9, 8, 7]).await;
    let hash = viewer.screen.hash();

    // While the session runs: to what is live.
    let id = desk.consoles.sessions.list()[0].id;
    let live = desk.consoles.store.find(id).unwrap();
    assert_eq!(live.state, State::Running);
    let reader = desk.consoles.store.reader(id).unwrap().unwrap();
    assert_eq!(shown(reader, &[Command::Live], hash).await, hash);

    viewer.close().await;
    recorded(&desk).await;
    let commands = [Command::Speed { speed: 8.0 }, Command::SkipIdle { on: true }];
    let reader = desk.consoles.store.reader(id).unwrap().unwrap();
    assert_eq!(shown(reader, &commands, hash).await, hash);
    let last = desk.consoles.store.find(id).unwrap().duration_ms;
    let commands = [Command::Pause, Command::Seek { time_ms: last }];
    let reader = desk.consoles.store.reader(id).unwrap().unwrap();
    assert_eq!(shown(reader, &commands, hash).await, hash);
}

/// Plays until the screen has this hash.
async fn shown(
    reader: vnc_recorder::recording::reader::Reader,
    commands: &[Command],
    wanted: blake3::Hash,
) -> blake3::Hash {
    let (orders, inbox) = mpsc::channel(8);
    let (outputs, mut output) = mpsc::channel(2);
    let mut screen = vnc_recorder::rfb::screen::Screen::new(1, 1).unwrap();
    let mut decoder = Decoder::default();
    replay::play(reader, inbox, outputs);
    for command in commands {
        orders.send(*command).await.unwrap();
    }
    while screen.hash() != wanted {
        match in_time(output.recv()).await.unwrap() {
            Output::Picture(bytes) => decoder.feed(&bytes, &mut screen).unwrap(),
            Output::Position(_) => {}
            Output::Failed(why) => panic!("{why}"),
        }
    }
    screen.hash()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_sees_the_same_and_can_do_nothing() {
    let screen = Screen::start().await;
    let desk = desk(&screen, "").await;
    let mut viewer = Viewer::open(desk.address, "console/static/lab/ann").await.unwrap();
    screen.weave("green").await;
    let truth = screen.pixels();
    viewer.until("what X shows is seen", |viewer| viewer.pixels() == truth).await;
    let id = desk.consoles.sessions.list()[0].id;
    let mut watcher = Viewer::open(desk.address, &format!("watch/{id}/bob")).await.unwrap();
    watcher.until("the watcher sees it", |watcher| watcher.pixels() == truth).await;
    screen.paint([50, 60, 70]).await;
    viewer.until("the user is told", |viewer| viewer.notice["watchers"][0] == "bob").await;
    viewer.until("the colour is seen", |viewer| viewer.pixel(300, 150) == [50, 60, 70]).await;
    watcher.until("by both", |watcher| watcher.pixel(300, 150) == [50, 60, 70]).await;
    // Even nonsense of a watcher goes nowhere.
    watcher.send(&[255; 64]).await;
    watcher.close().await;
    viewer
        .until("the user is told", |viewer| viewer.notice["watchers"] == serde_json::json!([]))
        .await;
    viewer.close().await;
    let id = recorded(&desk).await.begin.id;
    let events = desk.consoles.store.reader(id).unwrap().unwrap().index().events;
    let user = || "bob".to_owned();
    assert_eq!(events[0].event, Event::WatchBegan { user: user() });
    assert_eq!(events[1].event, Event::WatchEnded { user: user() });
}

#[tokio::test(flavor = "multi_thread")]
async fn every_end_has_its_reason() {
    let mut screen = Screen::start().await;
    let desk = desk(&screen, "").await;
    let open = async || Viewer::open(desk.address, "console/static/lab/ann").await;
    let mut viewer = open().await.unwrap();
    let id = desk.consoles.sessions.list()[0].id;
    assert!(desk.consoles.sessions.terminate(id, "root"));
    assert_eq!(viewer.closed().await, Closed(4002, "ended by root".to_owned()));

    let mut viewer = open().await.unwrap();
    viewer.send(&[255, 0, 0, 0]).await;
    let Closed(code, why) = viewer.closed().await;
    assert!(code == 4004 && why.contains("type 255"), "{why}");

    let mut viewers = Vec::new();
    for _ in 0..4 {
        viewers.push(open().await.unwrap());
    }
    let Err(Closed(code, why)) = open().await else { panic!("a fifth") };
    assert_eq!((code, &*why), (4006, "there are too many sessions of this target"));

    screen.kill();
    for viewer in &mut viewers {
        assert_eq!(viewer.closed().await.0, 4000);
    }
    let Err(Closed(code, why)) = open().await else { panic!("it is gone") };
    assert!(code == 4001 && why.contains("cannot be reached"), "{why}");
    until("all have ended", async || desk.consoles.sessions.list().is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_stays_on_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("passwd");
    let command = format!("echo s3cretpw | tigervncpasswd -f > {}", file.display());
    let made = std::process::Command::new("sh").args(["-c", &command]).status().unwrap();
    assert!(made.success());
    let flags = ["-SecurityTypes", "VncAuth", "-PasswordFile", file.to_str().unwrap()];
    let screen = Screen::start_with(&flags).await;
    let desk = self::desk(&screen, ", password: s3cretpw").await;
    let viewer = Viewer::open(desk.address, "console/static/lab/ann").await.unwrap();
    viewer.close().await;
    let recording = recorded(&desk).await;
    let bytes = std::fs::read(desk.consoles.store.path(recording.begin.id)).unwrap();
    assert!(!bytes.windows(8).any(|part| part == b"s3cretpw"));

    let wrong = self::desk(&screen, ", password: wrong").await;
    let Err(Closed(4001, why)) = Viewer::open(wrong.address, "console/static/lab/ann").await else {
        panic!("a wrong password")
    };
    assert!(why.contains("refuses"), "{why}");
}
