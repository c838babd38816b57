//! What is a problem, how bad it is, and whether somebody has it in hand. Pure.
//!
//! One truth for metrics, pages and alerts. Only hard states count: a soft one is still being tried.

use crate::snapshot::{Host, HostState, Service, ServiceState, Snapshot};

/// A hard state that is not ok.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// Why nobody needs to be told of it, where that is so.
    pub handled: Option<Handled>,
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// A service's WARNING.
    Warning,
    /// A service's UNKNOWN.
    Unknown,
    /// A service's CRITICAL, a host's DOWN or UNREACHABLE.
    Critical,
}

/// Why nobody needs to be told of a problem: the same conditions under which Nagios itself sends no
/// notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Handled {
    /// The service's host is down or unreachable.
    HostDown,
    /// The host is unreachable: its parents are down.
    ParentDown,
    /// In a downtime, its own or its host's.
    Downtime,
    /// Acknowledged.
    Acknowledged,
    /// Flapping.
    Flapping,
    /// Notifications are disabled for it.
    NotificationsDisabled,
    /// Outside its notification period.
    OutsideNotificationPeriod,
}

impl Severity {
    /// All of them, the least severe first.
    pub const ALL: [Severity; 3] = [Severity::Warning, Severity::Unknown, Severity::Critical];

    /// As a label's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Warning => "warning",
            Severity::Unknown => "unknown",
            Severity::Critical => "critical",
        }
    }
}

impl Handled {
    /// As a label's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Handled::HostDown => "host_down",
            Handled::ParentDown => "parent_down",
            Handled::Downtime => "downtime",
            Handled::Acknowledged => "acknowledged",
            Handled::Flapping => "flapping",
            Handled::NotificationsDisabled => "notifications_disabled",
            Handled::OutsideNotificationPeriod => "outside_notification_period",
        }
    }

    /// For people.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Handled::HostDown => "its host is down",
            Handled::ParentDown => "its parent hosts are down",
            Handled::Downtime => "in downtime",
            Handled::Acknowledged => "acknowledged in Nagios",
            Handled::Flapping => "flapping",
            Handled::NotificationsDisabled => "notifications are disabled in Nagios",
            Handled::OutsideNotificationPeriod => "outside its notification period",
        }
    }
}

/// The problem of a host, if it has one.
#[must_use]
pub fn of_host(snapshot: &Snapshot, host: &Host) -> Option<Problem> {
    let status = host.status.as_ref().filter(|status| status.hard)?;
    let unreachable = match status.state {
        HostState::Up => return None,
        HostState::Down => false,
        HostState::Unreachable => true,
    };
    let handled = first([
        (unreachable, Handled::ParentDown),
        (status.in_downtime, Handled::Downtime),
        (status.acknowledged, Handled::Acknowledged),
        (status.flapping, Handled::Flapping),
        (!status.notifications, Handled::NotificationsDisabled),
        (!snapshot.inside(&host.inventory.notification_period), Handled::OutsideNotificationPeriod),
    ]);
    Some(Problem { severity: Severity::Critical, handled })
}

/// The problem of a service, if it has one. `host` is the service's host.
#[must_use]
pub fn of_service(snapshot: &Snapshot, host: &Host, service: &Service) -> Option<Problem> {
    let status = service.status.as_ref().filter(|status| status.hard)?;
    let severity = match status.state {
        ServiceState::Ok => return None,
        ServiceState::Warning => Severity::Warning,
        ServiceState::Critical => Severity::Critical,
        ServiceState::Unknown => Severity::Unknown,
    };
    let host = host.status.as_ref();
    // A host's soft DOWN counts as well: until it is hard, the host is the likelier culprit.
    let host_down = host.is_some_and(|host| host.state != HostState::Up);
    let host_in_downtime = host.is_some_and(|host| host.in_downtime);
    let handled = first([
        (host_down, Handled::HostDown),
        (status.in_downtime || host_in_downtime, Handled::Downtime),
        (status.acknowledged, Handled::Acknowledged),
        (status.flapping, Handled::Flapping),
        (!status.notifications, Handled::NotificationsDisabled),
        (
            !snapshot.inside(&service.inventory.notification_period),
            Handled::OutsideNotificationPeriod,
        ),
    ]);
    Some(Problem { severity, handled })
}

fn first<const N: usize>(reasons: [(bool, Handled); N]) -> Option<Handled> {
    reasons.into_iter().find_map(|(holds, reason)| holds.then_some(reason))
}
