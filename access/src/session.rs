//! Sessions in memory: bounded, and ended by time, by their user, or by a new password.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

/// Sessions of one user at most; a new one ends the one used longest ago.
const MOST_OF_USER: usize = 20;

/// What is kept of a session's secret: who reads our memory still has no session.
pub(crate) type Key = [u8; 32];

/// A session that runs.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) user: String,
    /// The hash of the password that it began with: a new password ends it.
    pub(crate) password: String,
    begun: Instant,
    used: Instant,
}

/// How long a session may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) idle: Duration,
    pub(crate) longest: Duration,
}

/// All sessions. There are at most [`MOST_OF_USER`] for each configured user.
#[derive(Debug, Default)]
pub(crate) struct Sessions(HashMap<Key, Session>);

impl Sessions {
    /// Begins a session; the answer is its secret.
    pub(crate) fn begin(&mut self, user: &str, password: &str, now: Instant) -> String {
        let mut own: Vec<(Instant, Key)> = self
            .0
            .iter()
            .filter(|(_, session)| session.user == user)
            .map(|(key, session)| (session.used, *key))
            .collect();
        own.sort_unstable();
        for (_, key) in own.iter().take((own.len() + 1).saturating_sub(MOST_OF_USER)) {
            self.0.remove(key);
        }
        let secret = crate::hexadecimal(&crate::random::<32>());
        let session =
            Session { user: user.into(), password: password.into(), begun: now, used: now };
        self.0.insert(key(&secret), session);
        secret
    }

    /// A session that has not ended, marked as used now.
    pub(crate) fn touch(&mut self, key: &Key, limits: Limits, now: Instant) -> Option<Session> {
        self.look(key, limits, now)?;
        let session = self.0.get_mut(key)?;
        session.used = now;
        Some(session.clone())
    }

    /// A session that has not ended; one that has is forgotten.
    pub(crate) fn look(&mut self, key: &Key, limits: Limits, now: Instant) -> Option<&Session> {
        let session = self.0.get(key)?;
        let over = now.duration_since(session.used) >= limits.idle
            || now.duration_since(session.begun) >= limits.longest;
        if over {
            self.0.remove(key);
        }
        self.0.get(key)
    }

    pub(crate) fn end(&mut self, key: &Key) {
        self.0.remove(key);
    }
}

pub(crate) fn key(secret: &str) -> Key {
    Sha256::digest(secret).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits =
        Limits { idle: Duration::from_secs(60), longest: Duration::from_secs(100) };

    #[test]
    fn a_session_lives_while_it_is_used_but_not_for_ever() {
        let (mut sessions, start) = (Sessions::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        let key = key(&sessions.begin("duty", "hash", start));
        assert_eq!(sessions.touch(&key, LIMITS, after(59)).unwrap().user, "duty");
        assert!(sessions.touch(&key, LIMITS, after(99)).is_some());
        assert!(sessions.touch(&key, LIMITS, after(100)).is_none(), "used, but too old");
        let key = self::key(&sessions.begin("duty", "hash", start));
        assert!(sessions.touch(&key, LIMITS, after(60)).is_none(), "idle");
        assert!(sessions.touch(&key, LIMITS, after(1)).is_none(), "and forgotten");
    }

    #[test]
    fn one_user_cannot_have_sessions_without_end() {
        let (mut sessions, start) = (Sessions::default(), Instant::now());
        let others = key(&sessions.begin("other", "hash", start));
        let first = key(&sessions.begin("duty", "hash", start));
        for second in 1..=MOST_OF_USER as u64 {
            sessions.begin("duty", "hash", start + Duration::from_secs(second));
        }
        assert_eq!(sessions.0.len(), MOST_OF_USER + 1);
        assert!(!sessions.0.contains_key(&first) && sessions.0.contains_key(&others));
    }
}
