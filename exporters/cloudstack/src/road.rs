//! The fast road: CloudStack's alerts on their way to Alertmanager and to alert-bridge's history.
//!
//! Promises: an alert is noted as told only when the history has it safely; Alertmanager is told the whole set of
//! active alerts, so a restart ends none. The book of alerts is one file a cloud, replaced whole.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use alertmanager::{Address, Alert as Posted, Keeper, LabelError, LabelSet, Settings, Url, Wanted};
use anyhow::Context as _;
use history::{Event, Historian, Kind as Happened, Severity};
use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::ABOUT;
use crate::alerts::{Book, Step, Told};
use crate::client::Listing;
use crate::record::Alert;

/// `alertname` of them all.
pub const ALERT: &str = "CloudStackAlert";

/// Labels that say which alert it is: all but the severity.
const IDENTITY: [&str; 6] = ["alertname", "source", "instance", "road", "type", "alert_id"];

/// How long the history may take to have events safe before alerts are told all the same.
const SAFE_WITHIN: Duration = Duration::from_secs(5);

/// The road of one cloud's alerts.
#[derive(Debug)]
pub(crate) struct Road {
    cloud: String,
    hold: Duration,
    /// Where people look at the cloud's alerts.
    page: Url,
    file: PathBuf,
    book: Book,
    /// Whether the file holds the book.
    saved: bool,
    keeper: Option<Arc<Keeper>>,
    historian: Option<Historian>,
}

impl Road {
    /// Reads the book from `state_dir` and starts to talk to the Alertmanagers.
    ///
    /// # Errors
    /// When the folder cannot be used, or the book in it cannot be read.
    pub(crate) fn start(
        cloud: &str,
        page: Url,
        hold: Duration,
        state_dir: &Path,
        alertmanagers: &[Address],
        historian: Option<Historian>,
        shutdown: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let folder = || format!("state_dir: {}", state_dir.display());
        std::fs::create_dir_all(state_dir).with_context(folder)?;
        let file = state_dir.join(format!("alerts-{cloud}.json"));
        let book = read(&file).with_context(folder)?;
        let keeper = match alertmanagers {
            [] => None,
            addresses => {
                let settings = Settings::new(ABOUT.name, &IDENTITY, ours(cloud)?);
                Some(Arc::new(Keeper::start(addresses.to_vec(), settings, shutdown)?))
            }
        };
        let cloud = cloud.to_owned();
        Ok(Road { cloud, hold, page, file, book, saved: false, keeper, historian })
    }

    /// What keeps the Alertmanagers in agreement, for its figures.
    pub(crate) fn keeper(&self) -> Option<Arc<Keeper>> {
        self.keeper.clone()
    }

    /// Follows the first page of alerts, newest first, and returns those that are active. `full`: there may be
    /// older ones.
    pub(crate) async fn follow(&mut self, page: Vec<Alert>, full: bool) -> Listing<Alert> {
        let Road { cloud, historian, book, .. } = self;
        let mut place = None;
        let mut changed = !self.saved;
        let missed = book.follow(&page, !full, Timestamp::now(), self.hold, |id, told, step| {
            changed = true;
            if let Some(historian) = historian {
                place = Some(historian.record(&event(cloud, id, told, step)));
            }
        });
        if missed {
            warn!(cloud, "more new alerts than a page holds, the oldest of them were missed");
        }
        if let (Some(historian), Some(place)) = (historian, place) {
            let mut safe = historian.safe();
            if timeout(SAFE_WITHIN, safe.wait_for(|safe| *safe >= place)).await.is_err() {
                warn!(cloud, "the history is slow to keep alerts");
            }
        }
        if changed {
            self.tell();
            self.save().await;
        }
        let active = |alert: &Alert| self.book.active().any(|(id, _)| id == &*alert.id);
        Listing { rows: page.into_iter().filter(active).collect(), partial: missed }
    }

    /// Tells Alertmanager which alerts are active.
    fn tell(&self) {
        let Some(keeper) = &self.keeper else { return };
        let wanted = self.book.active().map(|(id, told)| self.wanted(id, told));
        match wanted.collect::<Result<Vec<_>, LabelError>>() {
            Ok(wanted) => drop(keeper.set(wanted)),
            Err(error) => warn!(cloud = self.cloud, %error, "alerts cannot be told"),
        }
    }

    fn wanted(&self, id: &str, told: &Told) -> Result<Wanted, LabelError> {
        let labels = LabelSet::new([
            ("alertname", ALERT),
            ("source", "cloudstack"),
            ("instance", &self.cloud),
            ("road", "fast"),
            ("type", told.kind.name()),
            ("alert_id", id),
            ("severity", told.kind.severity_label()),
        ])?;
        let annotations = LabelSet::new([("summary", told.text.as_str())])?;
        let generator_url = Some(self.page.clone());
        let alert = Posted { labels, annotations, starts_at: told.sent, generator_url };
        Ok(Wanted { alert, silenced: None })
    }

    async fn save(&mut self) {
        let written = async {
            let text = serde_json::to_vec(&self.book)?;
            let beside = self.file.with_extension("new");
            tokio::fs::write(&beside, text).await?;
            tokio::fs::rename(&beside, &self.file).await
        };
        self.saved = match written.await {
            Ok(()) => true,
            Err(error) => {
                warn!(cloud = self.cloud, file = %self.file.display(), %error, "the book of alerts is not saved");
                false
            }
        };
    }
}

/// Labels that all alerts of a cloud carry, and nobody else's do.
fn ours(cloud: &str) -> Result<LabelSet, LabelError> {
    LabelSet::new([("source", "cloudstack"), ("instance", cloud), ("road", "fast")])
}

fn read(file: &Path) -> anyhow::Result<Book> {
    match std::fs::read(file) {
        Ok(text) => serde_json::from_slice(&text).with_context(|| {
            format!("{}: no book of alerts; remove it to begin anew", file.display())
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Book::default()),
        Err(error) => Err(error).with_context(|| file.display().to_string()),
    }
}

/// The alert's id is the epoch: the history keeps its beginning and its end once, whatever is forgotten here.
fn event<'a>(cloud: &'a str, id: &'a str, told: &'a Told, step: Step) -> Event<'a> {
    let Told { kind, text, sent, over: _ } = told;
    let raised = step == Step::Raised;
    Event {
        source: "cloudstack",
        instance: cloud,
        epoch: id,
        sequence: u64::from(!raised),
        at: if raised { *sent } else { Timestamp::now() },
        kind: Happened::Alert,
        host: "",
        service: "",
        name: kind.name(),
        severity: Some(if raised { kind.severity() } else { Severity::Ok }),
        text,
        details: details(id, told, step),
    }
}

fn details(id: &str, told: &Told, step: Step) -> Map<String, Value> {
    let step = match step {
        Step::Raised => "raised",
        Step::Archived => "archived",
        Step::Expired => "expired",
    };
    let details = [("alert_id", id), ("type", told.kind.name()), ("step", step)];
    details.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect()
}
