//! How a keeper behaves.

use std::time::Duration;

use crate::LabelSet;

/// How a [`crate::Keeper`] behaves. [`Settings::new`] fills in the usual times.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who makes the silences (`createdBy`), for example `nagios-exporter`. Silences by others are never
    /// touched.
    pub source: String,
    /// Names of the labels that say which thing has the problem: all but the severity. A silence covers
    /// the alerts that agree in these.
    pub identity: Vec<String>,
    /// Labels that all alerts of this keeper carry and nobody else's do. Alerts found at an Alertmanager
    /// with these labels are taken over.
    pub ours: LabelSet,
    /// How long an alert or silence lives in Alertmanager after it was last sent.
    pub hold: Duration,
    /// How often active alerts are sent again and silences prolonged.
    pub resend: Duration,
    /// How often an idle Alertmanager is asked whether it is still the same process.
    pub probe: Duration,
    /// Deadline of each call.
    pub timeout: Duration,
}

impl Settings {
    /// Hold 15 minutes, resend each minute, probe each 5 seconds, give up a call after 5 seconds.
    #[must_use]
    pub fn new(source: &str, identity: &[&str], ours: LabelSet) -> Self {
        Self {
            source: source.to_owned(),
            identity: identity.iter().map(|&name| name.to_owned()).collect(),
            ours,
            hold: Duration::from_secs(15 * 60),
            resend: Duration::from_secs(60),
            probe: Duration::from_secs(5),
            timeout: Duration::from_secs(5),
        }
    }
}
