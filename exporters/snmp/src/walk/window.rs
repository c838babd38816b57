//! How many packets are under way to a device at once.

use std::time::Duration;

/// Grows while the device answers about as fast as it does a single packet, and shrinks when it does not: what an
/// agent cannot do at once, it only keeps waiting.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    size: usize,
    most: usize,
    /// The fastest answer of this walk.
    fastest: Duration,
}

impl Window {
    /// Begins with so many, and never has more than `most`.
    pub(super) fn new(size: usize, most: usize) -> Self {
        Self { size: size.clamp(1, most), most, fastest: Duration::MAX }
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// An answer came.
    pub(super) fn answered(&mut self, after: Duration) {
        self.fastest = self.fastest.min(after);
        if after * 2 <= self.fastest * 3 {
            self.size = (self.size + 1).min(self.most);
        } else if after > self.fastest * 3 {
            self.size = (self.size - 1).max(1);
        }
    }

    /// A packet was lost.
    pub(super) fn lost(&mut self) {
        self.size = (self.size / 2).max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_to_its_most_where_the_way_is_what_takes_time() {
        let mut window = Window::new(1, 16);
        for _ in 0..30 {
            window.answered(Duration::from_millis(10));
        }
        assert_eq!(window.size(), 16);
    }

    #[test]
    fn it_stays_small_where_the_agent_is_what_takes_time() {
        let mut window = Window::new(1, 16);
        for _ in 0..100 {
            window.answered(Duration::from_millis(10) * window.size() as u32);
            assert!(window.size() <= 4, "{}", window.size());
        }
    }

    #[test]
    fn loss_halves_it_and_never_ends_it() {
        let mut window = Window::new(8, 16);
        for expected in [4, 2, 1, 1] {
            window.lost();
            assert_eq!(window.size(), expected);
        }
    }
}
