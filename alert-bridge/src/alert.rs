//! An alert as this program sees it, and what tells two alerts apart.
//!
//! Two names are computed from an alert's labels. The *identity* leaves the severity out: a service that goes
//! from WARNING to CRITICAL keeps it. The *label set* is all labels: Alertmanager treats each as an alert of
//! its own. Both are ours, so that a peer's hash function may change without a doubled message.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Labels or annotations, in the order of their names.
pub(crate) type Pairs = BTreeMap<String, String>;

/// The label that says how bad it is; every other label says what it is.
const SEVERITY: &str = "severity";

/// How bad a problem is, from harmless to worst. UNKNOWN ranks above WARNING: nobody knows what it hides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    Info,
    Warning,
    Unknown,
    Critical,
}

impl Severity {
    pub(crate) const ALL: [Severity; 4] =
        [Severity::Info, Severity::Warning, Severity::Unknown, Severity::Critical];

    /// Its name in labels, the store and the API.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Unknown => "unknown",
            Severity::Critical => "critical",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Severity::ALL.into_iter().find(|severity| severity.name() == name)
    }

    /// The severity that labels tell; none for `severity="none"`, as a heartbeat alert has it. A missing or
    /// unheard-of severity is unknown: better a message too many than a lost one.
    pub(crate) fn of(labels: &Pairs) -> Option<Self> {
        match labels.get(SEVERITY).map(|name| name.to_lowercase()).as_deref() {
            Some("none") => None,
            Some(name) => Some(Severity::from_name(name).unwrap_or(Severity::Unknown)),
            None => Some(Severity::Unknown),
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What an alert says, apart from when.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) labels: Pairs,
    pub(crate) annotations: Pairs,
    pub(crate) link: String,
}

impl Content {
    /// The value of a label, empty when it has none.
    pub(crate) fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }

    fn annotation(&self, name: &str) -> &str {
        self.annotations.get(name).map_or("", String::as_str)
    }

    /// What a person reads first: host and service, pool and VM, or the alert's name and where it came from.
    pub(crate) fn title(&self) -> String {
        let parts = match (self.label("host"), self.label("vm")) {
            ("", "") => [self.label("alertname"), self.label("instance")],
            ("", vm) => [self.label("pool"), vm],
            (host, _) => [host, self.label("service")],
        };
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" / ")
    }

    pub(crate) fn summary(&self) -> &str {
        self.annotation("summary")
    }

    /// What is wrong in the source's own words: the plugin's output, or what a rule describes.
    pub(crate) fn output(&self) -> &str {
        ["output", "description", "summary"]
            .into_iter()
            .map(|name| self.annotation(name))
            .find(|text| !text.is_empty())
            .unwrap_or_default()
    }

    /// Names the problem whatever its severity.
    pub(crate) fn identity(&self) -> String {
        digest(self.labels.iter().filter(|(name, _)| *name != SEVERITY))
    }

    /// Names the alert as Alertmanager tells alerts apart.
    pub(crate) fn label_set(&self) -> String {
        digest(self.labels.iter())
    }
}

/// One alert of a notification.
#[derive(Debug, Clone)]
pub(crate) struct Alert {
    pub(crate) content: Content,
    pub(crate) severity: Severity,
    pub(crate) starts_at: Timestamp,
    /// When it ended; none while it fires.
    pub(crate) ends_at: Option<Timestamp>,
}

/// A name for labels: 32 hexadecimal digits of SHA-256 over length-prefixed names and values. An empty label
/// is no label.
fn digest<'a>(labels: impl Iterator<Item = (&'a String, &'a String)>) -> String {
    let mut hash = Sha256::new();
    for text in
        labels.filter(|(_, value)| !value.is_empty()).flat_map(|(name, value)| [name, value])
    {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(labels: &[(&str, &str)]) -> Content {
        let labels = labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Content { labels, ..Content::default() }
    }

    #[test]
    fn identity_is_blind_to_severity_and_to_nothing_else() {
        let warning = content(&[("host", "a"), ("severity", "warning")]);
        let critical = content(&[("host", "a"), ("severity", "critical")]);
        assert_eq!(warning.identity(), critical.identity());
        assert_ne!(warning.label_set(), critical.label_set());
        assert_ne!(
            warning.identity(),
            content(&[("host", "b"), ("severity", "warning")]).identity()
        );
    }

    #[test]
    fn text_cannot_move_between_a_name_and_its_value() {
        assert_ne!(content(&[("ab", "c")]).identity(), content(&[("a", "bc")]).identity());
    }

    #[test]
    fn severities_rank_and_unheard_of_ones_are_unknown() {
        assert!(Severity::Info < Severity::Warning && Severity::Warning < Severity::Unknown);
        assert!(Severity::Unknown < Severity::Critical);
        let of = |value| Severity::of(&content(&[("severity", value)]).labels);
        assert_eq!(of("Critical"), Some(Severity::Critical));
        assert_eq!(of("page"), Some(Severity::Unknown));
        assert_eq!(of("none"), None);
        assert_eq!(Severity::of(&Pairs::new()), Some(Severity::Unknown));
    }

    #[test]
    fn a_rule_without_a_host_is_named_by_alert_and_instance() {
        assert_eq!(content(&[("host", "web-1"), ("service", "http")]).title(), "web-1 / http");
        assert_eq!(content(&[("host", "web-1")]).title(), "web-1");
        assert_eq!(content(&[("pool", "p"), ("vm", "web")]).title(), "p / web");
        assert_eq!(content(&[("alertname", "Down"), ("instance", "a:1")]).title(), "Down / a:1");
    }
}
