//! What the Nagios broker module and nagios-exporter say to each other over a Unix socket.
//!
//! The module connects and writes [`Frame`]s: `Hello`, a snapshot (`SnapshotBegin`, then inventory and
//! states, then `SnapshotEnd`), then `Event`s with rising sequence numbers and a `Stats` each second. The
//! exporter answers with [`Frame::Ack`]. After every reconnect the module begins again with `Hello`; events
//! that it still holds from a former Nagios process come first, with their own epoch.
//!
//! Promises: encoding into a caller's buffer allocates nothing and never panics (it runs inside a Nagios
//! callback); decoding never panics on any bytes. Frames may grow at their end and new kinds may be added
//! without a new [`PROTOCOL`]: a reader skips what it does not know. Refuses to know sockets and Nagios.
//!
//! This crate is linked into a GPLv2 process and has no dependencies.

mod codec;
mod record;
mod wire;

pub use codec::{Cargo, EncodedState, Glance, Split, encode, encode_event, encode_state, split};
pub use record::{
    Ack, Acknowledgement, AcknowledgementStep, Body, Check, Comment, CommentKind, CommentStep,
    Contact, ContactNotification, Downtime, DowntimeChange, DowntimeStep, Event, Flags, Flapping,
    FlappingStep, Frame, Group, GroupKind, Hello, Host, Modes, Notification, Program, Service,
    Settings, SnapshotBegin, State, StateChange, Stats, Timeperiod,
};
pub use wire::DecodeError;

/// Version of the conversation. A reader refuses a `Hello` that carries another.
pub const PROTOCOL: u16 = 2;

/// The longest frame either side accepts, in bytes, its length field included.
pub const MAX_FRAME: usize = 1 << 20;

/// Longest plugin output kept, in bytes; what is longer is cut and [`Flags::TRUNCATED`] set.
pub const MAX_OUTPUT: usize = 8 * 1024;

/// Longest further output kept, in bytes; what is longer is cut and [`Flags::TRUNCATED`] set.
pub const MAX_LONG_OUTPUT: usize = 8 * 1024;

/// Longest performance data kept, in bytes; what is longer is cut and [`Flags::TRUNCATED`] set.
pub const MAX_PERFDATA: usize = 16 * 1024;

/// Longest comment kept, in bytes.
pub const MAX_COMMENT: usize = 4 * 1024;

/// Longest name (host, service, group, command, author), in bytes.
pub const MAX_NAME: usize = 1024;
