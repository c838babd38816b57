//! The way out of a callback: a byte ring with one writer (Nagios' main thread) and one reader (the drain
//! thread).
//!
//! Promises: allocated and touched once, at the start; neither side waits, locks or calls the system; a
//! frame is in it whole or not at all; a full ring refuses. Refuses to know what a frame says beyond its
//! length field (`nagios_event`'s first four bytes), and what the word says that goes with it.
//!
//! Memory is a slice of atomic words, so that no `unsafe` is needed: the release store of `head` publishes
//! the relaxed stores of a frame's words, the release store of `tail` gives their room back.

use std::iter;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

const WORD: usize = size_of::<u64>();

/// A ring of at least `bytes` bytes, rounded up to a power of two.
pub(crate) fn ring(bytes: usize) -> (Writer, Reader) {
    let words = bytes.div_ceil(WORD).next_power_of_two();
    let ring = Arc::new(Ring {
        words: (0..words).map(|_| AtomicU64::new(0)).collect(),
        head: OwnLine(AtomicUsize::new(0)),
        tail: OwnLine(AtomicUsize::new(0)),
    });
    (Writer { ring: Arc::clone(&ring), tail_seen: 0 }, Reader { ring })
}

/// The callback's end.
pub(crate) struct Writer {
    ring: Arc<Ring>,
    /// The reader's position when last looked up: its cache line is left alone while there is room.
    tail_seen: usize,
}

impl Writer {
    /// Puts a word and a whole frame in; `false` when there is no room.
    pub(crate) fn push(&mut self, word: u64, frame: &[u8]) -> bool {
        self.push_within(word, frame, self.ring.words.len())
    }

    /// As [`Writer::push`], but leaves a quarter of the ring to others.
    pub(crate) fn push_modestly(&mut self, word: u64, frame: &[u8]) -> bool {
        self.push_within(word, frame, self.ring.words.len() / 4 * 3)
    }

    #[inline]
    fn push_within(&mut self, word: u64, frame: &[u8], room: usize) -> bool {
        let Ring { words, head, tail } = &*self.ring;
        let needed = 1 + frame.len().div_ceil(WORD);
        let start = head.0.load(Ordering::Relaxed);
        if start.wrapping_sub(self.tail_seen) + needed > room {
            self.tail_seen = tail.0.load(Ordering::Acquire);
            if start.wrapping_sub(self.tail_seen) + needed > room {
                return false;
            }
        }
        let (before, from_start) = words.split_at(start & (words.len() - 1));
        let mut room = from_start.iter().chain(before);
        if let Some(first) = room.next() {
            first.store(word, Ordering::Relaxed);
        }
        let (whole, rest) = frame.as_chunks::<WORD>();
        for (chunk, word) in whole.iter().zip(&mut room) {
            word.store(u64::from_le_bytes(*chunk), Ordering::Relaxed);
        }
        if let (false, Some(word)) = (rest.is_empty(), room.next()) {
            let mut last = [0; WORD];
            last[..rest.len()].copy_from_slice(rest);
            word.store(u64::from_le_bytes(last), Ordering::Relaxed);
        }
        head.0.store(start.wrapping_add(needed), Ordering::Release);
        true
    }
}

/// The drain thread's end.
pub(crate) struct Reader {
    ring: Arc<Ring>,
}

impl Reader {
    /// Takes the oldest frame into `frame`, replacing what was there, and returns its word; `None` when the
    /// ring is empty.
    pub(crate) fn pop(&mut self, frame: &mut Vec<u8>) -> Option<u64> {
        let Ring { words, head, tail } = &*self.ring;
        let start = tail.0.load(Ordering::Relaxed);
        let written = head.0.load(Ordering::Acquire).wrapping_sub(start);
        let (before, from_start) = words.split_at(start & (words.len() - 1));
        let mut waiting =
            from_start.iter().chain(before).take(written).map(|word| word.load(Ordering::Relaxed));
        let (word, first) = (waiting.next()?, waiting.next()?.to_le_bytes());
        let [a, b, c, d, ..] = first;
        let size = u32::from_le_bytes([a, b, c, d]) as usize + size_of::<u32>();
        let used = size.div_ceil(WORD).min(written - 1);
        frame.resize(used * WORD, 0);
        let (slots, _) = frame.as_chunks_mut::<WORD>();
        for (slot, word) in
            slots.iter_mut().zip(iter::once(first).chain(waiting.map(u64::to_le_bytes)))
        {
            *slot = word;
        }
        frame.truncate(size);
        tail.0.store(start.wrapping_add(1 + used), Ordering::Release);
        Some(word)
    }

    /// Bytes that fit.
    pub(crate) fn size(&self) -> usize {
        self.ring.words.len() * WORD
    }

    /// Bytes that wait to be read.
    pub(crate) fn waiting(&self) -> usize {
        let head = self.ring.head.0.load(Ordering::Relaxed);
        head.wrapping_sub(self.ring.tail.0.load(Ordering::Relaxed)) * WORD
    }
}

struct Ring {
    /// A power of two of them.
    words: Box<[AtomicU64]>,
    /// Words ever written; only the writer stores it.
    head: OwnLine,
    /// Words ever read; only the reader stores it.
    tail: OwnLine,
}

/// Alone on its cache line, so that the two sides do not slow each other.
#[repr(align(64))]
struct OwnLine(AtomicUsize);

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame of `size` bytes, length field included, filled with `fill`.
    fn frame(size: usize, fill: u8) -> Vec<u8> {
        let mut bytes = vec![fill; size];
        bytes[..4].copy_from_slice(&(size as u32 - 4).to_le_bytes());
        bytes
    }

    #[test]
    fn frames_of_every_size_come_out_as_they_went_in_around_the_wrap() {
        let (mut writer, mut reader) = ring(256);
        let mut out = Vec::new();
        for round in 0..50u8 {
            for size in 4..=64 {
                let sent = frame(size, round);
                assert!(writer.push(size as u64, &sent));
                assert_eq!(reader.pop(&mut out), Some(size as u64));
                assert_eq!(out, sent);
            }
        }
        assert_eq!(reader.pop(&mut out), None);
    }

    #[test]
    fn a_full_ring_refuses_and_keeps_what_it_has() {
        let (mut writer, mut reader) = ring(64);
        assert!(writer.push(1, &frame(24, 1)));
        assert!(writer.push(2, &frame(24, 2)));
        assert!(!writer.push(3, &frame(5, 3)));
        assert_eq!(reader.waiting(), 64);
        let mut out = Vec::new();
        assert_eq!(reader.pop(&mut out), Some(1));
        assert_eq!(out, frame(24, 1));
        assert!(writer.push(3, &frame(5, 3)), "room given back is used again");
        assert!(!writer.push(4, &frame(57, 4)), "a frame longer than the ring is refused");
    }

    #[test]
    fn a_quarter_is_left_to_what_matters_more() {
        let (mut writer, _reader) = ring(64);
        assert!(writer.push_modestly(0, &frame(40, 1)));
        assert!(!writer.push_modestly(0, &frame(8, 2)));
        assert!(writer.push(0, &frame(8, 3)));
        assert!(!writer.push(0, &frame(8, 4)));
    }

    #[test]
    fn two_threads_lose_and_mix_nothing() {
        const FRAMES: u64 = 200_000;
        let (mut writer, mut reader) = ring(4096);
        let sender = std::thread::spawn(move || {
            for n in 0..FRAMES {
                let sent = frame(12 + (n % 90) as usize, n as u8);
                while !writer.push(n, &sent) {
                    std::thread::yield_now();
                }
            }
        });
        let mut out = Vec::new();
        for n in 0..FRAMES {
            let word = loop {
                match reader.pop(&mut out) {
                    Some(word) => break word,
                    None => std::thread::yield_now(),
                }
            };
            assert_eq!(word, n);
            assert_eq!(out, frame(12 + (n % 90) as usize, n as u8));
        }
        sender.join().unwrap();
    }
}
