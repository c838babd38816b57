//! Messages about a Nagios as they go over RabbitMQ, in JSON or CBOR. `schema/v1.json` documents them.
//!
//! A message is an event, a heartbeat, or a part of a snapshot; all have the same head. The records are those of
//! `nagios-event`, shaped here: a new field there does not build here until it has a place.
//!
//! Promises: what is written is read as it was; an unknown field is skipped, so that a newer relay can be read; a
//! missing one, or an unknown kind, is an error that names it. Pure.

mod connection;
mod content;
mod event;
mod object;
mod state;

use jiff::Timestamp;
use nagios_event::Event;
use serde::{Deserialize, Serialize};

pub use content::{Content, Heartbeat, Object, Part, Told};

/// Version of the schema: the first word of a routing key, and a field of every message.
pub const SCHEMA: u16 = 1;

/// A message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// [`SCHEMA`].
    pub schema: u16,
    /// Name of the Nagios.
    pub instance: String,
    /// Of the Nagios process in which the event happened; of the present one in other messages.
    pub epoch: u64,
    /// Number of the event in its epoch; in other messages, of the last event that they know of.
    pub sequence: u64,
    /// When it happened; of other messages, when they were made.
    pub at: Timestamp,
    /// What is told.
    #[serde(flatten)]
    pub content: Content,
}

/// How a message is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// JSON, one line.
    #[default]
    Json,
    /// CBOR (RFC 8949): the same fields, smaller.
    Cbor,
}

/// Bytes that are no message.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Not of a type that a message has.
    #[error("content type is {got:?}, expected application/json or application/cbor")]
    ContentType {
        /// What came.
        got: String,
    },
    /// Not a message in JSON.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// Not a message in CBOR.
    #[error("{0}")]
    Cbor(#[from] ciborium::de::Error<std::io::Error>),
    /// Of another schema.
    #[error("schema is {got}, expected {SCHEMA}")]
    Schema {
        /// What came.
        got: u16,
    },
}

impl Message {
    /// The message about an event; `None` for a kind that this version does not know.
    #[must_use]
    pub fn of_event(instance: &str, Event { epoch, seq, at_us, body }: Event) -> Option<Self> {
        let content = Content::of_body(body)?;
        let at = Timestamp::from_microsecond(at_us).unwrap_or_default();
        let instance = instance.to_owned();
        Some(Message { schema: SCHEMA, instance, epoch, sequence: seq, at, content })
    }

    /// Where it is published: `v1.INSTANCE.KIND`. What has a meaning in keys becomes `_` in the instance's name.
    #[must_use]
    pub fn key(&self) -> String {
        format!("v{SCHEMA}.{}.{}", key_word(&self.instance), self.content.kind())
    }

    /// Its bytes.
    #[must_use]
    pub fn write(&self, format: Format) -> Vec<u8> {
        // Neither can fail: memory takes every byte, and every field has a form.
        match format {
            Format::Json => serde_json::to_vec(self).unwrap_or_default(),
            Format::Cbor => {
                let mut bytes = Vec::new();
                let _ = ciborium::into_writer(self, &mut bytes);
                bytes
            }
        }
    }

    /// Reads a message.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn read(content_type: &str, bytes: &[u8]) -> Result<Self, Unreadable> {
        let message: Message = match Format::of_content_type(content_type) {
            Some(Format::Json) => serde_json::from_slice(bytes)?,
            Some(Format::Cbor) => ciborium::from_reader(bytes)?,
            None => return Err(Unreadable::ContentType { got: content_type.to_owned() }),
        };
        match message.schema {
            SCHEMA => Ok(message),
            got => Err(Unreadable::Schema { got }),
        }
    }
}

impl Format {
    /// As AMQP's property.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Format::Json => "application/json",
            Format::Cbor => "application/cbor",
        }
    }

    /// The format of this content type.
    #[must_use]
    pub fn of_content_type(text: &str) -> Option<Self> {
        [Format::Json, Format::Cbor].into_iter().find(|format| format.content_type() == text)
    }
}

/// A name as a word of a routing key, which has 255 bytes at most.
fn key_word(name: &str) -> String {
    let plain = |c: char| if matches!(c, '.' | '*' | '#') || c.is_whitespace() { '_' } else { c };
    let mut word = String::new();
    for c in name.chars().map(plain) {
        if word.len() + c.len_utf8() > 200 {
            break;
        }
        word.push(c);
    }
    word
}

#[cfg(test)]
mod tests;
