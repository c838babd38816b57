//! How many events of a relay never came. Pure.
//!
//! A relay numbers what it publishes. The broker delivers again what was not acknowledged, and a relay publishes
//! again what was not confirmed: a number that comes late has come before, and one that is left out is a loss.

/// What has come of one relay.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// The run of the relay, and the highest number that has come of it.
    highest: Option<(String, i64)>,
}

impl Numbers {
    /// How many were left out before this one. What a relay published before we came is no loss.
    pub(super) fn left_out(&mut self, relay: &str, number: i64) -> u64 {
        match &mut self.highest {
            Some((run, highest)) if run == relay => {
                let gap = number.saturating_sub(*highest).saturating_sub(1);
                *highest = number.max(*highest);
                u64::try_from(gap).unwrap_or_default()
            }
            other => {
                *other = Some((relay.to_owned(), number));
                0
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_in_the_numbers_of_one_run_are_losses() {
        let mut numbers = Numbers::default();
        let came =
            [("a", 5), ("a", 6), ("a", 6), ("a", 5), ("a", 9), ("b", 40), ("b", 41), ("b", 43)];
        let left_out = came.map(|(relay, number)| numbers.left_out(relay, number));
        assert_eq!(left_out, [0, 0, 0, 0, 2, 0, 0, 1]);
    }
}
