//! Events on disk: over a killed Nagios, an orderly end, and a full disk.

use std::path::{Path, PathBuf};
use std::process::Command;

use nagios_event::Body;
use nix::sys::signal::Signal;
use nix::unistd::Uid;

use crate::daemon::{Nagios, Setup, result, wait_for};
use crate::reader::{Exporter, Reader};

const RESULTS: usize = 3000;

/// Changes state with each result, with more text than a queue of 1 MiB holds.
fn load(nagios: &Nagios) {
    let filler = "x".repeat(1500);
    let results =
        (0..RESULTS).map(|n| result("http", ((n + 1) % 2 * 2) as u8, &format!("{n} {filler}")));
    nagios.commands(&results.collect::<Vec<_>>());
}

/// The numbers that `load` gave to the changes of state which have come, in this order.
fn changes(reader: &Reader) -> Vec<usize> {
    let number = |output: &str| output.split(' ').next().and_then(|number| number.parse().ok());
    let outputs = reader.told.events.iter().filter_map(|event| match &event.body {
        Body::StateChange(change) => number(&change.output),
        _ => None,
    });
    outputs.collect()
}

fn setup(spill: &Path, limit: usize) -> Setup {
    let spill = spill.display();
    let arguments = format!("queue=1 ring=16 spill={spill} spill_max={limit}");
    Setup::new().passive_service("http").arguments(&arguments)
}

fn segments(spill: &Path) -> usize {
    let names = std::fs::read_dir(spill).into_iter().flatten().flatten();
    names.filter(|entry| entry.path().extension().is_some_and(|end| end == "spill")).count()
}

#[test]
fn what_is_on_disk_outlives_a_killed_nagios() {
    let folder = tempfile::tempdir().unwrap();
    let setup = setup(folder.path(), 64);
    let socket = setup.socket();
    let mut nagios = setup.start();
    load(&nagios);
    nagios.wait_for_status(&format!("plugin_output={} ", RESULTS - 1));
    wait_for("segments", || (segments(folder.path()) > 0).then_some(()));
    nagios.signal(Signal::SIGKILL);
    nagios.wait_for_end();
    nagios.start_again();

    let exporter = Exporter::listen(&socket);
    let mut reader = exporter.accept();
    reader.until_snapshot();
    let epoch = reader.told.hello.as_ref().unwrap().epoch;
    reader.until("the count", |told| told.stats.recovered > 0);
    let recovered = reader.told.stats.recovered as usize;
    reader.until("what the former process left", |told| {
        told.events.iter().filter(|event| event.epoch < epoch).count() >= recovered
    });
    let ids = reader.told.events.iter().map(|event| (event.epoch, event.seq));
    assert!(ids.collect::<Vec<_>>().is_sorted_by(|a, b| a < b), "in order, and none twice");
    let changes = changes(&reader);
    assert!(changes.iter().copied().eq(0..changes.len()), "the oldest are on disk, all of them");
    assert!(changes.len() > RESULTS / 3);
    wait_for("the segments to go", || {
        reader.read();
        (segments(folder.path()) == 0).then_some(())
    });
}

#[test]
fn an_orderly_end_leaves_nothing_behind_unsaid() {
    let folder = tempfile::tempdir().unwrap();
    let setup = setup(folder.path(), 64);
    let socket = setup.socket();
    let mut nagios = setup.start();
    load(&nagios);
    nagios.wait_for_status(&format!("plugin_output={} ", RESULTS - 1));
    nagios.signal(Signal::SIGTERM);
    assert!(nagios.wait_for_end().success());
    nagios.start_again();
    let exporter = Exporter::listen(&socket);
    let mut reader = exporter.accept();
    reader.until_snapshot();
    while changes(&reader).last() != Some(&(RESULTS - 1)) {
        let seen = reader.told.events.len();
        reader.until("more of the former process", |told| told.events.len() > seen);
    }
    assert!(changes(&reader).into_iter().eq(0..RESULTS));
    assert_eq!(reader.told.stats.dropped, 0);
}

#[test]
fn a_full_disk_harms_nobody_is_counted_and_heals() {
    let Some(disk) = SmallDisk::mount() else {
        eprintln!("skipped: mounting a small disk needs root");
        return;
    };
    let spill = disk.folder.path().join("spill");
    let setup = setup(&spill, 64);
    let socket = setup.socket();
    let mut nagios = setup.start();
    load(&nagios);
    nagios.wait_for_status(&format!("plugin_output={} ", RESULTS - 1));
    assert!(nagios.is_running());
    let exporter = Exporter::listen(&socket);
    let mut reader = exporter.accept();
    reader.until_snapshot();
    reader.until("the counts", |told| told.stats.dropped > 0 && told.stats.spill_errors > 0);
    assert_eq!(
        reader.told.world.service("http").unwrap().output.split(' ').next(),
        Some(&*(RESULTS - 1).to_string())
    );
    while changes(&reader).last() != Some(&(RESULTS - 1)) {
        let seen = reader.told.events.len();
        reader.until("what was kept", |told| told.events.len() > seen);
    }
    let kept = changes(&reader);
    assert!(kept.is_sorted() && kept.len() > 100 && kept.len() < RESULTS);
    wait_for("the segments to go", || {
        reader.read();
        (segments(&spill) == 0).then_some(())
    });

    // With room again, and nobody listening again, the disk is used again.
    let written = reader.told.stats.spilled;
    drop((reader, exporter));
    std::fs::remove_file(&socket).unwrap();
    let filler = "y".repeat(1500);
    let results =
        (0..800).map(|n| result("http", ((n + 1) % 2 * 2) as u8, &format!("{n} {filler}")));
    nagios.commands(&results.collect::<Vec<_>>());
    nagios.wait_for_status("plugin_output=799 y");
    wait_for("a segment", || (segments(&spill) > 0).then_some(()));
    let exporter = Exporter::listen(&socket);
    let mut reader = exporter.accept();
    reader.until("more written", |told| told.stats.spilled > written);
}

/// A file system of one mebibyte.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    fn mount() -> Option<SmallDisk> {
        let folder = tempfile::tempdir().unwrap();
        let path: PathBuf = folder.path().into();
        let mount = |path: &Path| {
            let arguments = ["-t", "tmpfs", "-o", "size=1m", "tmpfs"];
            Command::new("mount").args(arguments).arg(path).status().is_ok_and(|end| end.success())
        };
        (Uid::effective().is_root() && mount(&path)).then_some(SmallDisk { folder })
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        _ = Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}
