//! Silences: as asked for, and as Alertmanager reports them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::LabelSet;

/// A silence to make or to change. It covers the alerts that carry all of `labels`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SilenceRequest {
    /// The silence to change, `None` to make a new one.
    pub id: Option<String>,
    /// Labels that an alert must carry to be covered; at least one.
    pub labels: LabelSet,
    /// To change a silence in place this must be its start as Alertmanager reports it, otherwise
    /// Alertmanager replaces it. For a new one a past time means now.
    pub starts_at: Timestamp,
    /// When it ends by itself.
    pub ends_at: Timestamp,
    /// Who makes it.
    pub created_by: String,
    /// Why.
    pub comment: String,
}

/// A silence as Alertmanager reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    /// Alertmanager's id, a UUID.
    pub id: String,
    /// What it covers: alerts that meet all of these.
    pub matchers: Vec<Matcher>,
    /// When it began, in milliseconds.
    pub starts_at: Timestamp,
    /// When it ends by itself.
    pub ends_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// Why.
    pub comment: String,
    /// Whether it is in force.
    pub state: SilenceState,
}

/// One condition of a silence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Matcher {
    /// Name of the label.
    pub name: String,
    /// Value, or regular expression when `is_regex`.
    pub value: String,
    /// Whether `value` is a regular expression.
    pub is_regex: bool,
    /// False for `!=` and `!~`. Alertmanager before 0.22 has none of these and leaves the field out.
    #[serde(default = "equal")]
    pub is_equal: bool,
}

/// Whether a silence is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SilenceState {
    /// In force.
    Active,
    /// Begins later.
    Pending,
    /// Over, by itself or by hand; Alertmanager remembers it for a while.
    Expired,
}

impl Silence {
    /// The labels that an alert must carry to be covered, `None` when the conditions are other than equality.
    #[must_use]
    pub fn labels(&self) -> Option<LabelSet> {
        let plain = self.matchers.iter().all(|matcher| matcher.is_equal && !matcher.is_regex);
        let pairs = self.matchers.iter().map(|matcher| (&matcher.name, &matcher.value));
        plain.then(|| LabelSet::new(pairs).ok()).flatten()
    }
}

fn equal() -> bool {
    true
}
