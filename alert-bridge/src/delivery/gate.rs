//! Whether a transport may be used now: its rate limit and its breaker. Pure: the clock is handed in.

use std::time::{Duration, Instant};

/// What a transport is allowed, as configured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// At most so many messages in this time; a burst of all at once is within it.
    pub(crate) rate: Option<(u32, Duration)>,
    /// Failures in a row after which it is left alone.
    pub(crate) failures: u32,
    /// For how long; it doubles with each failed trial, up to [`LONGEST_BREAK`].
    pub(crate) pause: Duration,
}

/// The longest that a transport is left alone.
const LONGEST_BREAK: Duration = Duration::from_secs(10 * 60);

/// The state of one transport.
#[derive(Debug)]
pub(crate) struct Gate {
    limits: Limits,
    /// Messages that may be sent at once, and when that was so.
    tokens: f64,
    counted: Instant,
    failures: u32,
    broken: Option<Break>,
}

#[derive(Debug, Clone, Copy)]
struct Break {
    until: Instant,
    pause: Duration,
    /// One message is being tried.
    trial: bool,
}

/// What the gate says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passage {
    Free,
    /// The rate limit is reached; ask again after this.
    Later(Duration),
    /// It has failed too often; what can go another way should. Ask again after this.
    Broken(Duration),
}

impl Gate {
    pub(crate) fn new(limits: Limits, now: Instant) -> Self {
        let tokens = limits.rate.map_or(0.0, |(messages, _)| messages.into());
        Gate { limits, tokens, counted: now, failures: 0, broken: None }
    }

    /// Whether a message may be sent now.
    pub(crate) fn ask(&mut self, now: Instant) -> Passage {
        if let Some(Break { until, pause, trial }) = self.broken {
            if trial {
                return Passage::Broken(pause);
            }
            if until > now {
                return Passage::Broken(until - now);
            }
        }
        let Some((messages, per)) = self.limits.rate else { return Passage::Free };
        let refilled = (now - self.counted).as_secs_f64() / per.as_secs_f64() * f64::from(messages);
        self.tokens = (self.tokens + refilled).min(messages.into());
        self.counted = now;
        if self.tokens >= 1.0 {
            return Passage::Free;
        }
        Passage::Later(per.mul_f64((1.0 - self.tokens) / f64::from(messages)))
    }

    /// A message is being sent.
    pub(crate) fn enter(&mut self) {
        self.tokens -= 1.0;
        if let Some(broken) = &mut self.broken {
            broken.trial = true;
        }
    }

    /// The transport works.
    pub(crate) fn worked(&mut self) {
        self.failures = 0;
        self.broken = None;
    }

    /// It does not. Answers whether it is left alone from now on.
    pub(crate) fn failed(&mut self, now: Instant) -> bool {
        self.failures += 1;
        let pause = match self.broken {
            Some(Break { pause, .. }) => (pause * 2).min(LONGEST_BREAK),
            None if self.failures >= self.limits.failures => self.limits.pause,
            None => return false,
        };
        self.broken = Some(Break { until: now + pause, pause, trial: false });
        true
    }

    /// Whether it is left alone.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn gate(rate: Option<(u32, Duration)>, now: Instant) -> Gate {
        Gate::new(Limits { rate, failures: 2, pause: 10 * SECOND }, now)
    }

    #[test]
    fn a_burst_passes_and_then_one_by_one() {
        let start = Instant::now();
        let mut gate = gate(Some((2, 10 * SECOND)), start);
        for _ in 0..2 {
            assert_eq!(gate.ask(start), Passage::Free);
            gate.enter();
        }
        assert_eq!(gate.ask(start), Passage::Later(5 * SECOND));
        assert_eq!(gate.ask(start + 2 * SECOND), Passage::Later(3 * SECOND));
        assert_eq!(gate.ask(start + 5 * SECOND), Passage::Free);
        gate.enter();
        // What was not used does not grow beyond a burst.
        let later = start + 1000 * SECOND;
        for _ in 0..2 {
            assert_eq!(gate.ask(later), Passage::Free);
            gate.enter();
        }
        assert_ne!(gate.ask(later), Passage::Free);
    }

    #[test]
    fn failures_in_a_row_break_it_and_one_trial_mends_it() {
        let start = Instant::now();
        let mut gate = gate(None, start);
        assert!(!gate.failed(start));
        gate.worked();
        assert!(!gate.failed(start));
        assert!(gate.failed(start));
        assert_eq!(gate.ask(start), Passage::Broken(10 * SECOND));
        let trial = start + 10 * SECOND;
        assert_eq!(gate.ask(trial), Passage::Free);
        gate.enter();
        assert!(matches!(gate.ask(trial), Passage::Broken(_)), "one trial at a time");
        assert!(gate.failed(trial));
        assert_eq!(gate.ask(trial), Passage::Broken(20 * SECOND));
        gate.enter();
        gate.worked();
        assert_eq!(gate.ask(trial), Passage::Free);
        assert!(!gate.is_broken());
    }
}
