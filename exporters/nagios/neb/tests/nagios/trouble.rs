//! Bad arguments, a blind broker, a reader that is stuck, and a panic: Nagios goes on.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use nagios_event::Flags;
use nix::sys::signal::Signal;

use crate::daemon::{Setup, result};
use crate::reader::Exporter;

const MIB: u64 = 1 << 20;

#[test]
fn bad_arguments_are_a_line_in_the_log() {
    for (arguments, said) in [
        ("", "the module does nothing: socket is missing"),
        ("socket=relative", "socket is `relative`, expected an absolute path"),
        ("socket=/x queue=big", "queue is `big`, expected mebibytes from 1 to 4096"),
    ] {
        let mut nagios = Setup::new().passive_service("http").start_with_arguments(arguments);
        nagios.wait_for_log(said);
        nagios.result("http", 1, "goes on");
        nagios.wait_for_status("plugin_output=goes on");
        assert!(nagios.is_running());
    }
}

#[test]
fn a_broker_that_hides_things_is_warned_about() {
    let setup = Setup::new().passive_service("http").setting("event_broker_options=0");
    let nagios = setup.start();
    nagios.wait_for_log(
        "nagios-neb: event_broker_options is 0, expected -1: Nagios does not tell its start",
    );

    let setup = Setup::new().passive_service("http").setting("event_broker_options=5");
    let exporter = Exporter::listen(&setup.socket());
    let _nagios = setup.start();
    let mut reader = exporter.accept();
    reader.until_snapshot();
    let warnings = &reader.told.hello.as_ref().unwrap().warnings;
    assert_eq!(
        *warnings,
        [
            "event_broker_options is 5, expected -1: Nagios does not tell host checks, notifications, \
             flapping, comments, downtimes, switches, time periods and its own state, \
             acknowledgements, state changes"
        ]
    );
}

#[test]
fn a_stuck_reader_costs_bounded_memory_and_gets_right_states_later() {
    let names: Vec<String> = (0..20).map(|n| format!("s{n:02}")).collect();
    let setup = names.iter().fold(Setup::new(), |setup, name| setup.passive_service(name));
    let setup = setup.arguments("ring=1 queue=1");
    let exporter = Exporter::listen(&setup.socket());
    let mut nagios = setup.start();
    let mut reader = exporter.accept();
    reader.until_snapshot();
    let before = nagios.memory();

    // 40 MB of output into a queue of 1 MiB, while the reader reads nothing.
    let filler = "x".repeat(2000);
    for round in 0..1000 {
        let state = (round % 4) as u8;
        let results = names.iter().map(|name| result(name, state, &format!("{round} {filler}")));
        nagios.commands(&results.collect::<Vec<_>>());
    }
    let last = names.iter().map(|name| result(name, 2, "the last"));
    nagios.commands(&last.collect::<Vec<_>>());
    nagios.wait_for_status("plugin_output=the last");
    assert!(nagios.is_running());
    let grown = nagios.memory().saturating_sub(before);
    assert!(grown < 16 * MIB, "grew by {grown} bytes");

    reader.until("the newest states", |told| {
        names.iter().all(|name| told.world.service(name).unwrap().output == "the last")
    });
    reader.until("the count of coalesced checks", |told| told.stats.coalesced > 0);
    // It makes up for the checks that were let go.
    reader.until("another snapshot", |told| told.snapshots > 1);
    assert!(reader.told.stats.queue_bytes <= MIB);
}

#[test]
fn a_stuck_reader_holds_up_the_end_for_a_moment_only() {
    let setup = Setup::new().passive_service("http");
    let exporter = Exporter::listen(&setup.socket());
    let mut nagios = setup.start();
    let mut reader = exporter.accept();
    reader.until_snapshot();
    // More than the socket takes while nobody reads.
    let filler = "x".repeat(2000);
    let results = (0..1000).map(|n| result("http", (n % 4) as u8, &filler));
    nagios.commands(&results.collect::<Vec<_>>());
    nagios.result("http", 0, "the last");
    nagios.wait_for_status("plugin_output=the last");
    let asked = Instant::now();
    nagios.signal(Signal::SIGTERM);
    assert!(nagios.wait_for_end().success());
    assert!(asked.elapsed() < Duration::from_secs(30), "{:?}", asked.elapsed());
}

#[test]
fn a_panic_inside_the_module_is_caught_counted_and_healed() {
    let setup =
        Setup::new().passive_service("http").passive_service("ping").module(panicking_module());
    let exporter = Exporter::listen(&setup.socket());
    let mut nagios = setup.start();
    let mut reader = exporter.accept();
    reader.until_snapshot();
    nagios.result("http", 2, "wm-panic-now");
    reader.until("the count", |told| told.stats.panics == 1);
    nagios.result("ping", 1, "after the panic");
    reader.until("a later check", |told| told.world.service("ping").unwrap().state == 1);
    reader.until("the state that the panic hid", |told| {
        let http = told.world.service("http").unwrap();
        http.state == 2 && http.flags.has(Flags::CHECKED)
    });
    assert!(nagios.is_running());
    let console = std::fs::read_to_string(nagios.file("console")).unwrap();
    assert!(!console.contains("panicked"), "the panic is silent: {console}");
}

#[test]
fn a_nagios_of_an_unknown_layout_is_seen_through_its_records_alone() {
    // 4.6 is a version that nobody has measured. 4.5 has other offsets than the 4.4 that says so here: the
    // module must find out by itself.
    for version in ["4.6.6", "4.5.6"] {
        let setup = Setup::new().passive_service("http").claiming_version(version);
        let exporter = Exporter::listen(&setup.socket());
        let nagios = setup.start();
        let mut reader = exporter.accept();
        reader.until_snapshot();
        let hello = reader.told.hello.as_ref().unwrap();
        assert_eq!(hello.nagios_version, version);
        let [warning] = &*hello.warnings else { panic!("{:?}", hello.warnings) };
        let expected = format!("the object layout of Nagios {version} is not known");
        assert!(warning.starts_with(&expected), "{warning}");
        nagios.wait_for_log(&expected);

        let world = &reader.told.world;
        assert!(world.states.is_empty(), "nothing is guessed");
        assert_eq!(world.hosts["web"].parents, ["switch"]);
        assert_eq!(world.services.len(), 1);
        nagios.result("http", 2, "CRITICAL|time=1s");
        reader.until("a check", |told| told.world.service("http").is_some());
        let state = reader.told.world.service("http").unwrap();
        assert_eq!((state.state, state.attempt, state.max_attempts), (2, 1, 2));
        assert_eq!((&*state.output, &*state.perfdata), ("CRITICAL", "time=1s"));
        assert_eq!(state.flags, Flags::CHECKED.with(Flags::PASSIVE_RESULT, true));
    }
}

/// Builds the module with its feature, into a folder of its own.
fn panicking_module() -> PathBuf {
    let deps = std::env::current_exe().unwrap();
    let target = deps.ancestors().nth(3).unwrap().join("panic-on-request");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "nagios-neb", "--lib"])
        .args(["--features", "panic-on-request", "--target-dir"])
        .arg(&target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .unwrap();
    assert!(built.success());
    target.join("debug/libnagios_neb.so")
}
