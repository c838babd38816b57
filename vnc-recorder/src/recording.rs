//! Recordings: what a server sent, verbatim, so that any moment can be shown again and no change goes unseen.
//!
//! | module | holds |
//! |---|---|
//! | [`container`] | the file format: records bound to each other; see `docs/recording-format.md` |
//! | `stream`, `keyframe`, `input` | what is inside of its records |
//! | [`recorder`] | a running session's recorder, and what watchers see of it |
//! | `writer` | the thread that waits for the disk |
//! | [`index`] | where keyframes, events and activity are; written at the end, found by a scan after a crash |
//! | [`reader`] | one recording, read from any moment |
//! | [`verify`], [`export`] | whether it is as it was written; its stream as other programs read it |
//! | [`store`], `filter` | all recordings: list, delete, hold, retention; which of them are asked for |
//!
//! Promises: a session never waits for the disk; what could not be recorded is said so in the recording, to the
//! user and in the metrics; after a crash all but the last two seconds can be shown.

pub mod container;
pub mod export;
pub mod index;
pub mod reader;
pub mod recorder;
pub mod store;
pub mod verify;

mod filter;
mod input;
mod keyframe;
mod stream;
mod writer;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use input::InputKey;

/// How sessions are recorded, and for how long.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What happens to a session whose recording cannot go on.
    pub on_full_disk: OnFullDisk,
    /// Bytes that must be free before a session starts.
    pub reserve: u64,
    /// Recordings older than this are deleted, unless held.
    pub keep_for: Option<Duration>,
    /// While all are larger than this, in bytes, the oldest are deleted, unless held.
    pub keep_size: Option<u64>,
    /// With it keys, pointer and clipboard of the user are recorded, encrypted.
    pub input_key: Option<InputKey>,
}

/// What happens when a recording cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFullDisk {
    /// The session ends.
    #[default]
    Terminate,
    /// It goes on, and everybody is told.
    ContinueUnrecorded,
}

/// What is known of a recording when it begins: its first record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begin {
    /// The session, and the recording.
    pub id: Uuid,
    /// When it began.
    pub started: Timestamp,
    /// The target's id, `GROUP/MEMBER`.
    pub target: String,
    /// The target's name then.
    pub name: String,
    /// The host that it ran on then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The VM's reference in its pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Who used it; empty when the old product did not say.
    pub user: String,
    /// From where: an IP address.
    pub client: String,
    /// Width of the screen at the start, in pixels; 0 until the old product's stream says it.
    pub width: u16,
    /// Height of the screen at the start, in pixels.
    pub height: u16,
    /// The desktop's name, as the server gave it.
    pub desktop: String,
    /// Who recorded it.
    pub origin: Origin,
    /// Whether its stream's pixels have blue in the lowest byte instead of red: some of the old product's do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub blue_first: bool,
}

/// Who recorded a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// This program.
    Console,
    /// A proxy of the old product, which sent it here.
    Ingest,
}

/// Something that happened in a session, shown on the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The screen has another size.
    Resized {
        /// Width in pixels.
        width: u16,
        /// Height in pixels.
        height: u16,
    },
    /// Somebody began to watch.
    WatchBegan {
        /// Who.
        user: String,
    },
    /// Somebody watches no longer.
    WatchEnded {
        /// Who.
        user: String,
    },
    /// The disk was too slow: what happened since then is missing, and goes on here with a whole picture.
    Gap {
        /// When it began, in milliseconds since the start.
        since_ms: u32,
    },
    /// From here on the stream cannot be drawn here: it is recorded, and cannot be sought.
    Undrawable {
        /// Why.
        reason: String,
    },
}

/// How a recording ended: its last record but for the index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// When.
    pub ended: Timestamp,
    /// Whether it was cut off by a crash and ended later.
    pub interrupted: bool,
    /// Why, in words.
    pub reason: String,
}
