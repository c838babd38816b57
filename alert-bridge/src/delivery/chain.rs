//! Which transport has the next attempt.

use crate::config::Config;

/// The transports that may carry a contact's messages, the best first.
#[derive(Debug, Clone)]
pub(crate) struct Chain(Vec<String>);

/// The way on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hop {
    pub(crate) transport: String,
    /// Every transport has had its turn: time for a pause.
    pub(crate) lap: bool,
}

impl Chain {
    /// As configured now. A transport that the contact no longer names, but that has the message, comes first.
    pub(crate) fn of(config: &Config, contact: &str, current: &str) -> Self {
        let named = config.contacts.get(contact).map(|contact| {
            std::iter::once(&contact.transport).chain(&contact.fallbacks).cloned().collect()
        });
        let mut chain: Vec<String> = named.unwrap_or_default();
        if chain.iter().all(|name| name != current) {
            chain.insert(0, current.to_owned());
        }
        Chain(chain)
    }

    /// The next after `current` that has not rejected the message; that may be `current` again.
    pub(crate) fn after(&self, current: &str, rejected: &[String]) -> Option<Hop> {
        let at = self.0.iter().position(|name| name == current).unwrap_or(0);
        let (before, behind) = self.0.split_at(at + 1);
        let turns =
            behind.iter().map(|name| (name, false)).chain(before.iter().map(|name| (name, true)));
        let mut free = turns.filter(|(name, _)| !rejected.contains(name));
        free.next().map(|(name, lap)| Hop { transport: name.clone(), lap })
    }
}

#[cfg(test)]
impl Chain {
    /// Of these, in this order.
    pub(crate) fn new<const N: usize>(names: [&str; N]) -> Self {
        Chain(names.map(str::to_owned).to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_transport_has_its_turn_then_the_first_again() {
        let chain = Chain::new(["a", "b", "c"]);
        let after = |current: &str, rejected: &[&str]| {
            let rejected: Vec<String> = rejected.iter().map(|&name| name.to_owned()).collect();
            chain.after(current, &rejected).map(|hop| (hop.transport, hop.lap))
        };
        assert_eq!(after("a", &[]), Some(("b".into(), false)));
        assert_eq!(after("c", &[]), Some(("a".into(), true)));
        assert_eq!(after("a", &["a", "b"]), Some(("c".into(), false)));
        assert_eq!(after("b", &["a", "c"]), Some(("b".into(), true)));
        assert_eq!(after("b", &["a", "b", "c"]), None);
    }

    #[test]
    fn a_single_transport_is_tried_again() {
        let hop = Chain::new(["a"]).after("a", &[]);
        assert_eq!(hop, Some(Hop { transport: "a".into(), lap: true }));
    }
}
