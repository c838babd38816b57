//! The module in Nagios under valgrind, with load, reloads and readers that come and go, for ten minutes.
//!
//! `cargo test --release -p nagios-neb --test nagios -- --ignored soak --nocapture`; the variable
//! `SOAK_SECONDS` sets another length. Needs Debian's valgrind.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::daemon::{Nagios, Setup, now, result};
use crate::reader::Exporter;

const SERVICES: usize = 50;

#[test]
#[ignore = "takes ten minutes"]
fn a_soak_in_valgrind_finds_no_error() {
    let length = std::env::var("SOAK_SECONDS").map_or(600, |seconds| seconds.parse().unwrap());
    let spill = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..SERVICES).map(|n| format!("s{n:02}")).collect();
    let setup = names.iter().fold(Setup::new(), |setup, name| setup.passive_service(name));
    let arguments = format!("queue=1 ring=1 spill={} spill_max=4", spill.path().display());
    // A notification for each result would make Nagios and its workers wait for each other for ever: both
    // write before they read.
    let setup = setup.setting("enable_notifications=0").arguments(&arguments).in_valgrind();
    let exporter = Exporter::listen(&setup.socket());
    let mut nagios = setup.start();

    let end = Instant::now() + Duration::from_secs(length);
    let (mut rounds, mut results) = (0, 0_usize);
    while Instant::now() < end {
        rounds += 1;
        let mut reader = exporter.accept();
        reader.until_snapshot();
        let inventory = reader.told.world.begin.inventory;
        results += load(&nagios, &names, rounds);
        if rounds % 3 == 0 {
            nagios.signal(Signal::SIGHUP);
            // A connection that is cut in the middle of a reload is part of it.
            reader.until("a reload", |told| told.world.begin.inventory > inventory);
        }
        reader.acknowledges = rounds % 4 != 0;
        let seen = reader.told.events.len();
        reader.until("events", |told| told.events.len() > seen + SERVICES);
        reader.until("counters", |told| told.stats.last_seq > 0);
        assert_eq!(reader.told.stats.panics, 0);
        assert!(nagios.is_running(), "Nagios ended");
    }
    nagios.signal(Signal::SIGTERM);
    assert!(nagios.wait_for_end().success());

    let found = std::fs::read_to_string(nagios.file("valgrind")).unwrap();
    let ours = found.split("\n==").filter(|line| line.contains("nagios_neb")).count();
    println!("neb_soak_seconds {length}");
    println!("neb_soak_results {results}");
    println!("neb_soak_reloads {}", rounds / 3);
    println!("neb_soak_valgrind_frames {ours}");
    assert!(found.contains("ERROR SUMMARY"), "{found}");
    assert_eq!(ours, 0, "{found}");
}

/// Some results of every service, and of a few a notification, a downtime, an acknowledgement and a comment.
fn load(nagios: &Nagios, names: &[String], round: usize) -> usize {
    let mut commands = Vec::new();
    for (n, name) in names.iter().cycle().take(names.len() * 20).enumerate() {
        let state = ((n + round) % 4) as u8;
        commands.push(result(name, state, &format!("round {round}|time={n}s;1;2")));
    }
    let results = commands.len();
    let (from, to) = (now() - 1, now() + 2);
    for name in &names[..5] {
        commands.push(format!("ACKNOWLEDGE_SVC_PROBLEM;web;{name};1;0;0;ops;on it"));
        commands.push(format!("SCHEDULE_SVC_DOWNTIME;web;{name};{from};{to};1;0;2;ops;work"));
        commands.push(format!("SEND_CUSTOM_SVC_NOTIFICATION;web;{name};2;ops;forced"));
        commands.push(format!("ADD_SVC_COMMENT;web;{name};0;ops;round {round}"));
        commands.push(format!("DEL_ALL_SVC_COMMENTS;web;{name}"));
    }
    nagios.commands(&commands);
    results
}
