//! What one address is known to hold, and what it must be told next. No I/O, no clock.
//!
//! The rules:
//! - all that is new or over goes out together, and what belongs to one thing goes in one POST;
//! - where a silence must first come or go, the raise or end of that thing waits for it: an end posted under
//!   a silence would never be delivered, a raise posted before its silence would be;
//! - an end under a silence that stays (a problem in downtime that changes its severity) waits for the end of
//!   the silence;
//! - a restarted Alertmanager has forgotten its alerts and perhaps whom it told. What is active is raised
//!   again; what ended meanwhile is raised once more and then ended, so that its end is delivered.

mod steps;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;

use self::steps::Purpose;
pub(crate) use self::steps::{Batch, Cover, Step};
use crate::{Alert, LabelSet, Settings, Silence, SilenceState, wish::Wish};

/// Most alerts in one POST.
const CHUNK: usize = 500;

/// Pause between raising once more and ending, in which Alertmanager starts its delivery.
const REPLAY_GAP: Duration = Duration::from_secs(1);

/// How long after it accepted an end an Alertmanager may not have delivered it: two group intervals of the
/// fast road. Longer would only raise over again what a restarted one has delivered already.
const SETTLE: Duration = Duration::from_secs(10);

/// The book of one address.
#[derive(Debug)]
pub(crate) struct Book {
    settings: Arc<Settings>,
    /// The Alertmanager process that was read last.
    instance: Option<String>,
    /// Alerts that it holds as active and that are wanted.
    told: BTreeMap<LabelSet, Told>,
    /// Alerts that it held and that are over.
    ending: BTreeMap<LabelSet, Ending>,
    /// Our silences that it holds, by the labels they ask for.
    silences: BTreeMap<LabelSet, Standing>,
    /// Most alerts in the next POST: fewer after it refused one as invalid, to find which.
    chunk: usize,
}

/// Now: by the local clock that only goes forward, and by the address' own clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) tick: Instant,
    pub(crate) wall: Timestamp,
}

/// What was read from an address.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// Tells one Alertmanager process from the next.
    pub(crate) instance: String,
    /// Its active alerts of ours.
    pub(crate) alerts: Vec<Alert>,
    /// Its silences, of which only ours are taken.
    pub(crate) silences: Vec<Silence>,
}

#[derive(Debug)]
struct Told {
    alert: Arc<Alert>,
    /// When it was last sent, `None` when it must be sent again now.
    sent: Option<Instant>,
}

#[derive(Debug)]
struct Ending {
    alert: Arc<Alert>,
    identity: LabelSet,
    /// When the problem ended.
    at: Timestamp,
    /// Since when its end could have been told.
    since: Instant,
    phase: Phase,
}

/// How far the telling of an end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// To be raised once more first.
    Replay,
    /// Raised once more.
    Replayed(Instant),
    /// To be told.
    Due,
    /// Told; remembered in case that Alertmanager is killed before it delivers.
    Sent(Instant),
}

#[derive(Debug)]
struct Standing {
    id: String,
    starts_at: Timestamp,
    comment: String,
    /// When it was last prolonged, `None` when it must be now.
    extended: Option<Instant>,
}

/// Whether a silence hides an identity at this address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shade {
    /// No silence, and none wanted.
    Clear,
    /// A silence has to come or go first.
    Changing,
    /// A silence stands and is wanted.
    Covered,
}

impl Book {
    pub(crate) fn new(settings: Arc<Settings>) -> Self {
        Self {
            settings,
            instance: None,
            told: BTreeMap::new(),
            ending: BTreeMap::new(),
            silences: BTreeMap::new(),
            chunk: CHUNK,
        }
    }

    /// The Alertmanager process that was read last, `None` before the first.
    pub(crate) fn instance(&self) -> Option<&str> {
        self.instance.as_deref()
    }

    /// How many alerts the address holds as active.
    pub(crate) fn active(&self) -> usize {
        self.told.len()
    }

    /// How many silences of ours the address holds.
    pub(crate) fn silences(&self) -> usize {
        self.silences.len()
    }

    /// The address has been read, for the first time or after calls had failed. The wish has adopted the
    /// reading already.
    pub(crate) fn arrive(&mut self, reading: Reading, wish: &Wish, tick: Instant) {
        let Reading { instance, alerts, silences } = reading;
        self.observe(wish, tick);
        let restarted = self.instance.as_ref().is_some_and(|known| *known != instance);
        self.instance = Some(instance);
        self.told.clear();
        let mut found: BTreeMap<LabelSet, Alert> =
            alerts.into_iter().map(|alert| (alert.labels.clone(), alert)).collect();
        for (labels, ending) in &mut self.ending {
            match (found.remove(labels), ending.phase) {
                (Some(_), Phase::Replayed(_)) => {}
                (Some(_), _) => ending.phase = Phase::Due,
                (None, _) if restarted => ending.phase = Phase::Replay,
                (None, _) => {}
            }
        }
        for (labels, alert) in found {
            self.told.insert(labels, Told { alert: Arc::new(alert), sent: None });
        }
        let ours = silences.into_iter().filter_map(|silence| {
            let labels = own_silence(&silence, &self.settings)?;
            let Silence { id, starts_at, comment, .. } = silence;
            Some((labels, Standing { id, starts_at, comment, extended: None }))
        });
        self.silences = ours.collect();
        self.observe(wish, tick);
    }

    /// Notes which alerts are over, and forgets ends that are told or too old to matter.
    fn observe(&mut self, wish: &Wish, tick: Instant) {
        let over: Vec<LabelSet> =
            self.told.keys().filter(|labels| !wish.alerts.contains_key(labels)).cloned().collect();
        for labels in over {
            if let Some(Told { alert, .. }) = self.told.remove(&labels) {
                let identity = labels.only(&self.settings.identity);
                let at = wish.ended_at(&labels);
                let ending = Ending { alert, identity, at, since: tick, phase: Phase::Due };
                self.ending.insert(labels, ending);
            }
        }
        let (silences, hold) = (&self.silences, self.settings.hold);
        self.ending.retain(|labels, ending| {
            if shade(silences, wish, &ending.identity) == Shade::Covered {
                ending.since = tick;
            }
            let fresh = match ending.phase {
                Phase::Sent(at) => tick.duration_since(at) < SETTLE,
                Phase::Replay | Phase::Replayed(_) | Phase::Due => {
                    tick.duration_since(ending.since) < hold
                }
            };
            fresh && !wish.alerts.contains_key(labels)
        });
    }

    /// How many alerts, ends and silences this address has yet to be told of, repetitions not counted.
    pub(crate) fn owed(&mut self, wish: &Wish, tick: Instant) -> usize {
        self.observe(wish, tick);
        let raises = wish.alerts.iter().filter(|(labels, held)| !self.knows(labels, &held.alert));
        let ends = self.ending.values().filter(|ending| {
            !matches!(ending.phase, Phase::Sent(_))
                && shade(&self.silences, wish, &ending.identity) != Shade::Covered
        });
        let covers = wish.silences.iter().filter(|(labels, comment)| {
            self.silences.get(labels).is_none_or(|standing| standing.comment != **comment)
        });
        raises.count() + ends.count() + covers.count() + self.unwanted(wish).count()
    }

    /// A POST was accepted.
    pub(crate) fn posted(&mut self, batch: &Batch, tick: Instant) {
        self.chunk = (self.chunk * 2).min(CHUNK);
        for (alert, purpose) in &batch.purposes {
            let ending = self.ending.get_mut(&alert.labels);
            match (purpose, ending) {
                (Purpose::Raise, _) => {
                    self.ending.remove(&alert.labels);
                    let told = Told { alert: Arc::clone(alert), sent: Some(tick) };
                    self.told.insert(alert.labels.clone(), told);
                }
                (Purpose::Replay, Some(ending)) => ending.phase = Phase::Replayed(tick),
                (Purpose::End, Some(ending)) => ending.phase = Phase::Sent(tick),
                (Purpose::Replay | Purpose::End, None) => {}
            }
        }
    }

    /// A POST was refused as invalid. The next ones are smaller, until the alert at fault stands alone; that
    /// one is left until it is due again, and `true` comes back.
    pub(crate) fn refused(&mut self, batch: &Batch, tick: Instant) -> bool {
        if batch.purposes.len() > 1 {
            self.chunk = batch.purposes.len() / 2;
            return false;
        }
        self.posted(batch, tick);
        true
    }

    /// The silences with these labels are over.
    pub(crate) fn lifted(&mut self, labels: &LabelSet) {
        self.silences.remove(labels);
    }

    /// A silence stands, with the id and start that Alertmanager gave it; `None` when it does not know the
    /// silence that should be prolonged, so that a new one must be made.
    pub(crate) fn covered(
        &mut self,
        cover: Cover,
        standing: Option<(String, Timestamp)>,
        tick: Instant,
    ) {
        let Cover { request } = cover;
        let Some((id, starts_at)) = standing else {
            self.silences.remove(&request.labels);
            return;
        };
        let comment = request.comment;
        let standing = Standing { id, starts_at, comment, extended: Some(tick) };
        self.silences.insert(request.labels, standing);
    }

    fn knows(&self, labels: &LabelSet, alert: &Arc<Alert>) -> bool {
        self.told.get(labels).is_some_and(|told| told.alert == *alert)
    }

    fn unwanted(&self, wish: &Wish) -> impl Iterator<Item = &LabelSet> {
        self.silences.keys().filter(|labels| !wish.silences.contains_key(labels))
    }
}

/// The labels that a silence asks for, when it is in force and ours.
pub(crate) fn own_silence(silence: &Silence, settings: &Settings) -> Option<LabelSet> {
    let labels = silence.labels()?;
    let ours = silence.state != SilenceState::Expired
        && silence.created_by == settings.source
        && labels.iter().all(|(name, _)| settings.identity.iter().any(|known| known == name));
    ours.then_some(labels)
}

fn shade(silences: &BTreeMap<LabelSet, Standing>, wish: &Wish, identity: &LabelSet) -> Shade {
    match (silences.contains_key(identity), wish.silences.contains_key(identity)) {
        (false, false) => Shade::Clear,
        (true, true) => Shade::Covered,
        (true, false) | (false, true) => Shade::Changing,
    }
}
