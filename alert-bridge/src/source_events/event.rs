//! An event as its source tells it: every text bounded, every name from a closed set.

use std::fmt;

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// Bytes of an event's details, as JSON.
pub(crate) const LARGEST_DETAILS: usize = 32 << 10;

/// Something that happened at a source.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceEvent {
    /// What kind of system tells it: `nagios`, `xenserver`, `cloudstack`.
    pub(crate) source: Name<64>,
    /// Which system of this kind.
    pub(crate) instance: Name<256>,
    /// Sequence numbers begin again with another epoch. An opaque text.
    pub(crate) epoch: Name<64>,
    /// Number of the event within its epoch.
    pub(crate) sequence: Sequence,
    /// When it happened.
    pub(crate) at: Timestamp,
    pub(crate) kind: Kind,
    /// The host that it concerns, empty for none.
    #[serde(default)]
    pub(crate) host: Text<1024>,
    /// The service, empty for none.
    #[serde(default)]
    pub(crate) service: Text<1024>,
    /// Anything else that it concerns: a virtual machine, a contact, the name of an alarm.
    #[serde(default)]
    pub(crate) name: Text<1024>,
    #[serde(default)]
    pub(crate) severity: Option<Severity>,
    /// For people.
    #[serde(default)]
    pub(crate) text: Text<16384>,
    /// For programs: what this kind of event has besides.
    #[serde(default)]
    pub(crate) details: Details,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    StateChange,
    Notification,
    Acknowledgement,
    Downtime,
    Flapping,
    Comment,
    Alarm,
    Message,
    Alert,
}

/// How things stand with what it concerns, from well to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Severity {
    Ok,
    Info,
    Warning,
    Unknown,
    Critical,
}

/// A text that is not empty, of `MOST` bytes at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name<const MOST: usize>(pub(crate) String);

/// A text of `MOST` bytes at most.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Text<const MOST: usize>(pub(crate) String);

/// A number that SQLite can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sequence(pub(crate) i64);

/// A JSON object of at most [`LARGEST_DETAILS`] bytes.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Details(pub(crate) String);

impl Kind {
    const ALL: [Kind; 9] = [
        Kind::StateChange,
        Kind::Notification,
        Kind::Acknowledgement,
        Kind::Downtime,
        Kind::Flapping,
        Kind::Comment,
        Kind::Alarm,
        Kind::Message,
        Kind::Alert,
    ];

    /// Its name in the store and the API.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::StateChange => "state_change",
            Kind::Notification => "notification",
            Kind::Acknowledgement => "acknowledgement",
            Kind::Downtime => "downtime",
            Kind::Flapping => "flapping",
            Kind::Comment => "comment",
            Kind::Alarm => "alarm",
            Kind::Message => "message",
            Kind::Alert => "alert",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl Severity {
    pub(crate) const ALL: [Severity; 5] =
        [Severity::Ok, Severity::Info, Severity::Warning, Severity::Unknown, Severity::Critical];

    /// Its name in the store and the API.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Severity::Ok => "ok",
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Unknown => "unknown",
            Severity::Critical => "critical",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Severity::ALL.into_iter().find(|severity| severity.name() == name)
    }
}

impl<'de, const MOST: usize> Deserialize<'de> for Name<MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Text(text) = Text::<MOST>::deserialize(deserializer)?;
        if text.is_empty() {
            return Err(D::Error::custom("is empty, expected a text"));
        }
        Ok(Name(text))
    }
}

impl<'de, const MOST: usize> Deserialize<'de> for Text<MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.len() > MOST {
            return Err(D::Error::custom(Long { came: text.len(), most: MOST }));
        }
        Ok(Text(text))
    }
}

impl<'de> Deserialize<'de> for Sequence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u64::deserialize(deserializer)?;
        i64::try_from(number)
            .map(Sequence)
            .map_err(|_| D::Error::custom(format!("{number} came, expected a number below 2^63")))
    }
}

impl<'de> Deserialize<'de> for Details {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let object = Map::<String, Value>::deserialize(deserializer)?;
        if object.is_empty() {
            return Ok(Details::default());
        }
        let json = Value::Object(object).to_string();
        if json.len() > LARGEST_DETAILS {
            return Err(D::Error::custom(Long { came: json.len(), most: LARGEST_DETAILS }));
        }
        Ok(Details(json))
    }
}

struct Long {
    came: usize,
    most: usize,
}

impl fmt::Display for Long {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes came, expected {} at most", self.came, self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_are_read() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
            assert_eq!(Kind::from_name(kind.name()), Some(kind));
        }
        for severity in Severity::ALL {
            assert_eq!(serde_json::to_value(severity).unwrap(), severity.name());
            assert_eq!(Severity::from_name(severity.name()), Some(severity));
        }
    }
}
