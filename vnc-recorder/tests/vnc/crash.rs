//! What is left of a recording when its program dies, when its disk is full, and when somebody changes it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;
use vnc_recorder::metrics::Metrics;
use vnc_recorder::recording::container::{HEAD, HEADER_LENGTH, Header};
use vnc_recorder::recording::recorder::Status;
use vnc_recorder::recording::store::{Filter, State, Store};
use vnc_recorder::recording::verify::verify;
use vnc_recorder::recording::{Begin, OnFullDisk, Origin, Settings};
use vnc_recorder::rfb::decoder::Decoder;
use vnc_recorder::rfb::screen::Screen;

use crate::screen::{in_time, until};

/// Side of the screen that these recordings show.
const SIDE: u16 = 64;

fn settings(on_full_disk: OnFullDisk) -> Settings {
    Settings { on_full_disk, reserve: 1, keep_for: None, keep_size: None, input_key: None }
}

fn begin() -> Begin {
    Begin {
        id: Uuid::from_u128(Timestamp::now().as_nanosecond() as u128),
        started: Timestamp::now(),
        target: "static/lab".to_owned(),
        name: "lab".to_owned(),
        host: None,
        reference: None,
        user: "ann".to_owned(),
        client: "127.0.0.1".to_owned(),
        width: SIDE,
        height: SIDE,
        desktop: "lab".to_owned(),
        origin: Origin::Console,
        blue_first: false,
    }
}

/// The update of a step: the whole screen in noise of its own.
fn update(step: u32) -> Bytes {
    let side = SIDE as u8;
    let mut bytes = vec![0, 0, 0, 1, 0, 0, 0, 0, 0, side, 0, side, 0, 0, 0, 0];
    let mut state = step.wrapping_mul(2_654_435_761) | 1;
    for _ in 0..usize::from(SIDE) * usize::from(SIDE) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        bytes.extend([state as u8, step as u8, (step >> 8) as u8, 0]);
    }
    bytes.into()
}

/// The screen after a step, by itself.
fn picture(step: u32) -> Screen {
    let mut screen = Screen::new(SIDE, SIDE).unwrap();
    Decoder::default().feed(&update(step), &mut screen).unwrap();
    screen
}

/// Which step a screen shows.
fn step_of(screen: &Screen) -> u32 {
    u32::from(screen.pixels()[1]) | u32::from(screen.pixels()[2]) << 8
}

/// Not a test: the program that is killed. It records a step every few milliseconds and prints it.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by a_killed_recorder_leaves_all_but_two_seconds"]
async fn recorder_to_kill() {
    let Some(folder) = std::env::var_os("RECORDER_TO_KILL") else { return };
    let folder = PathBuf::from(folder);
    let store = Store::open(&folder, settings(OnFullDisk::Terminate), Metrics::default()).unwrap();
    let recorder = store.start(begin()).unwrap();
    let mut out = std::io::stdout();
    for step in 1_u32.. {
        recorder.server(update(step)).await;
        writeln!(out, "step {step} {}", recorder.time()).unwrap();
        out.flush().unwrap();
        tokio::time::sleep(Duration::from_millis(7)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_recorder_leaves_all_but_two_seconds() {
    for round in 0..4_u64 {
        let folder = tempfile::tempdir().unwrap();
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::recorder_to_kill", "--ignored", "--nocapture"])
            .env("RECORDER_TO_KILL", folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut last = 0;
        for line in lines.map_while(Result::ok) {
            let Some(said) = line.rsplit_once("step ").map(|(_, said)| said) else { continue };
            last = said.split_once(' ').unwrap().1.parse().unwrap();
            if u64::from(last) >= 1300 + round * 613 {
                process.kill().unwrap();
                break;
            }
        }
        process.wait().unwrap();
        let store = Store::open(folder.path(), settings(OnFullDisk::Terminate), Metrics::default())
            .unwrap();
        let summary = store.list(&Filter::default()).remove(0);
        assert_eq!(summary.state, State::Interrupted);
        assert!(summary.duration_ms + 2000 >= last, "{} of {last}", summary.duration_ms);
        verify(&store.path(summary.begin.id)).unwrap();
        let mut reader = store.reader(summary.begin.id).unwrap().unwrap();
        reader.seek(summary.duration_ms).unwrap();
        let step = step_of(reader.screen());
        assert!(step > 0);
        assert_eq!(reader.screen().hash(), picture(step).hash());
    }
}

/// A recording that ended as it should, with its records.
async fn recording(folder: &Path) -> (PathBuf, Vec<(u64, Header)>) {
    let store = Store::open(folder, settings(OnFullDisk::Terminate), Metrics::default()).unwrap();
    let begin = begin();
    let (id, recorder) = (begin.id, store.start(begin).unwrap());
    for step in 1..=200 {
        recorder.server_at(step * 100, update(step)).await;
    }
    let finished = in_time(recorder.finish(20_000, "closed".to_owned())).await;
    assert!(finished.is_some_and(|finished| finished.hash.is_some()));
    let path = store.path(id);
    let bytes = std::fs::read(&path).unwrap();
    let mut records = Vec::new();
    let mut offset = HEAD.len();
    while bytes.len() - offset > 16 {
        let head: &[u8; HEADER_LENGTH] = bytes[offset..].first_chunk().unwrap();
        let header = Header::parse(head).unwrap();
        records.push((offset as u64, header));
        offset += header.record_length() as usize;
    }
    (path, records)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_record_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (path, records) = recording(folder.path()).await;
    assert_eq!(verify(&path).unwrap().records as usize, records.len());
    assert!(records.len() > 20, "{}", records.len());
    let whole = std::fs::read(&path).unwrap();
    let found = |bytes: &[u8]| {
        let path = folder.path().join("changed");
        std::fs::write(&path, bytes).unwrap();
        verify(&path).unwrap_err().to_string()
    };
    // One bit, in the head, the payload and the hash of each record.
    for (number, (offset, header)) in records.iter().enumerate() {
        let length = header.record_length();
        for at in [0, 4, 8, 12, 16, HEADER_LENGTH as u64, length / 2, length - 1] {
            let mut bytes = whole.clone();
            bytes[(offset + at) as usize] ^= 4;
            let said = found(&bytes);
            assert!(said.starts_with(&format!("record {number}, at byte {offset}")), "{said}");
        }
    }
    let part = |number: usize| {
        let (offset, header) = records[number];
        offset as usize..(offset + header.record_length()) as usize
    };
    let mut deleted = whole.clone();
    deleted.drain(part(5));
    assert!(found(&deleted).starts_with("record 5, at byte"), "{}", found(&deleted));
    let swapped =
        [&whole[..part(5).start], &whole[part(6)], &whole[part(5)], &whole[part(7).start..]];
    assert!(found(&swapped.concat()).starts_with("record 5, at byte"));
    // The end cut off, but for the trailer.
    let cut = [&whole[..part(records.len() - 1).start], &whole[whole.len() - 16..]].concat();
    assert!(found(&cut).contains("is cut off"), "{}", found(&cut));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_cut_off_anywhere_is_mended() {
    let folder = tempfile::tempdir().unwrap();
    let (path, records) = recording(folder.path()).await;
    let whole = std::fs::read(&path).unwrap();
    let first = records[1].0;
    for cut in 0..50 {
        let at = first + (whole.len() as u64 - first) * cut / 50;
        std::fs::write(&path, &whole[..at as usize]).unwrap();
        let store = Store::open(folder.path(), settings(OnFullDisk::Terminate), Metrics::default())
            .unwrap();
        let summary = store.list(&Filter::default()).remove(0);
        verify(&path).unwrap();
        let mut reader = store.reader(summary.begin.id).unwrap().unwrap();
        reader.seek(summary.duration_ms).unwrap();
        let step = step_of(reader.screen());
        assert!(step == summary.duration_ms / 100, "{step} at {}", summary.duration_ms);
        assert!(step == 0 || reader.screen().hash() == picture(step).hash());
    }
}

/// A small disk of its own, where the test may mount one.
struct Disk(tempfile::TempDir);

impl Disk {
    fn new() -> Option<Disk> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"])
            .arg(folder.path())
            .stderr(Stdio::null())
            .status();
        match mounted.is_ok_and(|status| status.success()) {
            true => Some(Disk(folder)),
            false => {
                eprintln!("skipped: no disk can be mounted here");
                None
            }
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_and_leaves_what_was_recorded() {
    let Some(disk) = Disk::new() else { return };
    let metrics = Metrics::default();
    let policy = settings(OnFullDisk::ContinueUnrecorded);
    let store = Store::open(disk.0.path(), policy.clone(), metrics.clone()).unwrap();
    let begin = begin();
    let (id, recorder) = (begin.id, store.start(begin).unwrap());
    let mut status = recorder.status.clone();
    let mut step = 0;
    let fill = async || {
        step += 1;
        recorder.server_at(step * 100, update(step)).await;
        matches!(*status.borrow_and_update(), Status::Failed { .. })
    };
    until("the disk is full", fill).await;
    // Watchers see on.
    let view = std::sync::Arc::clone(&recorder.view);
    recorder.server_at(9_000_000, update(77)).await;
    until("it is drawn", async || step_of(&view.screen()) == 77).await;
    in_time(store.finish(recorder, 9_000_100, "closed".to_owned())).await;
    let summary = store.find(id).unwrap();
    assert_ne!(summary.state, State::Running);
    let mut reader = store.reader(id).unwrap().unwrap();
    let last = reader.index().keyframes.last().unwrap().time_ms;
    reader.seek(last).unwrap();
    assert_eq!(reader.screen().hash(), picture(step_of(reader.screen())).hash());
    // Less than the reserve is free: nothing new begins.
    let reserve = Settings { reserve: 1 << 30, ..policy };
    let store = Store::open(disk.0.path(), reserve, metrics).unwrap();
    let said = store.start(self::begin()).unwrap_err().to_string();
    assert!(said.contains("expected 1073741824 at least"), "{said}");
}

#[test]
fn something_else_is_no_recording() {
    let folder = tempfile::tempdir().unwrap();
    let file = std::fs::File::create(folder.path().join("x.vncrec")).unwrap();
    file.write_all_at(b"VNCREC\r\n\x02\0\0\0\0\0\0\0", 0).unwrap();
    let path = folder.path().join("x.vncrec");
    assert_eq!(verify(&path).unwrap_err().to_string(), "has version 2 of the format, expected 1");
    file.write_all_at(b"GIF89a", 0).unwrap();
    assert!(verify(&path).unwrap_err().to_string().contains("is no recording"));
    let policy = settings(OnFullDisk::Terminate);
    let store = Store::open(folder.path(), policy, Metrics::default()).unwrap();
    assert!(store.list(&Filter::default()).is_empty());
}
