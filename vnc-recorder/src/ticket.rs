//! Tickets: what lets a browser open one WebSocket, once, at once, for what it was given for.
//!
//! A WebSocket carries no proof that it was our page that opened it, so a page asks for a ticket by a request that
//! does, and the ticket stands for its user and its target. It is good once and for [`LIFETIME`].

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A ticket that nobody has used by then is worth nothing.
pub(crate) const LIFETIME: Duration = Duration::from_secs(30);

/// Tickets that wait to be used, at most; one more takes the place of the oldest.
const MOST: usize = 1000;

/// Tickets for `T`s. Only their hashes are kept: who reads our memory cannot use them.
#[derive(Debug)]
pub(crate) struct Tickets<T>(Mutex<HashMap<[u8; 32], Given<T>>>);

#[derive(Debug)]
struct Given<T> {
    user: String,
    what: T,
    until: Instant,
}

impl<T> Default for Tickets<T> {
    fn default() -> Self {
        Tickets(Mutex::default())
    }
}

impl<T> Tickets<T> {
    /// A ticket for `user` and `what`, in hexadecimal.
    pub(crate) fn give(&self, user: &str, what: T, now: Instant) -> String {
        let mut secret = [0; 32];
        // Without randomness of the system no ticket would be safe, so there is nothing to go on with.
        getrandom::fill(&mut secret)
            .unwrap_or_else(|error| panic!("the system has no randomness: {error}"));
        let ticket: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut given = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        given.retain(|_, given| given.until > now);
        if given.len() >= MOST
            && let Some(oldest) =
                given.iter().min_by_key(|(_, given)| given.until).map(|(key, _)| *key)
        {
            given.remove(&oldest);
        }
        let until = now + LIFETIME;
        given.insert(key(&ticket), Given { user: user.to_owned(), what, until });
        ticket
    }

    /// What a ticket of this user is for. It is used up whoever brings it.
    pub(crate) fn take(&self, ticket: &str, user: &str, now: Instant) -> Option<T> {
        let given = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&key(ticket))?;
        (given.user == user && given.until > now).then_some(given.what)
    }
}

fn key(ticket: &str) -> [u8; 32] {
    *blake3::hash(ticket.as_bytes()).as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_good_once_for_its_user_and_for_its_time() {
        let tickets = Tickets::default();
        let now = Instant::now();
        let first = tickets.give("duty", "a console", now);
        let late = now + LIFETIME - Duration::from_millis(1);
        assert_eq!(tickets.take(&first, "duty", late), Some("a console"));
        assert_eq!(tickets.take(&first, "duty", late), None, "used up");
        let stolen = tickets.give("duty", "a console", now);
        assert_eq!(tickets.take(&stolen, "other", now), None);
        assert_eq!(tickets.take(&stolen, "duty", now), None, "and is used up by that");
        let old = tickets.give("duty", "a console", now);
        assert_eq!(tickets.take(&old, "duty", now + LIFETIME), None, "too late");
        assert_eq!(tickets.take("", "duty", now), None);
    }

    #[test]
    fn there_are_never_too_many() {
        let tickets = Tickets::default();
        let now = Instant::now();
        let first = tickets.give("duty", 0, now);
        let later = now + Duration::from_secs(1);
        for number in 1..=MOST {
            tickets.give("duty", number, later);
        }
        assert_eq!(tickets.0.lock().unwrap().len(), MOST);
        assert_eq!(tickets.take(&first, "duty", later), None, "the oldest has gone");
    }
}
