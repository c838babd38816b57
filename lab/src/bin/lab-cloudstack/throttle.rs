//! The limit of calls: so many in an interval for each account, and 429 above that.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Counts the calls of each key.
pub(crate) struct Throttle {
    /// 0 is without limit.
    pub(crate) calls: u32,
    pub(crate) interval: Duration,
    seen: Mutex<BTreeMap<String, (Instant, u32)>>,
}

impl Throttle {
    pub(crate) fn new(calls: u32, interval: Duration) -> Self {
        Self { calls, interval, seen: Mutex::default() }
    }

    /// Whether one more call of this key is in the limit; if not, after how many seconds the next one is.
    pub(crate) fn take(&self, key: &str, now: Instant) -> Result<(), u64> {
        if self.calls == 0 {
            return Ok(());
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, calls) = seen.entry(key.to_owned()).or_insert((now, 0));
        if now.duration_since(*since) >= self.interval {
            (*since, *calls) = (now, 0);
        }
        *calls += 1;
        match *calls > self.calls {
            true => Err((self.interval - now.duration_since(*since)).as_secs() + 1),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_so_many_calls_in_an_interval() {
        let throttle = Throttle::new(2, Duration::from_secs(1));
        let now = Instant::now();
        assert!(throttle.take("one", now).is_ok() && throttle.take("one", now).is_ok());
        assert_eq!(throttle.take("one", now), Err(2));
        assert!(throttle.take("other", now).is_ok());
        assert!(throttle.take("one", now + Duration::from_secs(1)).is_ok());
    }
}
