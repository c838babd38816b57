//! Everything that crosses the socket, as plain data.
//!
//! Records are generic over their strings: `&[u8]` where the module encodes straight from Nagios' memory,
//! `String` (decoded lossily, because Nagios guarantees no encoding) where they are read.
//!
//! Times are seconds since the Unix epoch as Nagios keeps them, 0 for never; durations are seconds.
//!
//! An event is identified by instance ([`Hello::instance`]), epoch ([`Event::epoch`]) and sequence number
//! ([`Event::seq`]). Of one instance, (epoch, sequence) rises from each event to the next.

mod event;
mod object;
mod state;

pub use event::{
    Acknowledgement, AcknowledgementStep, Body, Check, Comment, CommentKind, CommentStep,
    ContactNotification, DowntimeChange, DowntimeStep, Event, Flapping, FlappingStep, Notification,
    StateChange,
};
pub use object::{Contact, Downtime, Group, GroupKind, Host, Service, Settings, Timeperiod};
pub use state::{Flags, Modes, Program, State};

/// One message on the socket.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    /// First frame of a connection.
    Hello(Hello),
    /// The module's counters, each second: also the sign that it lives.
    Stats(Stats),
    /// All that follows until `SnapshotEnd` replaces what the reader knew.
    SnapshotBegin(SnapshotBegin),
    /// A host that exists.
    Host(Host<String>),
    /// A service that exists.
    Service(Service<String>),
    /// Members of a group; a long group comes in several frames with the same kind and name.
    Group(Group<String>),
    /// A contact that exists.
    Contact(Contact<String>),
    /// Whether a time period holds now.
    Timeperiod(Timeperiod<String>),
    /// A downtime that is scheduled or holds.
    Downtime(Downtime<String>),
    /// State of a host or service at the snapshot.
    State(State<String>),
    /// State of Nagios itself at the snapshot.
    Program(Program),
    /// The snapshot is complete and may be swapped in.
    SnapshotEnd,
    /// Something happened.
    Event(Event),
    /// From the exporter: every event up to this one has had its effects.
    Ack(Ack),
    /// A kind of frame that this version does not know.
    Unknown(u8),
}

/// Who speaks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hello {
    /// [`crate::PROTOCOL`] of the module.
    pub protocol: u16,
    /// Of this Nagios process: when it loaded the module, in microseconds since the Unix epoch. Sequence
    /// numbers start again with a new one. Later than that of every event that the module still holds from
    /// a former process.
    pub epoch: u64,
    /// Nagios' process id.
    pub pid: u32,
    /// Name of this Nagios among others: the module's argument `instance`, or the machine's name.
    pub instance: String,
    /// The module's own version.
    pub module_version: String,
    /// As `get_program_version()` gives it, for example `4.4.6`.
    pub nagios_version: String,
    /// What the module cannot see and why (`event_broker_options`, unknown object layout), in words.
    pub warnings: Vec<String>,
}

/// The module's counters since Nagios started, and its fill levels in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Highest sequence number given to an event.
    pub last_seq: u64,
    /// Events lost: the ring, the queue or the spill was full, or the spill could not be written or read.
    pub dropped: u64,
    /// Checks not sent, because a newer one of the same object took their place.
    pub coalesced: u64,
    /// Events with texts cut to their limit.
    pub truncated: u64,
    /// Panics caught inside callbacks.
    pub panics: u64,
    /// Reloads (SIGHUP) that this process has lived through.
    pub reloads: u64,
    /// Events written to the spill.
    pub spilled: u64,
    /// Events of a former Nagios process that were found in the spill.
    pub recovered: u64,
    /// Failures to write or read the spill, such as a full disk.
    pub spill_errors: u64,
    /// Bytes waiting in the callback's ring.
    pub ring_bytes: u64,
    /// The most that waited there at once.
    pub ring_high_bytes: u64,
    /// Size of the ring.
    pub ring_limit_bytes: u64,
    /// Bytes of events sent or waiting in memory, not yet acknowledged.
    pub queue_bytes: u64,
    /// Limit of these bytes.
    pub queue_limit_bytes: u64,
    /// Bytes of events waiting on disk.
    pub spill_bytes: u64,
    /// Limit of these bytes; 0 when there is no spill.
    pub spill_limit_bytes: u64,
}

/// Start of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SnapshotBegin {
    /// The states include every event of this process up to this sequence number; older ones that follow
    /// are history only.
    pub seq: u64,
    /// Counts the starts of the event loop in this Nagios process: 1 at first, one more after each reload.
    pub inventory: u32,
    /// When Nagios' event loop started with this inventory.
    pub loop_start: i64,
}

/// The exporter's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ack {
    /// Epoch of the event.
    pub epoch: u64,
    /// Its number: it, and all that were sent before it, have had their effects.
    pub seq: u64,
}
