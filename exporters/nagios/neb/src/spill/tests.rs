use std::fs;
use std::path::PathBuf;

use super::*;
use crate::queue::Lane;
use nagios_event::{Body, Glance, StateChange, encode_event};
use tempfile::TempDir;

fn entry(epoch: u64, seq: u64) -> Entry {
    let change = StateChange { output: "x".repeat(1000), ..StateChange::default() };
    let mut frame = vec![0; 2048];
    let size = encode_event(&mut frame, epoch, seq, 0, &Body::StateChange(change)).unwrap();
    let frame = &frame[..size];
    Entry::new(Glance::of(frame).unwrap(), Lane::Urgent, frame)
}

fn spill(folder: &TempDir, epoch: u64, limit: usize) -> Spill {
    Spill::new(SpillArguments { folder: folder.path().to_owned(), limit }, epoch)
}

fn write(spill: &mut Spill, epoch: u64, seqs: std::ops::RangeInclusive<u64>) {
    for seq in seqs {
        assert!(spill.write(&entry(epoch, seq)));
    }
}

fn read(spill: &mut Spill) -> Vec<(u64, u64)> {
    std::iter::from_fn(|| spill.next()).map(|entry| entry.id).collect()
}

fn segments(folder: &TempDir) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some()).collect();
    paths.sort();
    paths
}

#[test]
fn events_come_back_in_order_and_their_files_go_with_the_acknowledgement() {
    let folder = tempfile::tempdir().unwrap();
    let mut spill = spill(&folder, 1, 1 << 20);
    write(&mut spill, 1, 1..=200);
    assert!(segments(&folder).len() > 2);
    assert_eq!(read(&mut spill), (1..=200).map(|seq| (1, seq)).collect::<Vec<_>>());
    assert!(spill.is_empty());
    assert!(spill.bytes() > 200_000, "read, but not acknowledged");
    spill.acknowledge((1, 199));
    assert_eq!(segments(&folder).len(), 1);
    spill.acknowledge((1, 200));
    assert_eq!((segments(&folder).len(), spill.bytes()), (0, 0));
    let counts = SpillCounts { written: 200, ..SpillCounts::default() };
    assert_eq!(spill.counts(), counts);
}

#[test]
fn what_a_killed_process_left_is_read_first_and_a_cut_record_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut killed = spill(&folder, 1, 1 << 20);
    write(&mut killed, 1, 1..=10);
    drop(killed);
    let last = segments(&folder).pop().unwrap();
    let bytes = fs::read(&last).unwrap();
    fs::write(&last, &bytes[..bytes.len() - 7]).unwrap();

    assert_eq!(newest_epoch(folder.path()), Some(1));
    let mut next = spill(&folder, 2, 1 << 20);
    write(&mut next, 2, 1..=2);
    let expected: Vec<_> = (1..=9).map(|seq| (1, seq)).chain([(2, 1), (2, 2)]).collect();
    assert_eq!(read(&mut next), expected);
    assert_eq!(next.counts().recovered, 9);
    assert_eq!((next.counts().dropped, next.counts().errors), (1, 1));
}

#[test]
fn a_changed_byte_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let mut spill = spill(&folder, 1, 1 << 20);
    write(&mut spill, 1, 1..=3);
    let path = segments(&folder).pop().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, &bytes).unwrap();
    assert_eq!(read(&mut spill), [(1, 1)]);
    assert_eq!(spill.counts().dropped, 2, "all that cannot be read is counted");
}

#[test]
fn over_the_limit_the_oldest_go_and_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut spill = spill(&folder, 1, 64 << 10);
    write(&mut spill, 1, 1..=500);
    assert!(spill.bytes() <= 64 << 10);
    let on_disk: u64 = segments(&folder).iter().map(|path| fs::metadata(path).unwrap().len()).sum();
    assert_eq!(on_disk, spill.bytes() as u64);
    let kept = read(&mut spill);
    let dropped = spill.counts().dropped;
    assert!(dropped > 0);
    assert_eq!(kept, (dropped + 1..=500).map(|seq| (1, seq)).collect::<Vec<_>>());
}

#[test]
fn a_folder_that_cannot_be_is_counted_and_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in/the/way");
    fs::write(folder.path().join("in"), "a file").unwrap();
    let arguments = SpillArguments { folder: path.clone(), limit: 1 << 20 };
    let mut spill = Spill::new(arguments, 1);
    assert!(!spill.write(&entry(1, 1)));
    assert_eq!(spill.counts().errors, 1);
    fs::remove_file(folder.path().join("in")).unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while !spill.write(&entry(1, 1)) {
        assert!(Instant::now() < deadline);
        std::thread::yield_now();
    }
    assert!(path.is_dir());
}

#[test]
fn room_given_back_ends_the_rest_after_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let mut spill = spill(&folder, 1, 1 << 20);
    write(&mut spill, 1, 1..=3);
    assert_eq!(read(&mut spill).len(), 3);
    spill.retry_at = Instant::now() + Duration::from_secs(3600);
    assert!(!spill.write(&entry(1, 4)));
    spill.acknowledge((1, 3));
    assert!(spill.write(&entry(1, 4)));
}

#[test]
fn the_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spill");
    let mut spill = Spill::new(SpillArguments { folder: path.clone(), limit: 1 << 20 }, 1);
    write(&mut spill, 1, 1..=1);
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o700);
    for file in fs::read_dir(&path).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
}
