//! The promises: order, what is safe, crashes, broken files, a full disk, bounds.

use std::os::unix::fs::symlink;

use super::*;

const PATIENCE: Duration = Duration::from_secs(30);

fn limits() -> Limits {
    Limits { disk: 1 << 20, memory: 64 << 10, linger: Duration::ZERO }
}

/// Never writes by itself.
fn patient() -> Limits {
    Limits { linger: Duration::from_secs(3600), ..limits() }
}

fn text(number: u64) -> Vec<u8> {
    format!("record {number}").into_bytes()
}

async fn safe(inlet: &Inlet, position: u64) {
    let mut safe = inlet.safe();
    let reached = safe.wait_for(|safe| *safe >= position);
    tokio::time::timeout(PATIENCE, reached).await.expect("not safe in time").unwrap();
}

async fn next(outlet: &mut Outlet, records: usize) -> Vec<u64> {
    let batch = tokio::time::timeout(PATIENCE, outlet.batch(records, 1 << 20)).await.unwrap();
    for record in &batch {
        assert!(record.bytes.len() > 100 || *record.bytes == *text(record.position));
    }
    batch.iter().map(|record| record.position).collect()
}

/// Hands everything out, some at a time.
async fn drain(outlet: &mut Outlet, last: u64) -> Vec<u64> {
    let mut all = Vec::new();
    while all.last() != Some(&last) {
        let batch = next(outlet, 7).await;
        outlet.done(*batch.last().unwrap());
        all.extend(batch);
    }
    all
}

fn files(folder: &Path) -> usize {
    let found = std::fs::read_dir(folder).unwrap();
    found.filter(|entry| entry.as_ref().unwrap().path().extension().is_some()).count()
}

#[tokio::test]
async fn what_is_taken_at_once_is_never_written() {
    let folder = tempfile::tempdir().unwrap();
    let (inlet, mut outlet) = open(folder.path(), patient()).unwrap();
    for number in 1..=100 {
        assert_eq!(inlet.put(text(number)), number);
        assert_eq!(*inlet.safe().borrow(), number - 1);
        assert_eq!(next(&mut outlet, 10).await, [number]);
        assert_eq!(next(&mut outlet, 10).await, [number], "until it is done");
        outlet.done(number);
        assert_eq!(*inlet.safe().borrow(), number);
    }
    drop(inlet);
    assert_eq!(files(folder.path()), 0);
}

#[tokio::test]
async fn what_waits_is_on_disk_before_it_is_safe_and_outlives_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let (inlet, outlet) = open(folder.path(), limits()).unwrap();
    (1..=500).for_each(|number| assert_eq!(inlet.put(text(number)), number));
    safe(&inlet, 500).await;
    // What is on disk now is all that a crash would leave.
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    drop((inlet, outlet));
    let (inlet, mut outlet) = open(copy.path(), limits()).unwrap();
    assert_eq!(inlet.put(text(501)), 501);
    assert_eq!(drain(&mut outlet, 501).await, (1..=501).collect::<Vec<_>>());
    assert_eq!(inlet.stats().records, 0);
    assert_eq!(files(copy.path()), 0);
}

#[tokio::test]
async fn closing_writes_what_is_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let (inlet, outlet) = open(folder.path(), patient()).unwrap();
    (1..=3).for_each(|number| assert_eq!(inlet.put(text(number)), number));
    assert!(open(folder.path(), limits()).unwrap_err().to_string().contains("in use"));
    drop((inlet, outlet));
    let (_inlet, mut outlet) = open(folder.path(), limits()).unwrap();
    assert_eq!(next(&mut outlet, 10).await, [1, 2, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn none_is_lost_or_out_of_order_while_they_are_put_written_and_taken() {
    let folder = tempfile::tempdir().unwrap();
    let roomy = Limits { disk: 64 << 20, memory: 64 << 20, linger: Duration::ZERO };
    let (inlet, mut outlet) = open(folder.path(), roomy).unwrap();
    let putting = tokio::task::spawn_blocking(move || {
        for number in 1..=20_000 {
            inlet.put(text(number));
            // Now slower than the outlet, now faster.
            if number % 3000 < 500 {
                std::thread::yield_now();
            }
        }
        inlet
    });
    let all = drain(&mut outlet, 20_000).await;
    let inlet = putting.await.unwrap();
    assert!(all.into_iter().eq(1..=20_000));
    assert_eq!(inlet.stats(), Stats::default());
    drop(inlet);
    assert_eq!(files(folder.path()), 0);
}

#[tokio::test]
async fn a_torn_end_costs_its_own_records_and_a_rotten_middle_the_rest_of_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let (inlet, outlet) = open(folder.path(), patient()).unwrap();
    (1..=10).for_each(|number| assert_eq!(inlet.put(text(number)), number));
    drop((inlet, outlet));
    let file = segment::path(folder.path(), 1);
    let content = std::fs::read(&file).unwrap();
    std::fs::write(&file, &content[..content.len() - 3]).unwrap();
    let (inlet, mut outlet) = open(folder.path(), limits()).unwrap();
    assert_eq!(next(&mut outlet, 4).await, [1, 2, 3, 4]);
    outlet.done(4);

    // While it is in use, the file rots.
    let mut rotten = content;
    rotten[150] ^= 1;
    std::fs::write(&file, &rotten).unwrap();
    assert_eq!(inlet.put(text(10)), 10);
    assert_eq!(next(&mut outlet, 4).await, [10]);
    assert_eq!(inlet.stats().lost, 5);
    assert!(folder.path().join("00000000000000000001.broken").exists());
}

#[tokio::test]
async fn the_oldest_make_room_on_disk_and_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (inlet, mut outlet) = open(folder.path(), limits()).unwrap();
    for number in 1..=3000_u64 {
        inlet.put(vec![7; 1000]);
        if number % 20 == 0 {
            safe(&inlet, number).await;
        }
    }
    let Stats { records, disk_bytes, lost, .. } = inlet.stats();
    assert!(disk_bytes <= 1 << 20, "{disk_bytes}");
    assert!(lost > 1900 && records + lost == 3000, "{lost} of 3000 lost, {records} there");
    let mut found = 0;
    while found < records {
        let batch = next(&mut outlet, 1000).await;
        outlet.done(*batch.last().unwrap());
        found += batch.len() as u64;
    }
    assert_eq!(found, records);
}

#[tokio::test]
async fn a_disk_that_cannot_be_written_costs_nothing_while_memory_holds_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    // Where its first segment will be: every write fails as on a full disk.
    symlink("/dev/full", segment::path(folder.path(), 1)).unwrap();
    let lock = File::create(folder.path().join("lock")).unwrap();
    let (inlet, mut outlet) = start(folder.path(), lock, limits(), Vec::new()).unwrap();
    (1..=5).for_each(|number| assert_eq!(inlet.put(text(number)), number));
    let failing = async {
        while inlet.stats().failures == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, failing).await.expect("no write has failed");
    assert_eq!(*inlet.safe().borrow(), 0);
    // The peer gets them all the same.
    assert_eq!(next(&mut outlet, 2).await, [1, 2]);
    outlet.done(2);
    assert_eq!(*inlet.safe().borrow(), 2);
    // The next try has another name, and the disk has room again.
    safe(&inlet, 5).await;
    assert_eq!(next(&mut outlet, 9).await, [3, 4, 5]);
    // What memory cannot hold is lost, and counted.
    assert_eq!(inlet.stats().lost, 0);
}

#[tokio::test]
async fn memory_is_bounded_when_the_disk_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let (inlet, mut outlet) = open(folder.path(), patient()).unwrap();
    std::fs::remove_dir_all(folder.path()).unwrap();
    (1..=1000_u64).for_each(|_| {
        inlet.put(vec![7; 1000]);
    });
    let Stats { memory_bytes, lost, records, .. } = inlet.stats();
    assert!(memory_bytes <= 64 << 10, "{memory_bytes}");
    assert!(lost > 900, "{lost}");
    let batch = next(&mut outlet, 2000).await;
    assert_eq!((batch[0], *batch.last().unwrap()), (lost + 1, 1000));
    assert!(records >= batch.len() as u64);
}
