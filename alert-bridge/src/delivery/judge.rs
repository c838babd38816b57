//! What an attempt means for the message: pure.

use std::time::Duration;

use super::chain::{Chain, Hop};
use crate::store::messages::State;
use crate::transport::Outcome;

/// What is known of a message beside the outcome of its attempt.
#[derive(Debug)]
pub(crate) struct Case<'a> {
    pub(crate) chain: &'a Chain,
    /// What has just tried.
    pub(crate) transport: &'a str,
    /// Whether that drops a message which it has already.
    pub(crate) idempotent: bool,
    /// Transports that have rejected it before.
    pub(crate) rejected: Vec<String>,
    /// Its transport may have it since an earlier attempt.
    pub(crate) bound: bool,
    pub(crate) too_old: bool,
}

/// What becomes of the message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) state: State,
    /// Where and when a message that is queued again goes on.
    pub(crate) next: Option<Hop>,
    /// No other transport may take it from now on.
    pub(crate) bound: bool,
}

/// Judges an attempt. A message that its transport may have stays with it: sent another way it would come twice.
pub(crate) fn judge(outcome: &Outcome, case: Case<'_>) -> Verdict {
    let Case { chain, transport, idempotent, mut rejected, bound, too_old } = case;
    let end = |state| Verdict { state, next: None, bound };
    let stay = || Verdict {
        state: State::Queued,
        next: Some(Hop { transport: transport.to_owned(), lap: true }),
        bound: true,
    };
    let go_on = |rejected: &[String]| match chain.after(transport, rejected) {
        Some(next) => Verdict { state: State::Queued, next: Some(next), bound: false },
        None => end(State::Failed),
    };
    match outcome {
        Outcome::Accepted { .. } => end(State::Accepted),
        Outcome::InDoubt { .. } if !idempotent || too_old => end(State::InDoubt),
        Outcome::InDoubt { .. } => stay(),
        // Perhaps it is rejected because it is there already.
        Outcome::Rejected { .. } if bound => end(State::InDoubt),
        Outcome::Rejected { .. } => {
            rejected.push(transport.to_owned());
            if too_old { end(State::Failed) } else { go_on(&rejected) }
        }
        Outcome::Refused { .. } if too_old && bound => end(State::InDoubt),
        Outcome::Refused { .. } if too_old => end(State::Failed),
        Outcome::Refused { .. } if bound => stay(),
        Outcome::Refused { .. } => go_on(&rejected),
    }
}

/// The pause after an attempt: doubled each time, and up to a quarter longer or shorter by chance.
pub(crate) fn back_off(attempt: u32, chance: u64) -> Duration {
    /// Pause after the first refusal.
    const FIRST: Duration = Duration::from_secs(1);
    const LONGEST: Duration = Duration::from_secs(5 * 60);
    let pause = FIRST.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(LONGEST);
    pause.mul_f64(0.75 + (chance % 1000) as f64 / 2000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_bound_and_differ() {
        assert_eq!(back_off(1, 500), Duration::from_secs(1));
        assert_eq!(back_off(3, 500), Duration::from_secs(4));
        assert_eq!(back_off(1, 0), Duration::from_millis(750));
        assert!(back_off(1000, 999) <= Duration::from_secs(375));
    }

    #[test]
    fn each_outcome_leads_where_it_must() {
        let chain = Chain::new(["a", "b"]);
        let judged = |outcome: &Outcome, idempotent, bound, too_old, rejected: &[&str]| {
            let rejected = rejected.iter().map(|&name| name.to_owned()).collect();
            let case = Case { chain: &chain, transport: "a", idempotent, rejected, bound, too_old };
            let Verdict { state, next, bound } = judge(outcome, case);
            (state, next.map(|hop| hop.transport), bound)
        };
        let doubt = Outcome::InDoubt { why: "timeout".into() };
        let refused = Outcome::Refused { why: "busy".into() };
        let rejected = Outcome::Rejected { why: "bad number".into() };
        let to = |name: &str| Some(name.to_owned());

        // In doubt: again only where that is safe, and only with the same transport.
        assert_eq!(judged(&doubt, false, false, false, &[]), (State::InDoubt, None, false));
        assert_eq!(judged(&doubt, true, false, false, &[]), (State::Queued, to("a"), true));
        assert_eq!(judged(&doubt, true, false, true, &[]), (State::InDoubt, None, false));
        assert_eq!(judged(&refused, true, true, false, &[]), (State::Queued, to("a"), true));
        assert_eq!(judged(&refused, true, true, true, &[]).0, State::InDoubt);
        assert_eq!(judged(&rejected, true, true, false, &[]).0, State::InDoubt);
        // Surely not taken: the next one's turn, while there is time and one that has not rejected it.
        assert_eq!(judged(&refused, false, false, false, &[]), (State::Queued, to("b"), false));
        assert_eq!(judged(&refused, false, false, false, &["b"]).1, to("a"));
        assert_eq!(judged(&refused, false, false, true, &[]).0, State::Failed);
        assert_eq!(judged(&rejected, true, false, false, &[]), (State::Queued, to("b"), false));
        assert_eq!(judged(&rejected, true, false, false, &["b"]).0, State::Failed);
        let accepted = Outcome::Accepted { references: Vec::new() };
        assert_eq!(judged(&accepted, false, false, true, &[]).0, State::Accepted);
    }
}
