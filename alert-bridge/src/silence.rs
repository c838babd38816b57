//! An acknowledged problem is silent in Alertmanager, too, until it ends.
//!
//! A silence covers one label set, so that a change of severity is still told. It lasts for minutes and is
//! prolonged while the problem is open: a bridge that dies leaves none behind for long. Which silences are ours
//! stands in their comments, so a restart goes on where the last process was.
//!
//! Alertmanager mutes the end of what is silenced, never tells it later, and then takes the same alert, when it comes
//! back, for one that it has told. So the end is not waited for: a silence is made for an alert that Alertmanager
//! knows, and when no Alertmanager knows the alert any more, and none has started since then, it has ended. The
//! silence goes first, and then the end is posted again, which Alertmanager tells as any other.

use std::sync::Arc;
use std::time::Duration;

use alertmanager::{Client, LabelSet, Posting, Silence, SilenceRequest, SilenceState};
use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::alert::Content;
use crate::config::Config;
use crate::reconcile::{self, Answers};
use crate::store::acknowledgements::{self, Silent};
use crate::store::{Store, StoreError};

/// How often the Alertmanagers are asked while anything is acknowledged.
const INTERVAL: Duration = Duration::from_secs(5);

/// How long a silence lasts that is not prolonged.
const LENGTH: Duration = Duration::from_secs(10 * 60);

/// Why a round was not finished.
#[derive(Debug, thiserror::Error)]
enum RoundError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Alertmanager(#[from] alertmanager::Error),
}

/// Keeps the silences until `shutdown`. Idle while no Alertmanager is configured.
pub(crate) async fn run(
    config: watch::Receiver<Arc<Config>>,
    store: Store,
    shutdown: CancellationToken,
) {
    let mut acknowledged = store.signals().acknowledged.subscribe();
    // What the last process has left is looked for even while nothing is acknowledged.
    let mut clean = false;
    loop {
        acknowledged.borrow_and_update();
        let current = Arc::clone(&config.borrow());
        if !current.alertmanagers.is_empty() {
            match round(&current, &store, clean).await {
                Ok(now_clean) => clean = now_clean,
                Err(error) => {
                    warn!(%error, "cannot keep the silences of what is acknowledged");
                    clean = false;
                }
            }
        }
        tokio::select! {
            () = tokio::time::sleep(INTERVAL) => {}
            _ = acknowledged.changed() => {}
            () = shutdown.cancelled() => return,
        }
    }
}

/// Makes the silences what they should be and has the end of what has ended told. `clean` says, before and after, that there is
/// surely no silence of ours.
async fn round(config: &Config, store: &Store, clean: bool) -> Result<bool, RoundError> {
    let silent = store.read(acknowledgements::silent).await?;
    if silent.is_empty() && clean {
        return Ok(true);
    }
    let answers = reconcile::ask_all(&config.alertmanagers).await?;
    let mut desks = Vec::new();
    for address in &config.alertmanagers {
        desks
            .push(Desk::open(Client::new(address.clone(), reconcile::TIMEOUT)?, store.id()).await?);
    }
    let (ended, open): (Vec<_>, Vec<_>) =
        silent.into_iter().partition(|silent| has_ended(silent, &answers, &desks));
    let clean = open.is_empty();
    for desk in &desks {
        desk.agree(&open, &answers).await?;
    }
    if !ended.is_empty() {
        info!(alerts = ended.len(), "ended while acknowledged");
    }
    for desk in &desks {
        let now = desk.client.now();
        let postings: Vec<_> = ended.iter().filter_map(|silent| end_of(silent, now)).collect();
        desk.client.post_alerts(&postings).await?;
    }
    // The silences of what has just ended are looked for once more.
    Ok(clean && ended.is_empty())
}

fn end_of(Silent { label_set, .. }: &Silent, now: Timestamp) -> Option<Posting> {
    let Content { labels, annotations, link } = &label_set.content;
    let alert = alertmanager::Alert {
        labels: LabelSet::new(labels).ok()?,
        annotations: LabelSet::new(annotations).ok()?,
        starts_at: label_set.starts_at,
        generator_url: link.parse().ok(),
    };
    Some(Posting::new(Arc::new(alert), now))
}

/// Whether an alert was known when its silence began, to processes that all know it no more.
fn has_ended(silent: &Silent, answers: &Answers, desks: &[Desk]) -> bool {
    let since = desks.iter().filter_map(|desk| Some(desk.find(silent)?.starts_at)).min();
    let lived_on = |since: Timestamp| {
        answers.started.iter().all(|at| at.parse::<Timestamp>().is_ok_and(|at| at < since))
    };
    !answers.label_sets.contains(&silent.name) && since.is_some_and(lived_on)
}

/// Our silences at one Alertmanager.
struct Desk {
    client: Client,
    mark: String,
    ours: Vec<Silence>,
}

impl Desk {
    async fn open(client: Client, store: &str) -> Result<Self, RoundError> {
        let mark = format!("acknowledged in alert-bridge {store}");
        let mut ours = client.silences(&LabelSet::default()).await?;
        ours.retain(|silence| {
            silence.state != SilenceState::Expired && silence.comment.ends_with(&mark)
        });
        Ok(Desk { client, mark, ours })
    }

    fn find(&self, silent: &Silent) -> Option<&Silence> {
        // Names that this Alertmanager's version would refuse have no silence.
        let labels = LabelSet::new(&silent.label_set.content.labels).ok()?;
        self.ours.iter().find(|silence| silence.labels().as_ref() == Some(&labels))
    }

    /// Makes what is missing, prolongs what is about to end, and ends the rest.
    async fn agree(&self, open: &[Silent], answers: &Answers) -> Result<(), RoundError> {
        let now = self.client.now();
        let mut kept = Vec::new();
        for silent in open {
            let known = self.find(silent);
            kept.extend(known.map(|silence| silence.id.as_str()));
            let lasts = known.is_some_and(|silence| now + LENGTH / 2 < silence.ends_at);
            if lasts || !answers.label_sets.contains(&silent.name) {
                continue;
            }
            let Ok(labels) = LabelSet::new(&silent.label_set.content.labels) else { continue };
            let comment = match silent.comment.as_str() {
                "" => self.mark.clone(),
                comment => format!("{comment}; {}", self.mark),
            };
            let request = SilenceRequest {
                id: known.map(|silence| silence.id.clone()),
                labels,
                starts_at: known.map_or(now, |silence| silence.starts_at),
                ends_at: now + LENGTH,
                created_by: silent.who.clone(),
                comment,
            };
            self.client.put_silence(&request).await?;
        }
        for silence in self.ours.iter().filter(|silence| !kept.contains(&silence.id.as_str())) {
            self.client.delete_silence(&silence.id).await?;
        }
        Ok(())
    }
}
