//! Compares what is open here with what Alertmanager knows, in both directions.
//!
//! An Alertmanager that is killed between the end of an alert and its notification never tells of the end:
//! after its start it does not know the alert any more. So each configured Alertmanager is asked what it
//! knows. An episode is closed when none of them has known it for [`Config::vanish_after`], during which all
//! have answered and none has started anew: one that was started a moment ago knows nothing yet.
//!
//! The other way round: an alert that is told to fire since before its end looks like a late duplicate and is
//! not believed at first. But a source that was away for long lets its alerts expire, and on its return they
//! fire with their old start. Whether Alertmanager still says so a moment later tells the two apart.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use alertmanager::{Address, Client, LabelSet};
use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::alert::{Content, Pairs};
use crate::config::Config;
use crate::heartbeat;
use crate::intake;
use crate::store::episodes::{self, Key};
use crate::store::{Store, StoreError};

/// How often the Alertmanagers are asked.
const INTERVAL: Duration = Duration::from_secs(30);

/// Deadline of one question.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);

/// Asks until `shutdown`. Idle while no Alertmanager is configured.
pub(crate) async fn run(
    config: watch::Receiver<Arc<Config>>,
    store: Store,
    shutdown: CancellationToken,
) {
    let mut absences = Absences::default();
    loop {
        let current = Arc::clone(&config.borrow());
        if !current.alertmanagers.is_empty() {
            match ask_all(&current.alertmanagers).await {
                Ok(answers) => {
                    if let Err(error) = compare(&mut absences, answers, &current, &store).await {
                        warn!(%error, "cannot compare with Alertmanager");
                    }
                }
                Err(error) => {
                    warn!(%error, "cannot ask Alertmanager what it knows");
                    absences.forget();
                }
            }
        }
        tokio::select! {
            () = tokio::time::sleep(pause(&current)) => {}
            () = shutdown.cancelled() => return,
        }
    }
}

/// Between two questions, and how long a doubt is left alone.
fn pause(config: &Config) -> Duration {
    config.vanish_after.clamp(Duration::from_secs(1), INTERVAL)
}

/// What all Alertmanagers together know.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// Tells each process from the one before it.
    pub(crate) started: Vec<String>,
    pub(crate) identities: BTreeSet<String>,
    pub(crate) label_sets: BTreeSet<String>,
}

/// Asks all; fails when one does not answer.
pub(crate) async fn ask_all(addresses: &[Address]) -> Result<Answers, alertmanager::Error> {
    let mut answers = Answers::default();
    for address in addresses {
        let client = Client::new(address.clone(), TIMEOUT)?;
        answers.started.push(client.started().await?);
        for alert in client.alerts(&LabelSet::default()).await? {
            let labels =
                alert.labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
            let content = Content { labels: labels.collect(), ..Content::default() };
            answers.identities.insert(content.identity());
            answers.label_sets.insert(content.label_set());
        }
    }
    Ok(answers)
}

async fn compare(
    absences: &mut Absences,
    answers: Answers,
    config: &Arc<Config>,
    store: &Store,
) -> Result<(), StoreError> {
    let now = Timestamp::now();
    let until = now - pause(config);
    for doubted in store.read(move |connection| episodes::doubted(connection, until)).await? {
        let fires = answers.label_sets.contains(&doubted.1);
        info!(receiver = doubted.0.receiver, fires, "a late alert was looked into");
        let config = Arc::clone(config);
        store
            .write(move |writing| intake::settle_doubt(writing, &config, &doubted, fires, now))
            .await?;
    }
    let open = store.read(episodes::open).await?;
    // Of what this program raises itself no Alertmanager knows.
    let open = open
        .into_iter()
        .filter(|(key, content)| key.cluster != heartbeat::CLUSTER && comparable(&content.labels))
        .map(|(key, _)| key);
    for key in absences.observe(answers, open, now, config.vanish_after) {
        info!(
            receiver = key.receiver,
            identity = key.identity,
            "closed: no longer known to Alertmanager"
        );
        let config = Arc::clone(config);
        store.write(move |writing| intake::vanish(writing, &config, &key, now)).await?;
    }
    Ok(())
}

/// Whether all labels come back when Alertmanager is asked: the client leaves out names of other characters,
/// which newer versions allow. An episode with such a label is never closed here.
fn comparable(labels: &Pairs) -> bool {
    labels.keys().all(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
}

/// Since when open episodes are unknown to every Alertmanager.
#[derive(Debug, Default)]
struct Absences {
    started: Vec<String>,
    since: BTreeMap<Key, Timestamp>,
}

impl Absences {
    /// Takes in what all Alertmanagers have answered. Answers the episodes that have been unknown for too long.
    fn observe(
        &mut self,
        answers: Answers,
        open: impl Iterator<Item = Key>,
        now: Timestamp,
        limit: Duration,
    ) -> Vec<Key> {
        if self.started != answers.started {
            *self = Absences { started: answers.started, since: BTreeMap::new() };
        }
        let absent = open.filter(|key| !answers.identities.contains(&key.identity));
        self.since =
            absent.map(|key| (key.clone(), self.since.get(&key).copied().unwrap_or(now))).collect();
        self.since
            .iter()
            .filter(|(_, since)| now >= **since + limit)
            .map(|(key, _)| key.clone())
            .collect()
    }

    /// Not all have answered: whatever was absent may be known.
    fn forget(&mut self) {
        self.since.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(identity: &str) -> Key {
        Key { cluster: "c".into(), receiver: "r".into(), identity: identity.into() }
    }

    /// What is closed when these are open and those known, with a limit of 300 seconds.
    fn closed(
        absences: &mut Absences,
        now: i64,
        started: &str,
        open: &[&str],
        known: &[&str],
    ) -> Vec<String> {
        let answers = Answers {
            started: vec![started.into()],
            identities: known.iter().map(|identity| (*identity).to_owned()).collect(),
            label_sets: BTreeSet::new(),
        };
        let now = Timestamp::from_second(now).unwrap();
        let open = open.iter().map(|identity| key(identity));
        let closed = absences.observe(answers, open, now, Duration::from_secs(300));
        closed.into_iter().map(|key| key.identity).collect()
    }

    #[test]
    fn what_is_unknown_for_long_enough_is_closed() {
        let mut absences = Absences::default();
        assert!(closed(&mut absences, 0, "a", &["x", "y"], &["y"]).is_empty());
        assert!(closed(&mut absences, 299, "a", &["x", "y"], &["y"]).is_empty());
        assert_eq!(closed(&mut absences, 300, "a", &["x", "y"], &["y"]), ["x"]);
    }

    #[test]
    fn what_is_known_again_in_between_starts_anew() {
        let mut absences = Absences::default();
        closed(&mut absences, 0, "a", &["x"], &[]);
        closed(&mut absences, 200, "a", &["x"], &["x"]);
        assert!(closed(&mut absences, 400, "a", &["x"], &[]).is_empty());
        assert_eq!(closed(&mut absences, 700, "a", &["x"], &[]), ["x"]);
    }

    #[test]
    fn a_restarted_or_silent_alertmanager_closes_nothing() {
        let mut absences = Absences::default();
        closed(&mut absences, 0, "a", &["x"], &[]);
        assert!(closed(&mut absences, 400, "b", &["x"], &[]).is_empty());
        absences.forget();
        assert!(closed(&mut absences, 800, "b", &["x"], &[]).is_empty());
        assert_eq!(closed(&mut absences, 1100, "b", &["x"], &[]), ["x"]);
    }

    #[test]
    fn labels_that_alertmanager_would_not_give_back_are_not_compared() {
        let labels = |name: &str| Pairs::from([(name.to_owned(), "x".to_owned())]);
        assert!(comparable(&labels("host_name2")));
        assert!(!comparable(&labels("k8s.pod")));
    }
}
