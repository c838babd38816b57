//! What is remembered of devices: where the requests of their last walks began, and how much they bear.
//!
//! Only hints: a wrong one costs a packet, never a value.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::batch::ROOM;
use super::is_under;
use super::plain::Found;
use crate::varbind::{Oid, Value, Varbind};

/// Devices that are remembered, at most.
const DEVICES: usize = 20_000;

/// After trouble, a device is walked the peer's way for up to so many scrapes.
const LONGEST_DISTRUST: u32 = 64;

/// Devices by target.
#[derive(Default)]
pub(super) struct Memory(Mutex<HashMap<String, Arc<Remembered>>>);

/// A device that several scrapes may ask at once.
#[derive(Default)]
pub(super) struct Remembered(Mutex<Device>);

/// A device.
#[derive(Default)]
pub(super) struct Device {
    /// Packets that it bore at once.
    pub(super) window: usize,
    /// Bytes of varbinds that one of its messages holds, as far as is known.
    pub(super) room: Option<usize>,
    trees: HashMap<Oid, Arc<Tree>>,
    /// Scrapes for which it is still walked the peer's way.
    distrusted: u32,
    /// For how many it was the last time.
    distrusted_before: u32,
}

/// The last walk of a subtree: the requests that it took, in order, and what each brought.
pub(super) struct Tree {
    pub(super) requests: Vec<Asked>,
    pub(super) repetitions: usize,
    /// Every request but the last one brought as much as was asked.
    pub(super) is_regular: bool,
}

/// A request of the last walk.
pub(super) struct Asked {
    pub(super) from: Oid,
    /// Varbinds that it brought.
    pub(super) brought: usize,
    /// Bytes of one of them on the wire, about.
    pub(super) varbind_size: usize,
}

impl Memory {
    pub(super) fn device(&self, target: &str) -> Arc<Remembered> {
        let mut devices = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(device) = devices.get(target) {
            return Arc::clone(device);
        }
        if devices.len() >= DEVICES {
            devices.clear();
        }
        Arc::clone(devices.entry(target.to_owned()).or_default())
    }
}

impl Remembered {
    /// Never held across an await.
    pub(super) fn lock(&self) -> MutexGuard<'_, Device> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Device {
    /// Whether it may be asked in other ways than the peer's.
    pub(super) fn is_trusted(&self) -> bool {
        self.distrusted == 0
    }

    /// Something went wrong: the peer's way for some scrapes, each time for twice as many.
    pub(super) fn distrust(&mut self) {
        self.trees.clear();
        self.window = 1;
        self.room = None;
        self.distrusted_before = (self.distrusted_before * 2).clamp(1, LONGEST_DISTRUST);
        self.distrusted = self.distrusted_before + 1;
    }

    /// It bore what it was asked.
    pub(super) fn trust(&mut self, window: usize, room: usize) {
        self.window = window;
        self.room = Some(room);
        self.distrusted_before /= 2;
    }

    /// The last walk of a subtree, with so many repetitions.
    pub(super) fn tree(&self, root: &Oid, repetitions: u32) -> Option<Arc<Tree>> {
        self.trees.get(root).filter(|tree| tree.repetitions == repetitions as usize).cloned()
    }

    /// Remembers walks that went well.
    pub(super) fn learn(&mut self, roots: &[&Oid], trees: &[Found], repetitions: u32) {
        self.distrusted = self.distrusted.saturating_sub(1);
        for (root, found) in roots.iter().zip(trees) {
            match Tree::of(root, found, repetitions as usize) {
                Some(tree) => {
                    let room = self.room.unwrap_or(ROOM);
                    self.room =
                        Some(tree.shortest_cut().map_or(room, |shortest| room.min(shortest)));
                    self.trees.insert((*root).clone(), Arc::new(tree));
                }
                None => {
                    self.trees.remove(*root);
                }
            }
        }
    }
}

impl Tree {
    /// Nothing is learnt of what has nothing below its root, or is out of order.
    fn of(root: &Oid, Found { varbinds, ends }: &Found, repetitions: usize) -> Option<Self> {
        let ends = ends.as_ref()?;
        let mut requests = Vec::with_capacity(ends.len() + 1);
        let mut from = root.clone();
        let mut answers = varbinds.iter();
        let mut begin = 0;
        for &end in ends.iter().chain([&varbinds.len()]) {
            let brought = end - begin;
            let (mut bytes, mut last) = (0, from.clone());
            for varbind in answers.by_ref().take(brought) {
                if varbind.oid <= last || !is_under(root, &varbind.oid) {
                    return None;
                }
                bytes += size(&varbind);
                last = varbind.oid;
            }
            let varbind_size = bytes.div_ceil(brought.max(1));
            requests.push(Asked { from, brought, varbind_size });
            (from, begin) = (last, end);
        }
        if varbinds.is_empty() {
            return None;
        }
        let (_, but_the_last) = requests.split_last()?;
        let is_regular = but_the_last.iter().all(|asked| asked.brought == repetitions);
        Some(Self { requests, repetitions, is_regular })
    }

    /// Bytes of the shortest answer that the agent had no room to complete.
    fn shortest_cut(&self) -> Option<usize> {
        let (_, but_the_last) = self.requests.split_last()?;
        let cut = but_the_last.iter().filter(|asked| asked.brought < self.repetitions);
        cut.map(|asked| asked.brought * asked.varbind_size).min()
    }
}

/// Length of a varbind on the wire: three headers, its name and its value.
pub(super) fn size(Varbind { oid, value }: &Varbind) -> usize {
    let name = |oid: &Oid| oid.0.iter().skip(1).map(|number| sevenths(*number)).sum::<usize>();
    let value = match value {
        Value::OctetString(bytes) | Value::Opaque(bytes) => bytes.len(),
        Value::ObjectIdentifier(oid) => name(oid),
        Value::Integer(number) => signed(i64::from(*number)),
        Value::Counter32(number) | Value::Gauge32(number) | Value::TimeTicks(number) => {
            signed(i64::from(*number))
        }
        Value::Counter64(number) => i64::try_from(*number).map_or(9, signed),
        Value::IpAddress(_) => 4,
        Value::Float(_) => 7,
        Value::Double(_) => 11,
        Value::Null | Value::NoSuchObject | Value::NoSuchInstance | Value::EndOfMibView => 0,
    };
    6 + name(oid) + value
}

/// Bytes of a number of a name.
fn sevenths(number: u32) -> usize {
    (32 - (number | 1).leading_zeros()).div_ceil(7) as usize
}

/// Bytes of an INTEGER.
fn signed(number: i64) -> usize {
    let sign = if number < 0 { !number } else { number };
    ((64 - sign.leading_zeros()) / 8 + 1) as usize
}

#[cfg(test)]
mod tests;
