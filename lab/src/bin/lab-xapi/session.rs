//! The sessions of a pool.

use std::collections::BTreeMap;

use lab::dice::Dice;

/// How many sessions one originator may have; the longest idle one goes first.
const PER_ORIGINATOR: usize = 500;

/// How long a session may be idle, seconds.
const IDLE: f64 = 24.0 * 3600.0;

/// The sessions of a pool.
pub(crate) struct Sessions {
    dice: Dice,
    sessions: BTreeMap<String, Session>,
}

struct Session {
    user: String,
    originator: String,
    since: f64,
    used: f64,
}

impl Sessions {
    pub(crate) fn new(dice: Dice) -> Self {
        Self { dice, sessions: BTreeMap::new() }
    }

    /// A new session.
    pub(crate) fn login(&mut self, user: &str, originator: &str, now: f64) -> String {
        let mut mine: Vec<_> = self
            .sessions
            .iter()
            .filter(|(_, session)| session.originator == originator)
            .map(|(id, session)| (session.used, id.clone()))
            .collect();
        if mine.len() >= PER_ORIGINATOR {
            mine.sort_by(|a, b| a.0.total_cmp(&b.0));
            self.sessions.remove(&mine[0].1);
        }
        let id = format!("OpaqueRef:{}", self.dice.uuid());
        let (user, originator) = (user.to_owned(), originator.to_owned());
        self.sessions.insert(id.clone(), Session { user, originator, since: now, used: now });
        id
    }

    /// Whether a session is valid; it has been used then. `longest` is how many seconds after login it ends.
    pub(crate) fn check(&mut self, id: &str, now: f64, longest: Option<f64>) -> bool {
        let Some(session) = self.sessions.get_mut(id) else { return false };
        let ended = now - session.used > IDLE
            || longest.is_some_and(|longest| now - session.since > longest);
        if ended {
            self.sessions.remove(id);
        } else {
            session.used = now;
        }
        !ended
    }

    /// Who a session belongs to.
    pub(crate) fn user(&self, id: &str) -> Option<&str> {
        self.sessions.get(id).map(|session| session.user.as_str())
    }

    pub(crate) fn logout(&mut self, id: &str) {
        self.sessions.remove(id);
    }

    pub(crate) fn revoke_all(&mut self) {
        self.sessions.clear();
    }

    pub(crate) fn count(&self) -> usize {
        self.sessions.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_end() {
        let mut sessions = Sessions::new(Dice::new(1));
        let id = sessions.login("root", "test", 0.0);
        assert!(sessions.check(&id, 10.0, None));
        assert!(!sessions.check(&id, 11.0, Some(5.0)));
        let id = sessions.login("root", "test", 0.0);
        assert!(!sessions.check(&id, IDLE + 1.0, None));
        assert_eq!(sessions.count(), 0);
    }

    #[test]
    fn an_originator_has_a_bound() {
        let mut sessions = Sessions::new(Dice::new(1));
        let first = sessions.login("root", "test", 0.0);
        for second in 1..=PER_ORIGINATOR {
            sessions.login("root", "test", second as f64);
        }
        assert_eq!(sessions.count(), PER_ORIGINATOR);
        assert!(!sessions.check(&first, 600.0, None));
    }
}
