//! An event as alert-bridge's `POST /api/v1/events` takes it.

use jiff::Timestamp;
use serde::{Serialize, Serializer};

/// Longest name that alert-bridge takes, in bytes.
const LONGEST_NAME: usize = 1024;

/// Longest text that alert-bridge takes, in bytes.
const LONGEST_TEXT: usize = 16 << 10;

/// Something that happened. Names are cut to 1 KiB and the text to 16 KiB, which is what alert-bridge takes.
#[derive(Debug, Clone, Serialize)]
pub struct Event<'a> {
    /// What kind of system tells it: `nagios`, `xenserver`, `cloudstack`.
    pub source: &'a str,
    /// Which system of this kind.
    pub instance: &'a str,
    /// Sequence numbers begin again with another epoch; at most 64 bytes.
    pub epoch: &'a str,
    /// Number of the event within its epoch, below 2^63.
    pub sequence: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub kind: Kind,
    /// The host that it concerns, empty for none.
    #[serde(serialize_with = "name", skip_serializing_if = "str::is_empty")]
    pub host: &'a str,
    /// The service, empty for none.
    #[serde(serialize_with = "name", skip_serializing_if = "str::is_empty")]
    pub service: &'a str,
    /// Anything else that it concerns: a virtual machine, a contact, an alarm.
    #[serde(serialize_with = "name", skip_serializing_if = "str::is_empty")]
    pub name: &'a str,
    /// How things stand with what it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// For people.
    #[serde(serialize_with = "text", skip_serializing_if = "str::is_empty")]
    pub text: &'a str,
    /// For programs: what this kind of event has besides; at most 32 KiB as JSON.
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    pub details: serde_json::Map<String, serde_json::Value>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Something is in another state than before.
    StateChange,
    /// Somebody was told.
    Notification,
    /// Somebody has a problem in hand, or no longer.
    Acknowledgement,
    /// A downtime was planned, began, ended or was cancelled.
    Downtime,
    /// Something began or ceased to change its state too often.
    Flapping,
    /// A comment was made or removed.
    Comment,
    /// An alarm of the source's own was raised or ended.
    Alarm,
    /// A message of the source's own.
    Message,
    /// An alert of the source's own.
    Alert,
}

/// How things stand, from well to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Well.
    Ok,
    /// Of interest.
    Info,
    /// Not well.
    Warning,
    /// Nobody knows.
    Unknown,
    /// Bad.
    Critical,
}

fn name<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(cut(text, LONGEST_NAME))
}

fn text<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(cut(text, LONGEST_TEXT))
}

/// The beginning of a text, at most `limit` bytes, with no character cut in two.
fn cut(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
