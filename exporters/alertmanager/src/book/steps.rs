//! Which step comes next: everything new or over, then silences, then nothing until something is due.

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use jiff::{SignedDuration, Timestamp};

use super::{Book, Ending, Moment, Phase, REPLAY_GAP, Shade, shade};
use crate::{
    Alert, LabelSet, Posting, SilenceRequest,
    wish::{Held, Wish},
};

/// Most silences made or ended at the same time.
const ABREAST: usize = 8;

/// What to do next at one address.
#[derive(Debug)]
pub(crate) enum Step {
    /// Post these alerts.
    Post(Batch),
    /// End our silences that ask for exactly these labels.
    Lift(Vec<LabelSet>),
    /// Make or prolong these silences.
    Cover(Vec<Cover>),
    /// Nothing until then, unless the wish changes.
    Rest(Instant),
}

/// Alerts for one POST.
#[derive(Debug)]
pub(crate) struct Batch {
    /// What to post.
    pub(crate) postings: Vec<Posting>,
    /// Of each posting the alert as the book knows it, and why it is sent.
    pub(super) purposes: Vec<(Arc<Alert>, Purpose)>,
}

/// An alert that may be sent now.
struct Item {
    alert: Arc<Alert>,
    ends_at: Timestamp,
    purpose: Purpose,
}

/// A silence to make or prolong.
#[derive(Debug)]
pub(crate) struct Cover {
    /// What to ask for.
    pub(crate) request: SilenceRequest,
}

/// Why an alert is in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It is active: new, changed, or due again.
    Raise,
    /// It is over, and is raised so that its end counts.
    Replay,
    /// It is over.
    End,
}

impl Book {
    /// What to do now.
    pub(crate) fn next(&mut self, wish: &Wish, now: Moment) -> Step {
        self.observe(wish, now.tick);
        let batch = self.batch(wish, now);
        if !batch.postings.is_empty() {
            return Step::Post(batch);
        }
        let unwanted: Vec<_> = self.unwanted(wish).take(ABREAST).cloned().collect();
        if !unwanted.is_empty() {
            return Step::Lift(unwanted);
        }
        let covers = self.covers(wish, now);
        if !covers.is_empty() {
            return Step::Cover(covers);
        }
        Step::Rest(self.next_due(wish, now.tick))
    }

    /// As many of the alerts that may be sent now as one POST holds, those of one thing together.
    fn batch(&self, wish: &Wish, now: Moment) -> Batch {
        let mut by_thing: BTreeMap<&LabelSet, Vec<Item>> = BTreeMap::new();
        for (thing, item) in self.ends(wish, now).chain(self.raises(wish, now)) {
            by_thing.entry(thing).or_default().push(item);
        }
        let mut batch = Batch { postings: Vec::new(), purposes: Vec::new() };
        for items in by_thing.into_values() {
            let room = self.chunk - batch.postings.len();
            if room < items.len() && !batch.postings.is_empty() {
                break;
            }
            for Item { alert, ends_at, purpose } in items.into_iter().take(room) {
                batch.postings.push(Posting::new(Arc::clone(&alert), ends_at));
                batch.purposes.push((alert, purpose));
            }
        }
        batch
    }

    fn ends<'a>(
        &'a self,
        wish: &'a Wish,
        now: Moment,
    ) -> impl Iterator<Item = (&'a LabelSet, Item)> {
        self.ending.values().filter_map(move |ending| {
            let purpose = self.end_purpose(ending, wish, now.tick)?;
            let ends_at = match purpose {
                Purpose::End => ending.at.min(now.wall),
                Purpose::Raise | Purpose::Replay => self.later(now.wall),
            };
            Some((&ending.identity, Item { alert: Arc::clone(&ending.alert), ends_at, purpose }))
        })
    }

    fn raises<'a>(
        &'a self,
        wish: &'a Wish,
        now: Moment,
    ) -> impl Iterator<Item = (&'a LabelSet, Item)> {
        let ends_at = self.later(now.wall);
        wish.alerts.iter().filter_map(move |(labels, Held { alert, identity })| {
            let due = match self.told.get(labels) {
                None => shade(&self.silences, wish, identity) != Shade::Changing,
                Some(told) => told.alert != *alert || self.is_due(told.sent, now.tick),
            };
            let purpose = Purpose::Raise;
            due.then(|| (identity, Item { alert: Arc::clone(alert), ends_at, purpose }))
        })
    }

    /// What an alert that is over may be sent for now, `None` while it must wait or is done.
    fn end_purpose(&self, ending: &Ending, wish: &Wish, tick: Instant) -> Option<Purpose> {
        if shade(&self.silences, wish, &ending.identity) != Shade::Clear {
            return None;
        }
        match ending.phase {
            Phase::Replay => Some(Purpose::Replay),
            Phase::Due => Some(Purpose::End),
            Phase::Replayed(at) if tick.duration_since(at) >= REPLAY_GAP => Some(Purpose::End),
            Phase::Replayed(_) | Phase::Sent(_) => None,
        }
    }

    fn covers(&self, wish: &Wish, now: Moment) -> Vec<Cover> {
        let due = wish.silences.iter().filter_map(|(labels, comment)| {
            let standing = self.silences.get(labels);
            if let Some(standing) = standing
                && standing.comment == *comment
                && !self.is_due(standing.extended, now.tick)
            {
                return None;
            }
            let request = SilenceRequest {
                id: standing.map(|standing| standing.id.clone()),
                labels: labels.clone(),
                starts_at: standing.map_or(now.wall, |standing| standing.starts_at),
                ends_at: self.later(now.wall),
                created_by: self.settings.source.clone(),
                comment: comment.clone(),
            };
            Some(Cover { request })
        });
        due.take(ABREAST).collect()
    }

    /// When the first repetition or delayed end is due.
    fn next_due(&self, wish: &Wish, tick: Instant) -> Instant {
        let sent = self.told.values().filter_map(|told| told.sent);
        let extended = self.silences.values().filter_map(|standing| standing.extended);
        let repeated = sent.chain(extended).map(|at| at + self.settings.resend);
        let ends = self.ending.values().filter_map(|ending| match ending.phase {
            Phase::Replayed(at)
                if shade(&self.silences, wish, &ending.identity) == Shade::Clear =>
            {
                Some(at + REPLAY_GAP)
            }
            _ => None,
        });
        repeated.chain(ends).min().unwrap_or(tick + self.settings.resend)
    }

    fn is_due(&self, last: Option<Instant>, tick: Instant) -> bool {
        last.is_none_or(|last| tick.duration_since(last) >= self.settings.resend)
    }

    /// The end of what is sent now and never again.
    fn later(&self, wall: Timestamp) -> Timestamp {
        let hold = SignedDuration::try_from(self.settings.hold).unwrap_or(SignedDuration::MAX);
        wall.checked_add(hold).unwrap_or(Timestamp::MAX)
    }
}
