//! Which events may be acknowledged. Pure.
//!
//! An event is followed, its effects go to Alertmanager in some generation, and that generation is accepted:
//! then it is done. Acknowledgements are cumulative, so an event without effects waits for those before it.

use std::collections::VecDeque;

use alertmanager::Generation;

/// Most generations remembered one by one; beyond, the newest take the next one's place and are only
/// acknowledged later.
const MOST: usize = 1024;

/// How far acknowledging has come.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    done: u64,
    /// What waits for a generation to be accepted: the generation, and the last event in it.
    waiting: VecDeque<(Generation, u64)>,
    /// The last event whose effects no generation holds yet.
    open: Option<u64>,
}

impl Ledger {
    /// Every event up to `seq` has been followed; `changed` when something waits to be told.
    pub(super) fn applied(&mut self, seq: u64, changed: bool) {
        if changed {
            self.open = Some(seq);
        } else if let Some((_, last)) = self.waiting.back_mut() {
            *last = seq;
        } else {
            self.done = seq;
        }
    }

    /// All that was followed is part of `generation`.
    pub(super) fn flushed(&mut self, generation: Generation) {
        let Some(seq) = self.open.take() else { return };
        if self.waiting.len() >= MOST {
            self.waiting.pop_back();
        }
        self.waiting.push_back((generation, seq));
    }

    /// Every generation up to this one has been accepted.
    pub(super) fn accepted(&mut self, generation: Generation) {
        while let Some(&(waits_for, seq)) = self.waiting.front()
            && waits_for <= generation
        {
            self.done = seq;
            self.waiting.pop_front();
        }
    }

    /// The generations counted so far mean nothing any more: all that waits has to be told again.
    pub(super) fn flush_again(&mut self) {
        self.open = self.open.or(self.waiting.back().map(|(_, seq)| *seq));
        self.waiting.clear();
    }

    /// The last event that is done.
    pub(super) fn acknowledged(&self) -> u64 {
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_without_effects_are_done_at_once() {
        let mut ledger = Ledger::default();
        ledger.applied(3, false);
        assert_eq!(ledger.acknowledged(), 3);
    }

    #[test]
    fn an_event_is_done_when_its_generation_is_accepted() {
        let mut ledger = Ledger::default();
        ledger.applied(3, true);
        assert_eq!(ledger.acknowledged(), 0);
        ledger.flushed(Generation(1));
        ledger.applied(4, false);
        ledger.applied(5, true);
        ledger.flushed(Generation(2));
        ledger.accepted(Generation(0));
        assert_eq!(ledger.acknowledged(), 0);
        ledger.accepted(Generation(1));
        assert_eq!(ledger.acknowledged(), 4);
        ledger.accepted(Generation(7));
        assert_eq!(ledger.acknowledged(), 5);
    }

    #[test]
    fn a_new_keeper_must_accept_all_that_waits() {
        let mut ledger = Ledger::default();
        ledger.applied(3, true);
        ledger.flushed(Generation(9));
        ledger.flush_again();
        ledger.accepted(Generation(9));
        assert_eq!(ledger.acknowledged(), 0);
        ledger.flushed(Generation(1));
        ledger.accepted(Generation(1));
        assert_eq!(ledger.acknowledged(), 3);
    }

    #[test]
    fn memory_is_bounded_and_nothing_is_acknowledged_early() {
        let mut ledger = Ledger::default();
        for seq in 1..=5000 {
            ledger.applied(seq, true);
            ledger.flushed(Generation(seq));
        }
        assert_eq!(ledger.waiting.len(), MOST);
        ledger.accepted(Generation(4999));
        assert_eq!(ledger.acknowledged(), MOST as u64 - 1);
        ledger.accepted(Generation(5000));
        assert_eq!(ledger.acknowledged(), 5000);
    }
}
