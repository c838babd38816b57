//! Reloads, ends, and readers that come and go.

use std::sync::atomic::{AtomicBool, Ordering};

use nagios_event::{Body, Flags};
use nix::sys::signal::{Signal, kill};

use crate::daemon::{Setup, give, result, wait_for};
use crate::reader::Exporter;

#[test]
fn twenty_reloads_under_load_lose_no_state() {
    const RELOADS: usize = 20;
    let names: Vec<String> = (0..40).map(|n| format!("s{n:02}")).collect();
    let setup = names.iter().fold(Setup::new(), |setup, name| setup.passive_service(name));
    let exporter = Exporter::listen(&setup.socket());
    let mut nagios = setup.start();
    let mut reader = exporter.accept();
    reader.until_snapshot();
    let epoch = reader.told.hello.as_ref().unwrap().epoch;

    let stop = AtomicBool::new(false);
    let pipe = nagios.file("nagios.cmd");
    std::thread::scope(|scope| {
        let load = scope.spawn(|| {
            let mut results = 0_usize;
            while !stop.load(Ordering::Relaxed) {
                let round = names.iter().map(|name| {
                    results += 1;
                    result(name, (results % 4) as u8, &format!("result {results}|n={results}"))
                });
                give(&pipe, &round.collect::<Vec<_>>());
                std::thread::park_timeout(std::time::Duration::from_millis(5));
            }
            results
        });
        for reload in 1..=RELOADS {
            nagios.signal(Signal::SIGHUP);
            reader.until("the snapshot of the reload", |told| {
                told.world.begin.inventory as usize == reload + 1
            });
            assert_eq!(reader.told.world.services.len(), names.len());
            assert_eq!(reader.told.world.states.len(), names.len() + 2);
        }
        stop.store(true, Ordering::Relaxed);
        assert!(load.join().unwrap() > RELOADS * names.len(), "there was load");
    });

    let last = names.iter().enumerate().map(|(n, name)| result(name, (n % 4) as u8, "the last"));
    nagios.commands(&last.collect::<Vec<_>>());
    reader.until("the last states", |told| {
        names.iter().all(|name| told.world.service(name).unwrap().output == "the last")
    });
    for (n, name) in names.iter().enumerate() {
        assert_eq!(usize::from(reader.told.world.service(name).unwrap().state), n % 4);
    }
    reader.until("the count of reloads", |told| told.stats.reloads == RELOADS as u64);
    assert_eq!((reader.told.stats.dropped, reader.told.stats.panics), (0, 0));
    assert!(nagios.is_running());
    let hello = reader.told.hello.as_ref().unwrap();
    assert_eq!((hello.pid, hello.epoch), (nagios.pid(), epoch), "the connection outlives reloads");
    let seqs: Vec<_> = reader.told.events.iter().map(|event| event.seq).collect();
    assert!(seqs.is_sorted_by(|a, b| a + 1 == *b), "no event is missing");
}

#[test]
fn a_reload_shows_new_objects_and_keeps_states() {
    let setup = Setup::new().passive_service("old");
    let exporter = Exporter::listen(&setup.socket());
    let nagios = setup.start();
    let mut reader = exporter.accept();
    reader.until_snapshot();
    nagios.result("old", 1, "WARNING - retained");
    reader.until("the result", |told| told.world.service("old").unwrap().state == 1);

    let objects = std::fs::read_to_string(nagios.file("objects.cfg")).unwrap();
    let more = "define service {\n use passive\n host_name web\n service_description new\n}\n";
    std::fs::write(nagios.file("objects.cfg"), objects + more).unwrap();
    nagios.signal(Signal::SIGHUP);
    reader.until("the new service", |told| told.world.service("new").is_some());
    let old = reader.told.world.service("old").unwrap();
    assert_eq!((old.state, &*old.output), (1, "WARNING - retained"));
    assert!(old.flags.has(Flags::CHECKED));
}

#[test]
fn a_reader_that_comes_back_gets_right_states_and_what_it_missed() {
    let setup = Setup::new().passive_service("http").passive_service("ping");
    let exporter = Exporter::listen(&setup.socket());
    let nagios = setup.start();
    let mut first = exporter.accept();
    first.until_snapshot();
    let change_of = |body: &Body<String>, name: &str, to: u8| matches!(body, Body::StateChange(change) if change.service == name && change.state == to);
    nagios.result("http", 1, "acknowledged");
    first.until("a first change", |told| told.is_event(|body| change_of(body, "http", 1)));
    first.until("its check", |told| told.world.service("http").unwrap().state == 1);
    first.acknowledges = false;
    nagios.result("http", 2, "read but not acknowledged");
    first.until("a second change", |told| told.world.service("http").unwrap().state == 2);
    let acknowledged =
        first.told.events.iter().rfind(|event| change_of(&event.body, "http", 1)).unwrap().seq;
    drop(first);

    nagios.commands(&[result("http", 3, "while away"), result("ping", 2, "while away")]);
    nagios.wait_for_status("plugin_output=while away");
    let mut second = exporter.accept();
    second.until_snapshot();
    second.until("both states", |told| {
        let is = |name, state| told.world.service(name).is_some_and(|is| is.state == state);
        is("http", 3) && is("ping", 2)
    });
    for (name, to) in [("http", 2), ("http", 3), ("ping", 2)] {
        second.until("the missed change", |told| told.is_event(|body| change_of(body, name, to)));
    }
    assert!(second.told.events.iter().all(|event| event.seq > acknowledged));
    let seqs: Vec<_> = second.told.events.iter().map(|event| event.seq).collect();
    assert!(seqs.is_sorted_by(|a, b| a < b));
}

#[test]
fn nagios_works_with_nobody_listening_and_a_late_reader_sees_all() {
    let setup = Setup::new().passive_service("http");
    let socket = setup.socket();
    let mut nagios = setup.start();
    nagios.result("http", 2, "nobody saw this");
    nagios.wait_for_status("plugin_output=nobody saw this");
    assert!(nagios.is_running());
    let exporter = Exporter::listen(&socket);
    let mut reader = exporter.accept();
    reader.until_snapshot();
    let http = reader.told.world.service("http").unwrap();
    assert_eq!((http.state, &*http.output), (2, "nobody saw this"));
    reader.until("what it did not see, as history", |told| {
        told.is_event(
            |body| matches!(body, Body::Check(check) if check.state.output == "nobody saw this"),
        )
    });
    reader.until("the counters", |told| told.stats.last_seq > 0);
    assert_eq!((reader.told.stats.coalesced, reader.told.stats.dropped), (0, 0));
}

#[test]
fn a_shutdown_sends_what_is_there_and_hangs_up() {
    let setup = Setup::new().passive_service("http");
    let exporter = Exporter::listen(&setup.socket());
    let mut nagios = setup.start();
    let mut reader = exporter.accept();
    reader.until_snapshot();
    nagios.result("http", 2, "last words");
    nagios.wait_for_status("plugin_output=last words");
    nagios.signal(Signal::SIGTERM);
    assert!(nagios.wait_for_end().success());
    reader.until_end();
    assert_eq!(reader.told.world.service("http").unwrap().output, "last words");
}

#[test]
fn a_failed_reload_ends_nagios_in_order() {
    let setup = Setup::new().passive_service("http");
    let exporter = Exporter::listen(&setup.socket());
    let mut nagios = setup.start();
    let mut reader = exporter.accept();
    reader.until_snapshot();
    std::fs::write(nagios.file("objects.cfg"), "define nonsense {\n}\n").unwrap();
    nagios.signal(Signal::SIGHUP);
    assert!(nagios.wait_for_end().code().is_some(), "it exits by itself, not by a signal");
    reader.until_end();
}

#[test]
fn a_reload_moves_the_connection_and_no_forked_child_holds_the_old_one() {
    let setup = Setup::new().passive_service("http");
    let exporter = Exporter::listen(&setup.socket());
    let nagios = setup.start();
    let mut reader = exporter.accept();
    reader.until_snapshot();
    // Nagios forks another process for the command file when a reload finds the first one dead; by now
    // there is a connection to inherit.
    let first = wait_for("a command worker", || nagios.command_worker());
    kill(first, Signal::SIGKILL).unwrap();
    nagios.signal(Signal::SIGHUP);
    wait_for("another", || nagios.command_worker().filter(|worker| *worker != first));
    reader.until("the snapshot of the reload", |told| told.world.begin.inventory == 2);

    let configuration = std::fs::read_to_string(nagios.file("nagios.cfg")).unwrap();
    std::fs::write(nagios.file("nagios.cfg"), configuration.replace("neb.sock", "other.sock"))
        .unwrap();
    let other = Exporter::listen(&nagios.file("other.sock"));
    nagios.signal(Signal::SIGHUP);
    let mut moved = other.accept();
    moved.until_snapshot();
    assert_eq!(moved.told.world.begin.inventory, 3);
    reader.until_end();
}
