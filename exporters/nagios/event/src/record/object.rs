//! What Nagios' configuration says that there is.

/// A host as configured.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Host<S> {
    /// `host_name`, unique.
    pub name: S,
    /// `display_name`, the same as the name where none is set.
    pub display_name: S,
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
    /// How it is checked and who is told.
    pub settings: Settings<S>,
}

/// A service as configured.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Service<S> {
    /// `host_name`.
    pub host: S,
    /// `service_description`, unique within the host.
    pub name: S,
    /// `display_name`, the same as the name where none is set.
    pub display_name: S,
    /// `check_command` with its arguments.
    pub check_command: S,
    /// `notification_period`, empty for always.
    pub notification_period: S,
    /// How it is checked and who is told.
    pub settings: Settings<S>,
}

/// What hosts and services are alike configured with. Without a known object layout
/// ([`Flags::LAYOUT_KNOWN`](crate::Flags)) all of it is empty or 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings<S> {
    /// `check_period`, empty for always.
    pub check_period: S,
    /// `check_interval` in seconds; 0 for never by itself.
    pub check_interval: f64,
    /// `retry_interval` in seconds.
    pub retry_interval: f64,
    /// `max_check_attempts`.
    pub max_attempts: u16,
    /// `freshness_threshold` in seconds, 0 for Nagios' own choice; holds with
    /// [`Flags::FRESHNESS`](crate::Flags).
    pub freshness_threshold: u32,
    /// `notification_interval` in seconds; 0 for once.
    pub notification_interval: f64,
    /// `first_notification_delay` in seconds.
    pub first_notification_delay: f64,
    /// `contacts`.
    pub contacts: Vec<S>,
    /// `contact_groups`.
    pub contact_groups: Vec<S>,
    /// Custom variables that the module was allowed to tell: name without the underscore, and value.
    pub variables: Vec<(S, S)>,
}

/// Which kind of members a group has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GroupKind {
    /// A host group.
    Host,
    /// A service group.
    Service,
    /// A contact group.
    Contact,
}

/// A group of hosts, services or contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group<S> {
    /// Kind of its members.
    pub kind: GroupKind,
    /// `hostgroup_name`, `servicegroup_name` or `contactgroup_name`.
    pub name: S,
    /// `alias`.
    pub alias: S,
    /// Host and service of each member; the service is empty in a host group. In a contact group the
    /// contact's name stands first.
    pub members: Vec<(S, S)>,
}

/// Somebody who can be told. Addresses are not: they are personal, and Nagios alone needs them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contact<S> {
    /// `contact_name`, unique.
    pub name: S,
    /// `alias`.
    pub alias: S,
}

/// A time period that some object uses as its notification period.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timeperiod<S> {
    /// `timeperiod_name`.
    pub name: S,
    /// Whether it holds now.
    pub inside: bool,
}

/// A scheduled downtime of a host or service.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Downtime<S> {
    /// Unique among the downtimes of this Nagios, and kept over restarts.
    pub id: u64,
    /// `host_name`.
    pub host: S,
    /// `service_description`; empty for the host itself.
    pub service: S,
    /// Who scheduled it.
    pub author: S,
    /// Why.
    pub comment: S,
    /// When it was scheduled.
    pub entered: i64,
    /// Start; of a flexible one, the start of the time in which it may begin.
    pub start: i64,
    /// End; of a flexible one, the end of the time in which it may begin.
    pub end: i64,
    /// Whether it holds from start to end. Otherwise it begins with the first problem in that time and holds
    /// for `duration`.
    pub fixed: bool,
    /// Seconds that a flexible one holds.
    pub duration: u64,
    /// The downtime that starts this one; 0 for none.
    pub triggered_by: u64,
    /// Whether it holds now.
    pub in_effect: bool,
}
