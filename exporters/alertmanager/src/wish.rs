//! What the owner wants to be active: one state shared by all addresses. No I/O, no clock.
//!
//! Promises: an alert keeps the start it was raised with until it ends, and one that is raised again starts
//! after its end (Alertmanager would take an overlapping one for the old problem).

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};

use crate::{Alert, Generation, LabelSet, Settings, Wanted};

/// The wanted alerts and silences.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wish {
    /// Counts the sets; 0 until the owner has spoken, when alerts found at an Alertmanager are the wish.
    pub(crate) generation: Generation,
    /// The alerts that should be active.
    pub(crate) alerts: BTreeMap<LabelSet, Held>,
    /// The silences that should stand: identity labels, and the comment.
    pub(crate) silences: BTreeMap<LabelSet, String>,
    /// When the owner last spoke.
    set_at: Timestamp,
    /// When alerts were last left out, as long as addresses may still have to be told.
    ended: BTreeMap<LabelSet, Timestamp>,
}

/// A wanted alert.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) alert: Arc<Alert>,
    /// The labels that a silence of it would have.
    pub(crate) identity: LabelSet,
}

impl Wish {
    /// The owner wants exactly these, as of `now`. Of two with equal labels the later wins.
    pub(crate) fn set(
        &mut self,
        wanted: impl IntoIterator<Item = Wanted>,
        now: Timestamp,
        settings: &Settings,
    ) -> Generation {
        self.generation.0 += 1;
        self.set_at = now;
        let before = std::mem::take(&mut self.alerts);
        self.silences.clear();
        for Wanted { alert, silenced } in wanted {
            let identity = alert.labels.only(&settings.identity);
            // A silence without conditions would be refused.
            if let Some(comment) = silenced.filter(|_| !identity.is_empty()) {
                self.silences.insert(identity.clone(), comment);
            }
            let wanted_start = milliseconds(alert.starts_at);
            let starts_at = match (before.get(&alert.labels), self.ended.get(&alert.labels)) {
                (Some(known), _) => known.alert.starts_at,
                (None, Some(ended)) => wanted_start.max(just_after(*ended)),
                (None, None) => wanted_start,
            };
            let alert = Alert { starts_at, ..alert };
            let alert = match before.get(&alert.labels) {
                Some(known) if *known.alert == alert => Arc::clone(&known.alert),
                _ => Arc::new(alert),
            };
            self.alerts.insert(alert.labels.clone(), Held { alert, identity });
        }
        let hold = SignedDuration::try_from(settings.hold).unwrap_or(SignedDuration::MAX);
        self.ended.retain(|_, at| now.duration_since(*at) < hold);
        for labels in before.into_keys().filter(|labels| !self.alerts.contains_key(labels)) {
            self.ended.insert(labels, now);
        }
        self.generation
    }

    /// An Alertmanager holds these. Returns whether that changes the wish.
    ///
    /// Before the owner has spoken they are kept as they are. Afterwards those that it wants keep the
    /// earlier start; the others are for the address' book to end.
    pub(crate) fn adopt(
        &mut self,
        alerts: &[Alert],
        silences: &BTreeMap<LabelSet, String>,
        settings: &Settings,
    ) -> bool {
        let spoken = self.generation > Generation(0);
        let mut changed = false;
        for found in alerts {
            let over = self.ended.get(&found.labels).is_some_and(|at| found.starts_at <= *at);
            match self.alerts.get_mut(&found.labels) {
                Some(held) if found.starts_at < held.alert.starts_at && !over => {
                    let alert = Alert { starts_at: found.starts_at, ..(*held.alert).clone() };
                    held.alert = Arc::new(alert);
                    changed = true;
                }
                Some(_) => {}
                None if spoken => {}
                None => {
                    let identity = found.labels.only(&settings.identity);
                    let held = Held { alert: Arc::new(found.clone()), identity };
                    self.alerts.insert(found.labels.clone(), held);
                    changed = true;
                }
            }
        }
        if !spoken {
            for (identity, comment) in silences {
                self.silences.entry(identity.clone()).or_insert_with(|| {
                    changed = true;
                    comment.clone()
                });
            }
        }
        changed
    }

    /// When an alert that is not wanted ended.
    pub(crate) fn ended_at(&self, labels: &LabelSet) -> Timestamp {
        self.ended.get(labels).copied().unwrap_or(self.set_at)
    }
}

/// Alertmanager tells times in whole milliseconds: finer ones would come back as others.
fn milliseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

fn just_after(time: Timestamp) -> Timestamp {
    milliseconds(time.checked_add(SignedDuration::from_millis(1)).unwrap_or(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn settings() -> Settings {
        Settings::new("test", &["host"], LabelSet::default())
    }

    fn critical(host: &str, starts_at: Timestamp) -> Alert {
        let labels = LabelSet::new([("host", host), ("severity", "critical")]).unwrap();
        Alert { labels, annotations: LabelSet::default(), starts_at, generator_url: None }
    }

    fn wanted(host: &str, starts_at: Timestamp) -> Wanted {
        Wanted { alert: critical(host, starts_at), silenced: None }
    }

    fn start(wish: &Wish, host: &str) -> Option<Timestamp> {
        wish.alerts.get(&critical(host, at(0)).labels).map(|held| held.alert.starts_at)
    }

    #[test]
    fn an_alert_keeps_its_start_until_it_ends() {
        let mut wish = Wish::default();
        assert_eq!(wish.set([wanted("a", at(10))], at(11), &settings()), Generation(1));
        wish.set([wanted("a", at(20))], at(21), &settings());
        assert_eq!(start(&wish, "a"), Some(at(10)));
        wish.set([], at(30), &settings());
        assert_eq!(start(&wish, "a"), None);
        assert_eq!(wish.ended_at(&critical("a", at(0)).labels), at(30));
    }

    #[test]
    fn raised_again_it_starts_after_its_end() {
        let mut wish = Wish::default();
        wish.set([wanted("a", at(10))], at(10), &settings());
        wish.set([], at(11), &settings());
        wish.set([wanted("a", at(10))], at(11), &settings());
        assert_eq!(start(&wish, "a"), Some(at(11) + SignedDuration::from_millis(1)));
        // The end was told long ago: no reason left to move the start.
        wish.set([], at(12), &settings());
        wish.set([], at(12 + 15 * MINUTE), &settings());
        wish.set([wanted("a", at(10))], at(13 + 15 * MINUTE), &settings());
        assert_eq!(start(&wish, "a"), Some(at(10)));
    }

    #[test]
    fn found_alerts_are_the_wish_until_the_owner_speaks() {
        let mut wish = Wish::default();
        let silences =
            BTreeMap::from([(LabelSet::new([("host", "a")]).unwrap(), "night".to_owned())]);
        let found = [critical("a", at(5)), critical("b", at(6))];
        assert!(wish.adopt(&found, &silences, &settings()));
        assert!(!wish.adopt(&found, &silences, &settings()));
        assert_eq!((start(&wish, "a"), start(&wish, "b")), (Some(at(5)), Some(at(6))));
        assert_eq!(wish.silences, silences);
        wish.set([wanted("a", at(9))], at(10), &settings());
        assert_eq!((start(&wish, "a"), start(&wish, "b")), (Some(at(5)), None));
        assert!(wish.silences.is_empty());
    }

    #[test]
    fn found_late_they_give_their_earlier_start_only() {
        let mut wish = Wish::default();
        wish.set([wanted("a", at(9))], at(10), &settings());
        assert!(wish.adopt(&[critical("a", at(5))], &BTreeMap::new(), &settings()));
        assert!(!wish.adopt(&[critical("a", at(7))], &BTreeMap::new(), &settings()));
        assert!(!wish.adopt(&[critical("b", at(6))], &BTreeMap::new(), &settings()));
        assert_eq!((start(&wish, "a"), start(&wish, "b")), (Some(at(5)), None));
    }

    #[test]
    fn a_start_before_the_last_end_is_not_taken_over() {
        let mut wish = Wish::default();
        wish.set([wanted("a", at(9))], at(10), &settings());
        wish.set([], at(20), &settings());
        wish.set([wanted("a", at(30))], at(30), &settings());
        assert!(!wish.adopt(&[critical("a", at(9))], &BTreeMap::new(), &settings()));
        assert_eq!(start(&wish, "a"), Some(at(30)));
    }

    #[test]
    fn starts_are_whole_milliseconds() {
        let mut wish = Wish::default();
        let start_at = Timestamp::new(10, 123_456_789).unwrap();
        wish.set([wanted("a", start_at)], at(11), &settings());
        assert_eq!(start(&wish, "a"), Some(Timestamp::new(10, 123_000_000).unwrap()));
    }
}
