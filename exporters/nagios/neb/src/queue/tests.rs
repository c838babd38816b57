use super::*;
use crate::abi::layout::Kind;
use crate::arguments::SpillArguments;
use nagios_event::{Body, Check, State, StateChange, encode_event};

/// Any of these events takes between 100 and 400 bytes.
const ROOM: usize = 20_000;

/// The event number `seq` of epoch 1: a check of a service, or an urgent one.
fn entry(seq: u64, service: Option<usize>) -> Entry {
    let body = match service {
        Some(_) => {
            let state = State { host: "web", service: "some service", ..State::default() };
            Body::Check(Check { state, ..Check::default() })
        }
        None => {
            let output = str::from_utf8(&[b'x'; 100]).unwrap();
            Body::StateChange(StateChange { output, ..StateChange::default() })
        }
    };
    let mut frame = vec![0; 1024];
    let size = encode_event(&mut frame, 1, seq, 0, &body).unwrap();
    let glance = Glance::of(&frame[..size]).unwrap();
    let object = service.map(|index| ObjectId { kind: Kind::Service, index });
    Entry::new(glance, Lane::of(glance.cargo, 1, object), &frame[..size])
}

fn queue(entries: impl IntoIterator<Item = Entry>) -> Queue {
    let mut queue = Queue::new(None);
    for entry in entries {
        assert_eq!(queue.push(entry, usize::MAX), Shed::default());
    }
    queue
}

fn spill(folder: &tempfile::TempDir) -> Spill {
    Spill::new(SpillArguments { folder: folder.path().to_owned(), limit: 1 << 20 }, 1)
}

/// The numbers of all that is sent next.
fn send(queue: &mut Queue) -> Vec<u64> {
    let sent = queue.sent.len();
    while queue.next_to_send(usize::MAX).is_some() {}
    queue.sent.iter().skip(sent).map(|entry| entry.id.1).collect()
}

#[test]
fn an_acknowledgement_frees_what_it_covers() {
    let mut queue = queue((1..=5).map(|seq| entry(seq, None)));
    let bytes = queue.bytes();
    assert_eq!(send(&mut queue), [1, 2, 3, 4, 5]);
    assert_eq!(queue.bytes(), bytes);
    queue.acknowledge((1, 3));
    assert_eq!(queue.bytes(), bytes / 5 * 2);
    queue.acknowledge((2, 0));
    assert_eq!(queue.bytes(), 0);
}

#[test]
fn after_a_disconnection_the_unacknowledged_are_sent_again_in_order() {
    let mut queue = queue((1..=5).map(|seq| entry(seq, (seq % 2 == 0).then_some(0))));
    for _ in 0..3 {
        queue.next_to_send(usize::MAX);
    }
    queue.acknowledge((1, 1));
    queue.disconnect();
    assert_eq!(send(&mut queue), [2, 3, 4, 5]);
    queue.acknowledge((1, 5));
    assert_eq!(queue.bytes(), 0);
}

#[test]
fn no_more_than_half_of_the_room_is_sent_without_an_answer() {
    let mut queue = queue((1..=10).map(|seq| entry(seq, None)));
    let limit = queue.bytes() / 10 * 6;
    while queue.next_to_send(limit).is_some() {}
    assert_eq!(queue.sent.len(), 4);
    queue.acknowledge((1, 2));
    while queue.next_to_send(limit).is_some() {}
    assert_eq!(queue.sent.back().unwrap().id.1, 6);
}

#[test]
fn under_pressure_the_newest_check_of_each_object_stays() {
    let mut queue = Queue::new(None);
    let mut shed = Shed::default();
    for seq in 1..=1000 {
        let service = (seq % 10 != 0).then_some(seq as usize % 3);
        let Shed { coalesced, skipped, dropped } = queue.push(entry(seq, service), ROOM * 4);
        assert_eq!((skipped, dropped), (0, 0));
        shed.coalesced += coalesced;
    }
    let sent = send(&mut queue);
    assert!(sent.is_sorted());
    assert_eq!(sent.iter().filter(|seq| *seq % 10 == 0).count(), 100, "no urgent event gave way");
    assert_eq!(sent.len() as u64 + shed.coalesced, 1000);
    assert!(shed.coalesced > 0 && [997, 998, 999].iter().all(|newest| sent.contains(newest)));
}

#[test]
fn without_a_spill_checks_of_different_objects_go_before_urgent_events() {
    let mut queue = Queue::new(None);
    let (mut skipped, mut dropped) = (0, 0);
    for seq in 1..=400 {
        let service = (seq % 10 != 0).then_some(seq as usize);
        let shed = queue.push(entry(seq, service), ROOM);
        assert!(queue.bytes() <= ROOM);
        (skipped, dropped) = (skipped + shed.skipped, dropped + shed.dropped);
    }
    let sent = send(&mut queue);
    assert_eq!(sent.iter().filter(|seq| *seq % 10 == 0).count(), 40);
    assert_eq!(dropped, 0);
    assert_eq!(sent.len() as u64 + skipped, 400);
}

#[test]
fn without_checks_the_oldest_are_lost_and_counted() {
    let mut queue = Queue::new(None);
    let dropped: u64 = (1..=500).map(|seq| queue.push(entry(seq, None), ROOM).dropped).sum();
    let sent = send(&mut queue);
    assert_eq!(sent, (dropped + 1..=500).collect::<Vec<_>>());
    assert!(dropped > 0);
}

#[test]
fn with_a_spill_nothing_is_lost_and_the_order_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut queue = Queue::new(Some(spill(&folder)));
    for seq in 1..=300 {
        assert_eq!(queue.push(entry(seq, None), ROOM), Shed::default());
        assert!(queue.bytes() <= ROOM);
    }
    assert!(queue.spilled().unwrap().counts().written > 100);
    assert!(!queue.is_sent());
    let half = send(&mut queue);
    queue.disconnect();
    queue.push(entry(301, None), ROOM * 100);
    assert_eq!(half, (1..=300).collect::<Vec<_>>());
    assert_eq!(send(&mut queue), (1..=301).collect::<Vec<_>>());
    queue.acknowledge((1, 301));
    assert!(queue.is_sent());
    assert_eq!((queue.bytes(), queue.spilled().unwrap().bytes()), (0, 0));
}

#[test]
fn what_is_not_acknowledged_at_the_end_is_there_for_the_next_process_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut queue = Queue::new(Some(spill(&folder)));
    queue.push(entry(1, None), ROOM);
    queue.push(entry(2, None), ROOM);
    queue.next_to_send(ROOM);
    queue.next_to_send(ROOM);
    for seq in 3..=200 {
        queue.push(entry(seq, None), ROOM);
    }
    queue.acknowledge((1, 1));
    assert_eq!(queue.save(), 0);
    drop(queue);
    let mut next = Queue::new(Some(spill(&folder)));
    assert_eq!(send(&mut next), (2..=200).collect::<Vec<_>>());
    let kept = queue_files(&folder);
    next.acknowledge((1, 200));
    assert!(kept > 0 && queue_files(&folder) == 0);
}

#[test]
fn without_a_spill_the_end_counts_what_is_lost() {
    let mut queue = queue((1..=3).map(|seq| entry(seq, None)));
    queue.next_to_send(usize::MAX);
    assert_eq!(queue.save(), 3);
}

fn queue_files(folder: &tempfile::TempDir) -> usize {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_str().unwrap().ends_with(".spill")).count()
}
