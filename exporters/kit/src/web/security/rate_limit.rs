//! `rate_limit`: one token bucket for all requests. A token comes each `interval`; at most `burst` are kept.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use jiff::SignedDuration;
use serde::Deserialize;

/// The settings as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RateLimitFile {
    interval: String,
    burst: u32,
}

impl RateLimitFile {
    /// None where the interval is 0, which switches the limit off.
    pub(super) fn resolve(self) -> anyhow::Result<Option<RateLimit>> {
        let RateLimitFile { interval, burst } = self;
        let interval = duration(&interval)?;
        if interval.is_zero() {
            return Ok(None);
        }
        anyhow::ensure!(burst > 0, "rate_limit.burst: is 0, expected 1 or more");
        Ok(Some(RateLimit { interval, burst, full: Mutex::new(Instant::now()) }))
    }
}

/// A bucket that is shared by all requests.
#[derive(Debug)]
pub(super) struct RateLimit {
    interval: Duration,
    burst: u32,
    /// When the bucket is full again if nobody comes: this one number holds how many tokens it has now.
    full: Mutex<Instant>,
}

impl RateLimit {
    /// Takes a token, if there is one.
    pub(super) fn admits(&self, now: Instant) -> bool {
        let mut full = self.full.lock().unwrap_or_else(PoisonError::into_inner);
        let room = self.interval.saturating_mul(self.burst - 1);
        if full.saturating_duration_since(now) > room {
            return false;
        }
        let Some(next) = (*full).max(now).checked_add(self.interval) else { return false };
        *full = next;
        true
    }
}

/// A duration as Go writes it: `1s`, `500ms`, `1m30s`, or 0.
fn duration(text: &str) -> anyhow::Result<Duration> {
    if matches!(text, "" | "0") {
        return Ok(Duration::ZERO);
    }
    let expected = || {
        format!("rate_limit.interval: {text:?} is not a duration, expected for example 1s or 500ms")
    };
    let parsed: SignedDuration = text.parse().with_context(expected)?;
    Duration::try_from(parsed).with_context(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(interval: &str, burst: u32) -> anyhow::Result<Option<RateLimit>> {
        RateLimitFile { interval: interval.to_owned(), burst }.resolve()
    }

    #[test]
    fn a_burst_passes_then_one_each_interval() {
        let limit = limit("1s", 3).unwrap().unwrap();
        let start = Instant::now();
        let at = |seconds: f64| limit.admits(start + Duration::from_secs_f64(seconds));
        assert_eq!([at(0.0), at(0.0), at(0.0), at(0.0)], [true, true, true, false]);
        assert_eq!([at(1.1), at(1.2), at(2.1), at(2.2)], [true, false, true, false]);
        // A long rest fills the bucket to its brim and no further.
        assert_eq!([at(60.0), at(60.0), at(60.0), at(60.0)], [true, true, true, false]);
    }

    #[test]
    fn durations_as_go_writes_them() {
        for (text, milliseconds) in
            [("1s", 1000), ("500ms", 500), ("1m30s", 90_000), ("0", 0), ("0s", 0)]
        {
            assert_eq!(duration(text).unwrap().as_millis(), milliseconds, "{text}");
        }
        for wrong in ["-1s", "fast", "5"] {
            let error = duration(wrong).unwrap_err().to_string();
            assert!(error.contains("rate_limit.interval") && error.contains(wrong), "{error}");
        }
        assert!(limit("0s", 0).unwrap().is_none());
        assert!(limit("1s", 0).unwrap_err().to_string().contains("rate_limit.burst"));
    }
}
