//! Telling again what nobody has taken on, by our own clock: Alertmanager's repetitions do not count.

use std::time::Duration;

use jiff::Timestamp;

use crate::alert::Severity;
use crate::config::Config;
use crate::episode::{Episode, Transition};
use crate::intake;
use crate::store::reminders::{self, Due};
use crate::store::{StoreError, Writing, episodes};

/// What is told again, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Policy {
    /// Problems at least so bad.
    pub(crate) severity: Severity,
    pub(crate) every: Duration,
    /// How often at most; 0 for never.
    pub(crate) most: u32,
}

/// Decides, after a transition, whether and when the episode is told again.
pub(crate) fn plan(
    writing: &mut Writing<'_>,
    policy: Policy,
    id: i64,
    (episode, transition): (&Episode, Transition),
    now: Timestamp,
) -> Result<(), StoreError> {
    let over = matches!(transition, Transition::Resolved(_));
    let wanted = !over && episode.severity >= policy.severity && policy.most > 0;
    reminders::set(writing.connection(), id, wanted.then(|| now + policy.every))?;
    if wanted {
        writing.due();
    }
    Ok(())
}

/// Tells again what is due.
pub(crate) fn remind(
    writing: &mut Writing<'_>,
    config: &Config,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Policy { severity, every, most } = config.repeat;
    while let Some(Due { episode: id, key, told }) = reminders::due(writing.connection(), now)? {
        let loaded = episodes::load(writing.connection(), &key)?;
        let open = loaded.problem.episode.filter(|_| loaded.episode == Some(id));
        // The configuration may have changed since.
        let wanted = open.filter(|episode| told < most && episode.severity >= severity);
        let again = wanted.is_some() && told + 1 < most;
        if let Some(episode) = wanted {
            let transition = Transition::Repeat { nth: told + 1 };
            intake::notify(writing, config, &key, id, &episode, transition, now)?;
            reminders::told(writing.connection(), id)?;
        }
        reminders::set(writing.connection(), id, again.then(|| now + every))?;
    }
    Ok(())
}
