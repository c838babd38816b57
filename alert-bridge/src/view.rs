//! What the feed and the history show of an episode and of its messages: the JSON that others build on.
//!
//! Times are RFC 3339 in UTC with milliseconds. Fields may be added, never renamed.

use jiff::Timestamp;
use serde::Serialize;

use crate::alert::{Content, Pairs, Severity};
use crate::area::Area;
use crate::episode::{Reason, Transition};

/// One event of the feed.
#[derive(Debug, Serialize)]
pub(crate) struct EventView<'a> {
    pub(crate) seq: u64,
    pub(crate) at: Timestamp,
    /// `firing`, `severity`, `resolved` or `acknowledged`.
    pub(crate) transition: &'static str,
    /// The severity before a change of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) previous: Option<Severity>,
    pub(crate) episode: &'a EpisodeView,
}

/// One episode.
#[derive(Debug, Serialize)]
pub(crate) struct EpisodeView {
    pub(crate) id: i64,
    pub(crate) cluster: String,
    pub(crate) receiver: String,
    pub(crate) state: &'static str,
    pub(crate) severity: Severity,
    pub(crate) started: Timestamp,
    pub(crate) ended: Option<Timestamp>,
    /// `told` or `vanished`, of one that is resolved.
    pub(crate) reason: Option<&'static str>,
    /// Host and service, or the alert's name and instance.
    pub(crate) title: String,
    pub(crate) area: Area,
    pub(crate) source: String,
    pub(crate) instance: String,
    pub(crate) host: String,
    pub(crate) service: String,
    pub(crate) alertname: String,
    pub(crate) summary: String,
    pub(crate) output: String,
    /// An address with more about it, empty if unknown.
    pub(crate) link: String,
    pub(crate) labels: Pairs,
    pub(crate) annotations: Pairs,
    /// Who has taken it on, if anybody.
    pub(crate) acknowledged: Option<AcknowledgementView>,
}

/// One alert that fires, as Alertmanager tells alerts apart.
#[derive(Debug, Serialize)]
pub(crate) struct AlertView {
    /// The id of its open episode.
    pub(crate) episode: i64,
    pub(crate) severity: Severity,
    pub(crate) started: Timestamp,
    /// Host and service, or the alert's name and instance.
    pub(crate) title: String,
    pub(crate) area: Area,
    pub(crate) output: String,
    /// An address with more about it, empty if unknown.
    pub(crate) link: String,
    pub(crate) labels: Pairs,
    pub(crate) annotations: Pairs,
}

/// Who has taken an episode on, when, and what they said.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AcknowledgementView {
    pub(crate) at: Timestamp,
    pub(crate) who: String,
    pub(crate) comment: String,
}

/// When and how an episode stands, apart from what it is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    pub(crate) severity: Severity,
    pub(crate) started: Timestamp,
    pub(crate) ended: Option<Timestamp>,
    pub(crate) reason: Option<Reason>,
}

/// A message to a person.
#[derive(Debug, Serialize)]
pub(crate) struct MessageView {
    pub(crate) id: i64,
    pub(crate) episode: i64,
    /// `firing`, `severity N`, `repeat N` or `resolved`.
    pub(crate) transition: String,
    pub(crate) contact: String,
    pub(crate) transport: String,
    pub(crate) text: String,
    pub(crate) segments: u32,
    /// `queued`, `sending`, `accepted`, `delivered`, `failed` or `in_doubt`.
    pub(crate) state: String,
    pub(crate) attempts: u32,
    pub(crate) created: Timestamp,
    /// When it was accepted, delivered, failed or fell into doubt.
    pub(crate) settled: Option<Timestamp>,
    /// The transport's own name for it.
    pub(crate) reference: Option<String>,
    pub(crate) error: Option<String>,
}

impl EpisodeView {
    pub(crate) fn new(
        id: i64,
        cluster: String,
        receiver: String,
        standing: Standing,
        content: Content,
    ) -> Self {
        let Standing { severity, started, ended, reason } = standing;
        let label = |name: &str| content.label(name).to_owned();
        EpisodeView {
            id,
            cluster,
            receiver,
            state: if reason.is_some() { "resolved" } else { "firing" },
            severity,
            started: milliseconds(started),
            ended: ended.map(milliseconds),
            reason: reason.map(Reason::name),
            title: content.title(),
            area: Area::of(&content),
            source: label("source"),
            instance: label("instance"),
            host: label("host"),
            service: label("service"),
            alertname: label("alertname"),
            summary: content.summary().to_owned(),
            output: content.output().to_owned(),
            link: content.link,
            labels: content.labels,
            annotations: content.annotations,
            acknowledged: None,
        }
    }
}

impl AlertView {
    pub(crate) fn new(
        episode: i64,
        severity: Severity,
        started: Timestamp,
        content: Content,
    ) -> Self {
        AlertView {
            episode,
            severity,
            started: milliseconds(started),
            title: content.title(),
            area: Area::of(&content),
            output: content.output().to_owned(),
            link: content.link,
            labels: content.labels,
            annotations: content.annotations,
        }
    }
}

impl Transition {
    /// The severity before this transition, where it has changed.
    pub(crate) fn previous(self) -> Option<Severity> {
        match self {
            Transition::Severity { previous, .. } => Some(previous),
            Transition::Firing | Transition::Resolved(_) | Transition::Repeat { .. } => None,
        }
    }
}

/// The time as the store keeps it, so that an event and the history tell the same.
pub(crate) fn milliseconds(at: Timestamp) -> Timestamp {
    crate::store::from_millis(crate::store::to_millis(at))
}
