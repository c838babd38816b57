//! How fast one cloud is asked: at most so many calls at once, and so many a second.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

/// Calls at once.
const AT_ONCE: usize = 4;

/// Limits calls. Shared by all who call one cloud.
#[derive(Debug)]
pub(super) struct Pace {
    at_once: Semaphore,
    /// Time that a call takes out of the bucket.
    interval: Duration,
    /// Time that a full bucket holds: the calls of a second, or those that may be under way at once.
    depth: Duration,
    /// When the bucket will be full again.
    full: Mutex<Instant>,
}

impl Pace {
    /// `rate` calls a second on average.
    pub(super) fn new(rate: f64) -> Self {
        let interval = Duration::from_secs_f64(1.0 / rate);
        Pace {
            at_once: Semaphore::new(AT_ONCE),
            interval,
            depth: Duration::from_secs(1).max(interval * AT_ONCE as u32),
            full: Mutex::new(Instant::now()),
        }
    }

    /// Waits until a call may begin. It is under way until the permit is dropped.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        // Never closed, so there always is a permit in the end.
        let permit = self.at_once.acquire().await.ok();
        sleep_until(self.next(Instant::now())).await;
        permit
    }

    fn next(&self, now: Instant) -> Instant {
        let mut full = self.full.lock().unwrap_or_else(PoisonError::into_inner);
        *full = (*full).max(now) + self.interval;
        now.max(*full - self.depth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_the_rest_keeps_the_rate() {
        let pace = Pace::new(10.0);
        let begin = Instant::now() + Duration::from_secs(1);
        let waits: Vec<Duration> = (0..30).map(|_| pace.next(begin) - begin).collect();
        assert_eq!(waits[..10], [Duration::ZERO; 10]);
        assert_eq!(waits[10], Duration::from_millis(100));
        assert_eq!(waits[29], Duration::from_secs(2));
        let later = begin + Duration::from_secs(60);
        assert_eq!(pace.next(later), later, "a bucket that was left alone is full");
    }

    #[tokio::test]
    async fn no_more_than_four_are_under_way() {
        let pace = Pace::new(1e6);
        let mut turns = Vec::new();
        for _ in 0..AT_ONCE {
            turns.push(pace.turn().await);
        }
        assert_eq!(pace.at_once.available_permits(), 0);
        turns.pop();
        drop(pace.turn().await);
    }
}
