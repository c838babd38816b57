//! The state machine of an episode: one problem from its first alert to its end.
//!
//! Alertmanager tells of label sets, and severity is a label: WARNING -> CRITICAL comes as the end of one
//! alert and the start of another, in two notifications and in any order. A [`Problem`] therefore remembers
//! each of its label sets. It is open while any of them is active, its severity is the worst of those, and
//! when the last one ends the end is held back for a moment, because the next severity may be on its way.
//!
//! It is safe against what really happens: two Alertmanagers telling the same with other start times, a
//! notification that comes late, twice, or after its problem is over. No I/O and no clock here; who is told
//! of a [`Transition`] is decided elsewhere.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::alert::{Alert, Content, Severity};

/// All that is remembered of one problem (cluster, receiver, identity).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Its label sets, active ones and ended ones, by their names.
    pub(crate) label_sets: BTreeMap<String, LabelSet>,
    /// The episode that is open now.
    pub(crate) episode: Option<Episode>,
}

/// What is known of one label set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LabelSet {
    pub(crate) content: Content,
    pub(crate) severity: Severity,
    pub(crate) starts_at: Timestamp,
    pub(crate) ends_at: Option<Timestamp>,
    /// When it was told, after its end, to fire since before its end: a late duplicate, or an alert that
    /// Alertmanager believed to be over while its source was away. Only Alertmanager can tell which.
    pub(crate) doubted_at: Option<Timestamp>,
}

/// A problem's one stretch from its start to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Episode {
    pub(crate) content: Content,
    pub(crate) severity: Severity,
    /// How often the severity has changed.
    pub(crate) changes: u32,
    pub(crate) started_at: Timestamp,
    /// Nothing is active any more; the episode ends at this time unless something comes up before.
    pub(crate) resolve_at: Option<Timestamp>,
    pub(crate) ended_at: Option<Timestamp>,
}

/// A step of an episode that people are told of, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transition {
    Firing,
    /// The `nth` change of the worst severity, counted from 1.
    Severity {
        nth: u32,
        previous: Severity,
    },
    Resolved(Reason),
    /// It is still there, and nobody has taken it on; told again for the `nth` time, counted from 1.
    Repeat {
        nth: u32,
    },
}

/// Why an episode ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Alertmanager said so.
    Told,
    /// No Alertmanager has known it for a while: its resolution was lost.
    Vanished,
}

impl Reason {
    /// Its name in the store and in the API.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Reason::Told => "told",
            Reason::Vanished => "vanished",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Reason::Told, Reason::Vanished].into_iter().find(|reason| reason.name() == name)
    }
}

impl Transition {
    /// Its name in the feed.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Transition::Firing => "firing",
            Transition::Severity { .. } => "severity",
            Transition::Resolved(_) => "resolved",
            Transition::Repeat { .. } => "repeat",
        }
    }

    /// Its part of a message's key: within one episode no two transitions share it.
    pub(crate) fn key(self) -> String {
        match self {
            Transition::Severity { nth, .. } => format!("severity {nth}"),
            Transition::Repeat { nth } => format!("repeat {nth}"),
            Transition::Firing | Transition::Resolved(_) => self.name().to_owned(),
        }
    }

    /// Why the episode has ended, if this ends it.
    pub(crate) fn reason(self) -> Option<Reason> {
        match self {
            Transition::Resolved(reason) => Some(reason),
            Transition::Firing | Transition::Severity { .. } | Transition::Repeat { .. } => None,
        }
    }
}

impl Problem {
    /// Takes one alert in. Answers false when it seems too late to matter.
    pub(crate) fn take(&mut self, alert: Alert, now: Timestamp) -> bool {
        let Alert { content, severity, starts_at, ends_at } = alert;
        let name = content.label_set();
        let known = self.label_sets.get_mut(&name);
        match (known, ends_at) {
            // A duplicate from before the end that is known already, most likely.
            (Some(LabelSet { ends_at: Some(ended), doubted_at, .. }), None)
                if starts_at <= *ended =>
            {
                *doubted_at = Some(now);
                return false;
            }
            // The other Alertmanager's word on the same end; the later time guards better against duplicates.
            (Some(LabelSet { ends_at: Some(known), doubted_at, .. }), Some(ended)) => {
                *known = ended.max(*known);
                *doubted_at = None;
            }
            // The end of an earlier stretch, told after the next one has begun.
            (Some(known @ LabelSet { ends_at: None, .. }), Some(ended))
                if ended < known.starts_at =>
            {
                return false;
            }
            (Some(known @ LabelSet { ends_at: None, .. }), Some(ended)) => {
                known.ends_at = Some(ended)
            }
            (Some(known @ LabelSet { ends_at: None, .. }), None) => {
                known.starts_at = starts_at.min(known.starts_at);
                known.content = content;
            }
            // New, or again after its end.
            (_, ends_at) => {
                let label_set =
                    LabelSet { content, severity, starts_at, ends_at, doubted_at: None };
                self.label_sets.insert(name, label_set);
            }
        }
        true
    }

    /// Draws the conclusion after alerts were taken in, or after [`Episode::resolve_at`] has come.
    pub(crate) fn settle(&mut self, now: Timestamp, hold: Duration) -> Option<Transition> {
        let active = || self.label_sets.values().filter(|set| set.ends_at.is_none());
        let worst = active().max_by_key(|set| set.severity);
        let Some(episode) = &mut self.episode else {
            let worst = worst?;
            let started_at = active().map(|set| set.starts_at).min().unwrap_or(worst.starts_at);
            self.episode = Some(Episode {
                content: worst.content.clone(),
                severity: worst.severity,
                changes: 0,
                started_at,
                resolve_at: None,
                ended_at: None,
            });
            return Some(Transition::Firing);
        };
        let Some(worst) = worst else {
            let resolve_at = *episode.resolve_at.get_or_insert(now + hold);
            if now < resolve_at {
                return None;
            }
            episode.ended_at = self.label_sets.values().filter_map(|set| set.ends_at).max();
            return Some(Transition::Resolved(Reason::Told));
        };
        episode.resolve_at = None;
        episode.content = worst.content.clone();
        episode.started_at = episode.started_at.min(worst.starts_at);
        if worst.severity == episode.severity {
            return None;
        }
        let previous = std::mem::replace(&mut episode.severity, worst.severity);
        episode.changes += 1;
        Some(Transition::Severity { nth: episode.changes, previous })
    }

    /// Settles a doubt about a label set. If it does fire, it has done so since the end that was told.
    pub(crate) fn settle_doubt(&mut self, name: &str, fires: bool) {
        let Some(label_set) = self.label_sets.get_mut(name) else { return };
        if label_set.doubted_at.take().is_some()
            && fires
            && let Some(ended) = label_set.ends_at.take()
        {
            label_set.starts_at = ended + Duration::from_millis(1);
        }
    }

    /// Ends the episode because nobody knows its alerts any more. What was active is forgotten without an
    /// end, so that the same alert opens a new episode if it comes back.
    pub(crate) fn vanish(&mut self, now: Timestamp) -> Option<Transition> {
        let episode = self.episode.as_mut()?;
        self.label_sets.retain(|_, set| set.ends_at.is_some());
        episode.ended_at = Some(now);
        Some(Transition::Resolved(Reason::Vanished))
    }
}

#[cfg(test)]
mod tests;
