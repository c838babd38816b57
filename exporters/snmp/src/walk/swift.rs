//! The swift way: several places of the walk at once, where the last walk has shown the places.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::batch::{self, Came, Piece};
use super::memory::{Device, Remembered, Tree, size};
use super::plain::Found;
use super::window::Window;
use super::{Rules, Subtree, is_under, plain};
use crate::client::{Error, Reply, Session, Status};
use crate::varbind::{Answers, Oid, Varbind};

/// Packets that may bring nothing in a walk.
const FOR_NOTHING: usize = 4;

/// Walks subtrees, each in its turn in what is returned.
pub(super) async fn walk(
    session: &impl Session,
    device: &Remembered,
    rules: Rules,
    mut gathering: Gathering<'_>,
    packets: &Semaphore,
) -> Result<Vec<Found>, Error> {
    gathering.run(session, packets).await?;
    let Gathering { roots, trees: gathered, window, room, trouble, .. } = gathering;

    let mut trees = Vec::with_capacity(roots.len());
    for (root, gathered) in roots.iter().zip(gathered) {
        trees.push(match gathered.whole() {
            Ok(tree) => tree,
            Err(beginning) if beginning.is_empty() => plain::walk(session, root, rules).await?,
            Err(beginning) => plain::finish(session, root, rules, beginning).await?,
        });
    }
    if trouble {
        device.lock().distrust();
    } else {
        device.lock().trust(window.size(), room);
    }
    Ok(trees)
}

/// Pieces that wait and pieces that have come.
pub(super) struct Gathering<'a> {
    roots: &'a [&'a Oid],
    waiting: VecDeque<Piece>,
    trees: Vec<Gathered>,
    /// Pieces of which nothing came together with others, until it is known whether to believe that.
    gone: Vec<Piece>,
    belief: Belief,
    window: Window,
    /// Bytes of varbinds in an answer.
    room: usize,
    /// Packets that are still given: as many as the peer would need for what has come, and a few.
    packets: usize,
    /// Varbinds that have come and do not make a packet of the peer's yet.
    came: usize,
    repetitions: usize,
    /// No more packets: the rest is walked the peer's way.
    stop: bool,
    /// The agent did what does not fit: it is not trusted for a while.
    trouble: bool,
}

/// Whether the agent keeps several pieces apart where rows are gone. One piece is asked alone to find out, for
/// with one that mixed them up, rows would be missing in silence.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Belief {
    Unknown,
    Asked,
    Yes,
}

impl<'a> Gathering<'a> {
    /// All pieces wait, but those that lie in a subtree that is known.
    pub(super) fn new(
        roots: &'a [&'a Oid],
        known: &[Subtree],
        device: &Device,
        rules: Rules,
        most: usize,
    ) -> Self {
        let mut waiting = VecDeque::new();
        let mut trees = Vec::with_capacity(roots.len());
        // A subtree takes the peer a packet at least; where answers are cut, as many as the last time.
        let mut at_least = 0;
        for (number, root) in roots.iter().enumerate() {
            let last = device.tree(root, rules.max_repetitions);
            let mut gathered = Gathered::new(last.clone());
            if let Some(tree) = &last {
                let parts = &mut gathered.parts;
                let to_ask = |piece: &Piece| !parts[piece.number].fill(piece, known);
                waiting.extend(batch::pieces(number, tree).filter(to_ask));
                at_least += if tree.is_regular { 1 } else { tree.requests.len() };
            }
            trees.push(gathered);
        }
        let window = Window::new(device.window, most);
        Self {
            roots,
            waiting,
            trees,
            gone: Vec::new(),
            belief: Belief::Unknown,
            window,
            room: device.room.unwrap_or(batch::ROOM),
            packets: FOR_NOTHING + most + at_least,
            came: 0,
            repetitions: rules.max_repetitions as usize,
            stop: false,
            trouble: false,
        }
    }

    /// Fetches the pieces that wait, until there are none or there is trouble.
    async fn run(&mut self, session: &impl Session, packets: &Semaphore) -> Result<(), Error> {
        let mut under_way = FuturesUnordered::new();
        let mut retries = session.retries();
        loop {
            while !self.stop && under_way.len() < self.window.size() && !self.waiting.is_empty() {
                // Most rows are gone: the peer needs less.
                if self.packets == 0 {
                    self.stop = true;
                    break;
                }
                self.packets -= 1;
                let (pieces, repetitions) = batch::take(&mut self.waiting, self.room);
                under_way.push(ask(session, pieces, repetitions, packets));
            }
            let Some(Answered { pieces, repetitions, after, reply }) = under_way.next().await
            else {
                return Ok(());
            };
            let Reply { status, varbinds } = reply?;
            self.window.answered(after);
            if session.retries() > retries {
                retries = session.retries();
                self.window.lost();
            }
            match status {
                Status::NoError if !varbinds.is_empty() => self.sort(pieces, repetitions, varbinds),
                _ => self.mistrust(),
            }
        }
    }

    fn mistrust(&mut self) {
        self.stop = true;
        self.trouble = true;
    }

    /// Gives each piece its part of an answer.
    fn sort(&mut self, pieces: Vec<Piece>, repetitions: u32, varbinds: Vec<Varbind>) {
        let together = pieces.len();
        let is_cut = varbinds.len() < together * repetitions as usize;
        let mut columns: Vec<Vec<Varbind>> =
            std::iter::repeat_with(Vec::new).take(together).collect();
        let mut bytes = 0;
        for (place, varbind) in varbinds.into_iter().enumerate() {
            bytes += size(&varbind);
            columns[place % together].push(varbind);
        }
        for (mut piece, column) in pieces.into_iter().zip(columns) {
            let part = &mut self.trees[piece.tree].parts[piece.number];
            part.answers += 1;
            let before = part.varbinds.len();
            let came = piece.take(self.roots[piece.tree], column, &mut part.varbinds);
            self.came += part.varbinds.len() - before;
            if piece.is_alone && !matches!(came, Came::Passed { empty: true, .. }) {
                return self.mistrust();
            }
            match came {
                Came::Whole => part.is_whole = true,
                Came::Passed { empty, next } => self.passed(piece, empty, next, together),
                Came::Part { cut } => {
                    if cut && is_cut {
                        self.room = self.room.min(bytes);
                        // Not even one piece fits: its borders are of no use.
                        self.stop |= together == 1;
                    }
                    self.waiting.push_front(piece);
                }
                Came::Strange => return self.mistrust(),
            }
        }
        self.packets += self.came / self.repetitions;
        self.came %= self.repetitions;
    }

    /// The answer has passed the end of a piece: it is whole, and so is what lies before the next name, if the
    /// agent is to be believed.
    fn passed(&mut self, piece: Piece, empty: bool, next: Option<Oid>, together: usize) {
        if empty && together == 1 {
            self.belief = Belief::Yes;
            for gone in self.gone.drain(..) {
                self.trees[gone.tree].parts[gone.number].is_whole = true;
            }
        }
        if empty && self.belief != Belief::Yes && piece.until.is_some() {
            if self.belief == Belief::Unknown {
                self.belief = Belief::Asked;
                let mut alone = piece.clone();
                alone.is_alone = true;
                self.waiting.push_front(alone);
            }
            self.gone.push(piece);
            return;
        }
        self.trees[piece.tree].parts[piece.number].is_whole = true;
        if self.belief == Belief::Yes {
            let trees = &mut self.trees;
            self.waiting.retain(|other| {
                let before_next = match (&other.until, &next) {
                    (Some(until), Some(next)) => until < next,
                    (_, None) => true,
                    (None, Some(_)) => false,
                };
                let is_empty = other.tree == piece.tree && other.from > piece.from && before_next;
                if is_empty {
                    trees[other.tree].parts[other.number].is_whole = true;
                }
                !is_empty
            });
        }
    }
}

/// A packet and its answer.
struct Answered {
    pieces: Vec<Piece>,
    repetitions: u32,
    after: Duration,
    reply: Result<Reply, Error>,
}

async fn ask(
    session: &impl Session,
    pieces: Vec<Piece>,
    repetitions: u32,
    packets: &Semaphore,
) -> Answered {
    // The semaphore is never closed.
    let _permit = packets.acquire().await;
    let asked = Instant::now();
    let names: Vec<Oid> = pieces.iter().map(|piece| piece.from.clone()).collect();
    let reply = session.bulk(&names, repetitions).await;
    Answered { pieces, repetitions, after: asked.elapsed(), reply }
}

/// What has come of one subtree.
struct Gathered {
    known: Option<Arc<Tree>>,
    parts: Vec<Part>,
}

/// What has come of one piece.
#[derive(Default)]
struct Part {
    varbinds: Answers,
    answers: usize,
    is_whole: bool,
}

impl Part {
    /// Takes a piece from the subtree that it lies in, if that is known.
    fn fill(&mut self, Piece { from, until, .. }: &Piece, known: &[Subtree]) -> bool {
        let Some(until) = until else { return false };
        let around = |tree: &&Subtree| is_under(&tree.root, from) && is_under(&tree.root, until);
        let Some(Subtree { varbinds, .. }) = known.iter().find(around) else { return false };
        let inside = varbinds.iter().filter(|varbind| from < &varbind.oid && varbind.oid <= *until);
        *self = Part { varbinds: inside.collect(), answers: 1, is_whole: true };
        true
    }
}

impl Gathered {
    fn new(known: Option<Arc<Tree>>) -> Self {
        let pieces = known.as_ref().map_or(0, |tree| tree.requests.len());
        Self { known, parts: std::iter::repeat_with(Part::default).take(pieces).collect() }
    }

    /// The subtree, or its beginning as far as there is no gap.
    fn whole(self) -> Result<Found, Answers> {
        let Self { known, parts } = self;
        let is_whole = parts.iter().all(|part| part.is_whole);
        let is_same = parts.iter().all(|part| part.answers == 1);
        let mut varbinds = Answers::with_room_for(parts.iter().map(|part| &part.varbinds));
        let mut ends = Vec::with_capacity(parts.len());
        for part in parts {
            varbinds.append(&part.varbinds);
            ends.push(varbinds.len());
            if !part.is_whole {
                break;
            }
        }
        let Some(known) = known.filter(|_| is_whole) else { return Err(varbinds) };
        let ends = if known.is_regular {
            Some((known.repetitions..=varbinds.len()).step_by(known.repetitions).collect())
        } else {
            ends.pop();
            // The agent decides where its answers end: when rows have changed, only the peer's way tells.
            is_same.then_some(ends)
        };
        Ok(Found { varbinds, ends })
    }
}
