//! The state of one object, read from the module's record.

use nagios_event::{Flags, State};

use crate::perfdata::{Measurement, Reader};

/// State of a host, with Nagios' numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HostState {
    /// Up.
    Up = 0,
    /// Down.
    Down = 1,
    /// Unreachable: all its parents are down or unreachable.
    Unreachable = 2,
}

/// State of a service, with Nagios' numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServiceState {
    /// Ok.
    Ok = 0,
    /// Warning.
    Warning = 1,
    /// Critical.
    Critical = 2,
    /// Unknown.
    Unknown = 3,
}

/// A number that is no state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("field state is {got}, expected {expected}")]
pub struct InvalidState {
    /// What came.
    pub got: u8,
    /// What would have been right.
    pub expected: &'static str,
}

/// Something out of the ordinary about an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// The state is soft: still being tried.
    Soft,
    /// The problem is acknowledged.
    Acknowledged,
    /// A downtime of its own holds.
    Downtime,
    /// It is flapping.
    Flapping,
    /// It has no active checks and takes passive results.
    Passive,
    /// It has no active checks and takes no passive results.
    ChecksDisabled,
    /// Notifications are disabled for it.
    NotificationsDisabled,
}

impl Condition {
    /// As a label's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Condition::Soft => "soft",
            Condition::Acknowledged => "acknowledged",
            Condition::Downtime => "downtime",
            Condition::Flapping => "flapping",
            Condition::Passive => "passive",
            Condition::ChecksDisabled => "checks_disabled",
            Condition::NotificationsDisabled => "notifications_disabled",
        }
    }
}

/// The state of an object that has been checked. Times are seconds since the Unix epoch, `None` for never.
///
/// Where the module does not know the layout of Nagios' objects, acknowledgement, downtime, flapping and
/// switches are as for an object that nobody has touched, and the times are `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct Status<S> {
    /// The state.
    pub state: S,
    /// Whether it is hard.
    pub hard: bool,
    /// Current check attempt.
    pub attempt: u16,
    /// Attempts until a problem is hard.
    pub max_attempts: u16,
    /// Whether the problem is acknowledged.
    pub acknowledged: bool,
    /// Whether a downtime of its own holds.
    pub in_downtime: bool,
    /// Whether it is flapping.
    pub flapping: bool,
    /// Whether notifications are enabled.
    pub notifications: bool,
    /// Whether active checks are enabled.
    pub active_checks: bool,
    /// Whether passive results are accepted.
    pub passive_checks: bool,
    /// Notifications sent for the current problem, `None` when the module cannot see that.
    pub notifications_sent: Option<u32>,
    /// When the last check ran.
    pub last_check: Option<i64>,
    /// When the next active check is due.
    pub next_check: Option<i64>,
    /// When the state last changed, soft or hard.
    pub last_state_change: Option<i64>,
    /// When the hard state last changed.
    pub last_hard_state_change: Option<i64>,
    /// Seconds between the planned and the real start of the check.
    pub latency: f64,
    /// Seconds the check took.
    pub execution_time: f64,
    /// First line of the plugin's output.
    pub output: Box<str>,
    /// Performance data that could be read.
    pub perfdata: Box<[Measurement]>,
}

impl<S: TryFrom<u8, Error = InvalidState>> Status<S> {
    /// Reads a record; `None` for an object that has never been checked.
    ///
    /// # Errors
    /// A state that is no state.
    pub(super) fn read(
        record: State<String>,
        reader: &mut Reader,
    ) -> Result<Option<Self>, InvalidState> {
        // Whole, so that a new field of the record is a decision here.
        let State {
            host: _,
            service: _,
            state,
            flags,
            attempt,
            max_attempts,
            downtime_depth,
            notification_number,
            last_check,
            next_check,
            last_state_change,
            last_hard_state_change,
            last_notification: _,
            latency,
            execution_time,
            percent_state_change: _,
            output,
            long_output: _,
            perfdata,
        } = record;
        let state = S::try_from(state)?;
        if !flags.has(Flags::CHECKED) {
            return Ok(None);
        }
        let known = flags.has(Flags::LAYOUT_KNOWN);
        let time = |seconds: i64| (seconds > 0).then_some(seconds);
        Ok(Some(Status {
            state,
            hard: flags.has(Flags::HARD),
            attempt,
            max_attempts,
            acknowledged: known && flags.has(Flags::ACKNOWLEDGED),
            in_downtime: known && downtime_depth > 0,
            flapping: known && flags.has(Flags::FLAPPING),
            notifications: !known || flags.has(Flags::NOTIFICATIONS),
            active_checks: !known || flags.has(Flags::ACTIVE_CHECKS),
            passive_checks: !known || flags.has(Flags::PASSIVE_CHECKS),
            notifications_sent: known.then_some(notification_number),
            last_check: time(last_check),
            next_check: time(next_check),
            last_state_change: time(last_state_change),
            last_hard_state_change: time(last_hard_state_change),
            latency: seconds(latency),
            execution_time: seconds(execution_time),
            output: output.into(),
            perfdata: reader.read(&perfdata),
        }))
    }
}

impl<S> Status<S> {
    /// The beginning of the output, at most `limit` bytes, with no character cut in two.
    #[must_use]
    pub fn output_up_to(&self, limit: usize) -> &str {
        let mut end = limit.min(self.output.len());
        while !self.output.is_char_boundary(end) {
            end -= 1;
        }
        &self.output[..end]
    }

    /// What is out of the ordinary.
    pub fn conditions(&self) -> impl Iterator<Item = Condition> {
        let checks = match (self.active_checks, self.passive_checks) {
            (true, _) => None,
            (false, true) => Some(Condition::Passive),
            (false, false) => Some(Condition::ChecksDisabled),
        };
        let others = [
            (!self.hard, Condition::Soft),
            (self.acknowledged, Condition::Acknowledged),
            (self.in_downtime, Condition::Downtime),
            (self.flapping, Condition::Flapping),
            (!self.notifications, Condition::NotificationsDisabled),
        ];
        others.into_iter().filter_map(|(holds, which)| holds.then_some(which)).chain(checks)
    }
}

impl TryFrom<u8> for HostState {
    type Error = InvalidState;

    fn try_from(number: u8) -> Result<Self, InvalidState> {
        Ok(match number {
            0 => HostState::Up,
            1 => HostState::Down,
            2 => HostState::Unreachable,
            got => return Err(InvalidState { got, expected: "0 to 2 for a host" }),
        })
    }
}

impl TryFrom<u8> for ServiceState {
    type Error = InvalidState;

    fn try_from(number: u8) -> Result<Self, InvalidState> {
        Ok(match number {
            0 => ServiceState::Ok,
            1 => ServiceState::Warning,
            2 => ServiceState::Critical,
            3 => ServiceState::Unknown,
            got => return Err(InvalidState { got, expected: "0 to 3 for a service" }),
        })
    }
}

/// A duration that a clock set back has made negative, or that is no number, is 0.
fn seconds(duration: f64) -> f64 {
    if duration.is_finite() { duration.max(0.0) } else { 0.0 }
}

impl From<HostState> for u8 {
    fn from(state: HostState) -> u8 {
        state as u8
    }
}

impl From<ServiceState> for u8 {
    fn from(state: ServiceState) -> u8 {
        state as u8
    }
}
