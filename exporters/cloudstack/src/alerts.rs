//! Which of CloudStack's alerts are new, active or over. Pure: no I/O, no clock.
//!
//! The rules:
//! - an alert is new when its id has not been seen and it was sent after the watermark, the newest alert seen; at
//!   the very first start, when it is younger than `hold`;
//! - an alert is over when it is no longer listed (it was archived) or older than `hold`;
//! - what is over does not come back.
//!
//! An alert's id is its `epoch` in the history and its `alert_id` at Alertmanager, so what is told twice is kept
//! once.

mod kind;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::record::Alert;
use crate::time;
pub use kind::Kind;

/// An alert that was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Its number among CloudStack's types.
    pub kind: Kind,
    /// `description` of the API.
    pub text: String,
    /// When it was sent.
    pub sent: Timestamp,
    /// Whether it is over.
    pub over: bool,
}

/// What happened to an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It is new.
    Raised,
    /// It was archived.
    Archived,
    /// It has stood for as long as alerts do.
    Expired,
}

/// What is known of a cloud's alerts; kept across restarts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    /// When the newest alert seen was sent; `None` before the first page.
    watermark: Option<Timestamp>,
    /// By id: those that are active, and those that are over and could still be listed as young ones.
    told: BTreeMap<String, Told>,
}

impl Book {
    /// Follows the newest alerts, newest first; `whole` says that there are no older ones. Tells `happened` of each
    /// change, oldest alert first.
    ///
    /// Returns whether alerts may have been missed: the page is full of new ones.
    pub fn follow(
        &mut self,
        page: &[Alert],
        whole: bool,
        now: Timestamp,
        hold: Duration,
        mut happened: impl FnMut(&str, &Told, Step),
    ) -> bool {
        let youngest_over = now - SignedDuration::try_from(hold).unwrap_or(SignedDuration::MAX);
        let first = self.watermark.is_none();
        let watermark = self.watermark.unwrap_or(youngest_over);
        let sent = |alert: &Alert| time::parse(&alert.sent).unwrap_or(now);
        let mut new = 0;
        for alert in page.iter().rev() {
            let sent = sent(alert);
            if alert.id.is_empty() || self.told.contains_key(&*alert.id) {
                continue;
            }
            // Management servers' clocks differ: what is young may come late.
            if sent > watermark || sent > youngest_over {
                let kind = Kind::of(alert.kind.0);
                let told = Told { kind, text: alert.description.to_string(), sent, over: false };
                happened(&alert.id, &told, Step::Raised);
                self.told.insert(alert.id.to_string(), told);
                new += 1;
            }
        }
        let newest = page.iter().map(sent).max();
        self.watermark = newest.max(Some(watermark));
        let oldest = page.iter().map(sent).min().filter(|_| !whole);
        for (id, told) in self.told.iter_mut().filter(|(_, told)| !told.over) {
            let listed = page.iter().any(|alert| &*alert.id == id);
            let step = match () {
                () if told.sent <= youngest_over => Step::Expired,
                // Older ones than the page shows may be there.
                () if listed || oldest.is_some_and(|oldest| told.sent <= oldest) => continue,
                () => Step::Archived,
            };
            told.over = true;
            happened(id, told, step);
        }
        // Those that are over and older than the watermark are not new any more.
        let kept = self.watermark.map_or(youngest_over, |mark| mark.min(youngest_over));
        self.told.retain(|_, told| !told.over || told.sent > kept);
        !first && !whole && new == page.len()
    }

    /// The alerts that are active, by id.
    pub fn active(&self) -> impl Iterator<Item = (&str, &Told)> {
        let active = self.told.iter().filter(|(_, told)| !told.over);
        active.map(|(id, told)| (id.as_str(), told))
    }
}

#[cfg(test)]
mod tests;
