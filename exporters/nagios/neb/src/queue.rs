//! Events that nagios-exporter has not acknowledged yet, within a limit of bytes.
//!
//! Over the limit checks go first, oldest first: the mirror holds the newest state of their object. Only
//! when no check is left, the oldest other events go. The same order holds while nobody is connected: then
//! no check is kept at all.

use std::collections::VecDeque;

/// What had to go.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Shed {
    /// Checks that were not sent: a snapshot has to make up for them.
    pub(crate) coalesced: u64,
    /// Other events, lost.
    pub(crate) dropped: u64,
}

/// An event as its frame.
pub(crate) struct Entry {
    pub(crate) seq: u64,
    pub(crate) is_check: bool,
    pub(crate) frame: Box<[u8]>,
}

impl Entry {
    fn bytes(&self) -> usize {
        self.frame.len() + size_of::<Entry>()
    }
}

/// Sent ones first, in the order of their numbers.
#[derive(Default)]
pub(crate) struct Queue {
    sent: VecDeque<Entry>,
    unsent: VecDeque<Entry>,
    bytes: usize,
}

impl Queue {
    /// Adds the newest event and makes room for it within `limit` bytes.
    pub(crate) fn push(&mut self, entry: Entry, limit: usize) -> Shed {
        self.bytes += entry.bytes();
        self.unsent.push_back(entry);
        let mut shed = Shed::default();
        if self.bytes > limit {
            // Down to half, so that the queue is not searched again for the next event.
            self.shed_checks(limit / 2, &mut shed);
        }
        while self.bytes > limit {
            let Some(entry) = self.sent.pop_front().or_else(|| self.unsent.pop_front()) else {
                break;
            };
            self.bytes -= entry.bytes();
            shed.dropped += 1;
        }
        shed
    }

    /// The next event to send; it is kept until acknowledged.
    pub(crate) fn next_to_send(&mut self) -> Option<&[u8]> {
        let entry = self.unsent.pop_front()?;
        self.sent.push_back(entry);
        self.sent.back().map(|entry| &*entry.frame)
    }

    /// Whether all is sent.
    pub(crate) fn is_sent(&self) -> bool {
        self.unsent.is_empty()
    }

    /// Frees every event up to `seq`.
    pub(crate) fn acknowledge(&mut self, seq: u64) {
        for part in [&mut self.sent, &mut self.unsent] {
            let covered = part.partition_point(|entry| entry.seq <= seq);
            self.bytes -= part.drain(..covered).map(|entry| entry.bytes()).sum::<usize>();
        }
    }

    /// Nobody listens any more: what was sent but not acknowledged is to be sent again, checks are let go.
    pub(crate) fn disconnect(&mut self) -> Shed {
        let mut shed = Shed::default();
        self.shed_checks(0, &mut shed);
        self.sent.append(&mut self.unsent);
        std::mem::swap(&mut self.sent, &mut self.unsent);
        shed
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Lets checks go until `target` bytes are left. One that was sent is no loss: only its acknowledgement
    /// is awaited.
    fn shed_checks(&mut self, target: usize, shed: &mut Shed) {
        for (part, unsent) in [(&mut self.sent, 0), (&mut self.unsent, 1)] {
            part.retain(|entry| {
                let keep = !entry.is_check || self.bytes <= target;
                if !keep {
                    self.bytes -= entry.bytes();
                    shed.coalesced += unsent;
                }
                keep
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = 100 + size_of::<Entry>();

    fn entry(seq: u64, is_check: bool) -> Entry {
        Entry { seq, is_check, frame: vec![seq as u8; 100].into() }
    }

    fn queue(entries: impl IntoIterator<Item = (u64, bool)>) -> Queue {
        let mut queue = Queue::default();
        for (seq, is_check) in entries {
            assert_eq!(queue.push(entry(seq, is_check), usize::MAX), Shed::default());
        }
        queue
    }

    fn send_all(queue: &mut Queue) -> Vec<u8> {
        std::iter::from_fn(|| queue.next_to_send().map(|frame| frame[0])).collect()
    }

    #[test]
    fn an_acknowledgement_frees_what_it_covers() {
        let mut queue = queue((1..=5).map(|seq| (seq, false)));
        assert_eq!(send_all(&mut queue), [1, 2, 3, 4, 5]);
        assert_eq!(queue.bytes(), 5 * SIZE);
        queue.acknowledge(3);
        assert_eq!(queue.bytes(), 2 * SIZE);
        queue.acknowledge(9);
        assert_eq!(queue.bytes(), 0);
    }

    #[test]
    fn after_a_disconnection_the_unacknowledged_are_sent_again_without_checks() {
        let mut queue = queue([(1, false), (2, true), (3, false), (4, true), (5, false)]);
        queue.next_to_send();
        queue.next_to_send();
        queue.next_to_send();
        queue.acknowledge(1);
        assert_eq!(queue.disconnect(), Shed { coalesced: 1, dropped: 0 });
        assert_eq!(send_all(&mut queue), [3, 5]);
        assert_eq!(queue.bytes(), 2 * SIZE);
    }

    #[test]
    fn over_the_limit_checks_go_first_and_oldest_first() {
        let limit = 6 * SIZE;
        let mut queue = queue([(1, false), (2, true), (3, true), (4, true), (5, false), (6, true)]);
        queue.next_to_send();
        queue.next_to_send();
        // Down to three: the sent check 2 without loss, then 3, 4 and 6.
        assert_eq!(queue.push(entry(7, false), limit), Shed { coalesced: 3, dropped: 0 });
        assert_eq!(queue.bytes(), 3 * SIZE);
        assert_eq!(send_all(&mut queue), [5, 7]);
    }

    #[test]
    fn without_checks_the_oldest_go_and_are_counted() {
        let mut queue = queue((1..=3).map(|seq| (seq, false)));
        assert_eq!(queue.push(entry(4, false), 3 * SIZE), Shed { coalesced: 0, dropped: 1 });
        assert_eq!(send_all(&mut queue), [2, 3, 4]);
        assert_eq!(queue.push(entry(5, false), 0), Shed { coalesced: 0, dropped: 4 });
        assert_eq!(queue.bytes(), 0);
    }
}
