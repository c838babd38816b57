//! Several of the peer's requests in one packet.
//!
//! A request of the peer is a piece of a subtree: from a name, so many repetitions. A packet takes as many pieces as
//! its answer has room for in one frame of Ethernet; their answers come interleaved.

use std::cmp::Ordering;
use std::collections::VecDeque;

use super::is_under;
use super::memory::{Asked, Tree};
use super::plain::is_end;
use crate::varbind::{Answers, Oid, Varbind};

/// What an answer may be long, bytes of varbinds: with headers, one frame.
pub(super) const ROOM: usize = 1350;

/// A piece of a subtree.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    /// Which subtree.
    pub(super) tree: usize,
    /// Which piece of it.
    pub(super) number: usize,
    /// The name it goes on from.
    pub(super) from: Oid,
    /// The last name of it, or the end of the subtree.
    pub(super) until: Option<Oid>,
    /// What it is expected to bring.
    expected: usize,
    /// What an answer brings at most.
    repetitions: usize,
    /// Bytes that one of its varbinds takes, about.
    pub(super) varbind_size: usize,
    /// It goes alone: what came of it together with others is checked.
    pub(super) is_alone: bool,
}

/// What came of a piece.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// All of it.
    Whole,
    /// All of it, or nothing where something was: the answer has passed its end.
    Passed {
        /// Nothing came.
        empty: bool,
        /// The name that follows; none, if the subtree is at its end.
        next: Option<Oid>,
    },
    /// Some: it goes on from there.
    Part {
        /// The agent had no room for what was expected.
        cut: bool,
    },
    /// Names out of order.
    Strange,
}

/// The pieces of a subtree: what the requests of its last walk were.
pub(super) fn pieces(tree: usize, known: &Tree) -> impl Iterator<Item = Piece> + '_ {
    let Tree { requests, repetitions, .. } = known;
    requests.iter().enumerate().map(move |(number, asked)| {
        let until = requests.get(number + 1).map(|next| next.from.clone());
        // The last one must see that the subtree ends.
        let expected = if until.is_some() { asked.brought } else { asked.brought + 1 };
        let Asked { from, varbind_size, .. } = asked;
        Piece {
            tree,
            number,
            from: from.clone(),
            until,
            expected: expected.clamp(1, *repetitions),
            repetitions: *repetitions,
            varbind_size: *varbind_size,
            is_alone: false,
        }
    })
}

/// Takes the pieces of the next packet, and its repetitions.
pub(super) fn take(waiting: &mut VecDeque<Piece>, room: usize) -> (Vec<Piece>, u32) {
    let mut batch: Vec<Piece> = Vec::new();
    let (mut repetitions, mut row) = (0, 0);
    while let Some(next) = waiting.front() {
        let longer = repetitions.max(next.expected);
        let is_full = next.is_alone || longer * (row + next.varbind_size) > room;
        if !batch.is_empty() && (is_full || batch[0].is_alone) {
            break;
        }
        repetitions = longer;
        row += next.varbind_size;
        batch.extend(waiting.pop_front());
    }
    (batch, repetitions as u32)
}

impl Piece {
    /// Takes from an answer what belongs to the piece.
    pub(super) fn take(&mut self, root: &Oid, answer: Vec<Varbind>, found: &mut Answers) -> Came {
        let mut came = 0;
        for varbind in answer {
            if is_end(&varbind.value) || !is_under(root, &varbind.oid) {
                return Came::Passed { empty: came == 0, next: None };
            }
            if varbind.oid <= self.from {
                return Came::Strange;
            }
            match self.until.as_ref().map(|until| varbind.oid.cmp(until)) {
                Some(Ordering::Greater) => {
                    return Came::Passed { empty: came == 0, next: Some(varbind.oid) };
                }
                Some(Ordering::Equal) => {
                    found.push(&varbind);
                    return Came::Whole;
                }
                Some(Ordering::Less) | None => {}
            }
            found.push(&varbind);
            self.from = varbind.oid;
            came += 1;
        }
        let cut = came < self.expected;
        // All that was expected came, and the end did not: rows are new, who knows how many.
        self.expected = if cut { self.expected - came } else { self.repetitions };
        Came::Part { cut }
    }
}

#[cfg(test)]
mod tests;
