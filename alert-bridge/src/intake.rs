//! What becomes of a notification: episodes, feed events and messages, in one transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::alert::Alert;
use crate::config::Config;
use crate::contact::Contact;
use crate::digest;
use crate::episode::{Episode, Transition};
use crate::repeat;
use crate::route;
use crate::store::episodes::{self, Key, Loaded};
use crate::store::{Event, StoreError, Writing, codes, held, messages};
use crate::text;
use crate::view::{EpisodeView, EventView, Standing, milliseconds};

/// A notification for one receiver, from one cluster of Alertmanagers.
#[derive(Debug, Clone)]
pub(crate) struct Notification {
    pub(crate) cluster: String,
    pub(crate) receiver: String,
    pub(crate) alerts: Vec<Alert>,
}

/// What came of it, to be counted once it is on disk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Effect {
    /// Alerts that seemed too late to matter.
    pub(crate) late: u64,
    /// New episodes that no route matches: nobody was told.
    pub(crate) unrouted: u64,
}

/// Takes a notification in.
pub(crate) fn take(
    writing: &mut Writing<'_>,
    config: &Config,
    notification: Notification,
    now: Timestamp,
) -> Result<Effect, StoreError> {
    let Notification { cluster, receiver, alerts } = notification;
    let mut effect = Effect::default();
    // Alerts of one problem are taken in together: only then is it known what has become of it.
    let mut order = Vec::new();
    let mut problems: BTreeMap<Key, Vec<Alert>> = BTreeMap::new();
    for alert in alerts {
        let key = Key {
            cluster: cluster.clone(),
            receiver: receiver.clone(),
            identity: alert.content.identity(),
        };
        let known = problems.entry(key.clone()).or_default();
        if known.is_empty() {
            order.push(key);
        }
        known.push(alert);
    }
    for key in order {
        let mut loaded = episodes::load(writing.connection(), &key)?;
        for alert in problems.remove(&key).unwrap_or_default() {
            if !loaded.problem.take(alert, now) {
                effect.late += 1;
            }
        }
        episodes::save_label_sets(writing.connection(), &key, &loaded.problem)?;
        effect.unrouted += conclude(writing, config, &key, loaded, now)?;
    }
    Ok(effect)
}

/// Ends the episodes whose held end is due.
pub(crate) fn end_held(
    writing: &mut Writing<'_>,
    config: &Config,
    now: Timestamp,
) -> Result<(), StoreError> {
    for key in episodes::ending(writing.connection(), now)? {
        let loaded = episodes::load(writing.connection(), &key)?;
        conclude(writing, config, &key, loaded, now)?;
    }
    Ok(())
}

/// Settles the doubt about a label set: it fires, and its problem is open again, or it was a late duplicate.
pub(crate) fn settle_doubt(
    writing: &mut Writing<'_>,
    config: &Config,
    (key, name): &(Key, String),
    fires: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut loaded = episodes::load(writing.connection(), key)?;
    loaded.problem.settle_doubt(name, fires);
    episodes::save_label_sets(writing.connection(), key, &loaded.problem)?;
    conclude(writing, config, key, loaded, now).map(drop)
}

/// Closes the episode of a problem that nobody knows any more.
pub(crate) fn vanish(
    writing: &mut Writing<'_>,
    config: &Config,
    key: &Key,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut loaded = episodes::load(writing.connection(), key)?;
    if let Some(transition) = loaded.problem.vanish(now) {
        episodes::save_label_sets(writing.connection(), key, &loaded.problem)?;
        tell(writing, config, key, &loaded, transition, now)?;
    }
    Ok(())
}

/// Saves a problem after its alerts were taken in, and tells of its transition if there is one. Answers how
/// many new episodes had nobody to be told.
fn conclude(
    writing: &mut Writing<'_>,
    config: &Config,
    key: &Key,
    mut loaded: Loaded,
    now: Timestamp,
) -> Result<u64, StoreError> {
    if let Some(transition) = loaded.problem.settle(now, config.resolve_hold) {
        return tell(writing, config, key, &loaded, transition, now);
    }
    if let Some(episode) = &loaded.problem.episode {
        episodes::save_episode(writing.connection(), key, loaded.episode, episode, None)?;
        if episode.resolve_at.is_some() {
            writing.due();
        }
    }
    Ok(0)
}

/// Saves the episode, appends the event to the feed and queues the messages. Answers how many new episodes had
/// nobody to be told.
fn tell(
    writing: &mut Writing<'_>,
    config: &Config,
    key: &Key,
    loaded: &Loaded,
    transition: Transition,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let Some(episode) = &loaded.problem.episode else { return Ok(0) };
    let reason = transition.reason();
    let id = episodes::save_episode(writing.connection(), key, loaded.episode, episode, reason)?;
    let standing = Standing {
        severity: episode.severity,
        started: episode.started_at,
        ended: episode.ended_at,
        reason,
    };
    let view = EpisodeView::new(
        id,
        key.cluster.clone(),
        key.receiver.clone(),
        standing,
        episode.content.clone(),
    );
    let seq = writing.publish(|seq| {
        let event = EventView {
            seq,
            at: milliseconds(now),
            transition: transition.name(),
            previous: transition.previous(),
            episode: &view,
        };
        Ok(Event::new(seq, now, &serde_json::to_string(&event)?))
    })?;
    episodes::told(writing.connection(), id, seq)?;

    repeat::plan(writing, config.repeat, id, (episode, transition), now)?;
    notify(writing, config, key, id, episode, transition, now)
}

/// Queues the messages. Answers how many new episodes had nobody to be told.
pub(crate) fn notify(
    writing: &mut Writing<'_>,
    config: &Config,
    key: &Key,
    id: i64,
    episode: &Episode,
    transition: Transition,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let told = messages::told(writing.connection(), id)?;
    let routed = route::contacts(&config.routes, &episode.content, episode.severity);
    let unrouted = transition == Transition::Firing && routed.is_none();
    let mut wanted = routed.unwrap_or_default();
    wanted.retain(|contact| contact.floor <= episode.severity);
    for contact in &recipients(config, transition, told, wanted) {
        if let Some(due_at) = digest::hold_until(writing, config, contact, episode.severity, now)? {
            let (whom, what) = ((&*key.receiver, &*contact.name), (id, &*transition.key()));
            held::hold(writing.connection(), whom, what, episode.severity, due_at)?;
            writing.due();
            continue;
        }
        let code = match transition {
            Transition::Resolved(_) => None,
            _ if !config.acknowledge_by_reply => None,
            _ => Some(codes::give(writing.connection(), &contact.phone, id)?),
        };
        let text = text::message(episode, transition, code, contact);
        let queued = messages::queue(
            writing.connection(),
            &key.receiver,
            id,
            &transition.key(),
            contact,
            &text,
            now,
        )?;
        if queued {
            writing.queued();
        }
    }
    Ok(unrouted.into())
}

/// Who is told: of an end those who were told of the problem; of a change or again also whom it now concerns.
fn recipients(
    config: &Config,
    transition: Transition,
    told: Vec<String>,
    routed: Vec<Arc<Contact>>,
) -> Vec<Arc<Contact>> {
    // Contacts that are no longer configured drop out.
    let told: Vec<_> = told.iter().filter_map(|name| config.contacts.get(name).cloned()).collect();
    match transition {
        Transition::Firing => routed,
        Transition::Resolved(_) if !config.notify_resolved => Vec::new(),
        Transition::Resolved(_) => told,
        Transition::Severity { .. } | Transition::Repeat { .. } => {
            let new = routed
                .into_iter()
                .filter(|contact| told.iter().all(|known| known.name != contact.name));
            let new: Vec<_> = new.collect();
            told.into_iter().chain(new).collect()
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
