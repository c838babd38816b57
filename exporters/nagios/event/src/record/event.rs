//! What happens in Nagios.

use super::{Downtime, Program, State, Timeperiod};

/// Something that happened in Nagios.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Of the Nagios process in which it happened ([`Hello::epoch`](crate::Hello)); an older one when the
    /// module found the event in its spill after a restart.
    pub epoch: u64,
    /// Rises by one with every event of this Nagios process; a gap is an event dropped or a check coalesced
    /// (see [`Stats`](crate::Stats)).
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
    Check(Check<S>),
    /// Something other than a check changed the state (acknowledgement, downtime, flapping, a switch).
    Status(State<S>),
    /// The state or its kind (soft, hard) changed; arrives before the check that caused it.
    StateChange(StateChange<S>),
    /// A problem, recovery or the like was told to contacts; arrives after the notifications of each.
    Notification(Notification<S>),
    /// One contact was told, by one method.
    ContactNotification(ContactNotification<S>),
    /// A downtime was scheduled, began, ended or was removed.
    Downtime(DowntimeChange<S>),
    /// A problem was acknowledged, or is no longer.
    Acknowledgement(Acknowledgement<S>),
    /// An object began or stopped to flap.
    Flapping(Flapping<S>),
    /// A comment was made or deleted.
    Comment(Comment<S>),
    /// A time period began or ended.
    Timeperiod(Timeperiod<S>),
    /// Nagios' state, every few seconds and when a program-wide switch is turned.
    Program(Program),
    /// A kind of event that this version does not know.
    Unknown(u8),
}

/// A processed check result.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Check<S> {
    /// State after it.
    pub state: State<S>,
    /// What the plugin returned, or who gave the result passively.
    pub return_code: i32,
    /// Whether Nagios ended the plugin because it took too long.
    pub timed_out: bool,
    /// When the check began, in microseconds since the Unix epoch.
    pub started_us: i64,
    /// When it ended, in microseconds since the Unix epoch.
    pub ended_us: i64,
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
    /// Its further lines, as in [`State::long_output`].
    pub long_output: S,
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
    /// Which notification of this problem it is, from 1; 0 when that is not known or does not apply.
    pub number: u32,
    /// Whether an escalation chose the contacts.
    pub escalated: bool,
    /// Plugin output.
    pub output: S,
    /// Author of an acknowledgement or custom notification.
    pub author: S,
    /// Their comment.
    pub comment: S,
}

/// One contact told by one method.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactNotification<S> {
    /// `host_name`.
    pub host: S,
    /// `service_description`; empty for the host itself.
    pub service: S,
    /// `contact_name`.
    pub contact: S,
    /// The notification command, without its arguments.
    pub method: S,
    /// As in [`Notification::reason`].
    pub reason: u8,
    /// State told, as in [`State::state`].
    pub state: u8,
    /// As in [`Notification::number`].
    pub number: u32,
    /// Whether an escalation chose the contact.
    pub escalated: bool,
    /// Author of an acknowledgement or custom notification.
    pub author: S,
    /// Their comment.
    pub comment: S,
}

/// What became of a downtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DowntimeStep {
    /// It was scheduled.
    #[default]
    Scheduled,
    /// It began.
    Started,
    /// It ended as planned.
    Ended,
    /// It held, and was ended before its time.
    Cancelled,
    /// It is gone; also follows `Ended` and `Cancelled`.
    Deleted,
}

/// A change of a downtime.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DowntimeChange<S> {
    /// What became of it.
    pub step: DowntimeStep,
    /// The downtime after that.
    pub downtime: Downtime<S>,
}

/// What became of an acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum AcknowledgementStep {
    /// Somebody acknowledged the problem.
    #[default]
    Set,
    /// The acknowledgement is gone: removed by hand, or by a change of state. Nagios does not announce it; the
    /// module sees it in the object's status, without author and comment.
    Removed,
}

/// An acknowledgement of a problem.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Acknowledgement<S> {
    /// Set or removed.
    pub step: AcknowledgementStep,
    /// `host_name`.
    pub host: S,
    /// `service_description`; empty for the host itself.
    pub service: S,
    /// The state at that time, as in [`State::state`].
    pub state: u8,
    /// Who.
    pub author: S,
    /// Why.
    pub comment: S,
    /// Whether it holds until the object is well.
    pub sticky: bool,
    /// Whether its comment stays over restarts.
    pub persistent: bool,
    /// Whether contacts are told.
    pub notify: bool,
}

/// What became of flapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum FlappingStep {
    /// The object began to flap.
    #[default]
    Started,
    /// It stopped.
    Stopped,
    /// Flapping is no longer looked for.
    Disabled,
}

/// A start or end of flapping.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Flapping<S> {
    /// Started or stopped.
    pub step: FlappingStep,
    /// `host_name`.
    pub host: S,
    /// `service_description`; empty for the host itself.
    pub service: S,
    /// As in [`State::percent_state_change`].
    pub percent_state_change: f64,
    /// Percentage above which it starts.
    pub high_threshold: f64,
    /// Percentage below which it stops.
    pub low_threshold: f64,
}

/// What became of a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CommentStep {
    /// It was made.
    #[default]
    Added,
    /// It was deleted.
    Deleted,
}

/// What a comment belongs to (`entry_type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CommentKind {
    /// Somebody wrote it.
    #[default]
    User,
    /// A downtime.
    Downtime,
    /// Flapping.
    Flapping,
    /// An acknowledgement.
    Acknowledgement,
}

/// A comment on a host or service.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comment<S> {
    /// Made or deleted.
    pub step: CommentStep,
    /// What it belongs to.
    pub kind: CommentKind,
    /// Unique among the comments of this Nagios.
    pub id: u64,
    /// `host_name`.
    pub host: S,
    /// `service_description`; empty for the host itself.
    pub service: S,
    /// Who.
    pub author: S,
    /// What.
    pub text: S,
    /// When it was made.
    pub entered: i64,
    /// When it will be deleted by itself; 0 for never.
    pub expires: i64,
    /// Whether it stays over restarts.
    pub persistent: bool,
}
