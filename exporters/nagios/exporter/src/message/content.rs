//! What messages tell: `nagios-event`'s records, each in its shape.

use nagios_event::{
    Acknowledgement, Body, Check, Comment, Contact, ContactNotification, Downtime, DowntimeChange,
    Flapping, Frame, Group, Hello, Host, Notification, Program, Service, SnapshotBegin, State,
    StateChange, Stats, Timeperiod,
};
use serde::{Deserialize, Serialize};

use super::connection::{HelloShape, StatsShape};
use super::event::{
    AcknowledgementShape, CheckShape, CommentShape, ContactNotificationShape, DowntimeChangeShape,
    FlappingShape, NotificationShape, StateChangeShape,
};
use super::object::{
    ContactShape, DowntimeShape, GroupShape, HostShape, ServiceShape, TimeperiodShape,
};
use super::state::{ProgramShape, StateShape};

/// What a message tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    /// [`Body::Check`].
    Check(#[serde(with = "CheckShape")] Check<String>),
    /// [`Body::Status`].
    Status(#[serde(with = "StateShape")] State<String>),
    /// [`Body::StateChange`].
    StateChange(#[serde(with = "StateChangeShape")] StateChange<String>),
    /// [`Body::Notification`].
    Notification(#[serde(with = "NotificationShape")] Notification<String>),
    /// [`Body::ContactNotification`].
    ContactNotification(#[serde(with = "ContactNotificationShape")] ContactNotification<String>),
    /// [`Body::Downtime`].
    Downtime(#[serde(with = "DowntimeChangeShape")] DowntimeChange<String>),
    /// [`Body::Acknowledgement`].
    Acknowledgement(#[serde(with = "AcknowledgementShape")] Acknowledgement<String>),
    /// [`Body::Flapping`].
    Flapping(#[serde(with = "FlappingShape")] Flapping<String>),
    /// [`Body::Comment`].
    Comment(#[serde(with = "CommentShape")] Comment<String>),
    /// [`Body::Timeperiod`].
    Timeperiod(#[serde(with = "TimeperiodShape")] Timeperiod<String>),
    /// [`Body::Program`].
    Program(#[serde(with = "ProgramShape")] Program),
    /// The relay lives.
    Heartbeat(Heartbeat),
    /// All that is known of the Nagios, in parts.
    Snapshot(Part),
}

/// The sign of life of a relay, every few seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// Whether the module is connected to the relay.
    pub up: bool,
    /// How it introduced itself.
    #[serde(with = "HelloShape")]
    pub hello: Hello,
    /// Its counters.
    #[serde(with = "StatsShape")]
    pub stats: Stats,
}

/// A part of a snapshot. The parts of one snapshot have the same `snapshot` and come in order; when the last has
/// come they replace all that was known. The states include the events up to the head's `sequence`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Tells snapshots apart: rises with each.
    pub snapshot: u64,
    /// Number of this part, from 1.
    pub part: u32,
    /// How many parts there are.
    pub parts: u32,
    /// How Nagios introduced itself.
    #[serde(with = "HelloShape")]
    pub hello: Hello,
    /// [`SnapshotBegin::inventory`].
    pub inventory: u32,
    /// [`SnapshotBegin::loop_start`].
    pub loop_start: i64,
    /// What there is.
    pub objects: Vec<Object>,
}

/// Something that a snapshot lists. Inventory comes before states.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename_all = "snake_case")]
pub enum Object {
    /// A host.
    Host(#[serde(with = "HostShape")] Host<String>),
    /// A service.
    Service(#[serde(with = "ServiceShape")] Service<String>),
    /// A group, or some more members of one.
    Group(#[serde(with = "GroupShape")] Group<String>),
    /// A contact.
    Contact(#[serde(with = "ContactShape")] Contact<String>),
    /// A time period.
    Timeperiod(#[serde(with = "TimeperiodShape")] Timeperiod<String>),
    /// A downtime.
    Downtime(#[serde(with = "DowntimeShape")] Downtime<String>),
    /// The state of a host or service.
    State(#[serde(with = "StateShape")] State<String>),
    /// The state of Nagios itself.
    Program(#[serde(with = "ProgramShape")] Program),
}

/// What a message tells, sorted by what is to be done with it.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// Something happened.
    Event(Body<String>),
    /// The relay lives.
    Heartbeat(Heartbeat),
    /// A part of a snapshot.
    Snapshot(Part),
}

impl Content {
    /// As the last word of a key.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Content::Check(_) => "check",
            Content::Status(_) => "status",
            Content::StateChange(_) => "state_change",
            Content::Notification(_) => "notification",
            Content::ContactNotification(_) => "contact_notification",
            Content::Downtime(_) => "downtime",
            Content::Acknowledgement(_) => "acknowledgement",
            Content::Flapping(_) => "flapping",
            Content::Comment(_) => "comment",
            Content::Timeperiod(_) => "timeperiod",
            Content::Program(_) => "program",
            Content::Heartbeat(_) => "heartbeat",
            Content::Snapshot(_) => "snapshot",
        }
    }

    /// What an event tells.
    pub(super) fn of_body(body: Body<String>) -> Option<Self> {
        Some(match body {
            Body::Check(check) => Content::Check(check),
            Body::Status(state) => Content::Status(state),
            Body::StateChange(change) => Content::StateChange(change),
            Body::Notification(notification) => Content::Notification(notification),
            Body::ContactNotification(told) => Content::ContactNotification(told),
            Body::Downtime(change) => Content::Downtime(change),
            Body::Acknowledgement(acknowledgement) => Content::Acknowledgement(acknowledgement),
            Body::Flapping(flapping) => Content::Flapping(flapping),
            Body::Comment(comment) => Content::Comment(comment),
            Body::Timeperiod(period) => Content::Timeperiod(period),
            Body::Program(program) => Content::Program(program),
            Body::Unknown(_) => return None,
        })
    }

    /// What it tells, sorted by what is to be done with it.
    #[must_use]
    pub fn told(self) -> Told {
        Told::Event(match self {
            Content::Check(check) => Body::Check(check),
            Content::Status(state) => Body::Status(state),
            Content::StateChange(change) => Body::StateChange(change),
            Content::Notification(notification) => Body::Notification(notification),
            Content::ContactNotification(told) => Body::ContactNotification(told),
            Content::Downtime(change) => Body::Downtime(change),
            Content::Acknowledgement(acknowledgement) => Body::Acknowledgement(acknowledgement),
            Content::Flapping(flapping) => Body::Flapping(flapping),
            Content::Comment(comment) => Body::Comment(comment),
            Content::Timeperiod(period) => Body::Timeperiod(period),
            Content::Program(program) => Body::Program(program),
            Content::Heartbeat(heartbeat) => return Told::Heartbeat(heartbeat),
            Content::Snapshot(part) => return Told::Snapshot(part),
        })
    }
}

impl Part {
    /// The frame that begins a snapshot whose states include the events up to `sequence`.
    #[must_use]
    pub fn begin(&self, sequence: u64) -> SnapshotBegin {
        SnapshotBegin { seq: sequence, inventory: self.inventory, loop_start: self.loop_start }
    }
}

impl Object {
    /// What a frame of a snapshot lists; `None` for a frame that lists nothing.
    #[must_use]
    pub fn of_frame(frame: Frame) -> Option<Self> {
        Some(match frame {
            Frame::Host(host) => Object::Host(host),
            Frame::Service(service) => Object::Service(service),
            Frame::Group(group) => Object::Group(group),
            Frame::Contact(contact) => Object::Contact(contact),
            Frame::Timeperiod(period) => Object::Timeperiod(period),
            Frame::Downtime(downtime) => Object::Downtime(downtime),
            Frame::State(state) => Object::State(state),
            Frame::Program(program) => Object::Program(program),
            Frame::Hello(_)
            | Frame::Stats(_)
            | Frame::SnapshotBegin(_)
            | Frame::SnapshotEnd
            | Frame::Event(_)
            | Frame::Ack(_)
            | Frame::Unknown(_) => return None,
        })
    }

    /// As the frame of a snapshot.
    #[must_use]
    pub fn into_frame(self) -> Frame {
        match self {
            Object::Host(host) => Frame::Host(host),
            Object::Service(service) => Frame::Service(service),
            Object::Group(group) => Frame::Group(group),
            Object::Contact(contact) => Frame::Contact(contact),
            Object::Timeperiod(period) => Frame::Timeperiod(period),
            Object::Downtime(downtime) => Frame::Downtime(downtime),
            Object::State(state) => Frame::State(state),
            Object::Program(program) => Frame::Program(program),
        }
    }
}
