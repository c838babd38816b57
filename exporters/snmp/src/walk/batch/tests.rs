//! Pieces of a subtree of six rows in threes, and what answers make of them.

use super::*;
use crate::varbind::Value;

fn root() -> Oid {
    Oid(vec![1, 3, 7])
}

fn row(number: u32) -> Varbind {
    Varbind { oid: Oid(vec![1, 3, 7, number]), value: Value::Integer(1) }
}

fn rows(numbers: &[u32]) -> Vec<Varbind> {
    numbers.iter().copied().map(row).collect()
}

/// Requests that brought 10, 20, 30, then 40, 50, 60, then nothing.
fn waiting() -> VecDeque<Piece> {
    let asked = |from: &Oid, brought| Asked { from: from.clone(), brought, varbind_size: 100 };
    let requests = vec![asked(&root(), 3), asked(&row(30).oid, 3), asked(&row(60).oid, 0)];
    pieces(0, &Tree { requests, repetitions: 3, is_regular: true }).collect()
}

fn take(piece: &mut Piece, answer: &[u32]) -> (Came, Vec<Varbind>) {
    let mut found = Answers::default();
    (piece.take(&root(), rows(answer), &mut found), found.iter().collect())
}

#[test]
fn a_packet_takes_what_its_answer_has_room_for() {
    let mut pieces = waiting();
    let (batch, repetitions) = super::take(&mut pieces, 600);
    assert_eq!((batch.len(), repetitions, pieces.len()), (2, 3, 1));
    let (batch, repetitions) = super::take(&mut pieces, 600);
    assert_eq!((batch.len(), repetitions, pieces.len()), (1, 1, 0));
    assert_eq!(super::take(&mut waiting(), 100).0.len(), 1, "one goes in any case");
}

#[test]
fn one_that_goes_alone_goes_alone() {
    let mut pieces = waiting();
    pieces[1].is_alone = true;
    for left in [2, 1, 0] {
        assert_eq!((super::take(&mut pieces, 10_000).0.len(), pieces.len()), (1, left));
    }
}

#[test]
fn a_piece_ends_at_its_last_name() {
    let mut pieces = waiting();
    let (came, found) = take(&mut pieces[0], &[10, 20, 30, 40]);
    assert_eq!((came, found), (Came::Whole, rows(&[10, 20, 30])));
}

#[test]
fn new_rows_are_fetched_and_lost_ones_passed() {
    let mut pieces = waiting();
    assert_eq!(
        take(&mut pieces[0], &[10, 11, 12]),
        (Came::Part { cut: false }, rows(&[10, 11, 12]))
    );
    assert_eq!(take(&mut pieces[0], &[20, 30]), (Came::Whole, rows(&[20, 30])));
    let passed = Came::Passed { empty: false, next: Some(row(70).oid) };
    assert_eq!(take(&mut pieces[1], &[40, 70]), (passed, rows(&[40])));
}

#[test]
fn a_short_answer_leaves_the_rest() {
    let mut pieces = waiting();
    assert_eq!(take(&mut pieces[0], &[10]).0, Came::Part { cut: true });
    assert_eq!((pieces[0].expected, &pieces[0].from), (2, &row(10).oid));
}

#[test]
fn names_that_fall_back_are_strange() {
    let mut pieces = waiting();
    assert_eq!(take(&mut pieces[1], &[40, 40]).0, Came::Strange);
    assert_eq!(take(&mut waiting()[1], &[10]).0, Came::Strange);
}

#[test]
fn the_end_of_the_subtree_passes_everything() {
    let end = Varbind { oid: root(), value: Value::EndOfMibView };
    let beyond = Varbind { oid: Oid(vec![1, 3, 8]), value: Value::Integer(1) };
    for last in [end, beyond] {
        let came = waiting()[2].take(&root(), vec![last], &mut Answers::default());
        assert_eq!(came, Came::Passed { empty: true, next: None });
    }
}
