//! Nagios 4.5's object layout, by a small program that lays objects out as 4.5 does.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use nagios_event::{Body, Flags};
use tempfile::TempDir;

use crate::reader::Exporter;

/// A host program that ends with its standard input.
struct Newer {
    process: Child,
    folder: TempDir,
}

impl Newer {
    fn start(version: &str) -> (Newer, Exporter) {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("newer");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nagios/newer.c");
        let built = Command::new("cc")
            .args(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-rdynamic", "-o"])
            .args([&program, &source])
            .arg("-ldl")
            .status()
            .unwrap();
        assert!(built.success());
        let socket = folder.path().join("neb.sock");
        let exporter = Exporter::listen(&socket);
        let module = std::env::current_exe().unwrap().with_file_name("libnagios_neb.so");
        let process = Command::new(program)
            .arg(version)
            .arg(module)
            .arg(format!("socket={}", socket.display()))
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        (Newer { process, folder }, exporter)
    }

    fn end(mut self) {
        drop(self.process.stdin.take());
        assert!(self.process.wait().unwrap().success());
        assert!(self.folder.path().exists());
    }
}

#[test]
fn a_nagios_4_5_is_read_in_its_own_layout() {
    let (newer, exporter) = Newer::start("4.5.12");
    let mut reader = exporter.accept();
    reader.until_snapshot();
    let hello = reader.told.hello.as_ref().unwrap();
    assert_eq!((&*hello.nagios_version, hello.warnings.len()), ("4.5.12", 0));

    let world = &reader.told.world;
    let web = &world.hosts["web"];
    assert_eq!((&*web.alias, &*web.notification_period), ("The web server", "night"));
    assert_eq!((web.settings.check_interval, web.settings.retry_interval), (300.0, 60.0));
    assert_eq!((web.settings.max_attempts, &*web.settings.check_period), (4, "always"));
    let state = &world.states[&("web".to_owned(), String::new())];
    let texts = (&*state.output, &*state.long_output, &*state.perfdata);
    assert_eq!(texts, ("no answer", "really none", "rta=1ms"));
    assert_eq!((state.state, state.attempt, state.downtime_depth), (1, 4, 2));
    assert!(state.percent_state_change > 30.0);
    for flag in [
        Flags::LAYOUT_KNOWN,
        Flags::CHECKED,
        Flags::HARD,
        Flags::ACKNOWLEDGED,
        Flags::STICKY,
        Flags::FLAPPING,
        Flags::ACTIVE_CHECKS,
        Flags::NOTIFICATIONS,
    ] {
        assert!(state.flags.has(flag), "{flag:?}");
    }

    reader.until("the check", |told| {
        told.is_event(|body| matches!(body, Body::Check(check) if check.return_code == 2))
    });
    let http = reader.told.world.service("http").unwrap();
    assert_eq!((http.state, http.attempt, http.max_attempts), (2, 3, 3));
    assert_eq!((&*http.output, &*http.perfdata), ("CRITICAL", "time=3s"));
    assert_eq!((http.last_check, http.notification_number), (1_700_000_000, 7));
    assert_eq!((http.latency, http.execution_time, http.downtime_depth), (0.5, 3.0, 1));
    assert!(!reader.told.world.service("ping").unwrap().flags.has(Flags::CHECKED));
    newer.end();
}

#[test]
fn a_version_that_lies_about_its_layout_is_found_out() {
    // These objects are 4.5's; a version of 4.4 promises others, and one of 4.6 none.
    for version in ["4.4.14", "4.6.0"] {
        let (newer, exporter) = Newer::start(version);
        let mut reader = exporter.accept();
        reader.until_snapshot();
        let warnings = &reader.told.hello.as_ref().unwrap().warnings;
        assert!(warnings[0].contains(&format!("object layout of Nagios {version} is not known")));
        let host = ("web".to_owned(), String::new());
        assert!(!reader.told.world.states.contains_key(&host), "nothing is guessed");
        reader.until("the check", |told| told.world.service("http").is_some());
        let http = reader.told.world.service("http").unwrap();
        assert!(!http.flags.has(Flags::LAYOUT_KNOWN));
        assert_eq!(http.downtime_depth, 0);
        newer.end();
    }
}
