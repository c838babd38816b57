//! The records, generic over their strings: `&[u8]` where the module encodes straight from Nagios' memory,
//! `String` (decoded lossily, because Nagios guarantees no encoding) where they are read.
//!
//! Times are seconds since the Unix epoch as Nagios keeps them, 0 for never; durations are seconds.

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
    /// Whether a time period holds now.
    Timeperiod(Timeperiod<String>),
    /// State of a host or service at the snapshot.
    State(State<String>),
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
    /// Random per Nagios process: sequence numbers start again with a new one.
    pub run: u64,
    /// Nagios' process id.
    pub pid: u32,
    /// The module's own version.
    pub module_version: String,
    /// As `get_program_version()` gives it, for example `4.4.6`.
    pub nagios_version: String,
    /// What the module cannot see and why (`event_broker_options`, unknown object layout), in words.
    pub warnings: Vec<String>,
}

/// The module's counters since Nagios started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Highest sequence number given to an event.
    pub last_seq: u64,
    /// Events lost because the ring or the queue was full.
    pub dropped: u64,
    /// Check results not sent, because a newer state of the same object took their place.
    pub coalesced: u64,
    /// Strings cut to their limit.
    pub truncated: u64,
    /// Panics caught inside callbacks.
    pub panics: u64,
    /// Bytes waiting in the callback's ring.
    pub ring_bytes: u64,
    /// Bytes of events sent or waiting, not yet acknowledged.
    pub queue_bytes: u64,
    /// Reloads (SIGHUP) that this process has lived through.
    pub reloads: u64,
}

/// Start of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SnapshotBegin {
    /// The states include every event up to this sequence number; older ones that follow are history only.
    pub seq: u64,
    /// Counts the inventories (one per start of the event loop) of this Nagios process.
    pub epoch: u32,
    /// When Nagios' event loop started with this inventory.
    pub loop_start: i64,
}

/// A host as configured.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Host<S> {
    /// `host_name`, unique.
    pub name: S,
    /// `alias`.
    pub alias: S,
    /// `address`.
    pub address: S,
    /// `check_command` with its arguments.
    pub check_command: S,
    /// `notification_period`, empty for always.
    pub notification_period: S,
    /// `parents`.
    pub parents: Vec<S>,
}

/// A service as configured.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Service<S> {
    /// `host_name`.
    pub host: S,
    /// `service_description`, unique within the host.
    pub name: S,
    /// `check_command` with its arguments.
    pub check_command: S,
    /// `notification_period`, empty for always.
    pub notification_period: S,
}

/// Which kind of members a group has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GroupKind {
    /// A host group.
    Host,
    /// A service group.
    Service,
}

/// A host group or service group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group<S> {
    /// Kind of its members.
    pub kind: GroupKind,
    /// `hostgroup_name` or `servicegroup_name`.
    pub name: S,
    /// `alias`.
    pub alias: S,
    /// Host and service of each member; the service is empty in a host group.
    pub members: Vec<(S, S)>,
}

/// A time period that some object uses as its notification period.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timeperiod<S> {
    /// `timeperiod_name`.
    pub name: S,
    /// Whether it holds now.
    pub inside: bool,
}

/// Bits of [`State::flags`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(pub u32);

impl Flags {
    /// At least one check has been processed (otherwise the state is pending).
    pub const CHECKED: Flags = Flags(1);
    /// The state is hard.
    pub const HARD: Flags = Flags(1 << 1);
    /// The problem has been acknowledged.
    pub const ACKNOWLEDGED: Flags = Flags(1 << 2);
    /// Nagios considers the object to be flapping.
    pub const FLAPPING: Flags = Flags(1 << 3);
    /// Notifications are enabled, for the object and in the whole of Nagios.
    pub const NOTIFICATIONS: Flags = Flags(1 << 4);
    /// Active checks are enabled.
    pub const ACTIVE_CHECKS: Flags = Flags(1 << 5);
    /// Passive results are accepted.
    pub const PASSIVE_CHECKS: Flags = Flags(1 << 6);
    /// The last result came passively.
    pub const PASSIVE_RESULT: Flags = Flags(1 << 7);
    /// Output or performance data was cut to its limit.
    pub const TRUNCATED: Flags = Flags(1 << 8);
    /// The module knows this Nagios' object layout: downtime, acknowledgement, flapping and the times are
    /// true. Without it they are zero and mean nothing.
    pub const LAYOUT_KNOWN: Flags = Flags(1 << 9);

    /// Whether all bits of `other` are set.
    #[must_use]
    pub fn has(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    /// These bits and, where `on`, those of `other`.
    #[must_use]
    pub fn with(self, other: Flags, on: bool) -> Flags {
        if on { Flags(self.0 | other.0) } else { self }
    }
}

/// The whole changing state of a host or service.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct State<S> {
    /// `host_name`.
    pub host: S,
    /// `service_description`; empty for the host itself.
    pub service: S,
    /// Service: 0 ok, 1 warning, 2 critical, 3 unknown. Host: 0 up, 1 down, 2 unreachable.
    pub state: u8,
    /// What is true of it.
    pub flags: Flags,
    /// Current check attempt.
    pub attempt: u16,
    /// Attempts until a problem is hard.
    pub max_attempts: u16,
    /// Nested downtimes that hold now.
    pub downtime_depth: u16,
    /// Notifications sent for the current problem; 0 when nobody has been told.
    pub notification_number: u32,
    /// When the last check ran.
    pub last_check: i64,
    /// When the next active check is due.
    pub next_check: i64,
    /// When the state last changed, soft or hard.
    pub last_state_change: i64,
    /// When the hard state last changed.
    pub last_hard_state_change: i64,
    /// Seconds between the planned and the real start of the check.
    pub latency: f64,
    /// Seconds the check took.
    pub execution_time: f64,
    /// First line of the plugin's output.
    pub output: S,
    /// Raw performance data.
    pub perfdata: S,
}

/// Something that happened in Nagios.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Rises by one with every event of this Nagios process; a gap is an event dropped or a check coalesced
    /// (see [`Stats`]).
    pub seq: u64,
    /// When, in microseconds since the Unix epoch.
    pub at_us: i64,
    /// What.
    pub body: Body<String>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Body<S> {
    /// A check result was processed.
    Check(State<S>),
    /// Something other than a check changed the state (acknowledgement, downtime, flapping, a switch).
    Status(State<S>),
    /// The state or its kind (soft, hard) changed; arrives before the check that caused it.
    StateChange(StateChange<S>),
    /// A notification went out.
    Notification(Notification<S>),
    /// A time period began or ended.
    Timeperiod(Timeperiod<S>),
    /// A kind of event that this version does not know.
    Unknown(u8),
}

/// A change of state.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StateChange<S> {
    /// `host_name`.
    pub host: S,
    /// `service_description`; empty for the host itself.
    pub service: S,
    /// New state, as in [`State::state`].
    pub state: u8,
    /// Whether the new state is hard.
    pub hard: bool,
    /// Check attempt.
    pub attempt: u16,
    /// Attempts until a problem is hard.
    pub max_attempts: u16,
    /// Plugin output.
    pub output: S,
}

/// A notification that Nagios sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notification<S> {
    /// `host_name`.
    pub host: S,
    /// `service_description`; empty for the host itself.
    pub service: S,
    /// Nagios' reason: 0 normal, 1 acknowledgement, 2-4 flapping, 5-7 downtime, 8 custom.
    pub reason: u8,
    /// State told, as in [`State::state`].
    pub state: u8,
    /// Contacts that were told.
    pub contacts: u32,
    /// Author of an acknowledgement or custom notification.
    pub author: S,
    /// Their comment.
    pub comment: S,
}

/// The exporter's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ack {
    /// Every event up to and with this one has had its effects.
    pub seq: u64,
}
