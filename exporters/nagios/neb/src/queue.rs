//! Events that nagios-exporter has not acknowledged yet, oldest first, within a limit of bytes.
//!
//! Two lanes. Over the limit the checks give way first: of each object only the newest check stays. If that is
//! not enough, the oldest events go to the [`Spill`], where there is one. Without one, or when it cannot be
//! written, further checks go (a snapshot makes up for them), and only when no check is left, the oldest of
//! the other events are lost.
//!
//! The order is kept throughout: what is to be sent again, then what is on disk, then what is new.

use std::collections::{HashSet, VecDeque};

use nagios_event::{Cargo, Glance};

use crate::abi::objects::ObjectId;
use crate::spill::Spill;

/// What had to go.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Shed {
    /// Checks that were not sent, because a newer one takes their place.
    pub(crate) coalesced: u64,
    /// Checks without a newer one that were not sent: a snapshot has to make up for them.
    pub(crate) skipped: u64,
    /// Other events, lost.
    pub(crate) dropped: u64,
}

/// Who gives way to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Lane {
    /// State changes, downtimes, acknowledgements, notifications and the like.
    Urgent,
    /// A check of an object, whose newest makes the older ones superfluous. A reload gives objects other
    /// places, so the inventory belongs to it.
    Check(u32, ObjectId),
    /// The state of Nagios itself: the same holds.
    Program,
}

impl Lane {
    /// Of an event about this object, if it is about one.
    pub(crate) fn of(cargo: Cargo<'_>, inventory: u32, object: Option<ObjectId>) -> Lane {
        match (cargo, object) {
            (Cargo::Check(_), Some(object)) => Lane::Check(inventory, object),
            (Cargo::Program, _) => Lane::Program,
            _ => Lane::Urgent,
        }
    }
}

/// An event as its frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Epoch and sequence number.
    pub(crate) id: (u64, u64),
    pub(crate) lane: Lane,
    pub(crate) frame: Box<[u8]>,
    /// Whether its segment is still there.
    pub(crate) from_disk: bool,
}

impl Entry {
    pub(crate) fn new(glance: Glance<'_>, lane: Lane, frame: &[u8]) -> Entry {
        Entry { id: (glance.epoch, glance.seq), lane, frame: frame.into(), from_disk: false }
    }

    fn bytes(&self) -> usize {
        self.frame.len() + size_of::<Entry>()
    }
}

/// Oldest first: sent, to be sent again, on disk, not sent yet.
pub(crate) struct Queue {
    sent: VecDeque<Entry>,
    again: VecDeque<Entry>,
    spill: Option<Spill>,
    unsent: VecDeque<Entry>,
    /// Of `sent` and `again`.
    sent_bytes: usize,
    unsent_bytes: usize,
}

impl Queue {
    pub(crate) fn new(spill: Option<Spill>) -> Queue {
        let (sent, again, unsent) = Default::default();
        Queue { sent, again, spill, unsent, sent_bytes: 0, unsent_bytes: 0 }
    }

    /// Adds the newest event and makes room for it within `limit` bytes.
    pub(crate) fn push(&mut self, entry: Entry, limit: usize) -> Shed {
        self.unsent_bytes += entry.bytes();
        self.unsent.push_back(entry);
        let mut shed = Shed::default();
        if self.bytes() > limit {
            // Down to half of the room, so that the queue is not searched again for the next event.
            let room = limit.saturating_sub(self.sent_bytes);
            self.coalesce(&mut shed);
            if self.unsent_bytes > room / 4 * 3 {
                self.spill(room / 2);
                self.skip_checks(room / 2, &mut shed);
                self.drop_oldest(room / 4 * 3, &mut shed);
            }
        }
        shed
    }

    /// The next event to send; it is kept until acknowledged. None while so much is sent that nothing would
    /// be left of the room.
    pub(crate) fn next_to_send(&mut self, limit: usize) -> Option<&[u8]> {
        let in_flight: usize = self.sent_bytes;
        let entry = match self.again.pop_front() {
            Some(entry) => entry,
            None if in_flight > limit / 2 => return None,
            None => {
                let entry = self.spill.as_mut().and_then(Spill::next).or_else(|| {
                    let entry = self.unsent.pop_front()?;
                    self.unsent_bytes -= entry.bytes();
                    Some(entry)
                })?;
                self.sent_bytes += entry.bytes();
                entry
            }
        };
        self.sent.push_back(entry);
        self.sent.back().map(|entry| &*entry.frame)
    }

    /// Whether all is sent.
    pub(crate) fn is_sent(&self) -> bool {
        self.again.is_empty()
            && self.unsent.is_empty()
            && self.spill.as_ref().is_none_or(Spill::is_empty)
    }

    /// Frees every event up to this epoch and number.
    pub(crate) fn acknowledge(&mut self, id: (u64, u64)) {
        for part in [&mut self.sent, &mut self.again] {
            let covered = part.partition_point(|entry| entry.id <= id);
            self.sent_bytes -= part.drain(..covered).map(|entry| entry.bytes()).sum::<usize>();
        }
        if let Some(spill) = &mut self.spill {
            spill.acknowledge(id);
        }
    }

    /// Nobody listens any more: what was sent but not acknowledged is to be sent again.
    pub(crate) fn disconnect(&mut self) {
        self.sent.append(&mut self.again);
        std::mem::swap(&mut self.sent, &mut self.again);
    }

    /// The process ends: what is in memory goes to disk, for the next one. Returns what is lost.
    pub(crate) fn save(&mut self) -> u64 {
        self.disconnect();
        self.again.retain(|entry| !entry.from_disk);
        let in_memory = self.again.len() + self.unsent.len();
        let saved = self.spill.as_mut().map_or(0, |spill| {
            let first = spill.write_first(self.again.make_contiguous());
            first + self.unsent.iter().take_while(|entry| spill.write(entry)).count()
        });
        (in_memory - saved) as u64
    }

    /// Bytes held in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.sent_bytes + self.unsent_bytes
    }

    /// Where events wait that find no room.
    pub(crate) fn spilled(&self) -> Option<&Spill> {
        self.spill.as_ref()
    }

    /// Leaves only the newest unsent check of each object.
    fn coalesce(&mut self, shed: &mut Shed) {
        let mut newest = HashSet::new();
        let mut kept = VecDeque::with_capacity(self.unsent.len());
        for entry in self.unsent.drain(..).rev() {
            if entry.lane == Lane::Urgent || newest.insert(entry.lane) {
                kept.push_front(entry);
            } else {
                self.unsent_bytes -= entry.bytes();
                shed.coalesced += 1;
            }
        }
        self.unsent = kept;
    }

    /// Moves the oldest unsent events to disk until `target` bytes of them are left.
    fn spill(&mut self, target: usize) {
        let Some(spill) = &mut self.spill else { return };
        while self.unsent_bytes > target
            && let Some(entry) = self.unsent.front()
            && spill.write(entry)
        {
            self.unsent_bytes -= entry.bytes();
            self.unsent.pop_front();
        }
    }

    /// Lets the oldest unsent checks go until `target` bytes are left.
    fn skip_checks(&mut self, target: usize, shed: &mut Shed) {
        self.unsent.retain(|entry| {
            let keep = entry.lane == Lane::Urgent || self.unsent_bytes <= target;
            if !keep {
                self.unsent_bytes -= entry.bytes();
                shed.skipped += 1;
            }
            keep
        });
    }

    /// Lets the oldest unsent events go until `target` bytes are left.
    fn drop_oldest(&mut self, target: usize, shed: &mut Shed) {
        while self.unsent_bytes > target
            && let Some(entry) = self.unsent.pop_front()
        {
            self.unsent_bytes -= entry.bytes();
            shed.dropped += 1;
        }
    }
}

#[cfg(test)]
mod tests;
