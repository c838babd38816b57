//! An alert as its owner describes it, and as it is posted.

use std::sync::Arc;

use jiff::Timestamp;
use reqwest::Url;
use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::LabelSet;

/// One alert. Two alerts with equal labels are the same alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Identity and severity. At least one label.
    pub labels: LabelSet,
    /// What a person reads. Alertmanager delivers no message for a change of annotations alone.
    pub annotations: LabelSet,
    /// When the problem began, by the source's clock.
    pub starts_at: Timestamp,
    /// Page at which the source shows the problem.
    pub generator_url: Option<Url>,
}

/// An alert that should be active.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The alert.
    pub alert: Alert,
    /// Why nobody should be told of it now, `None` when people should be. It becomes the comment of an
    /// Alertmanager silence that lasts as long.
    pub silenced: Option<String>,
}

/// An alert on its way to Alertmanager, with the time at which it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    pub(crate) alert: Arc<Alert>,
    pub(crate) ends_at: Timestamp,
}

impl Posting {
    /// An alert that is active until `ends_at` unless posted again, or that ended then when it is past.
    ///
    /// Alertmanager refuses an end before the start; such an alert is posted as starting at its end.
    #[must_use]
    pub fn new(alert: Arc<Alert>, ends_at: Timestamp) -> Self {
        if alert.starts_at <= ends_at {
            return Self { alert, ends_at };
        }
        Self { alert: Arc::new(Alert { starts_at: ends_at, ..(*alert).clone() }), ends_at }
    }
}

/// The shape of Alertmanager's `postableAlert`.
impl Serialize for Posting {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Alert { labels, annotations, starts_at, generator_url } = &*self.alert;
        let mut object = serializer.serialize_struct("postableAlert", 5)?;
        object.serialize_field("labels", labels)?;
        object.serialize_field("annotations", annotations)?;
        object.serialize_field("startsAt", starts_at)?;
        object.serialize_field("endsAt", &self.ends_at)?;
        match generator_url {
            Some(url) => object.serialize_field("generatorURL", url.as_str())?,
            None => object.skip_field("generatorURL")?,
        }
        object.end()
    }
}
